"""Effects as rows, and the runs of the scheduler's jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class OutboxMessage(Base):
    """Something the world must be told, written in the transaction that caused it.

    ``dedup_key`` makes a second order of the same effect impossible; ``state`` goes
    waiting -> done | failed (after the last retry, shown to people until somebody acts).
    """

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    dedup_key: Mapped[str] = mapped_column(Text, unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    not_before: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('waiting','done','failed')", name="state_known"),
        Index(
            "ix_outbox_message_waiting",
            "not_before",
            "id",
            postgresql_where=text("state='waiting'"),
        ),
        Index(
            "ix_outbox_message_troubled",
            "id",
            postgresql_where=text("state='failed' OR (state='waiting' AND last_error IS NOT NULL)"),
        ),
    )


class JobRun(Base):
    """One run of a scheduled job: planned for, really run, with its result."""

    __tablename__ = "job_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job: Mapped[str] = mapped_column(Text)
    planned_for: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(Text, server_default="running")
    detail: Mapped[str] = mapped_column(Text, server_default="")
    # Runs that a person ordered do not count when missed runs are looked for.
    by_hand: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        Index("ix_job_run_job_planned_for", "job", "planned_for", unique=True),
        CheckConstraint("outcome IN ('running','ok','failed','skipped')", name="outcome_known"),
    )


class Heartbeat(Base):
    """When each process last said that it lives; read by the readiness page."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
