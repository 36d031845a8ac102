"""Ticket numbers: what display and loudspeaker show instead of a name."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.appointments.tables import Booking

# Not a lane: numbers of extra places begin with Z, so that everybody at the counter sees them.
EXTRA = "zusatz"
_LETTERS = {"firmen": "F", "notfall": "N", "post": "P", EXTRA: "Z"}

# The counter of a desk is locked until the transaction ends; whoever gives a number holds the
# desk day already, so nobody waits for it longer than for the place itself.
NEXT = """
    ON CONFLICT (unit_key, day, desk_id) DO UPDATE SET last = ticket_counter.last + 1
    RETURNING last
"""
COUNT = f"""
    INSERT INTO ticket_counter (unit_key, day, desk_id, last) VALUES (:unit, :day, :desk, 1) {NEXT}
"""  # nosec B608: only our own constant
_COUNT = text(COUNT)


def prefix(lane: str, desk_id: int) -> str:
    """Return what stands before the running number of a desk: the letter of the lane, the desk."""
    return f"{_LETTERS.get(lane, 'B')}-{desk_id or ''}"


def give(session: Session, booking: Booking) -> None:
    """Give the booking the next number of its unit, day and desk, e.g. ``B-317``.

    The caller holds the lock of the desk day.
    """
    number = session.execute(
        _COUNT, {"unit": booking.unit_key, "day": booking.day, "desk": booking.desk_id}
    ).scalar_one()
    booking.ticket = f"{prefix(booking.lane, booking.desk_id)}{number:02d}"
    session.flush()
