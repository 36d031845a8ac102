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
from abh.sprachen import say


@dataclass(frozen=True, slots=True)
class Notice:
    """German subject and words of a mail, from the catalogues (``abh.sprachen.marked``).

    ``link`` leads to what the person can do.
    """

    subject: str
    words: str
    link: str


def tell_by_mail(
    session: Session, booking: Booking, office: CalendarOffice, notice: Notice, *, now: datetime
) -> bool:
    """Queue a mail with the calendar file of the booking; False for people without an address.

    In the language of the person. Keyed by booking, change and state, so that each change is
    told once.
    """
    person = session.execute(
        select(Person.email, Person.language).where(Person.id == booking.person_id)
    ).one_or_none()
    if person is None or not person.email:
        return False
    told = person.language
    file = calendar_file(booking, office, notice.link, now=now, language=told).decode("utf-8")
    enqueue(
        session,
        "mail",
        f"mail:termin:{booking.id}:{booking.sequence}:{booking.status}",
        {
            "to": [person.email],
            "subject": say(told, notice.subject),
            "text": f"{say(told, notice.words)}\n\n{notice.link}\n\n{office.name}\n",
            "attachments": [{"name": "termin.ics", "type": "text/calendar", "text": file}],
        },
        now=now,
        vorgang_id=booking.vorgang_id,
    )
    return True
