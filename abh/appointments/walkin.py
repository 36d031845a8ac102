"""People without an appointment: a number, the rule of calling, the wait as a range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.appointments import counter, pauses, queue, tickets
from abh.appointments.errors import BookingStateChanged
from abh.appointments.tables import Booking, RosterBlock, WalkIn
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.office.tables import Desk, Service

EMERGENCY = "notfall"
LANES = ("kunden", "notfall")
# What came of a visit without appointment; the words stand on the page.
RESULTS = ("erledigt", "unterlagen", "auskunft", "termin", "verwiesen")
# House rule: who needs a barrier-free desk or can hardly stand is treated as having come earlier.
ACCESSIBLE = timedelta(minutes=15)


class CounterClosed(Conflict):
    """No desk of the unit takes people without appointment at this moment or later today."""

    title = "Heute werden keine Nummern mehr ausgegeben."
    hint = "Bitte buchen Sie einen Termin."


@dataclass(frozen=True, slots=True)
class Called:
    """Who was called: exactly one of the two."""

    booking: Booking | None = None
    walk_in: WalkIn | None = None


def give_ticket(
    session: Session,
    actor: Actor,
    unit_key: str,
    service_key: str,
    *,
    clock: Clock,
    accessible: bool = False,
) -> tuple[WalkIn, str]:
    """Give the next number of the day; return it and the token of its waiting page.

    Raises ``CounterClosed`` when no desk with a fitting lane is rostered for the rest of the day.
    """
    require(actor, Power.CASE_COUNTER, unit_key)
    if session.get(Service, service_key) is None:
        raise NotFound("Diese Leistung gibt es nicht.")
    day, cell = today(clock), counter.cell_now(clock)
    left = session.scalar(
        select(RosterBlock.id)
        .where(
            RosterBlock.unit_key == unit_key,
            RosterBlock.day == day,
            RosterBlock.lane.in_(LANES),
            func.upper(RosterBlock.cells) > cell,
        )
        .limit(1)
    )
    if left is None:
        raise CounterClosed()
    walk_in, token = _new(session, unit_key, service_key, clock, accessible=accessible)
    _record(session, actor, "walkin.ticket", walk_in, clock)
    return walk_in, token


def _new(
    session: Session, unit_key: str, service_key: str, clock: Clock, *, accessible: bool
) -> tuple[WalkIn, str]:
    day = today(clock)
    if session.get(Service, service_key) is None:
        raise NotFound("Diese Leistung gibt es nicht.")
    number = session.execute(
        text(tickets.COUNT), {"unit": unit_key, "day": day, "desk": 0}
    ).scalar_one()
    letter = "N" if service_key == EMERGENCY else "A"
    token = new_token()
    walk_in = WalkIn(
        unit_key=unit_key,
        day=day,
        ticket=f"{letter}-{number:03d}",
        service_key=service_key,
        accessible=accessible,
        token_hash=token_hash(token),
        created_at=clock.now(),
    )
    session.add(walk_in)
    session.flush()
    return walk_in, token


def serve_at_once(
    session: Session, actor: Actor, service_key: str, result: str, *, clock: Clock
) -> WalkIn:
    """Record somebody who was helped in passing: a number, served, with what came of it.

    Nobody had to wait, so the number was called when it was given; whether a desk is rostered does
    not matter. Raises ``InvalidInput`` for an unknown result, ``NotFound`` for the service.
    """
    unit_key = actor.unit_key or ""
    require(actor, Power.CASE_COUNTER, unit_key)
    _check_result(result, needed=True)
    row, _token = _new(session, unit_key, service_key, clock, accessible=False)
    row.status, row.called_at, row.closed_at = "served", clock.now(), clock.now()
    row.called_to, row.served_by, row.result = actor.desk_id, actor.user_id, result
    session.flush()
    _record(session, actor, "walkin.at_once", row, clock)
    return row


def _check_result(result: str, *, needed: bool) -> None:
    if result not in RESULTS and (needed or result):
        raise InvalidInput([FieldProblem("result", "Bitte wählen Sie, wie der Besuch ausging.")])


def call_next(session: Session, actor: Actor, desk_id: int, *, clock: Clock) -> Called:
    """Call the next person to the desk, whether with an appointment or without.

    The rule: who was handed to this clerk; appointments that are due and present; emergencies; then
    people without appointment by age, where ``ACCESSIBLE`` counts as having come earlier; then
    appointments that came early; then those due who have not reported. Only what the desk's
    equipment allows. Rows are taken with SKIP LOCKED: two clerks never call the same person.
    """
    desk = session.get(Desk, desk_id)
    if desk is None:
        raise NotFound("Diesen Platz gibt es nicht.")
    require(actor, Power.CASE_COUNTER, desk.unit_key)
    if desk.id in pauses.paused(session, desk.unit_key, clock=clock):
        raise pauses.DeskPaused()
    due = queue.due_for(desk, actor, clock, counter.cell_now(clock))
    booked = session.scalar(due.with_for_update(of=Booking, skip_locked=True))
    if booked is not None:
        return Called(booking=counter.call(session, actor, booked.id, clock=clock, desk_id=desk_id))
    waiting = session.scalar(
        select(WalkIn)
        .join(Service, Service.key == WalkIn.service_key)
        .where(
            WalkIn.unit_key == desk.unit_key,
            WalkIn.day == today(clock),
            WalkIn.status == "waiting",
            Service.equipment.contained_by(desk.equipment),
            or_(WalkIn.accessible.is_(False), literal("barrier_free" in desk.equipment)),
            or_(WalkIn.hand_to.is_(None), WalkIn.hand_to == actor.user_id),
        )
        .order_by(*_turn(actor))
        .limit(1)
        .with_for_update(of=WalkIn, skip_locked=True)
    )
    if waiting is not None:
        return Called(walk_in=_call(session, actor, waiting, desk_id, clock))
    return Called(booking=counter.call_next(session, actor, desk_id, clock=clock))


def _turn(actor: Actor | None) -> tuple[ColumnElement[Any], ...]:
    handed = case((WalkIn.hand_to == (actor.user_id if actor else None), 0), else_=1)
    emergency = case((WalkIn.service_key == EMERGENCY, 0), else_=1)
    came = case((WalkIn.accessible, WalkIn.created_at - ACCESSIBLE), else_=WalkIn.created_at)
    return handed, emergency, came, WalkIn.id.expression


def recall(session: Session, actor: Actor, walk_in_id: int, *, clock: Clock) -> WalkIn:
    """Call the same person once more to the same desk."""
    walk_in = _locked(session, actor, walk_in_id)
    if walk_in.status != "called" or walk_in.called_to is None:
        raise BookingStateChanged()
    return _call(session, actor, walk_in, walk_in.called_to, clock)


def _call(session: Session, actor: Actor, row: WalkIn, desk_id: int, clock: Clock) -> WalkIn:
    row.status, row.called_at, row.called_to = "called", clock.now(), desk_id
    row.calls, row.hand_to = row.calls + 1, None
    session.flush()
    _record(session, actor, "walkin.call", row, clock)
    return row


# What can come of a number by its state and whether the day is over; elsewhere nothing.
_OUTCOMES: Mapping[tuple[str, bool], tuple[str, ...]] = defaultdict(
    tuple,
    {
        ("called", False): ("served", "no_show"),
        ("called", True): ("served", "no_show"),
        ("waiting", True): ("served", "left"),
    },
)


def close(
    session: Session,
    actor: Actor,
    walk_in_id: int,
    outcome: str,
    *,
    clock: Clock,
    result: str = "",
) -> WalkIn:
    """End the visit as ``served`` (with its ``result``) or, after three calls, as ``no_show``.

    When the day is over at the counter, what nobody clicked is told: also of a number that was
    never called, which was served or has ``left``. Twice is once.
    """
    _check_result(result, needed=False)
    row = _locked(session, actor, walk_in_id)
    if row.status == outcome:
        return row
    over = counter.is_over(session, row, clock)
    if outcome not in _OUTCOMES[row.status, over]:
        raise BookingStateChanged()
    if outcome == "no_show" and not over and row.calls < counter.MOST_CALLS:
        raise BookingStateChanged(
            f"Bitte erst {counter.MOST_CALLS}-mal aufrufen ({row.calls} bisher)."
        )
    row.status, row.closed_at, row.served_by = outcome, clock.now(), actor.user_id
    row.result = result if outcome == "served" else ""
    session.flush()
    _record(session, actor, f"walkin.{outcome}", row, clock)
    return row


def hand_over(
    session: Session, actor: Actor, walk_in_id: int, to_user: int, *, clock: Clock
) -> WalkIn:
    """Give the person to a colleague, who calls them next."""
    row = _locked(session, actor, walk_in_id)
    colleague = session.get(AppUser, to_user)
    if colleague is None or not colleague.active or colleague.unit_key != row.unit_key:
        raise NotFound("Diese Kollegin oder diesen Kollegen gibt es im Sachgebiet nicht.")
    if row.status != "called":
        raise BookingStateChanged()
    row.status, row.hand_to, row.called_to, row.calls = "waiting", to_user, None, 0
    session.flush()
    _record(session, actor, "walkin.hand_over", row, clock)
    return row


def leave(session: Session, token: str, *, clock: Clock) -> WalkIn:
    """Give the number up by link; twice is once."""
    row = by_token(session, token)
    # Locked, or a clerk who calls the number at this moment would lose the call.
    session.refresh(row, with_for_update=True)
    if row.status == "waiting":
        row.status, row.closed_at = "left", clock.now()
        session.flush()
    return row


def by_token(session: Session, token: str) -> WalkIn:
    """Return the number behind a link; raises ``NotFound``."""
    row = session.scalar(select(WalkIn).where(WalkIn.token_hash == token_hash(token)))
    if row is None:
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return row


def waiting(session: Session, unit_key: str, clock: Clock) -> list[tuple[WalkIn, str]]:
    """Return the people without appointment who wait or are called, in their turn, with service."""
    rows = session.execute(
        select(WalkIn, Service.name)
        .join(Service, Service.key == WalkIn.service_key)
        .where(
            WalkIn.unit_key == unit_key,
            WalkIn.day == today(clock),
            WalkIn.status.in_(("waiting", "called")),
        )
        .order_by(case((WalkIn.status == "called", 0), else_=1), *_turn(None))
    )
    return [(row[0], row[1]) for row in rows]


def unfinished(session: Session, unit_key: str, clock: Clock) -> list[WalkIn]:
    """Return numbers without an outcome whose day is over at the counter, oldest first."""
    return list(
        session.scalars(
            select(WalkIn)
            .where(
                WalkIn.unit_key == unit_key,
                WalkIn.day <= counter.last_day_over(session, unit_key, clock),
                WalkIn.status.in_(("waiting", "called")),
            )
            .order_by(WalkIn.day, WalkIn.id)
            .limit(100)
        )
    )


def _locked(session: Session, actor: Actor, walk_in_id: int) -> WalkIn:
    row = session.get(WalkIn, walk_in_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("Diese Nummer gibt es nicht.")
    require(actor, Power.CASE_COUNTER, row.unit_key)
    return row


def _record(session: Session, actor: Actor, action: str, row: WalkIn, clock: Clock) -> None:
    facts = {"ticket": row.ticket, "service": row.service_key, "desk": row.called_to}
    if row.result:
        facts["result"] = row.result
    audit.record(session, actor, action, "walk_in", row.id, now=clock.now(), facts=facts)
