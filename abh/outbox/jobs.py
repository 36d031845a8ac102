"""What a scheduled job is: name, time, rule for a missed run, function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from abh.kernel.clock import Clock

# A sweeper: works on at most ``limit`` due rows in the caller's transaction, returns how many.
# It takes its rows with SKIP LOCKED and may run twice without harm.
Sweep = Callable[[Session, Clock, int], int]


class Missed(StrEnum):
    """What happens to runs whose time passed while no scheduler was alive."""

    CATCH_UP_ONCE = "CATCH_UP_ONCE"
    SKIP = "SKIP"
    LATE_WITH_ORIGINAL_CUTOFF = "LATE_WITH_ORIGINAL_CUTOFF"


@dataclass(frozen=True, slots=True)
class Every:
    """A job that ticks in real time; what is due it decides by the clock it is given.

    ``setting`` names the setting whose seconds replace ``interval``.
    """

    interval: timedelta
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Daily:
    """A job planned for a wall-clock time in Berlin on every day."""

    hour: int
    minute: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table of jobs. ``function`` is ``module:name``, resolved at start.

    ``LATE_WITH_ORIGINAL_CUTOFF`` runs every missed run, each with a clock standing at the time
    it was planned for, so that a late run decides as the punctual one would have.
    """

    name: str
    label: str
    trigger: Every | Daily
    missed: Missed
    function: str
    limit: int = 500
