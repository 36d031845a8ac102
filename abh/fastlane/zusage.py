"""By when the office promises to decide (Zielvereinbarung), and whether it kept that (pure).

The promise counts from receipt. Days in which the person or the employer had the turn are added:
who waits for a paper cannot be late. The table of law holds the weeks with the day from which they
hold; the one of the day of receipt counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from abh.kernel.errors import LawMissing
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.recht import LawKey
from abh.workflows.uhren import length

GOALS: Mapping[str, LawKey] = {
    "P01": LawKey.ZIEL_P01,
    "P02": LawKey.ZIEL_P02,
    "P03": LawKey.ZIEL_P03,
    "P04": LawKey.ZIEL_P04,
    "P07": LawKey.ZIEL_P07,
    "P08": LawKey.ZIEL_P08,
    "P30": LawKey.ZIEL_P30,
    "P35": LawKey.ZIEL_P35,
}
# From so many days before its end an open promise is about to break; a display choice.
NEAR = 14


class Stand(StrEnum):
    """How a promise stands."""

    OFFEN = "offen"
    KNAPP = "bald fällig"
    UEBERSCHRITTEN = "überschritten"
    GEHALTEN = "gehalten"
    VERFEHLT = "nicht gehalten"


@dataclass(frozen=True, slots=True)
class Eintrag:
    """One entry of a case's log: the state it came to and the day (in Berlin)."""

    state: str
    on: date


def waited(log: Sequence[Eintrag], waiting: Collection[str], until: date) -> int:
    """Return the days in which somebody outside had the turn, up to ``until``.

    A step that leaves the case in its state does not end the wait.
    """
    days, since = 0, None
    for entry in log:
        if entry.state in waiting and since is None:
            since = entry.on
        elif entry.state not in waiting and since is not None:
            days, since = days + (entry.on - since).days, None
    return days + (max(0, (until - since).days) if since is not None else 0)


def decided_on(log: Sequence[Eintrag], decided: Collection[str]) -> date | None:
    """Return the day on which the case was first decided."""
    return next((entry.on for entry in log if entry.state in decided), None)


def promised_on(
    law: Rechtsstand, verfahren: str, received_on: date, waited_days: int
) -> date | None:
    """Return the last day of the promise; ``None`` for a kind or a day without one."""
    key = GOALS.get(verfahren)
    if key is None:
        return None
    try:
        return length(law, key, received_on).end + timedelta(waited_days)
    except LawMissing:
        return None


def stand(promised: date | None, decided: date | None, today: date) -> Stand | None:
    """Return how a promise stands today; ``None`` where there is none."""
    if promised is None:
        return None
    if decided is not None:
        return Stand.GEHALTEN if decided <= promised else Stand.VERFEHLT
    if promised < today:
        return Stand.UEBERSCHRITTEN
    return Stand.KNAPP if (promised - today).days <= NEAR else Stand.OFFEN
