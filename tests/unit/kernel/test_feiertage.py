"""The holidays of North Rhine-Westphalia, held against the church calendar computed here."""

from datetime import date, timedelta

import pytest

from abh.kernel.errors import LawMissing
from abh.kernel.feiertage import (
    FIRST_YEAR,
    LAST_YEAR,
    holiday_name,
    holidays_of,
    is_working_day,
    next_working_day,
    weekday_name,
    why_not_working,
)


def easter(year: int) -> date:
    """The anonymous Gregorian computus, independent of the library under test."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def expected(year: int) -> dict[date, str]:
    sunday = easter(year)
    moving = {
        -2: "Karfreitag",
        1: "Ostermontag",
        39: "Christi Himmelfahrt",
        50: "Pfingstmontag",
        60: "Fronleichnam",
    }
    fixed = {
        (1, 1): "Neujahr",
        (5, 1): "Erster Mai",
        (10, 3): "Tag der Deutschen Einheit",
        (11, 1): "Allerheiligen",
        (12, 25): "Erster Weihnachtstag",
        (12, 26): "Zweiter Weihnachtstag",
    }
    return {sunday + timedelta(days=n): name for n, name in moving.items()} | {
        date(year, *day): name for day, name in fixed.items()
    }


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_every_holiday_of_the_land_and_no_other(year: int) -> None:
    assert dict(holidays_of(year)) == expected(year)


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR))
def test_no_holiday_is_a_working_day_and_the_next_one_is_found(year: int) -> None:
    for day, name in holidays_of(year):
        assert not is_working_day(day)
        assert why_not_working(day) == name
        following = next_working_day(day)
        assert following > day
        assert is_working_day(following)
        assert (following - day).days <= 5


def test_the_eve_of_christmas_and_carnival_monday_are_working_days() -> None:
    assert is_working_day(date(2026, 12, 24))
    assert is_working_day(date(2026, 12, 31))
    assert is_working_day(date(2026, 2, 16))
    assert next_working_day(date(2026, 12, 24)) == date(2026, 12, 24)


def test_easter_takes_four_days() -> None:
    assert next_working_day(date(2026, 4, 3)) == date(2026, 4, 7)


def test_plain_weekends_are_named_by_their_day() -> None:
    assert why_not_working(date(2026, 11, 21)) == "Samstag"
    assert why_not_working(date(2026, 11, 22)) == "Sonntag"
    assert weekday_name(date(2026, 11, 23)) == "Montag"
    assert holiday_name(date(2026, 11, 23)) == ""


@pytest.mark.parametrize("day", [date(2019, 12, 31), date(2041, 1, 1)])
def test_a_year_outside_the_calendar_is_an_error_not_a_year_without_holidays(day: date) -> None:
    with pytest.raises(LawMissing, match="2020 bis 2040"):
        holiday_name(day)
