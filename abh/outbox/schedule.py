"""Which runs of a job are due: pure, over the last run, the time now and the rule for misses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from abh.kernel.clock import BERLIN
from abh.outbox.jobs import Daily, Every, Missed

# The timer looks every second; a run that begins later than this was missed, not late.
PUNCTUAL: Final = timedelta(minutes=5)
# A failed daily run is tried again until the next one is due.
AGAIN_AFTER: Final = timedelta(minutes=15)
# One look never orders more runs than this; the rest follows at the next look.
MOST_RUNS: Final = 31


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run that was planned (not by hand)."""

    planned_for: datetime
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One run to begin now, or (``skipped``) to be recorded as left out with its reason."""

    planned_for: datetime
    detail: str = ""
    skipped: bool = False


def planned_times(trigger: Daily, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the planned instants in (``after``, ``until``] in UTC, one for every day in Berlin.

    A wall-clock time that a spring night skips is taken an hour later, one that an autumn night
    has twice is taken the first time.
    """
    day = after.astimezone(BERLIN).date()
    while True:
        local = datetime.combine(day, time(trigger.hour, trigger.minute), BERLIN)
        instant = local.astimezone(UTC)
        if instant > until:
            return
        if instant > after:
            yield instant
        day += timedelta(days=1)


def due_daily(
    trigger: Daily, missed: Missed, last: LastRun | None, now: datetime
) -> tuple[Due, ...]:
    """Return what a daily job has to do now, oldest first; empty when nothing is due.

    ``last`` None means that this house never ran the job: there is nothing to be late for, so a
    job that catches up runs at once and every other one begins with its next time.
    """
    if last is None:
        return _first(trigger, missed, now)
    times = list(planned_times(trigger, last.planned_for, now))
    if not times:
        again = last.failed_at is not None and now - last.failed_at >= AGAIN_AFTER
        return (Due(last.planned_for, "erneut"),) if again else ()
    newest = times[-1]
    punctual = now - newest <= PUNCTUAL
    gone = times[:-1] if punctual else times
    if missed is Missed.LATE_WITH_ORIGINAL_CUTOFF:
        runs = [Due(planned, "nachgeholt" if planned in gone else "") for planned in times]
        if last.failed_at is not None:
            # What this run should have decided, no later one will.
            runs.insert(0, Due(last.planned_for, "erneut"))
        return tuple(runs[:MOST_RUNS])
    if punctual:
        return (*_left_out(gone), Due(newest))
    if missed is Missed.CATCH_UP_ONCE:
        count = f"nachgeholt, einmal für {len(gone)}" if len(gone) > 1 else "nachgeholt"
        return (Due(newest, count),)
    return _left_out(gone)


def _first(trigger: Daily, missed: Missed, now: datetime) -> tuple[Due, ...]:
    newest = list(planned_times(trigger, now - timedelta(days=2), now))[-1]
    if missed is Missed.CATCH_UP_ONCE or now - newest <= PUNCTUAL:
        return (Due(newest, "erster Lauf"),)
    return (Due(newest, "vor dem ersten Start", skipped=True),)


def _left_out(gone: list[datetime]) -> tuple[Due, ...]:
    if not gone:
        return ()
    text = "ausgelassen" if len(gone) == 1 else f"{len(gone)} Läufe ausgelassen"
    return (Due(gone[-1], text, skipped=True),)


def tick(trigger: Every, interval: timedelta, now: datetime) -> datetime:
    """Return the grid point of an interval job at or before ``now``: one run for all schedulers."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (now - epoch) // interval * interval
