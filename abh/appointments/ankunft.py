"""Reporting oneself in the waiting room: a code of the booking, a terminal of the Sachgebiet.

The code follows from the booking and the secret of this installation, so it stands on every page
and letter that tells of the place, and the database holds nothing that could be stolen.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import time
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.appointments.log import record_booking
from abh.appointments.tables import Booking
from abh.kernel.clock import Clock, today
from abh.kernel.errors import NotFound
from abh.kernel.ids import derived_token
from abh.office.tables import Desk, Sachgebiet
from abh.sprachen import marked

# Neither 0 and O nor 1, I and L: the code is read from paper and typed with one finger.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8
# Whoever was served or missed goes to the counter like anybody whose code is not known.
_HERE = ("booked", "checked_in", "called")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the terminal says: ``here`` with the number, or ``elsewhere`` with the way there."""

    outcome: Literal["here", "elsewhere"]
    ticket: str
    at: time
    unit_name: str
    room: str


def code_of(secret: bytes, booking_id: int) -> str:
    """Return the code of a booking as people read it, e.g. ``K7QM-2XVD``.

    About 40 bits; it stays the same when the place is moved.
    """
    digest = hmac.digest(secret, f"ankunft:code:{booking_id}".encode("ascii"), hashlib.sha256)
    number = int.from_bytes(digest[:16])
    signs = []
    for _ in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[rest])
    return f"{''.join(signs[:4])}-{''.join(signs[4:])}"


def plain(typed: str) -> str:
    """Return what was typed or scanned without case, blanks and strokes; "" for no code."""
    signs = "".join(each for each in typed.upper()[:40] if each.isalnum())
    return signs if len(signs) == LENGTH and set(signs) <= set(ALPHABET) else ""


def terminal_token(secret: bytes, unit_key: str) -> str:
    """Return the token of the address of the terminal in the waiting room of a Sachgebiet."""
    return derived_token(secret, f"ankunft:terminal:{unit_key}")


def unit_of(session: Session, secret: bytes, token: str) -> Sachgebiet:
    """Return the Sachgebiet whose terminal has this token; raises ``NotFound``."""
    found = None
    for unit in session.scalars(select(Sachgebiet).order_by(Sachgebiet.key)):
        if hmac.compare_digest(terminal_token(secret, unit.key), token):
            found = unit
    if found is None:
        raise NotFound(marked("Dieser Link gilt nicht (mehr)."))
    return found


def report(
    session: Session, secret: bytes, unit_key: str, typed: str, *, clock: Clock
) -> Arrival | None:
    """Put the person with this code into the queue of today; twice is once.

    Nobody's identity is compared by that: the clerk does it at the desk. A place of today in
    another Sachgebiet stays as it is and the answer leads there. None for everything else (unknown,
    another day, cancelled, over): whoever tries codes learns nothing. Every code is compared with
    all open places of the day, so that all answers take as long. Locks the booking.
    """
    wanted = plain(typed)
    query = select(Booking.id).where(Booking.day == today(clock), Booking.status.in_(_HERE))
    found = None
    for booking_id in session.scalars(query):
        if hmac.compare_digest(plain(code_of(secret, booking_id)), wanted):
            found = booking_id
    if found is None:
        return None
    place = session.get_one(Booking, found, with_for_update=True, populate_existing=True)
    if place.status not in _HERE or place.day != today(clock):
        return None
    here = place.unit_key == unit_key
    if here and place.status == "booked":
        place.status, place.reported_at = "checked_in", clock.now()
        session.flush()
        record_booking(session, None, "appointment.report", place, clock.now())
    room = session.scalar(select(Desk.room).where(Desk.id == place.desk_id))
    return Arrival(
        "here" if here else "elsewhere",
        place.ticket,
        availability.time_of(place.start_cell),
        session.get_one(Sachgebiet, place.unit_key).name,
        room or "",
    )
