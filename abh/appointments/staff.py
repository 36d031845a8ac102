"""What staff do with places on behalf of people: book, move, cancel; the same guard for all."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import booking, standby, verlegen
from abh.appointments.counter import read_booking
from abh.appointments.errors import BookingStateChanged
from abh.appointments.log import Act, record_booking
from abh.appointments.placing import Wish, book
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.tables import Booking
from abh.appointments.visits import ALONE, Visit
from abh.kernel.clock import Clock


def book_for(
    session: Session,
    actor: Actor,
    *,
    vorgang_id: int | None,
    person_id: int,
    unit_key: str,
    service_key: str,
    lane: str,
    day: date,
    start_cell: int,
    clock: Clock,
    rules: BookingRules = RULES,
    visit: Visit = ALONE,
) -> Booking:
    """Book a place for a person at counter or telephone.

    Raises ``SlotUnavailable`` with alternatives, ``AlreadyBooked``, ``NotAllowed``, and
    ``InvalidInput`` for more persons than one place takes (then: ``together``).
    """
    require(actor, Power.CASE_COUNTER, unit_key)
    wish = Wish(unit_key, service_key, lane, person_id, vorgang_id, visit=visit)
    act = Act(actor, "appointment.book")
    now = clock.now()
    return book(session, wish, day, start_cell, now=now, rules=rules, act=act, alone=True)


def cancel(
    session: Session, actor: Actor, booking_id: int, *, clock: Clock, reason: str = ""
) -> Booking:
    """Give a place back on behalf of the person (staff of the unit); see ``booking.cancel``."""
    subject = read_booking(session, actor, booking_id)
    cancelled = booking.cancel(session, subject, now=clock.now())
    record_booking(session, actor, "appointment.cancel", cancelled, clock.now(), {"reason": reason})
    standby.offer_freed(session, cancelled, now=clock.now())
    return cancelled


def move(
    session: Session,
    actor: Actor,
    booking_id: int,
    day: date,
    start_cell: int,
    *,
    clock: Clock,
    rules: BookingRules = RULES,
) -> Booking:
    """Move a booking to another time, or at its own time to another desk.

    Raises ``SlotUnavailable`` with alternatives, ``BookingStateChanged``. The place left behind is
    offered to the standby list.
    """
    subject = read_booking(session, actor, booking_id)
    if subject.status != "booked":
        raise BookingStateChanged()
    now = clock.now()
    if (subject.day, subject.start_cell) == (day, start_cell):
        return verlegen.same_time_elsewhere(session, actor, subject, now=now, rules=rules)
    return verlegen.move_away(session, actor, subject, day, start_cell, now=now, rules=rules)
