"""Public holidays of North Rhine-Westphalia (§ 2 Feiertagsgesetz NW), as days with German names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

import holidays

from abh.kernel.errors import LawMissing

FIRST_YEAR, LAST_YEAR = 2020, 2040
WOCHENTAGE = (
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
)
_ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def _calendar() -> Mapping[date, str]:
    # Loaded once for the whole range: a sweeper asks thousands of times in a row.
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    found = holidays.country_holidays("DE", subdiv="NW", language="de", years=years)
    return MappingProxyType({day: str(name) for day, name in sorted(found.items())})


def holiday_name(day: date) -> str:
    """Return the German name of the public holiday on ``day``, "" if it is none.

    Raises ``LawMissing`` outside 2020-2040: an unknown year must not look like one without any.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise LawMissing(
            f"Der Feiertagskalender NRW reicht von {FIRST_YEAR} bis {LAST_YEAR}; "
            f"{day:%d.%m.%Y} liegt außerhalb."
        )
    return _calendar().get(day, "")


def holidays_of(year: int) -> tuple[tuple[date, str], ...]:
    """Return all public holidays of ``year`` in order; raises ``LawMissing`` outside 2020-2040."""
    holiday_name(date(year, 1, 1))
    return tuple((day, name) for day, name in _calendar().items() if day.year == year)


def weekday_name(day: date) -> str:
    """Return the German weekday of ``day``."""
    return WOCHENTAGE[day.weekday()]


def why_not_working(day: date) -> str:
    """Return the holiday's name, "Samstag" or "Sonntag", or "" for a working day."""
    return holiday_name(day) or (weekday_name(day) if day.weekday() >= 5 else "")


def is_working_day(day: date) -> bool:
    """Say whether ``day`` is neither Saturday, Sunday nor holiday (§ 31(3) VwVfG NRW)."""
    return not why_not_working(day)


def next_working_day(day: date) -> date:
    """Return ``day`` itself if it is a working day, else the next one after it."""
    while not is_working_day(day):
        day += _ONE_DAY
    return day
