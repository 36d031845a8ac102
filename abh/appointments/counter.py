"""The counter: who waits, calling by ticket, checking in, closing; never two clerks, one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, any_, func, select
from sqlalchemy.orm import Session, aliased

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.appointments import availability, booking, queue
from abh.appointments.errors import BookingStateChanged
from abh.appointments.log import record_booking
from abh.appointments.queue import PassedOver
from abh.appointments.tables import Booking, RosterBlock, WalkIn
from abh.kernel.birthdate import PartialDate
from abh.kernel.clock import BERLIN, Clock, today
from abh.kernel.errors import NotFound
from abh.office.tables import Desk, Service
from abh.outbox import signals
from abh.persons.tables import Person

Outcome = Literal["served", "no_show"]
# House rule: who does not come after so many calls is absent.
MOST_CALLS = 3
_ASKED_FOR = timedelta(days=14)
# Signals of this room (``abh.wiring.SIGNALS``): a visit of a case is about to be closed as missed,
# and was. ``clock`` is the furniture of the process.
CLOSING, NO_SHOW = "appointment.closing", "appointment.no_show"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the day's list: numbers and times, no name."""

    booking_id: int
    vorgang_id: int | None
    ticket: str
    time: time
    minutes: int
    service: str
    status: str
    desk: str
    # Since when the person is here: reported in the waiting room or compared at the desk.
    here_since: datetime | None
    called_at: datetime | None
    # What goes beyond one service for one person; ``also`` names further services.
    persons: int = 1
    interpreter: bool = False
    also: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the clerk compares with the passport of the person at the desk."""

    booking: Booking
    family_name: str
    given_names: str
    birth_date: str


def waiting(session: Session, unit_key: str, day: date) -> list[Waiting]:
    """Return all places of the unit on ``day`` that are booked or served, in order of time."""
    states = ("booked", "checked_in", "called", "served", "no_show")
    return _lines(session, Booking.unit_key == unit_key, Booking.day == day, states=states)


def _lines(
    session: Session, *conditions: ColumnElement[bool], states: Sequence[str]
) -> list[Waiting]:
    desk = select(Desk.name).where(Desk.id == func.coalesce(Booking.called_to, Booking.desk_id))
    more = aliased(Service)
    also = select(func.string_agg(more.name, ", ")).where(more.key == any_(Booking.also))
    rows = session.execute(
        select(Booking, Service.name, desk.scalar_subquery(), also.scalar_subquery())
        .join(Service, Service.key == Booking.service_key)
        .where(*conditions, Booking.status.in_(states))
        .order_by(Booking.day, func.lower(Booking.cells), Booking.id)
        .limit(1000)
    )
    return [
        Waiting(
            row.id,
            row.vorgang_id,
            row.ticket,
            availability.time_of(row.start_cell),
            (row.end_cell - row.start_cell) * availability.CELL_MINUTES,
            service,
            row.status,
            desk_name,
            row.reported_at or row.checked_in_at,
            row.called_at,
            row.persons,
            row.interpreter,
            further or "",
        )
        for row, service, desk_name, further in rows
    ]


def call_next(session: Session, actor: Actor, desk_id: int, *, clock: Clock) -> Booking | None:
    """Call the next person to ``desk_id``; None when nobody is to be called.

    The rule of ``queue.next_for``; only what the desk's equipment allows and the clerk is
    qualified for. Takes the row with SKIP LOCKED: two clerks never call the same person.
    """
    desk = _desk(session, desk_id)
    require(actor, Power.CASE_COUNTER, desk.unit_key)
    query = queue.next_for(desk, actor, clock, _cell_now(clock))
    chosen = session.scalar(query.with_for_update(of=Booking, skip_locked=True))
    return None if chosen is None else _call(session, actor, chosen, desk_id, clock.now())


def passed_over(
    session: Session, actor: Actor, desk_id: int, *, clock: Clock
) -> Sequence[PassedOver]:
    """Return who waits, but for another desk or another clerk, with what is lacking here."""
    desk = _desk(session, desk_id)
    require(actor, Power.CASE_COUNTER, desk.unit_key)
    return queue.passed_over(session, desk, actor, clock, _cell_now(clock))


def call(
    session: Session, actor: Actor, booking_id: int, *, clock: Clock, desk_id: int | None = None
) -> Booking:
    """Call this person to ``desk_id`` (else the actor's desk, else the desk of the place).

    Calling again is a recall. Raises ``BookingStateChanged`` when a colleague at another desk
    has called already, or when the visit is over or on another day.
    """
    subject = _locked(session, actor, booking_id)
    to_desk = desk_id or actor.desk_id or subject.desk_id
    elsewhere = subject.status == "called" and subject.called_to != to_desk
    if subject.status not in ("booked", "checked_in", "called") or elsewhere:
        raise BookingStateChanged()
    if subject.day != today(clock):
        raise BookingStateChanged(f"Dieser Termin ist am {subject.day:%d.%m.%Y}.")
    return _call(session, actor, subject, to_desk, clock.now())


def identity(session: Session, actor: Actor, booking_id: int, *, now: datetime) -> Identity:
    """Return name and birth date for the clerk to compare; the look is written to the log."""
    row = session.execute(
        select(Booking, Person)
        .join(Person, Person.id == Booking.person_id)
        .where(Booking.id == booking_id)
    ).one_or_none()
    if row is None:
        raise NotFound("Diesen Termin gibt es nicht.")
    subject, person = row
    require(actor, Power.CASE_COUNTER, subject.unit_key)
    audit.record(
        session,
        actor,
        "appointment.identity",
        "booking",
        subject.id,
        now=now,
        vorgang_id=subject.vorgang_id,
        person_id=person.id,
        is_read=True,
    )
    born = PartialDate(person.birth_year, person.birth_month, person.birth_day)
    return Identity(subject, person.family_name, person.given_names, str(born))


def check_in(session: Session, actor: Actor, booking_id: int, *, clock: Clock) -> Booking:
    """Record that the person is here and is the one: name and birth date were compared.

    Before the call it puts the person into the queue; after it the visit begins. When the day is
    over it tells what nobody clicked, so that the visit can be closed as it was. Twice is once.
    Raises ``BookingStateChanged`` for a day to come or a place that is not open.
    """
    subject = _locked(session, actor, booking_id)
    late = is_over(session, subject, clock)
    ahead = subject.day != today(clock) and not late
    if subject.status not in ("booked", "checked_in", "called") or ahead:
        raise BookingStateChanged()
    if subject.checked_in_at is None:
        begun = availability.instant(subject.day, subject.start_cell)
        subject.checked_in_at = (subject.called_at or begun) if late else clock.now()
        if subject.status == "booked":
            subject.status = "checked_in"
        session.flush()
        facts: dict[str, object] = {"compared": ["name", "birth_date"], "late": late}
        record_booking(session, actor, "appointment.check_in", subject, clock.now(), facts)
    return subject


def close(
    session: Session, actor: Actor, booking_id: int, outcome: Outcome, *, clock: Clock
) -> Booking:
    """End the visit as ``served`` (only after the check-in) or ``no_show`` (only when due).

    Repeating the same outcome changes nothing. Raises ``BookingStateChanged`` otherwise.
    """
    if outcome == "no_show":
        return _close_absent(session, actor, booking_id, clock)
    subject = _locked(session, actor, booking_id)
    if subject.status == "served":
        return subject
    if subject.status not in ("checked_in", "called") or subject.checked_in_at is None:
        raise BookingStateChanged()
    subject.status, subject.closed_at, subject.served_by = "served", clock.now(), actor.user_id
    session.flush()
    record_booking(session, actor, "appointment.served", subject, clock.now())
    return subject


def _close_absent(session: Session, actor: Actor, booking_id: int, clock: Clock) -> Booking:
    subject = read_booking(session, actor, booking_id)
    if subject.status == "no_show":
        return subject
    if (subject.day, subject.start_cell) > (today(clock), _cell_now(clock)):
        raise BookingStateChanged("Der Termin hat noch nicht begonnen.")
    # Whoever said in the waiting room that they are here is called like those who were called, as
    # long as somebody is there to call them.
    waits = subject.status in ("checked_in", "called") and not is_over(session, subject, clock)
    if waits and subject.calls < MOST_CALLS:
        raise BookingStateChanged(f"Bitte erst {MOST_CALLS}-mal aufrufen ({subject.calls} bisher).")
    if subject.vorgang_id is not None:
        # Before the places: a step of the case locks the case first and frees places after it.
        signals.emit(
            session, CLOSING, actor, now=clock.now(), clock=clock, vorgang_id=subject.vorgang_id
        )
    missed = booking.miss(session, subject, now=clock.now())
    record_booking(session, actor, "appointment.no_show", missed, clock.now())
    if missed.vorgang_id is not None:
        signals.emit(
            session,
            NO_SHOW,
            actor,
            now=clock.now(),
            clock=clock,
            vorgang_id=missed.vorgang_id,
            booking_id=missed.id,
        )
    return missed


def _call(session: Session, actor: Actor, subject: Booking, desk_id: int, now: datetime) -> Booking:
    subject.status, subject.called_at, subject.called_to = "called", now, desk_id
    subject.calls, subject.hand_to = subject.calls + 1, None
    session.flush()
    facts: dict[str, object] = {"ticket": subject.ticket, "called_to": desk_id}
    record_booking(session, actor, "appointment.call", subject, now, facts)
    return subject


def hand_over(
    session: Session, actor: Actor, booking_id: int, to_user: int, *, clock: Clock
) -> Booking:
    """Give a visit to a colleague, who calls it next; the person waits again until then.

    Only of a person who has reported. Raises ``BookingStateChanged``, ``NotFound``.
    """
    subject = _locked(session, actor, booking_id)
    colleague = session.get(AppUser, to_user)
    if colleague is None or not colleague.active or colleague.unit_key != subject.unit_key:
        raise NotFound("Diese Kollegin oder diesen Kollegen gibt es im Sachgebiet nicht.")
    if subject.status not in ("checked_in", "called") or subject.checked_in_at is None:
        raise BookingStateChanged("Übergeben lässt sich nur, wer da ist.")
    subject.status, subject.hand_to, subject.called_to = "checked_in", to_user, None
    subject.calls = 0
    session.flush()
    record_booking(session, actor, "appointment.hand_over", subject, clock.now(), {"to": to_user})
    return subject


def unfinished(session: Session, actor: Actor, unit_key: str, *, clock: Clock) -> list[Waiting]:
    """Return visits of the last 14 days without an outcome: the day is over, nobody clicked.

    Today's are asked for when the last shift of the unit has ended.
    """
    require(actor, Power.CASE_COUNTER, unit_key)
    past = Booking.day.between(today(clock) - _ASKED_FOR, last_day_over(session, unit_key, clock))
    open_ = ("booked", "checked_in", "called")
    return _lines(session, Booking.unit_key == unit_key, past, states=open_)


def is_over(session: Session, visit: Booking | WalkIn, clock: Clock) -> bool:
    """Whether nobody of the unit serves people any more on the day of a visit."""
    return visit.day <= last_day_over(session, visit.unit_key, clock)


def last_day_over(session: Session, unit_key: str, clock: Clock) -> date:
    """Return the newest day on which nobody of the unit serves people any more."""
    day = today(clock)
    ends = session.scalar(
        select(func.max(func.upper(RosterBlock.cells))).where(
            RosterBlock.unit_key == unit_key,
            RosterBlock.day == day,
            RosterBlock.lane.not_in(("post", "pause")),
        )
    )
    closed = ends is not None and ends <= _cell_now(clock)
    return day if closed else day - timedelta(days=1)


def cell_now(clock: Clock) -> int:
    """Return the cell of this moment in Berlin."""
    return _cell_now(clock)


def _cell_now(clock: Clock) -> int:
    local = clock.now().astimezone(BERLIN)
    return (local.hour * 60 + local.minute) // availability.CELL_MINUTES


def _desk(session: Session, desk_id: int) -> Desk:
    desk = session.get(Desk, desk_id)
    if desk is None:
        raise NotFound("Diesen Platz gibt es nicht.")
    return desk


def _locked(session: Session, actor: Actor, booking_id: int) -> Booking:
    subject = session.get(Booking, booking_id, with_for_update=True, populate_existing=True)
    return _allowed(actor, subject)


def read_booking(session: Session, actor: Actor, booking_id: int) -> Booking:
    """Return a booking of the actor's unit as it is now, without a lock.

    For acts that change cells: those lock the desk day first and the booking after it.
    """
    return _allowed(actor, session.get(Booking, booking_id, populate_existing=True))


def _allowed(actor: Actor, subject: Booking | None) -> Booking:
    if subject is None:
        raise NotFound("Diesen Termin gibt es nicht.")
    require(actor, Power.CASE_COUNTER, subject.unit_key)
    return subject
