"""Effects as rows: order one in the transaction that causes it, see and repeat failed ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.errors import Conflict, NotFound
from abh.outbox.tables import OutboxMessage


def enqueue(
    session: Session,
    kind: str,
    dedup_key: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    not_before: datetime | None = None,
    vorgang_id: int | None = None,
) -> bool:
    """Order an effect in the caller's transaction; the worker delivers it after the commit.

    ``kind`` is a key of ``abh.wiring.HANDLERS``. ``dedup_key`` names the effect itself, for
    example ``letter:17:print``: a second order of the same key does nothing and returns False.
    ``payload`` is JSON and should hold ids rather than personal data.
    """
    added = session.execute(
        _ORDER,
        {
            "kind": kind,
            "dedup_key": dedup_key,
            "payload": dict(payload),
            "not_before": not_before or now,
            "vorgang_id": vorgang_id,
            "created_at": now,
        },
    )
    return added.scalar_one_or_none() is not None


# Built once: half the steps of the house order something.
_ORDER = (
    insert(OutboxMessage.__table__)  # type: ignore[arg-type]
    .on_conflict_do_nothing(index_elements=["dedup_key"])
    .returning(OutboxMessage.__table__.c.id)
)


def retry(session: Session, actor: Actor, message_id: int, *, now: datetime) -> None:
    """Let a failed message (or one that waits for its next attempt) be delivered again at once.

    The caller checks the unit through the message's Vorgang. Raises ``NotFound`` and, when it is
    done already, ``Conflict``. Locks the message; while a worker delivers it, that is awaited.
    """
    require(actor, (Power.CASE_REVIEW, Power.UNIT_LEAD, Power.ADMIN, Power.SYSTEM))
    message = session.scalars(
        select(OutboxMessage).where(OutboxMessage.id == message_id).with_for_update()
    ).one_or_none()
    if message is None:
        raise NotFound("Diesen Auftrag gibt es nicht.")
    if message.state == "done":
        raise Conflict("Dieser Auftrag ist inzwischen erledigt.")
    message.state = "waiting"
    message.attempts = 0
    message.not_before = now
    audit.record(
        session,
        actor,
        "outbox.retry",
        "outbox_message",
        message_id,
        now=now,
        vorgang_id=message.vorgang_id,
        facts={"kind": message.kind},
    )


def troubled(session: Session, *, limit: int, vorgang_id: int | None = None) -> list[OutboxMessage]:
    """Return what people should see: failed messages first, then those waiting after a fault."""
    query = select(OutboxMessage).where(
        (OutboxMessage.state == "failed")
        | ((OutboxMessage.state == "waiting") & OutboxMessage.last_error.is_not(None))
    )
    if vorgang_id is not None:
        query = query.where(OutboxMessage.vorgang_id == vorgang_id)
    order = (OutboxMessage.state == "failed").desc(), OutboxMessage.id
    return list(session.scalars(query.order_by(*order).limit(limit)))
