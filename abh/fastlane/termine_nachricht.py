"""Telling employees of places that their company took, moved or gave back, in their own language.

Not in the transaction that books: fifty calendar files would keep the desks locked.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.appointments.briefpost import status_link
from abh.appointments.calendar_file import CalendarOffice
from abh.appointments.notices import Notice, tell_by_mail
from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.fastlane.tables_termine import FirmPlace
from abh.kernel.clock import Clock
from abh.office.tables import Desk
from abh.sprachen import marked


def tell_places(session: Session, clock: Clock, limit: int) -> int:
    """Mail what changed since the person was last told; return how many places.

    People without e-mail get the reminder by letter (``appointments.reminders``) and see the
    place on the status page.
    """
    if not isinstance(clock, House):
        raise TypeError("a mail needs a furnished house as the clock of the job")
    rows = session.execute(_due(limit, clock.today)).all()
    for place, booking, room in rows:
        office = CalendarOffice.of(clock, room)
        notice = _notice(booking, place.told is None, status_link(session, clock, booking))
        # Given back before anybody heard of it: nobody needs to be told.
        if booking.status == "booked" or place.told is not None:
            tell_by_mail(session, booking, office, notice, now=clock.now())
        session.execute(
            update(FirmPlace)
            .where(FirmPlace.booking_id == booking.id)
            .values(told=booking.sequence)
            .execution_options(synchronize_session=False)
        )
    return len(rows)


def _due(limit: int, today: date) -> Any:
    return (
        select(FirmPlace, Booking, Desk.room)
        .join(Booking, Booking.id == FirmPlace.booking_id)
        .join(Desk, Desk.id == Booking.desk_id)
        .where(
            Booking.status.in_(("booked", "cancelled")),
            FirmPlace.told.is_distinct_from(Booking.sequence),
            Booking.day >= today,
        )
        .order_by(FirmPlace.booking_id)
        .limit(limit)
        .with_for_update(of=FirmPlace, skip_locked=True)
    )


def _notice(booking: Booking, first: bool, link: str) -> Notice:
    if booking.status == "cancelled":
        return Notice(
            marked("Ihr Termin ist abgesagt"),
            marked("Ihre Firma hat den Termin zurückgegeben. Sie müssen nicht kommen."),
            link,
        )
    if first:
        return Notice(
            marked("Ihr Termin"),
            marked(
                "Ihre Firma hat für Sie einen Termin gebucht. Er gilt nur für Sie. Datum, Uhrzeit "
                "und Ort stehen im Anhang und unter dem Link."
            ),
            link,
        )
    return Notice(
        marked("Ihr Termin ist verlegt"),
        marked("Ihre Firma hat Ihren Termin verlegt. Die neue Zeit steht im Anhang."),
        link,
    )
