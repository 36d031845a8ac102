"""Who is harmed first by waiting: points from days alone, and the reason in one German sentence.

Nationality, name, language and employer are not among the inputs, so they can never move anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta

ACUTE, SOON, USUAL = 2, 1, 0
BANDS: Mapping[int, str] = {ACUTE: "akut", SOON: "bald", USUAL: "ohne nahen Schaden"}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HarmDays:
    """All that the rank may depend on; days in Berlin, unknown ones count nothing."""

    titel: date | None = None
    titel_gilt_fort: date | None = None
    arbeitsbeginn: date | None = None
    leistungen: date | None = None
    frist: date | None = None
    untaetigkeit: date | None = None
    reise: date | None = None


PARTS: tuple[str, ...] = tuple(field.name for field in fields(HarmDays))


@dataclass(frozen=True, slots=True)
class Weight:
    """Points on the day itself, days over which they grow towards it, points once it is past."""

    points: int
    days: int
    over: int


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights in force from a day on; ``waiting`` is points for each day of waiting."""

    valid_from: date
    parts: Mapping[str, Weight]
    waiting: int
    acute: int
    soon: int


@dataclass(frozen=True, slots=True)
class Rank:
    """``points`` of harm, without waiting. ``priority`` orders (higher first) and holds until
    ``changes_on``, because waiting moves everybody alike. ``reason`` explains the largest part."""

    points: int
    band: int
    priority: int
    reason: str
    changes_on: date | None


def in_force(versions: tuple[Weights, ...], today: date) -> Weights:
    """Return the newest weights in force on ``today``; raises ``LookupError`` before the first."""
    found = [one for one in versions if one.valid_from <= today]
    if not found:
        raise LookupError(f"no weights in force on {today}")
    return max(found, key=lambda one: one.valid_from)


def rank(days: HarmDays, oldest_on: date, weights: Weights, today: date) -> Rank:
    """Return points, order and reason of a piece of work whose oldest item came on ``oldest_on``.

    Never raises; an earlier day of harm and an earlier receipt never rank lower, except that a
    period or journey that is over weighs what its weight says.
    """
    parts = [
        (_points(day, weights.parts[name], today), name, day)
        for name in PARTS
        if (day := getattr(days, name)) is not None
    ]
    points = sum(part[0] for part in parts)
    waited = max(0, (today - oldest_on).days)
    leading = max(parts, key=lambda part: part[0], default=(0, "", today))
    if leading[0] > waited * weights.waiting:
        reason = _sentence(leading[1], leading[2], today)
    else:
        reason = _waiting(waited)
    band = ACUTE if points >= weights.acute else SOON if points >= weights.soon else USUAL
    return Rank(
        points=points,
        band=band,
        priority=points - weights.waiting * oldest_on.toordinal(),
        reason=reason,
        changes_on=_changes_on(days, weights, today),
    )


def _points(day: date, weight: Weight, today: date) -> int:
    left = (day - today).days
    if left < 0:
        return weight.over
    return weight.points * (weight.days - left) // weight.days if left < weight.days else 0


def _changes_on(days: HarmDays, weights: Weights, today: date) -> date | None:
    """Return the next day on which the points of harm are others than today."""
    found = []
    for name in PARTS:
        day: date | None = getattr(days, name)
        if day is None or day < today:
            continue
        begins = day - timedelta(days=weights.parts[name].days - 1)
        found.append(max(begins, today + _DAY))
    return min(found, default=None)


def _sentence(name: str, day: date, today: date) -> str:
    left = (day - today).days
    when = f"{day:%d.%m.%Y}"
    if left < 0:
        return {
            "titel": f"Der Aufenthaltstitel endete am {when}.",
            "titel_gilt_fort": f"Der Titel endete am {when} und gilt nur durch den Antrag fort.",
            "arbeitsbeginn": f"Die Arbeit sollte am {when} beginnen.",
            "leistungen": f"Leistungen enden seit dem {when} ohne gültiges Papier.",
            "frist": f"Eine Frist lief am {when} ab.",
            "untaetigkeit": f"Untätigkeitsklage ist seit dem {when} möglich (§ 75 VwGO).",
            "reise": f"Die Reise war für den {when} geplant.",
        }[name]
    soon = "heute" if left == 0 else "morgen" if left == 1 else f"in {left} Tagen"
    return {
        "titel": f"Der Aufenthaltstitel endet {soon} ({when}).",
        "titel_gilt_fort": f"Der Titel endet {soon} ({when}); er gilt durch den Antrag fort.",
        "arbeitsbeginn": f"Die Arbeit beginnt {soon} ({when}).",
        "leistungen": f"Leistungen enden {soon} ({when}).",
        "frist": f"Eine Frist läuft {soon} ab ({when}).",
        "untaetigkeit": f"Untätigkeitsklage ist {soon} möglich ({when}, § 75 VwGO).",
        "reise": f"Eine dringende Reise beginnt {soon} ({when}).",
    }[name]


def _waiting(days: int) -> str:
    if days == 0:
        return "Heute eingegangen."
    return "Wartet seit einem Tag." if days == 1 else f"Wartet seit {days} Tagen."
