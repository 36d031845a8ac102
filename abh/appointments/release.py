"""Giving back everything a case holds when it ends or starts anew."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import booking, standby
from abh.appointments.log import record_booking
from abh.appointments.tables import Booking, Invitation
from abh.kernel.clock import Clock


def release_case(session: Session, actor: Actor, vorgang_id: int, *, clock: Clock) -> int:
    """Cancel the open places and links of a case; returns how many places are free again.

    Locks the desk days of all places at once, in sorted order. A person already called keeps
    the place.
    """
    now = clock.now()
    session.execute(
        update(Invitation)
        .where(Invitation.vorgang_id == vorgang_id, Invitation.cancelled_at.is_(None))
        .values(cancelled_at=now)
    )
    held = session.scalars(
        select(Booking)
        .where(Booking.vorgang_id == vorgang_id, Booking.status.in_(("held", "booked")))
        .order_by(Booking.id)
    ).all()
    ended = booking.cancel_all(session, held, now=now)
    for place in held:
        if place.id in ended:
            session.refresh(place)
            record_booking(session, actor, "appointment.cancel", place, now, {"reason": "case"})
            standby.offer_freed(session, place, now=now)
    return len(ended)
