"""Telling a person by mail that the place changed: the calendar file says where, never why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.appointments.calendar_file import CalendarOffice, calendar_file
from abh.appointments.tables import Booking
from abh.outbox.service import enqueue
from abh.persons.tables import Person


@dataclass(frozen=True, slots=True)
class Notice:
    """Subject and words of a mail; ``link`` leads to what the person can do."""

    subject: str
    words: str
    link: str


def tell_by_mail(
    session: Session, booking: Booking, office: CalendarOffice, notice: Notice, *, now: datetime
) -> bool:
    """Queue a mail with the calendar file of the booking; False for people without an address.

    Keyed by booking, change and state, so that each change is told once.
    """
    email = session.scalar(select(Person.email).where(Person.id == booking.person_id))
    if not email:
        return False
    file = calendar_file(booking, office, notice.link, now=now).decode("utf-8")
    enqueue(
        session,
        "mail",
        f"mail:termin:{booking.id}:{booking.sequence}:{booking.status}",
        {
            "to": [email],
            "subject": notice.subject,
            "text": f"{notice.words}\n\n{notice.link}\n\n{office.name}\n",
            "attachments": [{"name": "termin.ics", "type": "text/calendar", "text": file}],
        },
        now=now,
        vorgang_id=booking.vorgang_id,
    )
    return True
