"""The status page at the counter: a clerk shows the called visitor's own case on the desk's tablet.

The tablet knows only its secret address. What it shows ends with the visit, after minutes, or when
the clerk ends it, and never names anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments.tables import Booking
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.office.tables import Desk
from abh.sprachen import LANGUAGES, SOURCE
from abh.workflows import zugriff
from abh.workflows.tables import Vorgang
from abh.workflows.tables_zugang import DeskTablet, TabletShow

# House rule: a page that nobody ends is gone before the next visitor sits down.
LONGEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a tablet shows now, and a mark that changes with it."""

    vorgang_id: int
    language: str
    mark: str


def set_up(session: Session, actor: Actor, desk_id: int, *, now: datetime) -> str:
    """Return a new token for the tablet of a desk; the one before ends, with what it shows."""
    desk = _desk(session, desk_id)
    require(actor, Power.CASE_COUNTER, desk.unit_key)
    token = new_token()
    session.execute(delete(TabletShow).where(TabletShow.desk_id == desk.id))
    values = {"token_hash": token_hash(token), "made_by": actor.user_id, "made_at": now}
    session.execute(
        insert(DeskTablet)
        .values(desk_id=desk.id, **values)
        .on_conflict_do_update(index_elements=["desk_id"], set_=values)
    )
    audit.record(session, actor, "tablet.set_up", "desk", desk.id, now=now)
    return token


def has_tablet(session: Session, desk_id: int | None) -> bool:
    """Whether a tablet stands at a desk."""
    return desk_id is not None and session.get(DeskTablet, desk_id) is not None


def show(
    session: Session, actor: Actor, booking_id: int, language: str, *, clock: Clock
) -> TabletShow:
    """Show the case of a visit on the tablet of the clerk's own desk.

    Locks the visit. Raises ``Conflict`` unless the visitor was called to this desk and the identity
    was compared, without a case, and where no tablet stands; ``NotFound`` for a case that
    applicants must not know of.
    """
    booking = session.get(Booking, booking_id, with_for_update=True)
    if booking is None:
        raise NotFound("Diesen Termin gibt es nicht.")
    require(actor, Power.CASE_COUNTER, booking.unit_key)
    if not has_tablet(session, actor.desk_id):
        raise Conflict("An Ihrem Platz ist kein Tablet eingerichtet.")
    here = booking.status == "called" and booking.called_to == actor.desk_id
    if not here or booking.checked_in_at is None:
        raise Conflict("Bitte zuerst aufrufen und die Identität vergleichen.")
    if booking.vorgang_id is None:
        raise Conflict("Zu diesem Besuch gehört kein Vorgang.")
    vorgang = session.get_one(Vorgang, booking.vorgang_id)
    zugriff.check(actor, vorgang.verfahren, vorgang.unit_key, vorgang.number)
    now = clock.now()
    values = {
        "vorgang_id": vorgang.id,
        "booking_id": booking.id,
        "language": language if language in LANGUAGES else SOURCE,
        "shown_at": now,
        "shown_by": actor.user_id,
        "until": now + LONGEST,
    }
    row = session.scalars(
        insert(TabletShow)
        .values(desk_id=actor.desk_id, **values)
        .on_conflict_do_update(index_elements=["desk_id"], set_=values)
        .returning(TabletShow),
        execution_options={"populate_existing": True},
    ).one()
    audit.record(
        session, actor, "tablet.show", "desk", row.desk_id, now=now,
        vorgang_id=vorgang.id, person_id=vorgang.person_id, is_read=True,
        facts={"booking": booking.id, "language": row.language, "until": row.until.isoformat()},
    )  # fmt: skip
    return row


def end(session: Session, actor: Actor, desk_id: int, *, now: datetime) -> None:
    """Take what the tablet of a desk shows away; nothing shown is no fault."""
    desk = _desk(session, desk_id)
    require(actor, Power.CASE_COUNTER, desk.unit_key)
    gone = session.scalars(
        delete(TabletShow).where(TabletShow.desk_id == desk.id).returning(TabletShow.vorgang_id)
    ).one_or_none()
    if gone is not None:
        audit.record(session, actor, "tablet.end", "desk", desk.id, now=now, vorgang_id=gone)


def showing(session: Session, desk_id: int | None, booking_id: int, *, now: datetime) -> bool:
    """Whether the tablet of a desk shows this visit now."""
    if desk_id is None:
        return False
    row = _current(session, desk_id, now)
    return row is not None and row.booking_id == booking_id


def by_token(session: Session, token: str, *, now: datetime) -> Shown | None:
    """Return what the tablet with this address shows, None for nothing; raises ``NotFound``."""
    desk_id = session.scalar(
        select(DeskTablet.desk_id).where(DeskTablet.token_hash == token_hash(token))
    )
    if desk_id is None:
        raise NotFound("Dieser Link gilt nicht (mehr).")
    row = _current(session, desk_id, now)
    if row is None:
        return None
    return Shown(row.vorgang_id, row.language, f"{row.booking_id}-{row.shown_at.timestamp():.0f}")


def _current(session: Session, desk_id: int, now: datetime) -> TabletShow | None:
    """The row, while its time lasts and its visit goes on at this desk."""
    return session.scalars(
        select(TabletShow)
        .join(Booking, Booking.id == TabletShow.booking_id)
        .where(
            TabletShow.desk_id == desk_id,
            TabletShow.until > now,
            Booking.status == "called",
            Booking.called_to == desk_id,
        )
    ).one_or_none()


def _desk(session: Session, desk_id: int) -> Desk:
    desk = session.get(Desk, desk_id)
    if desk is None:
        raise NotFound("Diesen Platz gibt es nicht.")
    return desk
