"""How many places a company may take in a month (pure): every figure with the sentence behind it.

Places count in the month in which they lie. A place that was missed stays counted there and lowers
the quota for some months more; a place given back in time counts nowhere, one given back too late
for others to use it stays counted in its month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from abh.kernel.rechtsstand import Wert
from abh.workflows.recht import LawKey

SMALL, MEDIUM, LARGE = "klein", "mittel", "gross"


@dataclass(frozen=True, slots=True)
class Regeln:
    """The house rules in force on a day; ``most`` by size, ``lane_percent`` of all minutes."""

    most: tuple[int, int, int]
    medium_from: int
    large_from: int
    extra: int
    least: int
    absence_months: int
    notice_days: int
    lane_percent: Decimal
    since: date


@dataclass(frozen=True, slots=True)
class Satz:
    """A figure and the key of the sentence that explains it; the page has the words."""

    key: str
    numbers: dict[str, int]


@dataclass(frozen=True, slots=True)
class Kontingent:
    """The places of a month: how many, how many of them are taken, and why that many."""

    places: int
    used: int
    why: tuple[Satz, ...]

    @property
    def left(self) -> int:
        """How many may still be taken; never below zero."""
        return max(0, self.places - self.used)


def regeln(read: Callable[[str, date], Wert], day: date) -> Regeln:
    """Return the rules in force on ``day`` (``Rechtsstand.value``); raises ``LawMissing``."""

    def number(key: LawKey) -> int:
        return int(str(read(key.value, day).value))

    return Regeln(
        most=(
            number(LawKey.FIRMEN_KLEIN),
            number(LawKey.FIRMEN_MITTEL),
            number(LawKey.FIRMEN_GROSS),
        ),
        medium_from=number(LawKey.FIRMEN_GROESSE_MITTEL),
        large_from=number(LawKey.FIRMEN_GROESSE_GROSS),
        extra=number(LawKey.FIRMEN_ZUSCHLAG),
        least=number(LawKey.FIRMEN_MINDESTENS),
        absence_months=number(LawKey.FIRMEN_FEHLTERMINE),
        notice_days=number(LawKey.FIRMEN_ABSAGE),
        lane_percent=read(LawKey.FIRMEN_BAHN.value, day).betrag,
        since=read(LawKey.FIRMEN_KLEIN.value, day).in_force_from,
    )


def size_of(employees: int | None, rules: Regeln) -> str:
    """Return the size class; a company that never said how large it is counts as small."""
    if employees is None or employees < rules.medium_from:
        return SMALL
    return MEDIUM if employees < rules.large_from else LARGE


def kontingent(
    employees: int | None, open_cases: int, missed: int, used: int, rules: Regeln, late: int = 0
) -> Kontingent:
    """Return the quota of a month.

    ``open_cases``: open cases that the company's mandates cover; ``missed``: places missed within
    ``rules.absence_months``; ``used``: places of the month that are taken, missed ones included,
    and of these ``late`` those given back less than ``rules.notice_days`` before.
    """
    size = size_of(employees, rules)
    by_size = rules.most[(SMALL, MEDIUM, LARGE).index(size)]
    by_cases = open_cases + rules.extra
    granted = min(by_size, by_cases)
    places = max(rules.least, granted - missed)
    why = [
        Satz(f"groesse.{size}", {"num": by_size, "employees": employees or 0}),
        Satz("vorgaenge", {"num": by_cases, "cases": open_cases, "extra": rules.extra}),
        Satz("kleinere", {"num": granted}),
    ]
    if missed:
        why.append(Satz("versaeumt", {"num": missed, "months": rules.absence_months}))
    if granted - missed < rules.least:
        why.append(Satz("mindestens", {"num": rules.least}))
    why.append(Satz("benutzt", {"num": used}))
    if late:
        why.append(Satz("spaet", {"num": late, "days": rules.notice_days}))
    return Kontingent(places, used, tuple(why))


def lane_minutes(all_minutes: int, rules: Regeln) -> int:
    """Return how many minutes of a week the firm lane may take of ``all_minutes`` for visits."""
    return int(all_minutes * rules.lane_percent / 100)


def month_of(day: date) -> date:
    """Return the first day of the month in which a place counts."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
