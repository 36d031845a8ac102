"""Which sheets and letters somebody may see: access classes stand above units, as for cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, in_scope, require
from abh.documents.tables import Blatt, Letter
from abh.kernel.errors import NotFound
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


def letter_for(session: Session, actor: Actor, letter_id: int) -> Letter:
    """Return a letter that the actor may see.

    Raises ``NotFound`` in the same words whether there is none or its case is of a class the actor
    must not know of, ``NotAllowed`` for a letter of another Sachgebiet.
    """
    letter = session.get(Letter, letter_id)
    if letter is None or not known_letters(session, actor, [letter]):
        raise NotFound("Diesen Brief gibt es nicht.")
    require(actor, Power.CASE_READ, letter.unit_key)
    return letter


def known_letters(session: Session, actor: Actor, letters: Sequence[Letter]) -> list[Letter]:
    """Return those of the letters whose cases the actor may know of."""
    rows = session.execute(
        select(Vorgang.id, Vorgang.verfahren, Vorgang.unit_key).where(
            Vorgang.id.in_([letter.vorgang_id for letter in letters]),
            Vorgang.verfahren.in_(sorted(RESTRICTED)),
        )
    ).all()
    hidden = {row.id for row in rows if not may_know(actor, row.verfahren, row.unit_key)}
    return [letter for letter in letters if letter.vorgang_id not in hidden]
