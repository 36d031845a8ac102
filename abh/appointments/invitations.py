"""Invitations that grow out of a case: a link, the places it offers, booking by it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, applicant_actor
from abh.appointments import booking, search, standby, verlegen
from abh.appointments.errors import (
    AlreadyBooked,
    InvitationExpired,
    LinkGone,
    refuse_begun,
)
from abh.appointments.log import Act, record_booking
from abh.appointments.placing import Wish, book
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.search import Slot
from abh.appointments.tables import Booking, Invitation
from abh.appointments.visits import ALONE, Visit, visit_of
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.errors import NotFound
from abh.kernel.ids import new_token, token_hash


def invite(
    session: Session,
    actor: Actor,
    *,
    vorgang_id: int,
    person_id: int,
    unit_key: str,
    service_key: str,
    book_until: date,
    clock: Clock,
    lane: str = "einladung",
    visit: Visit = ALONE,
) -> tuple[Invitation, str]:
    """Invite the person of a case to pick a place until ``book_until``; return row and link token.

    Only the token's hash is stored, so the caller puts it into letter or mail now. A second
    invitation of the same case and service ends the first link; a place booked by it stays.
    """
    now = clock.now()
    search.need_of(session, service_key, visit)
    _withdraw(session, vorgang_id, service_key, now)
    token = new_token()
    invitation = Invitation(
        token_hash=token_hash(token),
        vorgang_id=vorgang_id,
        person_id=person_id,
        unit_key=unit_key,
        service_key=service_key,
        lane=lane,
        also=list(visit.also),
        persons=visit.persons,
        interpreter=visit.interpreter,
        needs=list(visit.needs),
        created_at=now,
        book_until=book_until,
    )
    session.add(invitation)
    session.flush()
    audit.record(
        session,
        actor,
        "appointment.invite",
        "invitation",
        invitation.id,
        now=now,
        vorgang_id=vorgang_id,
        person_id=person_id,
        facts={"service": service_key, "book_until": book_until.isoformat()},
    )
    return invitation, token


def withdraw_invitation(
    session: Session, actor: Actor, *, vorgang_id: int, service_key: str, clock: Clock
) -> int:
    """End the living link of a case and service, if any; return how many. Bookings stay."""
    ended = _withdraw(session, vorgang_id, service_key, clock.now())
    for invitation_id in ended:
        audit.record(
            session,
            actor,
            "appointment.withdraw",
            "invitation",
            invitation_id,
            now=clock.now(),
            vorgang_id=vorgang_id,
        )
    return len(ended)


def _withdraw(session: Session, vorgang_id: int, service_key: str, now: datetime) -> list[int]:
    return list(
        session.scalars(
            update(Invitation)
            .where(
                Invitation.vorgang_id == vorgang_id,
                Invitation.service_key == service_key,
                Invitation.cancelled_at.is_(None),
            )
            .values(cancelled_at=now)
            .returning(Invitation.id)
        )
    )


def invitation_by_token(session: Session, token: str) -> Invitation:
    """Return the invitation of a link; raises ``NotFound``, the same for unknown and withdrawn.

    A link past ``book_until`` still shows the place booked by it; only booking is refused.
    """
    return _by_token(session, token, share_lock=False)


def _by_token(session: Session, token: str, *, share_lock: bool) -> Invitation:
    statement = select(Invitation).where(
        Invitation.token_hash == token_hash(token), Invitation.cancelled_at.is_(None)
    )
    if share_lock:
        # So that the link cannot be withdrawn while a place is booked by it.
        statement = statement.with_for_update(read=True)
    invitation = session.scalar(statement)
    if invitation is None:
        raise LinkGone()
    return invitation


def booking_of(session: Session, invitation: Invitation) -> Booking | None:
    """Return the open booking (or hold) of the invited person for this purpose, if any."""
    return session.scalar(
        select(Booking)
        .where(booking.of_person(invitation.person_id, invitation.service_key))
        .order_by(Booking.service_key != invitation.service_key, Booking.id)
        .limit(1)
    )


def offered_slots(
    session: Session,
    invitation: Invitation,
    *,
    now: datetime,
    from_day: date | None = None,
    limit: int = 30,
    rules: BookingRules = RULES,
) -> list[Slot]:
    """Return the places this invitation may choose from, at most ``limit``, spread over days."""
    return search.free_slots(
        session,
        invitation.unit_key,
        invitation.service_key,
        invitation.lane,
        from_day=from_day or now.astimezone(BERLIN).date(),
        days=rules.offer_days,
        limit=limit,
        now=now,
        rules=rules,
        visit=visit_of(invitation),
    )


def hold(
    session: Session,
    invitation: Invitation,
    slot: Slot,
    *,
    now: datetime,
    actor: Actor | None = None,
    rules: BookingRules = RULES,
) -> Booking:
    """Keep ``slot`` for ``rules.hold`` while the person confirms; an earlier hold is given back.

    Raises ``SlotUnavailable`` with alternatives, ``AlreadyBooked`` or ``InvitationExpired``.
    """
    return _take(
        session, invitation, slot.day, slot.start_cell, now, actor, rules, now + rules.hold
    )


def confirm(
    session: Session,
    invitation: Invitation,
    hold_id: int,
    *,
    now: datetime,
    actor: Actor | None = None,
) -> Booking:
    """Turn the invitation's hold into a booking; twice is once.

    Raises ``HoldLapsed`` after that time and ``NotFound`` for a hold of somebody else.
    """
    held = session.get(Booking, hold_id)
    if held is None or held.person_id != invitation.person_id:
        raise NotFound("Diese Reservierung gibt es nicht.")
    was_held = held.status == "held"
    booked = booking.confirm(session, hold_id, now=now)
    if was_held:
        record_booking(session, actor, "appointment.book", booked, now)
    return booked


def book_by_token(
    session: Session,
    token: str,
    day: date,
    start_cell: int,
    *,
    clock: Clock,
    actor: Actor | None = None,
    rules: BookingRules = RULES,
) -> Booking:
    """Book the place at ``day`` and ``start_cell`` by link in one act, as pages without
    JavaScript need it. Sending the same form again returns the booking that exists.

    Raises ``NotFound`` (link), ``InvitationExpired``, ``AlreadyBooked``, or ``SlotUnavailable``
    whose ``alternatives`` are free now.
    """
    invitation = _by_token(session, token, share_lock=True)
    return _take(session, invitation, day, start_cell, clock.now(), actor, rules, None)


def cancel_by_token(session: Session, token: str, *, clock: Clock) -> Booking | None:
    """Give back the place of the link's person, if one is booked; return it, else None.

    Raises ``AppointmentBegun`` once its time has come, ``BookingStateChanged`` after the call.
    """
    current = booking_of(session, _by_token(session, token, share_lock=True))
    if current is None:
        return None
    refuse_begun(current.day, current.start_cell, clock.now())
    cancelled = booking.cancel(session, current, now=clock.now())
    record_booking(session, None, "appointment.cancel", cancelled, clock.now())
    standby.offer_freed(session, cancelled, now=clock.now())
    return cancelled


def move_by_token(
    session: Session,
    token: str,
    day: date,
    start_cell: int,
    *,
    clock: Clock,
    rules: BookingRules = RULES,
) -> Booking:
    """Move the booked place of the link's person; the old place stays when the new one is taken.

    Raises what ``book_by_token`` raises, ``AppointmentBegun``, and ``NotFound`` when nothing is
    booked. The place left behind is offered to the standby list.
    """
    current = booking_of(session, _by_token(session, token, share_lock=True))
    if current is None or current.status != "booked":
        raise NotFound("Es ist kein Termin gebucht, der verlegt werden könnte.")
    return verlegen.move_away(session, None, current, day, start_cell, now=clock.now(), rules=rules)


def _take(
    session: Session,
    invitation: Invitation,
    day: date,
    start_cell: int,
    now: datetime,
    actor: Actor | None,
    rules: BookingRules,
    held_until: datetime | None,
) -> Booking:
    current = booking_of(session, invitation)
    if current is not None and current.status != "held":
        return _same_or_refuse(current, day, start_cell)
    if now.astimezone(BERLIN).date() > invitation.book_until:
        raise InvitationExpired()
    wish = Wish(
        invitation.unit_key,
        invitation.service_key,
        invitation.lane,
        invitation.person_id,
        invitation.vorgang_id,
        invitation.id,
        held_until,
        visit_of(invitation),
    )
    act = Act(actor or applicant_actor(), "appointment.hold" if held_until else "appointment.book")
    try:
        return book(
            session, wish, day, start_cell, now=now, rules=rules, act=act, own=current, alone=True
        )
    except AlreadyBooked:
        # The same form was sent twice at once: the other one has won meanwhile.
        winner = booking_of(session, invitation)
        if winner is None or winner.status == "held":
            raise
        return _same_or_refuse(winner, day, start_cell)


def _same_or_refuse(current: Booking, day: date, start_cell: int) -> Booking:
    if (current.day, current.start_cell) == (day, start_cell):
        return current
    raise AlreadyBooked(booking_id=current.id)
