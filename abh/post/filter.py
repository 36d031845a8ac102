"""Choices of bundles that a unit keeps under a name, for all who lead it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.clock import Clock
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.post.tables_plan import PostFilter

LONGEST, MOST = 60, 40


def save(
    session: Session,
    actor: Actor,
    unit_key: str,
    name: str,
    choice: Mapping[str, str],
    *,
    clock: Clock,
) -> None:
    """Keep a choice under a name; the same name again replaces it."""
    require(actor, Power.UNIT_LEAD, unit_key)
    said = name.strip()
    if not 1 <= len(said) <= LONGEST:
        raise InvalidInput([FieldProblem("name", f"Bitte 1 bis {LONGEST} Zeichen angeben.")])
    known = {one.name for one in kept(session, actor, unit_key)}
    if len(known) >= MOST and said not in known:
        raise InvalidInput([FieldProblem("name", f"Es sind schon {MOST} Filter gespeichert.")])
    values = {"choice": dict(choice), "saved_by": actor.user_id, "saved_at": clock.now()}
    session.execute(
        upsert(PostFilter)
        .values(unit_key=unit_key, name=said, **values)
        .on_conflict_do_update(index_elements=["unit_key", "name"], set_=values)
    )
    _log(session, actor, "post.filter", unit_key, said, clock)


def kept(session: Session, actor: Actor, unit_key: str) -> list[PostFilter]:
    """Return the kept choices of a unit by name."""
    require(actor, Power.UNIT_LEAD, unit_key)
    query = select(PostFilter).where(PostFilter.unit_key == unit_key)
    return list(session.scalars(query.order_by(PostFilter.name).limit(MOST)))


def forget(session: Session, actor: Actor, unit_key: str, filter_id: int, *, clock: Clock) -> None:
    """Remove a kept choice; twice is once."""
    require(actor, Power.UNIT_LEAD, unit_key)
    name = session.scalar(
        delete(PostFilter)
        .where(PostFilter.id == filter_id, PostFilter.unit_key == unit_key)
        .returning(PostFilter.name)
    )
    if name is not None:
        _log(session, actor, "post.filter_gone", unit_key, name, clock)


def _log(
    session: Session, actor: Actor, action: str, unit_key: str, name: str, clock: Clock
) -> None:
    audit.record(
        session, actor, action, "post_filter", None, now=clock.now(),
        facts={"unit": unit_key, "name": name},
    )  # fmt: skip
