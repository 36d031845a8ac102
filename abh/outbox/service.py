"""Effects as rows: order one in the transaction that causes it, see and repeat failed ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

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
        insert(OutboxMessage)
        .values(
            kind=kind,
            dedup_key=dedup_key,
            payload=dict(payload),
            not_before=not_before or now,
            vorgang_id=vorgang_id,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["dedup_key"])
        .returning(OutboxMessage.id)
    )
    return added.scalar_one_or_none() is not None
