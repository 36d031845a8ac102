"""Ticket numbers: what display and loudspeaker show instead of a name."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.appointments.tables import Booking, TicketCounter

_LETTERS = {"firmen": "F", "notfall": "N", "post": "P"}


def give(session: Session, booking: Booking) -> None:
    """Give the booking the next number of its unit and day, e.g. ``B-017``.

    The counter row stays locked until the transaction ends, and is the last lock a booking takes.
    """
    statement = insert(TicketCounter).values(unit_key=booking.unit_key, day=booking.day, last=1)
    number = session.execute(
        statement.on_conflict_do_update(
            index_elements=["unit_key", "day"], set_={"last": TicketCounter.last + 1}
        ).returning(TicketCounter.last)
    ).scalar_one()
    booking.ticket = f"{_LETTERS.get(booking.lane, 'B')}-{number:03d}"
    session.flush()
