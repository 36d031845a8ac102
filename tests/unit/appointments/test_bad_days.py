"""Days that are not like others: clocks set forward and back, the leap day, midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.appointments import availability as a
from abh.kernel.clock import BERLIN

SPRING, AUTUMN, LEAP = date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29)
DAYS = (SPRING, AUTUMN, LEAP, date(2027, 12, 31), date(2026, 11, 24))
days = st.sampled_from(DAYS)
bitmaps = st.lists(
    st.tuples(st.integers(0, 287), st.integers(1, 60)).map(
        lambda pair: (pair[0], min(288, sum(pair)))
    ),
    min_size=1,
    max_size=5,
).map(a.union)


@given(days, bitmaps, st.integers(5, 240))
def test_every_offered_place_exists_on_the_clock_and_begins_after_the_one_before(
    day: date, planned: int, minutes: int
) -> None:
    free = planned & a.existing_cells(day)
    length = a.cells_of(minutes)
    begins = [a.instant(day, cell) for cell in a.slots(free, minutes, length)]
    assert begins == sorted(set(begins))
    for cell, begin in zip(a.slots(free, minutes, length), begins, strict=True):
        # What the applicant reads is what the roster says: the clock on the wall.
        assert begin.astimezone(BERLIN).time() == a.time_of(cell)
        assert begin.astimezone(BERLIN).date() == day


@given(days, bitmaps, st.integers(5, 240))
def test_a_place_is_never_shorter_than_its_service(day: date, planned: int, minutes: int) -> None:
    free = planned & a.existing_cells(day)
    length = a.cells_of(minutes)
    for cell in a.slots(free, minutes, length):
        lasts = a.instant(day, cell + length) - a.instant(day, cell)
        # Across the repeated hour the clerk has an hour more; nowhere less than the service needs.
        assert timedelta(minutes=minutes) <= lasts <= timedelta(minutes=5 * length + 60)
        if day != AUTUMN:
            assert lasts == timedelta(minutes=5 * length)


@given(days, st.integers(0, 288))
def test_the_instants_of_a_day_never_run_backwards(day: date, cell: int) -> None:
    assert a.instant(day, 0) <= a.instant(day, cell) <= a.instant(day, a.CELLS)
    if cell:
        assert a.instant(day, cell - 1) <= a.instant(day, cell)


@given(days, st.integers(-3600, 26 * 3600), st.integers(0, 240))
def test_lead_time_counts_real_minutes_on_every_day(day: date, second: int, lead: int) -> None:
    now = a.instant(day, 0) + timedelta(seconds=second)
    first_day, cell = a.cell_not_before(now + timedelta(minutes=lead))
    assert a.instant(first_day, cell) - now >= timedelta(minutes=lead)


@pytest.mark.parametrize(
    ("now", "lead", "day", "first"),
    [
        # 01:30, two hours later it is 04:30 on the wall.
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), 120, SPRING, time(4, 30)),
        # The first 02:30; two hours later it is 03:30.
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), 120, AUTUMN, time(3, 30)),
        # Inside the second pass of the hour nothing of it can begin any more.
        (datetime(2027, 10, 31, 1, 5, tzinfo=UTC), 0, AUTUMN, time(3)),
        (datetime(2028, 2, 28, 22, 59, tzinfo=UTC), 0, LEAP, time(0)),
        (datetime(2028, 2, 29, 21, 30, tzinfo=UTC), 120, date(2028, 3, 1), time(0, 30)),
    ],
)
def test_the_first_place_that_can_be_booked_on_bad_days(
    now: datetime, lead: int, day: date, first: time
) -> None:
    found, cell = a.cell_not_before(now + timedelta(minutes=lead))
    if cell == a.CELLS:
        found, cell = found + timedelta(days=1), 0
    assert (found, a.time_of(cell)) == (day, first)


def test_the_last_place_before_midnight_ends_with_the_day() -> None:
    (cell,) = a.slots(a.mask(282, 288), 30, 6)
    assert a.time_of(cell) == time(23, 30)
    assert a.instant(LEAP, cell + 6) == datetime(2028, 3, 1, tzinfo=BERLIN)
    assert a.slots(a.mask(283, 288), 30, 6) == []


@given(st.lists(bitmaps, max_size=5), st.integers(1, 5))
def test_together_are_the_cells_that_enough_desks_have(desks: list[int], count: int) -> None:
    found = a.together(desks, count)
    for cell in range(a.CELLS):
        assert (found >> cell & 1 == 1) == (sum(each >> cell & 1 for each in desks) >= count)


def test_nobody_is_together_with_nobody() -> None:
    with pytest.raises(ValueError, match="at least one"):
        a.together([], 0)
