"""Telling a person by mail that the place changed: the calendar file says where, never why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from abh.appointments.calendar_file import CalendarOffice, attachment
from abh.appointments.tables import Booking, BookingLink
from abh.outbox.service import enqueue
from abh.persons.tables import Person
from abh.sprachen import SOURCE, say


@dataclass(frozen=True, slots=True)
class Notice:
    """German subject and words of a mail, from the catalogues (``abh.sprachen.marked``).

    ``link`` leads to what the person can do.
    """

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
    that the booking was made with, else that of the person, whose language it is in.
    """
    known, spoken = _reached(session, booking)
    email = email or known
    if not email:
        return False
    told = spoken or SOURCE
    file = attachment(booking, office, notice.link, to=email, now=now, language=told)
    enqueue(
        session,
        "mail",
        f"mail:termin:{booking.id}:{booking.sequence}:{booking.status}",
        {
            "to": [email],
            "subject": say(told, notice.subject),
            "text": f"{say(told, notice.words)}\n\n{notice.link}\n\n{office.name}\n",
            "attachments": [file],
        },
        now=now,
        vorgang_id=booking.vorgang_id,
    )
    return True


_REACHED = (
    select(func.coalesce(func.nullif(BookingLink.email, ""), Person.email, ""), Person.language)
    .select_from(Person)
    .outerjoin(BookingLink, BookingLink.booking_id == bindparam("booking"))
    .where(Person.id == bindparam("person"))
)


def _reached(session: Session, booking: Booking) -> tuple[str, str]:
    """Return a booking's address and the person's language; an open one has its own address."""
    wanted = {"booking": booking.id, "person": booking.person_id}
    row = session.execute(_REACHED, wanted).one_or_none()
    return ("", "") if row is None else (row[0], row[1] or "")
