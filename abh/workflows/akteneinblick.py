"""Which sheets of a file somebody may see: access classes stand above units, as for cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import in_scope
from abh.documents.tables import Blatt
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import RESTRICTED, may_know


def may_see_sheet(session: Session, actor: Actor, blatt: Blatt) -> bool:
    """Whether the actor may see this sheet: by a case of its file in an own unit, and, where its
    own case is of a restricted class, inside the Sachgebiet of that case only."""
    cases = session.execute(
        select(Vorgang.id, Vorgang.unit_key, Vorgang.verfahren).where(
            Vorgang.akte_id == blatt.akte_id
        )
    ).all()
    visible = [row for row in cases if may_know(actor, row.verfahren, row.unit_key)]
    if not any(in_scope(actor, row.unit_key) for row in visible):
        return False
    return not any(row.id == blatt.vorgang_id for row in cases if row not in visible)


def hidden_cases(session: Session, actor: Actor, akte_id: int) -> frozenset[int]:
    """Return the cases of a file of whose sheets the actor must not know."""
    cases = session.execute(
        select(Vorgang.id, Vorgang.unit_key, Vorgang.verfahren).where(
            Vorgang.akte_id == akte_id, Vorgang.verfahren.in_(sorted(RESTRICTED))
        )
    ).all()
    return frozenset(row.id for row in cases if not may_know(actor, row.verfahren, row.unit_key))


def sheets_for(session: Session, actor: Actor, akte_id: int, limit: int = 5_000) -> Sequence[Blatt]:
    """Return the sheets of a file that the actor may see, by their number."""
    hidden = hidden_cases(session, actor, akte_id)
    query: Any = select(Blatt).where(Blatt.akte_id == akte_id)
    if hidden:
        query = query.where(Blatt.vorgang_id.is_(None) | Blatt.vorgang_id.not_in(hidden))
    found: Sequence[Blatt] = session.scalars(query.order_by(Blatt.sheet_no).limit(limit)).all()
    return found
