"""Bitmaps of free cells: what they promise for every roster and every booking."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.appointments import availability as a
from abh.kernel.clock import BERLIN

bitmaps = st.one_of(
    st.integers(0, a.WHOLE_DAY),
    st.lists(
        st.tuples(st.integers(0, 287), st.integers(1, 40)).map(
            lambda pair: (pair[0], min(288, pair[0] + pair[1]))
        ),
        max_size=12,
    ).map(a.union),
)
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def _brute_runs(free: int) -> list[tuple[int, int]]:
    text = "".join("1" if free >> cell & 1 else "0" for cell in range(a.CELLS)) + "0"
    found, begin = [], None
    for cell, bit in enumerate(text):
        if bit == "1" and begin is None:
            begin = cell
        if bit == "0" and begin is not None:
            found.append((begin, cell))
            begin = None
    return found


@given(bitmaps)
def test_runs_equal_a_walk_over_all_cells(free: int) -> None:
    assert list(a.runs(free)) == _brute_runs(free)


@given(bitmaps)
def test_union_of_the_runs_is_the_bitmap_again(free: int) -> None:
    assert a.union(a.runs(free)) == free


@given(bitmaps)
def test_longest_run_equals_brute_force(free: int) -> None:
    brute = max((end - start for start, end in _brute_runs(free)), default=0)
    assert a.longest_run(free) == brute


@given(bitmaps, st.integers(1, 288))
def test_starts_are_exactly_the_cells_where_the_length_fits(free: int, length: int) -> None:
    wanted = sum(
        1 << cell
        for cell in range(a.CELLS - length + 1)
        if free & a.mask(cell, cell + length) == a.mask(cell, cell + length)
    )
    assert a.starts(free, length) == wanted


@given(bitmaps, bitmaps, st.integers(1, 240), st.integers(1, 30), st.integers(0, 288))
def test_a_slot_lies_in_the_roster_and_touches_no_booking(
    roster: int, booked: int, minutes: int, step: int, not_before: int
) -> None:
    free = roster & ~booked
    for cell in a.slots(free, minutes, step, not_before):
        place = a.mask(cell, cell + a.cells_of(minutes))
        assert cell >= not_before
        assert place & booked == 0
        assert place & roster == place


@given(bitmaps, st.integers(1, 240))
def test_a_slot_is_offered_whenever_the_longest_run_can_hold_it(free: int, minutes: int) -> None:
    fits = a.longest_run(free) >= a.cells_of(minutes)
    assert bool(a.slots(free, minutes, a.cells_of(minutes))) == fits


@given(bitmaps, st.integers(1, 240))
def test_slots_in_steps_of_their_length_never_overlap_each_other(free: int, minutes: int) -> None:
    length = a.cells_of(minutes)
    found = a.slots(free, minutes, length)
    assert all(later - earlier >= length for earlier, later in zip(found, found[1:], strict=False))


@given(bitmaps)
def test_stored_bytes_give_the_bitmap_back(free: int) -> None:
    assert a.from_bytes(a.to_bytes(free)) == free


def test_stored_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="36"):
        a.from_bytes(b"\x00" * 35)


@given(st.lists(st.integers(0, 287), unique=True).map(sorted), st.integers(1, 20))
def test_spread_keeps_order_and_the_first(times: list[int], most: int) -> None:
    chosen = a.spread(times, most)
    assert len(chosen) == min(len(times), most)
    assert chosen == sorted(set(chosen))
    assert chosen[:1] == times[:1]


@given(st.integers(0, 287))
def test_cells_and_wall_clock_times_are_inverse(cell: int) -> None:
    assert a.cell_at(a.time_of(cell)) == cell


def test_a_time_between_two_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        a.cell_at(time(8, 3))


def test_midnight_as_an_end_is_the_end_of_the_day() -> None:
    assert a.end_cell_at(time(0)) == a.CELLS
    assert a.cell_at(time(0)) == 0


@pytest.mark.parametrize("cells", [(-1, 3), (5, 5), (6, 5), (280, 289)])
def test_impossible_ranges_are_refused(cells: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no cells"):
        a.mask(*cells)


def test_the_spring_night_has_no_cells_between_two_and_three() -> None:
    assert a.WHOLE_DAY & ~a.existing_cells(SPRING) == a.mask(24, 36)


def test_the_autumn_night_and_a_plain_day_have_all_cells() -> None:
    assert a.existing_cells(AUTUMN) == a.WHOLE_DAY
    assert a.existing_cells(date(2028, 2, 29)) == a.WHOLE_DAY


def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_the_change() -> None:
    for day in (SPRING - timedelta(days=1), SPRING, AUTUMN - timedelta(days=1), AUTUMN):
        assert a.instant(day, 108).astimezone(BERLIN).time() == time(9)


def test_a_skipped_time_is_the_instant_of_the_leap() -> None:
    assert a.instant(SPRING, 30) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_of_the_repeated_hour_the_first_is_meant() -> None:
    assert a.instant(AUTUMN, 30) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_in_the_second_pass_of_the_hour_its_cells_are_over() -> None:
    second = datetime(2027, 10, 31, 1, 10, tzinfo=UTC)
    assert a.cell_not_before(second) == (AUTUMN, 36)


def test_the_end_of_the_day_is_the_next_midnight() -> None:
    assert a.instant(date(2026, 12, 31), a.CELLS) == datetime(2027, 1, 1, tzinfo=BERLIN)


@given(st.integers(0, 2 * 365 * 86400))
def test_the_first_cell_offered_begins_at_the_instant_or_later(seconds: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day, cell = a.cell_not_before(at)
    assert a.instant(day, cell) >= at
