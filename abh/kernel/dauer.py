"""Lengths of time as the law states them: days, weeks, months, years (§ 188 BGB)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Einheit(StrEnum):
    """The unit of a length."""

    TAGE = "tage"
    WOCHEN = "wochen"
    MONATE = "monate"
    JAHRE = "jahre"


_LABELS = {
    Einheit.TAGE: ("Tag", "Tage"),
    Einheit.WOCHEN: ("Woche", "Wochen"),
    Einheit.MONATE: ("Monat", "Monate"),
    Einheit.JAHRE: ("Jahr", "Jahre"),
}


@dataclass(frozen=True, slots=True)
class Dauer:
    """A length of at least one unit; raises ``ValueError`` for less."""

    length: int
    unit: Einheit

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError("a period lasts at least one unit")

    def __str__(self) -> str:
        return f"{self.length} {_LABELS[self.unit][self.length != 1]}"


def tage(length: int) -> Dauer:
    """Return a length in days."""
    return Dauer(length, Einheit.TAGE)


def wochen(length: int) -> Dauer:
    """Return a length in weeks."""
    return Dauer(length, Einheit.WOCHEN)


def monate(length: int) -> Dauer:
    """Return a length in months."""
    return Dauer(length, Einheit.MONATE)


def jahre(length: int) -> Dauer:
    """Return a length in years."""
    return Dauer(length, Einheit.JAHRE)


def add_months(day: date, months: int) -> date:
    """Return the day of the same number ``months`` later, or the last day of that month where the
    number is missing (§ 188(3) BGB); ``months`` may be negative. Beyond the calendar's last year
    its last day is as good, so that rules stay total."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last))


def plus(day: date, dauer: Dauer) -> date:
    """Return the calendar day ``dauer`` after ``day``, e.g. for the end of a title's validity."""
    return _moved(day, dauer, 1)


def minus(day: date, dauer: Dauer) -> date:
    """Return the calendar day ``dauer`` before ``day``, e.g. the oldest admissible degree."""
    return _moved(day, dauer, -1)


def _moved(day: date, dauer: Dauer, sign: int) -> date:
    if dauer.unit in (Einheit.TAGE, Einheit.WOCHEN):
        return day + timedelta(
            days=sign * dauer.length * (7 if dauer.unit is Einheit.WOCHEN else 1)
        )
    return add_months(day, sign * dauer.length * (12 if dauer.unit is Einheit.JAHRE else 1))


def last_day(start_day: date, dauer: Dauer, *, first_day_counts: bool) -> date:
    """Return the last day of a period, before any shift to a working day.

    ``start_day`` is the first day that counts. With ``first_day_counts`` the period began with that
    day (§ 187(2) BGB), else with an event on the day before (§ 187(1) BGB): this decides which
    number the last day of a period of months bears (§ 188(2) BGB).
    """
    if dauer.unit in (Einheit.TAGE, Einheit.WOCHEN):
        days = dauer.length * (7 if dauer.unit is Einheit.WOCHEN else 1)
        return start_day + timedelta(days=days - 1)
    months = dauer.length * (12 if dauer.unit is Einheit.JAHRE else 1)
    if not first_day_counts:
        return add_months(start_day - timedelta(days=1), months)
    same_number = add_months(start_day, months)
    if same_number.day != start_day.day:
        return same_number
    return same_number - timedelta(days=1)
