"""In which order a clerk's next things stand, and why: pure, one table, no clock of its own.

First the stage of the table ``STAGES``, within it the day on which waiting does harm or a clock
ends (none comes last), then the kind as it stands in ``KINDS``, then who has waited longest. A case
that is due for several reasons stands once, for the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum


class Stage(IntEnum):
    """How soon something has to be done; a lower stage stands above every higher one."""

    AT_DESK = 0
    AT_ONCE = 1
    WAITING = 2
    IN_HAND = 3
    SOON = 4
    USUAL = 5
    LATER = 6


# How near a day must be to stand under SOON; a display choice of the house, no period of law.
NEAR = timedelta(days=7)
# By kind: the stage without a near day, and whether a day that is over or today is AT_ONCE.
# The order of the kinds decides between equals.
KINDS: Mapping[str, tuple[Stage, bool]] = {
    "besuch": (Stage.AT_DESK, False),
    "nummer": (Stage.AT_DESK, False),
    "eilpost": (Stage.AT_ONCE, False),
    "uebergabe": (Stage.AT_ONCE, False),
    "unterlagen": (Stage.USUAL, True),
    "frist": (Stage.USUAL, True),
    "warteraum": (Stage.WAITING, False),
    "post_meine": (Stage.IN_HAND, False),
    "post_uebergeben": (Stage.IN_HAND, False),
    "brief": (Stage.USUAL, False),
    "nachricht": (Stage.USUAL, True),
    "post_naechste": (Stage.USUAL, False),
    "vorgang": (Stage.LATER, False),
}
_ORDER = {kind: nth for nth, kind in enumerate(KINDS)}
_ONCE_A_CASE = frozenset({"unterlagen", "frist", "nachricht", "vorgang"})
_LAST_DAY = date.max
_LAST_INSTANT = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ding:
    """Something to do. ``key`` is its row, ``number`` its case; ``day`` the day that matters (last
    day of a clock, day of harm, day of answer), ``since`` (aware) from when it waits.

    ``acute`` marks post above the usual band: it is ranked like a day that has come near.
    """

    kind: str
    key: str
    number: str = ""
    day: date | None = None
    since: datetime | None = None
    acute: bool = False


def stage(ding: Ding, today: date) -> Stage:
    """Return the stage of something on ``today``; raises ``KeyError`` for an unknown kind."""
    usual, presses = KINDS[ding.kind]
    if usual <= Stage.IN_HAND:
        return usual
    if ding.day is not None and presses and ding.day <= today:
        return Stage.AT_ONCE
    near = ding.day is not None and ding.day - today <= NEAR
    return Stage.SOON if near or ding.acute else usual


def ranked(dinge: Iterable[Ding], today: date) -> list[Ding]:
    """Return things in their order, each case once (visits and letters stand for themselves)."""
    ordered = sorted(
        dinge,
        key=lambda each: (
            stage(each, today),
            each.day or _LAST_DAY,
            _ORDER[each.kind],
            each.since or _LAST_INSTANT,
            each.key,
        ),
    )
    seen, out = set[str](), []
    for each in ordered:
        if each.kind in _ONCE_A_CASE and each.number:
            if each.number in seen:
                continue
            seen.add(each.number)
        out.append(each)
    return out
