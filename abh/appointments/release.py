"""Giving back everything a case holds when it ends or starts anew."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.appointments import booking
from abh.appointments.tables import Booking, Invitation
from abh.kernel.clock import Clock


def release_case(session: Session, actor: Actor, vorgang_id: int, *, clock: Clock) -> int:
    """Cancel the open places and links of a case; returns how many places are free again.

    Locks the desk days of the places in sorted order. A person already called keeps the place.
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
        .order_by(Booking.desk_id, Booking.day)
    ).all()
    for place in held:
        booking.cancel(session, place, now=now)
        audit.record(
            session,
            actor,
            "appointment.cancel",
            "booking",
            place.id,
            now=now,
            vorgang_id=vorgang_id,
            person_id=place.person_id,
            facts={"reason": "case"},
        )
    return len(held)
