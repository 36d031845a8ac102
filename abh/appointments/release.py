"""Giving back everything a case holds when it ends or starts anew."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import booking, standby, worte
from abh.appointments.briefpost import status_link
from abh.appointments.calendar_file import CalendarOffice
from abh.appointments.log import record_booking
from abh.appointments.notices import Notice, tell_by_mail
from abh.appointments.tables import Booking, Invitation, Standby
from abh.appointments.tables_events import EventGuest
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.persons.tables import Person


def release_case(session: Session, actor: Actor, vorgang_id: int, *, clock: Clock) -> int:
    """Cancel the open places and links of a case; returns how many places are free again.

    Locks the desk days of all places at once, in sorted order. A person already called keeps
    the place.
    """
    now = clock.now()
    session.execute(
        update(Invitation)
        .where(Invitation.vorgang_id == vorgang_id, Invitation.cancelled_at.is_(None))
        .values(cancelled_at=now)
    )
    return _give_back(session, actor, Booking.vorgang_id == vorgang_id, clock)


def release_person(session: Session, actor: Actor, person_id: int, *, clock: Clock) -> int:
    """As ``release_case`` for every open place of a person who died, with a case or without.

    Nothing is offered to them from the standby list any more, and they are no guest of an event.
    """
    session.execute(
        update(Standby)
        .where(Standby.person_id == person_id, Standby.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    session.execute(
        update(EventGuest)
        .where(EventGuest.person_id == person_id, EventGuest.reply != "withdrawn")
        .values(reply="withdrawn", guests=0)
    )
    return _give_back(session, actor, Booking.person_id == person_id, clock)


def _give_back(session: Session, actor: Actor, whose: ColumnElement[bool], clock: Clock) -> int:
    now = clock.now()
    held = session.scalars(
        select(Booking).where(whose, Booking.status.in_(("held", "booked"))).order_by(Booking.id)
    ).all()
    ended = booking.cancel_all(session, held, now=now)
    for place in held:
        if place.id in ended:
            session.refresh(place)
            record_booking(session, actor, "appointment.cancel", place, now, {"reason": "case"})
            _tell(session, clock, place)
            standby.offer_freed(session, place, now=now)
    return len(ended)


def _tell(session: Session, clock: Clock, place: Booking) -> None:
    """Take the place out of the person's calendar, too (METHOD:CANCEL); the letter says why."""
    if not isinstance(clock, House):
        return
    person = session.get_one(Person, place.person_id)
    if person.died_on is not None:
        return
    said = person.language
    notice = Notice(
        worte.say("cancelled.subject", said, day=f"{place.day:%d.%m.%Y}"),
        worte.say("cancelled.text", said),
        status_link(session, clock, place),
    )
    tell_by_mail(session, place, CalendarOffice.of(clock), notice, now=clock.now())
