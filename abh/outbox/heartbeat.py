"""Heartbeats: each process says that it lives, the readiness page reads when it last did."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.outbox.tables import Heartbeat

EVERY: Final = timedelta(seconds=5)
FORGET: Final = timedelta(days=1)


def process_name(kind: str) -> str:
    """Return the name of this process: kind, machine, number."""
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


def beat(session: Session, process: str, now: datetime) -> None:
    """Write that ``process`` lives; forgets processes silent for a day."""
    row = insert(Heartbeat).values(process=process, at=now)
    session.execute(row.on_conflict_do_update(index_elements=["process"], set_={"at": now}))
    session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGET))


def stop(session: Session, process: str) -> None:
    """Remove the heartbeat of a process that ends in good order."""
    session.execute(delete(Heartbeat).where(Heartbeat.process == process))


def last_beat(session: Session, kind: str) -> datetime | None:
    """Return when any process of ``kind`` (``worker``, ``scheduler``) last said that it lives."""
    return session.scalar(
        select(func.max(Heartbeat.at)).where(Heartbeat.process.startswith(f"{kind}:"))
    )
