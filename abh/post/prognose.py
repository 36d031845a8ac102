"""When a backlog ends at the flow of the last weeks, with a range (pure).

Days of the last weeks are drawn again and again (bootstrap), Mondays from Mondays: what came and
what was done on a day stay together. The seed is fixed, so the same numbers give the same answer.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

RUNS = 300
LONGEST = timedelta(days=730)
# Fewer days with any flow say nothing about the weeks to come.
FEWEST_DAYS = 10
_SEED = 6


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was: what came and what was done."""

    day: date
    came: int
    done: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days on which nothing lies open any more: in one of ten runs earlier than ``early``, in one
    of ten later than ``late``. None stands for "not within two years"."""

    early: date | None
    middle: date | None
    late: date | None


def forecast(open_now: int, days: Sequence[Day], today: date) -> Forecast | None:
    """Return when the backlog ends; None when too little flowed to say anything."""
    if open_now <= 0:
        return Forecast(today, today, today)
    if sum(1 for day in days if day.came or day.done) < FEWEST_DAYS:
        return None
    by_weekday: dict[int, list[int]] = {}
    for day in days:
        by_weekday.setdefault(day.day.weekday(), []).append(day.came - day.done)
    draw = random.Random(_SEED)  # nosec B311
    ends = sorted(_run(open_now, by_weekday, today, draw) for _ in range(RUNS))
    return Forecast(*(_day(ends[RUNS * share // 100], today) for share in (10, 50, 90)))


def _run(open_now: int, nets: dict[int, list[int]], today: date, draw: random.Random) -> int:
    left, weekday = open_now, today.weekday()
    for ahead in range(1, LONGEST.days + 1):
        left += draw.choice(nets.get((weekday + ahead) % 7, [0]))
        if left <= 0:
            return ahead
    return LONGEST.days + 1


def _day(ahead: int, today: date) -> date | None:
    return today + timedelta(days=ahead) if ahead <= LONGEST.days else None
