"""The order of the desk list: who is harmed first by waiting, with the reason in a sentence.

Nationality, name and employer are not among the inputs, so they can never move a case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from abh.workflows.facts import Facts, german

# House rule, not law: weights are compared only with each other, one waiting day is one point.
TITLE_ENDS_WITHIN_DAYS = 56
JOB_STARTS_WITHIN_DAYS = 42
CLOCK_WITHIN_DAYS = 28
WEIGHT_TITLE, WEIGHT_TITLE_OVER = 600, 700
WEIGHT_JOB = 400
WEIGHT_CLOCK = 500


@dataclass(frozen=True, slots=True)
class HarmRow:
    """What the order may depend on; all days in Berlin."""

    today: date
    received_on: date | None = None
    title_until: date | None = None
    title_continues: bool = False
    job_start: date | None = None
    clock_75_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """A higher score comes first; ``reason`` explains the largest part of it."""

    score: int
    reason: str


def row_of(facts: Facts, *, title_continues: bool, clock_75_on: date | None) -> HarmRow:
    """Take from the facts of a case what the order may depend on."""
    return HarmRow(
        today=facts.today,
        received_on=facts.received_on,
        title_until=facts.title_until,
        title_continues=title_continues,
        job_start=facts.job_start,
        clock_75_on=clock_75_on,
    )


def rank(row: HarmRow) -> Rank:
    """Return score and reason; never raises, unknown days count nothing."""
    parts = [part for part in (_title(row), _clock(row), _job(row), _waiting(row)) if part.score]
    if not parts:
        return Rank(0, "Neu eingegangen.")
    leading = max(parts, key=lambda part: part.score)
    return Rank(sum(part.score for part in parts), leading.reason)


def _title(row: HarmRow) -> Rank:
    if row.title_until is None:
        return Rank(0, "")
    days = (row.title_until - row.today).days
    if days < 0:
        if row.title_continues:
            return Rank(
                WEIGHT_TITLE // 2,
                f"Titel endete am {german(row.title_until)}; er gilt nur durch den Antrag fort.",
            )
        return Rank(WEIGHT_TITLE_OVER, f"Titel endete am {german(row.title_until)}.")
    return Rank(
        _near(days, TITLE_ENDS_WITHIN_DAYS, WEIGHT_TITLE),
        f"Titel endet {_in_days(days)} ({german(row.title_until)}).",
    )


def _clock(row: HarmRow) -> Rank:
    if row.clock_75_on is None:
        return Rank(0, "")
    days = (row.clock_75_on - row.today).days
    if days <= 0:
        return Rank(
            WEIGHT_CLOCK, f"Untätigkeitsklage seit {german(row.clock_75_on)} möglich (§ 75 VwGO)."
        )
    return Rank(
        _near(days, CLOCK_WITHIN_DAYS, WEIGHT_CLOCK),
        f"Untätigkeitsklage {_in_days(days)} möglich (§ 75 VwGO).",
    )


def _job(row: HarmRow) -> Rank:
    if row.job_start is None:
        return Rank(0, "")
    days = (row.job_start - row.today).days
    if days < 0:
        return Rank(WEIGHT_JOB, f"Arbeitsbeginn war am {german(row.job_start)}.")
    return Rank(
        _near(days, JOB_STARTS_WITHIN_DAYS, WEIGHT_JOB),
        f"Arbeitsbeginn {_in_days(days)} ({german(row.job_start)}).",
    )


def _waiting(row: HarmRow) -> Rank:
    if row.received_on is None:
        return Rank(0, "")
    days = max(0, (row.today - row.received_on).days)
    return Rank(days, "Wartet seit einem Tag." if days == 1 else f"Wartet seit {days} Tagen.")


def _near(days: int, within: int, weight: int) -> int:
    """Grow linearly from nothing at ``within`` days to ``weight`` today."""
    return weight * (within - days) // within if days < within else 0


def _in_days(days: int) -> str:
    if days == 0:
        return "heute"
    return "morgen" if days == 1 else f"in {days} Tagen"
