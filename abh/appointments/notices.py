"""Telling a person by mail that the place changed: the calendar file says where, never why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.appointments.calendar_file import CalendarOffice, attachment
from abh.appointments.tables import Booking, BookingLink
from abh.outbox.service import enqueue
from abh.persons.tables import Person


@dataclass(frozen=True, slots=True)
class Notice:
    """Subject and words of a mail; ``link`` leads to what the person can do."""

    subject: str
    words: str
    link: str


def tell_by_mail(
    session: Session,
    booking: Booking,
    office: CalendarOffice,
    notice: Notice,
    *,
    now: datetime,
    email: str = "",
) -> bool:
    """Queue a mail with the calendar file of the booking; False for people without an address.

    Keyed by booking, change and state, so that each change is told once. ``email`` is the address
    that the booking was made with, else that of the person.
    """
    email = email or _address(session, booking)
    if not email:
        return False
    enqueue(
        session,
        "mail",
        f"mail:termin:{booking.id}:{booking.sequence}:{booking.status}",
        {
            "to": [email],
            "subject": notice.subject,
            "text": f"{notice.words}\n\n{notice.link}\n\n{office.name}\n",
            "attachments": [attachment(booking, office, notice.link, to=email, now=now)],
        },
        now=now,
        vorgang_id=booking.vorgang_id,
    )
    return True


def _address(session: Session, booking: Booking) -> str:
    """Return where a booking's person is reached; an open booking has an address of its own."""
    query = (
        select(func.coalesce(func.nullif(BookingLink.email, ""), Person.email, ""))
        .select_from(Person)
        .outerjoin(BookingLink, BookingLink.booking_id == booking.id)
        .where(Person.id == booking.person_id)
    )
    return session.scalar(query) or ""
