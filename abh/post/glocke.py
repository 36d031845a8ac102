"""The bell: a unit is told at once that a court wrote or somebody applies for interim relief."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import in_scope
from abh.office.tables import Sachgebiet
from abh.outbox.service import enqueue
from abh.post.tables import PostItem
from abh.post.zugang import known_classes

MOST_SHOWN = 10


def ring(session: Session, item_ids: Sequence[int], *, now: datetime) -> int:
    """Order one mail to each unit whose new items ring; returns how many.

    The mail names no person: it says how many there are and where to look.
    """
    query = select(PostItem.unit_key, PostItem.id, Sachgebiet.email).join(
        Sachgebiet, Sachgebiet.key == PostItem.unit_key
    )
    by_unit: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in session.execute(query.where(PostItem.id.in_(item_ids), PostItem.bell)):
        by_unit[row.unit_key, row.email].append(row.id)
    for (unit, email), ids in sorted(by_unit.items()):
        if not email:
            continue
        count = "1 Eingang" if len(ids) == 1 else f"{len(ids)} Eingänge"
        text = (
            f"Im Sachgebiet {unit} ist eilige Post eingegangen: {count} von Gerichten oder mit "
            "einem Eilantrag.\n\nBitte sofort unter „Post“ ansehen; sie steht dort ganz oben."
        )
        enqueue(
            session,
            "mail",
            f"post:glocke:{unit}:{min(ids)}",
            {"to": email, "subject": f"Eilige Post im Sachgebiet {unit}", "text": text},
            now=now,
        )
    return len(by_unit)


def ringing(session: Session, actor: Actor, unit_key: str) -> list[PostItem]:
    """Return the open items of a unit that ring, oldest first, at most ten."""
    if not in_scope(actor, unit_key):
        return []
    return list(
        session.scalars(
            select(PostItem)
            .where(
                PostItem.unit_key == unit_key,
                PostItem.bell,
                PostItem.done_at.is_(None),
                PostItem.access_class.in_(known_classes(actor, unit_key)),
            )
            .order_by(PostItem.id)
            .limit(MOST_SHOWN)
        )
    )
