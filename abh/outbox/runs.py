"""Running a job: one scheduler at a time, every run recorded, a killed one taken over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from abh.db import make_sessions, transaction
from abh.kernel.clock import Clock, FixedClock
from abh.outbox.delivery import error_text
from abh.outbox.jobs import Daily, Job, Missed, Sweep
from abh.outbox.schedule import Due, LastRun, due_daily
from abh.outbox.tables import JobRun

log = logging.getLogger(__name__)

# A sweeper that always fills its limit would keep its timer for ever.
MOST_BATCHES: Final = 200
ABORTED: Final = "abgebrochen: der Zeitplaner endete mitten im Lauf"


@dataclass(frozen=True, slots=True)
class Runner:
    """What a run needs; ``halted`` tells a long run to end after its batch.

    ``clock`` is handed to the jobs (in production the ``House``, which is a clock), ``at`` makes
    the same standing still at the time a late run was planned for.
    """

    engine: Engine
    clock: Clock
    halted: Callable[[], bool] = lambda: False
    at: Callable[[datetime], Clock] = FixedClock

    def daily_due(self, jobs: Iterable[Job]) -> frozenset[str]:
        """Return the names of the daily jobs that have something to do now, by one statement.

        Timers look every few seconds and find nothing nearly always.
        """
        triggers = {job.name: (job.trigger, job.missed) for job in jobs}
        with transaction(make_sessions(self.engine)) as session:
            last = last_runs(session, triggers)
        now = self.clock.now()
        return frozenset(
            name
            for name, (trigger, missed) in triggers.items()
            if isinstance(trigger, Daily) and due_daily(trigger, missed, last.get(name), now)
        )

    def run_daily(self, job: Job, function: Sweep) -> int:
        """Do what is due of a daily job and return how many runs began."""
        if not self._due(job):
            return 0
        with only_one(self.engine, job.name) as mine:
            if not mine:
                return 0
            self._bury(job)
            began = 0
            for due in self._due(job):
                if due.skipped:
                    self._note(job, due)
                elif not self.halted():
                    began += self._run(job, function, due, self.clock)
            return began

    def run_tick(self, job: Job, function: Sweep, planned_for: datetime, wall: Clock) -> bool:
        """Run an interval job for a grid point unless somebody else did; ``wall`` is real time."""
        with only_one(self.engine, job.name) as mine:
            if not mine:
                return False
            self._bury(job)
            return self._run(job, function, Due(planned_for), wall)

    def run_by_hand(self, job: Job, function: Sweep) -> JobRun | None:
        """Run a job now because a person wants it; None when it is running already."""
        with only_one(self.engine, job.name) as mine:
            if not mine:
                return None
            self._bury(job)
            planned = self.clock.now()
            self._run(job, function, Due(planned, "von Hand"), self.clock, by_hand=True)
        with transaction(make_sessions(self.engine)) as session:
            return session.scalars(
                select(JobRun).where(JobRun.job == job.name, JobRun.planned_for == planned)
            ).one()

    def _due(self, job: Job) -> tuple[Due, ...]:
        if not isinstance(job.trigger, Daily):
            raise TypeError(f"{job.name} is no daily job")
        with transaction(make_sessions(self.engine)) as session:
            last = last_run(session, job.name)
        return due_daily(job.trigger, job.missed, last, self.clock.now())

    def _bury(self, job: Job) -> None:
        """Close runs that nobody works on: we hold the lock of the job, so their process died."""
        with transaction(make_sessions(self.engine)) as session:
            session.execute(
                update(JobRun)
                .where(JobRun.job == job.name, JobRun.outcome == "running")
                .values(outcome="failed", detail=ABORTED, finished_at=None)
            )

    def _note(self, job: Job, due: Due) -> None:
        with transaction(make_sessions(self.engine)) as session:
            row = insert(JobRun).values(
                job=job.name,
                planned_for=due.planned_for,
                started_at=self.clock.now(),
                finished_at=self.clock.now(),
                outcome="skipped",
                detail=due.detail,
            )
            session.execute(row.on_conflict_do_nothing())

    def _run(
        self, job: Job, function: Sweep, due: Due, stamp: Clock, *, by_hand: bool = False
    ) -> bool:
        run_id = self._begin(job, due, stamp.now(), by_hand)
        if run_id is None:
            return False
        cutoff = job.missed is Missed.LATE_WITH_ORIGINAL_CUTOFF and not by_hand
        clock = self.at(due.planned_for) if cutoff else self.clock
        try:
            count = self._batches(job, function, clock)
            outcome, said = "ok", str(count)
        except Exception as error:
            outcome, said = "failed", error_text(error)
            log.warning("job %s failed: %s", job.name, said)
        detail = f"{said} ({due.detail})" if due.detail else said
        with transaction(make_sessions(self.engine)) as session:
            session.execute(
                update(JobRun)
                .where(JobRun.id == run_id)
                .values(outcome=outcome, detail=detail, finished_at=stamp.now())
            )
        return True

    def _begin(self, job: Job, due: Due, now: datetime, by_hand: bool) -> int | None:
        """Record the start, committed, so that it is seen and a second scheduler yields.

        A failed run is begun again in its row; any other row of the same time wins.
        """
        row = insert(JobRun).values(
            job=job.name,
            planned_for=due.planned_for,
            started_at=now,
            outcome="running",
            by_hand=by_hand,
        )
        row = row.on_conflict_do_update(
            index_elements=["job", "planned_for"],
            set_={"outcome": "running", "started_at": now, "finished_at": None},
            where=JobRun.outcome == "failed",
        )
        with transaction(make_sessions(self.engine)) as session:
            return session.execute(row.returning(JobRun.id)).scalar_one_or_none()

    def _batches(self, job: Job, function: Sweep, clock: Clock) -> int:
        total = 0
        for _ in range(MOST_BATCHES):
            with transaction(make_sessions(self.engine)) as session:
                done = function(session, clock, job.limit)
            total += done
            if done < job.limit or self.halted():
                break
        return total


def last_run(session: Session, job: str) -> LastRun | None:
    """Return the newest planned run of a job; a run that was cut off counts as failed at once."""
    return last_runs(session, (job,)).get(job)


def last_runs(session: Session, jobs: Iterable[str]) -> dict[str, LastRun]:
    """Return ``last_run`` of each of the jobs that ever ran."""
    rows = session.scalars(
        select(JobRun)
        .ext(distinct_on(JobRun.job))
        .where(JobRun.job.in_(tuple(jobs)), ~JobRun.by_hand)
        .order_by(JobRun.job, JobRun.planned_for.desc())
    )
    return {row.job: _as_last(row) for row in rows}


def _as_last(row: JobRun) -> LastRun:
    if row.outcome == "running" or (row.outcome == "failed" and row.finished_at is None):
        # Nobody finished it: taken over as soon as its lock is free.
        return LastRun(row.planned_for, datetime.min.replace(tzinfo=UTC))
    return LastRun(row.planned_for, row.finished_at if row.outcome == "failed" else None)


def newest_runs(session: Session) -> list[JobRun]:
    """Return the newest run of every job, for the list that people see."""
    return list(
        session.scalars(
            select(JobRun)
            .ext(distinct_on(JobRun.job))
            .order_by(JobRun.job, JobRun.planned_for.desc())
        )
    )


@contextmanager
def only_one(engine: Engine, job: str) -> Iterator[bool]:
    """Hold the lock of a job on a connection of its own; False when another process holds it.

    The lock dies with its process, so that another one takes over at once after a kill -9.
    """
    key = select(func.hashtextextended(f"job:{job}", 4712)).scalar_subquery()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield mine
        finally:
            if mine:
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
