"""Minutes for another lane are taken where nobody sits first."""

from __future__ import annotations

from abh.appointments.availability import mask
from abh.appointments.spurwechsel import Source, choose


def test_free_minutes_go_first_in_the_order_of_the_day() -> None:
    sources = [Source(1, mask(110, 114), mask(100, 110)), Source(2, mask(104, 106), 0)]
    assert choose(sources, 4) == [(2, 104, 106), (1, 110, 112)]


def test_booked_minutes_are_taken_only_when_nothing_else_is_left_and_from_the_end() -> None:
    sources = [Source(1, mask(100, 102), mask(102, 106) | mask(110, 112))]
    assert choose(sources, 5) == [(1, 100, 102), (1, 110, 112), (1, 102, 103)]


def test_fewer_pieces_come_back_when_there_are_no_more() -> None:
    assert choose([Source(1, mask(100, 102), 0)], 9) == [(1, 100, 102)]
    assert choose([], 3) == []
