"""The arithmetic of §§ 187-193 BGB and § 31 VwVfG NRW."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.dauer import (
    Dauer,
    Einheit,
    add_months,
    jahre,
    minus,
    monate,
    plus,
    tage,
    wochen,
)
from abh.kernel.errors import InvalidInput, LawMissing
from abh.kernel.feiertage import holidays_of, is_working_day
from abh.kernel.fristen import fester_tag, frist, verlaengern

D = date.fromisoformat
DAYS = st.dates(date(2020, 1, 1), date(2034, 12, 31))
UNITS = st.sampled_from(Einheit)


@pytest.mark.parametrize(
    ("event", "dauer", "raw", "end"),
    [
        ("2026-03-02", tage(1), "2026-03-03", "2026-03-03"),
        ("2026-03-02", wochen(2), "2026-03-16", "2026-03-16"),
        ("2026-03-02", monate(1), "2026-04-02", "2026-04-02"),
        ("2026-03-03", monate(1), "2026-04-03", "2026-04-07"),  # Karfreitag to Tuesday
        ("2026-01-31", monate(1), "2026-02-28", "2026-03-02"),
        ("2026-01-30", monate(1), "2026-02-28", "2026-03-02"),
        ("2028-01-31", monate(1), "2028-02-29", "2028-02-29"),
        ("2026-03-31", monate(1), "2026-04-30", "2026-04-30"),
        ("2026-02-28", monate(1), "2026-03-28", "2026-03-30"),
        ("2026-05-31", monate(6), "2026-11-30", "2026-11-30"),
        ("2024-02-29", jahre(1), "2025-02-28", "2025-02-28"),
        ("2024-02-29", jahre(4), "2028-02-29", "2028-02-29"),
        ("2025-12-01", monate(1), "2026-01-01", "2026-01-02"),
        ("2026-11-24", monate(1), "2026-12-24", "2026-12-24"),
        ("2026-11-25", monate(1), "2026-12-25", "2026-12-28"),
        ("2026-12-31", monate(2), "2027-02-28", "2027-03-01"),
    ],
)
def test_a_period_after_an_event(event: str, dauer: Dauer, raw: str, end: str) -> None:
    done = frist(D(event), dauer, "§ 1")
    assert (done.raw_end, done.end) == (D(raw), D(end))
    assert (done.start_day - done.event_day).days == 1


@pytest.mark.parametrize(
    ("start", "dauer", "raw"),
    [
        ("2026-03-02", tage(1), "2026-03-02"),
        ("2026-03-02", wochen(1), "2026-03-08"),
        ("2026-03-01", monate(1), "2026-03-31"),
        ("2026-03-15", monate(1), "2026-04-14"),
        ("2026-01-31", monate(1), "2026-02-28"),
        ("2026-01-29", monate(1), "2026-02-28"),
        ("2026-01-28", monate(1), "2026-02-27"),
        ("2026-01-01", jahre(1), "2026-12-31"),
        ("2024-02-29", jahre(1), "2025-02-28"),
    ],
)
def test_a_period_whose_first_day_counts(start: str, dauer: Dauer, raw: str) -> None:
    assert frist(D(start), dauer, "§ 1", first_day_counts=True, shift=False).end == D(raw)


def test_the_arithmetic_names_weekday_holiday_and_norm() -> None:
    lines = [str(line) for line in frist(D("2026-03-03"), monate(1), "§ 1").steps]
    assert "Dienstag, 03.03.2026" in lines[0]
    assert "§ 187 Abs. 1 BGB" in lines[0]
    assert "Freitag, 03.04.2026 (Karfreitag)" in lines[1]
    assert "§ 188 Abs. 2 BGB" in lines[1]
    assert "06.04.2026 (Ostermontag)" in lines[2]
    assert "04.04.2026 (Samstag)" in lines[2]
    assert "Dienstag, 07.04.2026" in lines[2]
    assert "§ 31 Abs. 3 Satz 1 VwVfG NRW" in lines[2]


@pytest.mark.parametrize(
    ("event", "norm"),
    [("2026-01-31", "§ 188 Abs. 2, 3 BGB"), ("2026-01-28", "§ 188 Abs. 2 BGB")],
)
def test_the_missing_day_of_a_short_month_is_cited(event: str, norm: str) -> None:
    assert frist(D(event), monate(1), "§ 1").steps[1].norm == norm


@pytest.mark.parametrize(
    ("start", "norm"),
    [("2026-01-31", "§ 188 Abs. 2, 3 BGB"), ("2026-03-31", "§ 188 Abs. 2 BGB")],
)
def test_the_missing_day_is_cited_where_the_first_day_counts(start: str, norm: str) -> None:
    assert frist(D(start), monate(1), "§ 1", first_day_counts=True).steps[1].norm == norm


@pytest.mark.parametrize("year", range(2021, 2041))
def test_no_period_ends_on_any_holiday_of_the_land(year: int) -> None:
    for day, name in holidays_of(year):
        done = frist(date.fromordinal(day.toordinal() - 7), wochen(1), "§ 1")
        assert done.raw_end == day
        assert is_working_day(done.end)
        assert name in " ".join(map(str, done.steps))


def test_a_fixed_day_with_reference_stays_on_a_holiday() -> None:
    done = fester_tag(D("2026-04-01"), D("2026-05-01"), "§ 82", with_reference=True)
    assert done.end == D("2026-05-01")
    assert "§ 31 Abs. 3 Satz 2 VwVfG NRW" in str(done.steps[-1])


def test_a_fixed_day_without_reference_moves_from_a_holiday() -> None:
    done = fester_tag(D("2026-04-01"), D("2026-05-01"), "§ 82", with_reference=False)
    assert (done.raw_end, done.end) == (D("2026-05-01"), D("2026-05-04"))


def test_a_fixed_day_before_the_event_is_refused() -> None:
    with pytest.raises(InvalidInput):
        fester_tag(D("2026-04-01"), D("2026-04-01"), "§ 82", with_reference=True)


def test_an_extension_counts_from_the_moved_end_of_the_old_period() -> None:
    old = frist(D("2026-03-07"), wochen(2), "§ 82")
    assert (old.raw_end, old.end) == (D("2026-03-21"), D("2026-03-23"))
    longer = verlaengern(old, wochen(1))
    assert longer.end == D("2026-03-30")
    assert longer.event_day == old.event_day
    assert "§ 190 BGB" in str(longer.steps[0])


@pytest.mark.parametrize(
    ("end", "expires"),
    [
        ("2026-03-27", datetime(2026, 3, 27, 23, tzinfo=UTC)),
        ("2026-03-30", datetime(2026, 3, 30, 22, tzinfo=UTC)),
        ("2026-10-23", datetime(2026, 10, 23, 22, tzinfo=UTC)),
        ("2026-10-26", datetime(2026, 10, 26, 23, tzinfo=UTC)),
    ],
)
def test_the_last_second_is_that_of_berlin_in_summer_and_winter(
    end: str, expires: datetime
) -> None:
    done = frist(date.fromordinal(D(end).toordinal() - 1), tage(1), "§ 1")
    assert done.expires_at == expires
    assert done.expires_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)]
)
def test_a_day_has_the_hours_of_its_clock_change(day: str, hours: int) -> None:
    eve = fester_tag(
        D("2026-01-01"), date.fromordinal(D(day).toordinal() - 1), "§", with_reference=True
    )
    same = fester_tag(D("2026-01-01"), D(day), "§", with_reference=True)
    assert (same.expires_at - eve.expires_at).total_seconds() == hours * 3600


def test_a_period_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(LawMissing):
        frist(D("2040-12-20"), monate(1), "§ 1")


@pytest.mark.parametrize("length", [0, -1])
def test_a_length_is_at_least_one(length: int) -> None:
    with pytest.raises(ValueError):
        tage(length)


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-01-31", 12, "2027-01-31"),
    ],
)
def test_months_are_added_and_taken_off(day: str, months: int, result: str) -> None:
    assert add_months(D(day), months) == D(result)


@pytest.mark.parametrize(
    ("dauer", "text"), [(tage(1), "1 Tag"), (wochen(2), "2 Wochen"), (jahre(1), "1 Jahr")]
)
def test_a_length_reads_as_german(dauer: Dauer, text: str) -> None:
    assert str(dauer) == text


@given(DAYS, st.integers(1, 24), st.integers(0, 24), UNITS, st.booleans())
def test_a_longer_period_never_ends_earlier(
    event: date, length: int, more: int, unit: Einheit, counts: bool
) -> None:
    if unit is Einheit.JAHRE:
        length, more = length % 3 + 1, more % 3
    short = frist(event, Dauer(length, unit), "§", first_day_counts=counts)
    longer = frist(event, Dauer(length + more, unit), "§", first_day_counts=counts)
    assert short.end <= longer.end


@given(DAYS, DAYS, st.integers(1, 24), st.booleans())
def test_a_later_event_never_ends_earlier(one: date, two: date, months: int, counts: bool) -> None:
    first, second = sorted((one, two))
    ends = [frist(d, monate(months), "§", first_day_counts=counts).end for d in (first, second)]
    assert ends[0] <= ends[1]


@given(DAYS, st.integers(1, 60), UNITS, st.booleans())
def test_a_period_ends_on_a_working_day_and_not_before_its_raw_end(
    event: date, length: int, unit: Einheit, counts: bool
) -> None:
    if unit is Einheit.JAHRE:
        length = length % 5 + 1
    done = frist(event, Dauer(length, unit), "§", first_day_counts=counts)
    assert is_working_day(done.end)
    assert 0 <= (done.end - done.raw_end).days <= 5
    assert done.raw_end >= done.start_day


@given(DAYS, st.integers(1, 400), st.booleans())
def test_a_fixed_day_stays_only_with_reference(event: date, ahead: int, reference: bool) -> None:
    named = date.fromordinal(event.toordinal() + ahead)
    done = fester_tag(event, named, "§", with_reference=reference)
    assert (done.end == named) is (reference or is_working_day(named))


@pytest.mark.parametrize(
    ("day", "dauer", "after", "before"),
    [
        ("2026-08-31", monate(6), "2027-02-28", "2026-02-28"),
        ("2026-11-22", jahre(4), "2030-11-22", "2022-11-22"),
        ("2028-02-29", jahre(3), "2031-02-28", "2025-02-28"),
        ("2026-11-22", wochen(8), "2027-01-17", "2026-09-27"),
        ("2026-11-22", tage(30), "2026-12-22", "2026-10-23"),
    ],
)
def test_a_length_is_added_to_and_taken_off_a_day(
    day: str, dauer: Dauer, after: str, before: str
) -> None:
    assert (plus(D(day), dauer), minus(D(day), dauer)) == (D(after), D(before))
