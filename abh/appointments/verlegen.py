"""Moving a place: by the link of the place itself, and what every move leaves for the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import availability, booking, open_booking, placing, search, standby
from abh.appointments.booking import Draft
from abh.appointments.errors import BookingStateChanged, refuse_begun
from abh.appointments.log import record_booking
from abh.appointments.placing import Wish, move_to
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.search import Slot
from abh.appointments.tables import Booking
from abh.appointments.visits import visit_of
from abh.kernel.clock import BERLIN

# Places of firms count in their quota and those of a draw belong to its day: given back, not moved.
LANES = ("kunden", "einladung")
_LOOKED_AT = 30
_DESKS = 129


def movable(place: Booking, now: datetime) -> bool:
    """Whether the person may move the place by its link."""
    begins = booking_begins(place)
    return place.status == "booked" and place.lane in LANES and begins > now


def booking_begins(place: Booking) -> datetime:
    """Return the instant at which a place begins."""
    return availability.instant(place.day, place.start_cell)


def free_for(
    session: Session,
    place: Booking,
    *,
    now: datetime,
    from_day: date | None = None,
    limit: int = _LOOKED_AT,
    rules: BookingRules = RULES,
) -> list[Slot]:
    """Return free times for the visit of a place, in its lane, spread over days."""
    return search.free_slots(
        session,
        place.unit_key,
        place.service_key,
        place.lane,
        from_day=from_day or now.astimezone(BERLIN).date(),
        days=rules.offer_days,
        limit=limit,
        now=now,
        rules=rules,
        visit=visit_of(place),
    )


def move_by_link(
    session: Session,
    token: str,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules = RULES,
) -> Booking:
    """Move the place behind a link; the old one stays until the new one is taken.

    Raises ``NotFound`` for the link, ``BookingStateChanged`` for a place that cannot be moved,
    ``AppointmentBegun``, and ``SlotUnavailable`` with alternatives.
    """
    _link, place = open_booking.by_token(session, token)
    if place.status != "booked" or place.lane not in LANES:
        raise BookingStateChanged()
    return move_away(session, None, place, day, start_cell, now=now, rules=rules)


def move_away(
    session: Session,
    actor: Actor | None,
    place: Booking,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules = RULES,
) -> Booking:
    """Move a place (no actor: the person by link) and offer the one it leaves to the list.

    Raises ``AppointmentBegun`` for persons whose time has come, else what ``placing.move_to``
    raises.
    """
    if actor is None:
        refuse_begun(place.day, place.start_cell, now)
    left, before = standby.Left.of(place), place.sequence
    moved = move_to(session, actor, place, day, start_cell, now=now, rules=rules)
    if moved.sequence != before:
        standby.offer_freed(session, left, now=now)
    return moved


def same_time_elsewhere(
    session: Session, actor: Actor, place: Booking, *, now: datetime, rules: BookingRules = RULES
) -> Booking:
    """Give a place that the roster no longer carries to another desk at the same time.

    Nobody has to come at another hour, so there is no lead time. Raises ``SlotUnavailable`` with
    alternatives, ``BookingStateChanged``.
    """
    wish = Wish(
        place.unit_key, place.service_key, place.lane, place.person_id, visit=visit_of(place)
    )
    before: dict[str, object] = {"from_desk": place.desk_id}

    def attempt(draft: Draft, lapsed: Sequence[Booking]) -> Booking:
        return booking.move(session, place, draft, now=now, replacing=lapsed)

    moved = placing.place(
        session,
        wish,
        place.day,
        place.start_cell,
        now=now,
        rules=replace(rules, lead=timedelta(0)),
        attempt=attempt,
    )
    record_booking(session, actor, "appointment.move", moved, now, before)
    return moved


def next_best(
    session: Session, place: Booking, *, now: datetime, rules: BookingRules = RULES
) -> Slot | None:
    """Return what to offer somebody whose place is gone: the same time at another desk, else the
    nearest time after it, else the first there is; None when nothing is free."""
    need = search.need_of(session, place.service_key, visit_of(place))
    day, unit, lane = place.day, place.unit_key, place.lane
    desks = search.desks_by_day(session, unit, lane, need, day, day, _DESKS)
    for desk_id, free_cells in next(desks, (day, {}))[1].items():
        fits = availability.starts(free_cells, need.length) >> place.start_cell & 1
        if fits and booking_begins(place) > now:
            return Slot(day, place.start_cell, desk_id, need.minutes)
    free = free_for(session, place, now=now, from_day=place.day, rules=rules)
    wanted = (place.day, place.start_cell)
    later = (each for each in free if (each.day, each.start_cell) >= wanted)
    return next(later, free[0] if free else None)
