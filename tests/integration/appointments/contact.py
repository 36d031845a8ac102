"""The imported office with one desk that takes people, for tests of what reaches them."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.appointments import placing
from abh.appointments import service as appointments
from abh.appointments.log import Act
from abh.appointments.placing import Wish
from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.outbox.tables import OutboxMessage
from abh.persons.service import create_person

UNIT, SERVICE = "SG1", "beratung"
PERSON: dict[str, Any] = {
    "family_name": "Okonkwo",
    "given_names": "Ada",
    "birth_date": "00.05.1996",
    "nationalities": ["NGA"],
    "street": "Graf-Adolf-Straße 12",
    "postcode": "40212",
    "city": "Düsseldorf",
}


def open_desk(session: Session, house: House, clock: FixedClock, *, days: int = 40) -> None:
    """Let one desk take people every working day from nine to twelve."""
    patterns = [
        appointments.PatternSpec(UNIT, "SG1-05", "s.lindenau", weekday, time(9), time(12), "kunden")
        for weekday in range(5)
    ]
    appointments.apply_patterns(
        session, patterns, valid_from=house.today, clock=clock, units=[UNIT]
    )
    appointments.extend_horizon(session, until=house.today + timedelta(days=days), clock=clock)


def book(session: Session, house: House, day: date, cell: int = 120, **person: Any) -> Booking:
    """Book a place for a new person."""
    made = create_person(session, SYSTEM, {**PERSON, **person}, now=house.now())
    wish = Wish(UNIT, SERVICE, "kunden", made.id)
    now, act = house.now(), Act(SYSTEM, "appointment.book")
    return placing.book(session, wish, day, cell, now=now, rules=appointments.RULES, act=act)


def queued(session: Session, kind: str) -> list[OutboxMessage]:
    """Return the messages of a kind, oldest first."""
    query = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return list(session.scalars(query))
