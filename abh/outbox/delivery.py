"""Delivering: claim one message, call its handler, keep the result; never two for one message."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from abh.db import transaction
from abh.outbox.backoff import MOST_ATTEMPTS, pause
from abh.outbox.handler import DeliveryFailed, Handler, HandlerContext
from abh.outbox.tables import OutboxMessage

log = logging.getLogger(__name__)

CRASHED: Final = "Der Zusteller ist bei jedem Versuch abgestürzt."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message this worker may try now; ``attempt`` proves that nobody claimed it after us."""

    id: int
    attempt: int


def deliver_next(
    sessions: sessionmaker[Session], handlers: Mapping[str, Handler], ctx: HandlerContext
) -> bool:
    """Deliver the message that is due longest; return False when none is due.

    Two transactions: the claim counts the attempt and sets the next one, so that a message that
    kills its worker waits like any failed one and ends as failed; the delivery holds the row
    locked until the result is committed.
    """
    with transaction(sessions) as session:
        claimed = claim(session, ctx.clock.now())
    if claimed is None:
        return False
    with transaction(sessions) as session:
        _deliver(session, claimed, handlers, ctx)
    return True


def claim(session: Session, now: datetime) -> Claimed | None:
    """Take the message that is due longest; locked rows are skipped, they are being delivered."""
    message = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.state == "waiting", OutboxMessage.not_before <= now)
        .order_by(OutboxMessage.not_before, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if message is None:
        return None
    message.attempts += 1
    message.not_before = now + pause(message.id, message.attempts)
    return Claimed(message.id, message.attempts)


def _deliver(
    session: Session, claimed: Claimed, handlers: Mapping[str, Handler], ctx: HandlerContext
) -> None:
    # Not SKIP LOCKED: a claim that just lost this row may still hold it for an instant, and a
    # message skipped here would wait for its next attempt.
    message = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.id == claimed.id,
            OutboxMessage.state == "waiting",
            OutboxMessage.attempts == claimed.attempt,
        )
        .with_for_update()
    ).one_or_none()
    if message is None:
        return
    if claimed.attempt > MOST_ATTEMPTS:
        _keep(session, message.id, state="failed", last_error=message.last_error or CRASHED)
        return
    mine = replace(ctx, dedup_key=message.dedup_key, message_id=message.id, attempt=claimed.attempt)
    try:
        # A savepoint: what a failing handler wrote goes, the lock on the message stays.
        with session.begin_nested():
            result = _handler(handlers, message.kind)(session, dict(message.payload), mine)
    except Exception as error:
        _keep_failure(session, message, error, ctx.clock.now())
    else:
        _keep(
            session,
            message.id,
            state="done",
            result=result,
            done_at=ctx.clock.now(),
            last_error=None,
        )


def _handler(handlers: Mapping[str, Handler], kind: str) -> Handler:
    if kind not in handlers:
        raise DeliveryFailed(f"Für die Art {kind!r} gibt es keinen Zusteller.", permanent=True)
    return handlers[kind]


def _keep_failure(
    session: Session, message: OutboxMessage, error: Exception, now: datetime
) -> None:
    text = error_text(error)
    permanent = isinstance(error, DeliveryFailed) and error.permanent
    state = "failed" if permanent or message.attempts >= MOST_ATTEMPTS else "waiting"
    if isinstance(error, DeliveryFailed) and error.record is not None:
        error.record(session)
    log.warning("outbox %s (%s) %s: %s", message.id, message.kind, state, text)
    _keep(
        session,
        message.id,
        state=state,
        last_error=text,
        not_before=now + pause(message.id, message.attempts),
    )


def _keep(session: Session, message_id: int, **values: Any) -> None:
    session.execute(update(OutboxMessage).where(OutboxMessage.id == message_id).values(**values))


def error_text(error: Exception) -> str:
    """Return an error for people and logs without personal data.

    Only ``DeliveryFailed`` speaks for itself. Messages of other errors may quote names or
    addresses (a refused recipient does), so their kind and place must do.
    """
    if isinstance(error, DeliveryFailed):
        return error.text
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        kind = f"{kind}: {error.strerror}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/abh/" in frame.filename] or frames
    if not ours:
        return kind
    place = ours[-1].filename.rpartition("/abh/")[2].removesuffix(".py").replace("/", ".")
    return f"{kind} ({place}:{ours[-1].lineno})"
