"""Clocks that stand still."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import InvalidInput
from abh.kernel.feiertage import is_working_day
from abh.kernel.fristen import Halt, frist, laufzeit, monate, wochen

D = date.fromisoformat
DAY = timedelta(days=1)


def end_of(*stops: Halt) -> date:
    clock = laufzeit(D("2026-03-02"), wochen(2), "§ 1", stops)
    assert clock.frist is not None
    return clock.frist.raw_end


def test_without_stops_it_is_the_plain_period() -> None:
    clock = laufzeit(D("2026-03-03"), monate(1), "§ 1")
    plain = frist(D("2026-03-03"), monate(1), "§ 1")
    assert clock.frist == plain
    assert clock.stopped_days == 0


@pytest.mark.parametrize(
    ("stops", "end"),
    [
        ([("2026-03-05", "2026-03-07")], "2026-03-19"),
        ([("2026-03-05", "2026-03-05")], "2026-03-17"),
        ([("2026-02-01", "2026-03-02")], "2026-03-16"),
        ([("2026-02-01", "2026-03-03")], "2026-03-17"),
        ([("2026-03-17", "2026-03-20")], "2026-03-16"),
        ([("2026-03-16", "2026-03-17")], "2026-03-18"),
        ([("2026-03-05", "2026-03-07"), ("2026-03-06", "2026-03-08")], "2026-03-20"),
        ([("2026-03-05", "2026-03-07"), ("2026-03-07", "2026-03-08")], "2026-03-20"),
        ([("2026-03-16", "2026-03-17"), ("2026-03-18", "2026-03-18")], "2026-03-19"),
        ([("2026-03-18", "2026-03-18"), ("2026-03-05", "2026-03-07")], "2026-03-20"),
    ],
)
def test_every_day_of_standing_lengthens_the_clock_once(
    stops: list[tuple[str, str]], end: str
) -> None:
    assert end_of(*(Halt(D(a), D(b)) for a, b in stops)) == D(end)


def test_an_open_stop_has_no_end_and_says_since_when() -> None:
    stops = [Halt(D("2026-03-04"), D("2026-03-05"), "Gutachten"), Halt(D("2026-03-10"))]
    clock = laufzeit(D("2026-03-02"), wochen(2), "§ 1", stops)
    assert clock.frist is None
    assert clock.stopped_since == D("2026-03-10")
    assert clock.stopped_days == 2
    assert "Dienstag, 10.03.2026" in str(clock.lines[-1])


def test_an_open_stop_swallows_later_ones_that_overlap() -> None:
    stops = [Halt(D("2026-03-04")), Halt(D("2026-03-06"), D("2026-03-07"))]
    assert laufzeit(D("2026-03-02"), wochen(2), "§ 1", stops).stopped_since == D("2026-03-04")


def test_the_arithmetic_of_a_stop_is_written_out() -> None:
    clock = laufzeit(
        D("2026-03-02"), wochen(2), "§ 1", [Halt(D("2026-03-05"), D("2026-03-09"), "Gutachten")]
    )
    text = " ".join(map(str, clock.lines))
    assert "Halt vom 05.03.2026 bis 09.03.2026 (Gutachten): 5 Tage nicht mitgezählt" in text
    assert "Samstag, 21.03.2026" in text
    assert clock.frist is not None and clock.frist.end == D("2026-03-23")


def test_a_stop_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Halt(D("2026-03-05"), D("2026-03-04"))


STOPS = st.lists(
    st.tuples(st.integers(-20, 90), st.integers(0, 30)).map(
        lambda p: Halt(D("2026-03-02") + p[0] * DAY, D("2026-03-02") + (p[0] + p[1]) * DAY)
    ),
    max_size=6,
)


@given(STOPS, st.integers(1, 20))
def test_stops_lengthen_by_exactly_their_days(stops: list[Halt], weeks: int) -> None:
    clock = laufzeit(D("2026-03-02"), wochen(weeks), "§ 1", stops)
    plain = frist(D("2026-03-02"), wochen(weeks), "§ 1")
    assert clock.frist is not None
    assert clock.frist.raw_end == plain.raw_end + clock.stopped_days * DAY
    assert is_working_day(clock.frist.end)


@given(STOPS, STOPS)
def test_another_stop_never_ends_the_clock_earlier(some: list[Halt], more: list[Halt]) -> None:
    assert end_of(*some, *more) >= end_of(*some)


@given(STOPS)
def test_the_order_of_stops_does_not_matter(stops: list[Halt]) -> None:
    assert end_of(*stops) == end_of(*reversed(stops))


@given(STOPS)
def test_running_days_plus_standing_days_fill_the_clock(stops: list[Halt]) -> None:
    end = end_of(*stops)
    days = [D("2026-03-03") + n * DAY for n in range((end - D("2026-03-02")).days)]
    standing = {d for d in days for s in stops if s.until and s.since <= d <= s.until}
    assert len(days) - len(standing) == 14
