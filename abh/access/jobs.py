"""What this room does by itself: seal the log, anchor it, forget what is no longer needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from abh.access import chain
from abh.access.tables import LoginAttempt, UserSession
from abh.kernel.clock import Clock, today

# Attempts and ended sessions serve security only; after that they are data without a purpose
# (Art. 5(1)(e) DSGVO). The period is a rule of the house.
KEEP: Final = timedelta(days=30)


def seal_log(session: Session, clock: Clock, limit: int) -> int:
    """Chain new entries of the audit log."""
    return chain.seal(session, now=clock.now(), limit=limit)


def anchor_log(session: Session, clock: Clock, limit: int) -> int:
    """Keep the root of the day before; it runs after midnight, when that day is complete."""
    root = chain.anchor(session, today(clock) - timedelta(days=1), now=clock.now())
    return 0 if root is None else 1


def forget_logins(session: Session, clock: Clock, limit: int) -> int:
    """Delete login attempts and ended sessions older than 30 days, at most ``limit`` of each."""
    before = clock.now() - KEEP
    attempts = select(LoginAttempt.id).where(LoginAttempt.at < before).limit(limit)
    ended = select(UserSession.id).where(UserSession.expires_at < before).limit(limit)
    gone = session.scalars(
        delete(LoginAttempt).where(LoginAttempt.id.in_(attempts)).returning(LoginAttempt.id)
    ).all()
    over = session.scalars(
        delete(UserSession).where(UserSession.id.in_(ended)).returning(UserSession.id)
    ).all()
    return len(gone) + len(over)
