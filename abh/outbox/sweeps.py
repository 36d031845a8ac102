"""What the outbox forgets by itself: contents of delivered messages, old records of runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from abh.kernel.clock import Clock
from abh.outbox.tables import JobRun, OutboxMessage

# Mails hold addresses and texts; once delivered they serve nothing (Art. 5(1)(e) DSGVO). The key
# stays, so that the effect can never be ordered again. Periods are rules of the house.
KEEP_CONTENT: Final = timedelta(days=30)
KEEP_RUNS: Final = timedelta(days=400)
KEEP_IDLE_TICKS: Final = timedelta(days=1)


def forget_contents(session: Session, clock: Clock, limit: int) -> int:
    """Empty payload and result of messages delivered more than 30 days ago."""
    old = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.state == "done",
            OutboxMessage.done_at < clock.now() - KEEP_CONTENT,
            OutboxMessage.payload != {},
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return len(
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(old))
            .values(payload={}, result=None)
            .returning(OutboxMessage.id)
        ).all()
    )


def forget_runs(session: Session, clock: Clock, limit: int) -> int:
    """Delete records of ticks that found nothing after a day, of all other runs after 400 days."""
    now = clock.now()
    idle = (JobRun.outcome == "ok") & (JobRun.detail == "0")
    old = (
        select(JobRun.id)
        .where(
            (JobRun.started_at < now - KEEP_RUNS)
            | (idle & (JobRun.started_at < now - KEEP_IDLE_TICKS))
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return len(session.execute(delete(JobRun).where(JobRun.id.in_(old)).returning(JobRun.id)).all())
