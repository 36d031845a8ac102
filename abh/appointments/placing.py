"""From a wished time to a desk: tries the desks that have it, and offers other times if none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import availability, booking, search
from abh.appointments.booking import Draft
from abh.appointments.errors import SlotUnavailable
from abh.appointments.log import record_booking
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.tables import Booking, DeskDay
from abh.office.tables import Desk, Service

_ALTERNATIVES = 6
# Takes a draft and the holds to end for it; raises SlotUnavailable when the desk has no room.
Attempt = Callable[[Draft, Sequence[Booking]], Booking]


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants a place, in which unit and lane, and what for."""

    unit_key: str
    service_key: str
    lane: str
    person_id: int
    vorgang_id: int | None = None
    invitation_id: int | None = None
    held_until: datetime | None = None


def place(
    session: Session,
    wish: Wish,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules,
    attempt: Attempt,
    own: Booking | None = None,
) -> Booking:
    """Return what ``attempt`` made of the first desk that is free at the wished time.

    Desks with the least equipment come first, so that the barrier-free one stays for those who
    need it; among equals each person begins at another, so that a rush does not queue at one
    lock. ``own`` is the place the person gives back for this. Every attempt is a savepoint:
    one that fails keeps no lock. Raises ``SlotUnavailable`` with alternatives.
    """
    need = search.need_of(session, wish.service_key)
    end_cell = start_cell + need.length
    if (day, start_cell) < availability.cell_not_before(now + rules.lead):
        raise _unavailable(session, wish, day, now, rules, "Dieser Termin ist zu nah.")
    if start_cell < 0 or end_cell > availability.CELLS:
        raise _unavailable(session, wish, day, now, rules)
    cells = availability.mask(start_cell, end_cell)
    for desk_id, holds in _desks(session, wish, day, cells, now, own):
        draft = Draft(
            wish.unit_key,
            desk_id,
            day,
            start_cell,
            end_cell,
            wish.lane,
            wish.service_key,
            wish.person_id,
            wish.vorgang_id,
            wish.invitation_id,
            wish.held_until,
        )
        try:
            return attempt(draft, holds)
        except SlotUnavailable:
            continue
    raise _unavailable(session, wish, day, now, rules)


def move_to(
    session: Session,
    actor: Actor | None,
    current: Booking,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules = RULES,
) -> Booking:
    """Move ``current`` to the first desk free at the new time (no actor: the person by link)."""
    before: dict[str, object] = {
        "from_day": current.day.isoformat(),
        "from_cell": current.start_cell,
    }
    if (current.day, current.start_cell) == (day, start_cell):
        return current
    wish = Wish(current.unit_key, current.service_key, current.lane, current.person_id)

    def attempt(draft: Draft, lapsed: Sequence[Booking]) -> Booking:
        return booking.move(session, current, draft, now=now, replacing=lapsed)

    moved = place(
        session, wish, day, start_cell, now=now, rules=rules, attempt=attempt, own=current
    )
    record_booking(session, actor, "appointment.move", moved, now, before)
    return moved


def _desks(
    session: Session, wish: Wish, day: date, cells: int, now: datetime, own: Booking | None
) -> Iterator[tuple[int, Sequence[Booking]]]:
    """Yield desks that looked free; then those kept only by holds whose time is over."""
    rows = session.execute(
        select(DeskDay.desk_id, DeskDay.free, func.cardinality(Desk.equipment).label("equipped"))
        .join(Desk, Desk.id == DeskDay.desk_id)
        .join(Service, Service.key == wish.service_key)
        .where(
            DeskDay.unit_key == wish.unit_key,
            DeskDay.lane == wish.lane,
            DeskDay.day == day,
            Desk.equipment.contains(Service.equipment),
        )
    ).all()
    count = len(rows) or 1
    ordered = sorted(rows, key=lambda row: (row.equipped, (row.desk_id + wish.person_id) % count))
    free = {row.desk_id: availability.from_bytes(row.free) for row in ordered}
    if own is not None and own.day == day and own.desk_id in free and own.lane == wish.lane:
        free[own.desk_id] |= availability.mask(own.start_cell, own.end_cell)
    for desk_id, bits in free.items():
        if bits & cells == cells:
            yield desk_id, ()
    lapsed = _lapsed_holds(session, list(free), day, cells, now)
    for desk_id, holds in lapsed.items():
        given_back = availability.union((hold.start_cell, hold.end_cell) for hold in holds)
        if (free[desk_id] | given_back) & cells == cells:
            yield desk_id, holds


def _lapsed_holds(
    session: Session, desks: Sequence[int], day: date, cells: int, now: datetime
) -> dict[int, list[Booking]]:
    start, end = next(availability.runs(cells))
    found: dict[int, list[Booking]] = {}
    for hold in session.scalars(
        select(Booking)
        .where(
            Booking.desk_id.in_(desks),
            Booking.day == day,
            Booking.status == "held",
            Booking.held_until <= now,
            Booking.cells.overlaps(Range(start, end)),
        )
        .order_by(Booking.desk_id, Booking.id)
    ):
        found.setdefault(hold.desk_id, []).append(hold)
    return found


def _unavailable(
    session: Session,
    wish: Wish,
    day: date,
    now: datetime,
    rules: BookingRules,
    message: str = "",
) -> SlotUnavailable:
    alternatives = search.free_slots(
        session,
        wish.unit_key,
        wish.service_key,
        wish.lane,
        from_day=day,
        days=rules.offer_days,
        limit=_ALTERNATIVES,
        now=now,
        rules=rules,
    )
    return SlotUnavailable(message, alternatives=alternatives)
