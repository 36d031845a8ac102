"""A desk takes a break: nobody is called to it, and whoever waits is told a longer time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments.tables_contact import DeskPause
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.errors import Conflict, NotFound
from abh.office.tables import Desk


class DeskPaused(Conflict):
    """Somebody was to be called to a desk that takes a break."""

    title = "Ihr Platz macht Pause."
    hint = "Beenden Sie zuerst die Pause."


def begin(session: Session, actor: Actor, desk_id: int, *, clock: Clock) -> None:
    """Begin a break of a desk; twice is once. Whoever was called there stays and is served."""
    _allowed(session, actor, desk_id)
    end_forgotten(session, [desk_id], clock=clock)
    made = session.execute(
        insert(DeskPause)
        .values(desk_id=desk_id, user_id=actor.user_id, began_at=clock.now())
        .on_conflict_do_nothing()
        .returning(DeskPause.id)
    ).scalar_one_or_none()
    if made is not None:
        _record(session, actor, "desk.pause", made, desk_id, clock)


def end(session: Session, actor: Actor, desk_id: int, *, clock: Clock) -> None:
    """End the break of a desk, if there is one."""
    _allowed(session, actor, desk_id)
    row = session.scalar(
        select(DeskPause)
        .where(DeskPause.desk_id == desk_id, DeskPause.ended_at.is_(None))
        .with_for_update()
    )
    if row is not None:
        row.ended_at = clock.now()
        session.flush()
        _record(session, actor, "desk.resume", row.id, desk_id, clock)


def end_forgotten(session: Session, desks: Iterable[int], *, clock: Clock) -> None:
    """End breaks that were begun on an earlier day: at midnight everybody has gone home."""
    day = clock.now().astimezone(BERLIN).date()
    for row in session.scalars(
        select(DeskPause).where(
            DeskPause.desk_id.in_(list(desks)),
            DeskPause.ended_at.is_(None),
            func.date(func.timezone(BERLIN.key, DeskPause.began_at)) < day,
        )
    ):
        row.ended_at = clock.now()
    session.flush()


def paused(session: Session, unit_key: str, *, clock: Clock) -> set[int]:
    """Return the desks of a unit that take a break now; a break ends with its day."""
    day = clock.now().astimezone(BERLIN).date()
    return set(
        session.scalars(
            select(DeskPause.desk_id)
            .join(Desk, Desk.id == DeskPause.desk_id)
            .where(
                Desk.unit_key == unit_key,
                DeskPause.ended_at.is_(None),
                func.date(func.timezone(BERLIN.key, DeskPause.began_at)) == day,
            )
        )
    )


def _allowed(session: Session, actor: Actor, desk_id: int) -> None:
    desk = session.get(Desk, desk_id)
    if desk is None or actor.user_id is None:
        raise NotFound("Diesen Platz gibt es nicht.")
    require(actor, Power.CASE_COUNTER, desk.unit_key)


def _record(
    session: Session, actor: Actor, action: str, pause_id: int, desk_id: int, clock: Clock
) -> None:
    audit.record(
        session, actor, action, "desk_pause", pause_id, now=clock.now(), facts={"desk": desk_id}
    )
