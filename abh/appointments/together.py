"""A family at adjoining desks: a place each, at the same time in one room; all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import availability, booking, search, visits
from abh.appointments.booking import Draft
from abh.appointments.errors import SlotUnavailable
from abh.appointments.log import record_booking
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.search import Slot
from abh.appointments.tables import Booking
from abh.appointments.visits import ALONE
from abh.kernel.clock import Clock
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.office.tables import Desk

MOST = 8
_ALTERNATIVES = 6
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One of those who come together, with the own case if there is one."""

    person_id: int
    vorgang_id: int | None = None


def free_together(
    session: Session,
    unit_key: str,
    service_key: str,
    lane: str,
    count: int,
    *,
    from_day: date,
    days: int,
    limit: int,
    now: datetime,
    rules: BookingRules = RULES,
) -> list[Slot]:
    """Return up to ``limit`` times at which ``count`` desks of one room are free at once.

    Spread over the days like ``search.free_slots``. Usually three statements. Raises ``NotFound``
    for an unknown service, ``InvalidInput`` for a number that cannot be.
    """
    _refuse_number(count)
    need = search.need_of(session, service_key)
    rooms = dict(session.execute(select(Desk.id, Desk.room).where(Desk.unit_key == unit_key)).all())
    earliest, first_cell = availability.cell_not_before(now + rules.lead)
    last = from_day + timedelta(days=days - 1)
    per_day = max(1, -(-limit // 5))
    found: dict[date, dict[int, int]] = {}
    places = 0
    for day, free in search.desks_by_day(
        session, unit_key, lane, need, max(from_day, earliest), last, 16 * limit * count + 1
    ):
        times = _times(free, rooms, need.length, count, first_cell if day == earliest else 0)
        if times:
            found[day] = times
            places += min(per_day, len(times))
        if places >= limit:
            break
    return search.choose(found, need.minutes, per_day, limit)


def _refuse_number(count: int) -> None:
    if not 2 <= count <= MOST:
        raise InvalidInput([FieldProblem("member", f"Bitte 2 bis {MOST} Personen wählen.")])


def _times(
    free: Mapping[int, int], rooms: Mapping[int, str], length: int, count: int, not_before: int
) -> dict[int, int]:
    """Return each time with a desk of the room that has it."""
    times: dict[int, int] = {}
    for room in sorted({rooms.get(desk, "") for desk in free}):
        here = [desk for desk in free if rooms.get(desk, "") == room]
        at_once = availability.together(
            (availability.starts(free[desk], length) for desk in here), count
        )
        for begin, end in availability.runs(at_once >> not_before << not_before):
            times.update(dict.fromkeys(range(begin, end, length), here[0]))
    return dict(sorted(times.items()))


def book_together(
    session: Session,
    actor: Actor,
    members: Sequence[Member],
    *,
    unit_key: str,
    service_key: str,
    lane: str,
    day: date,
    start_cell: int,
    clock: Clock,
    rules: BookingRules = RULES,
) -> list[Booking]:
    """Book a place for every member at desks of one room, under the same guard as every booking.

    Each place is its own: it is called, moved and cancelled alone. All desk days are locked at
    once, in sorted order. Raises ``SlotUnavailable`` with alternatives, ``AlreadyBooked`` when one
    of them has a place for this purpose, ``NotAllowed``; then nobody has one.
    """
    require(actor, Power.CASE_COUNTER, unit_key)
    _refuse_number(len({member.person_id for member in members}))
    now = clock.now()
    if (day, start_cell) >= availability.cell_not_before(now + rules.lead):
        for _attempt in range(_TRIES):
            drafts = _drafts(session, members, unit_key, service_key, lane, day, start_cell)
            if not drafts:
                break
            try:
                taken = booking.reserve(session, drafts, now=now)
            except SlotUnavailable:
                continue  # somebody was faster at one of the desks: look again
            for each in taken:
                others: dict[str, object] = {"together": sorted(b.id for b in taken)}
                record_booking(session, actor, "appointment.book", each, now, others)
            return taken
    raise SlotUnavailable(
        alternatives=free_together(
            session, unit_key, service_key, lane, len(members),
            from_day=day, days=rules.offer_days, limit=_ALTERNATIVES, now=now, rules=rules,
        )
    )  # fmt: skip


_DESKS = text(
    f"""
    SELECT n.minutes, d.id, d.room, dd.free FROM ({visits.NEED}) AS n
    JOIN desk_day dd ON dd.unit_key = :unit AND dd.lane = :lane AND dd.day = :day
    JOIN desk d ON d.id = dd.desk_id AND d.equipment @> n.equipment ORDER BY d.room, d.id
    """  # nosec B608: only our own constants
)


def _drafts(
    session: Session,
    members: Sequence[Member],
    unit_key: str,
    service_key: str,
    lane: str,
    day: date,
    start_cell: int,
) -> list[Draft]:
    """Return places for all of them in the first room that has enough, none if there is none."""
    wanted = {"unit": unit_key, "lane": lane, "day": day, **ALONE.parameters(service_key)}
    rooms: dict[str, list[int]] = {}
    end_cell = start_cell
    for row in session.execute(_DESKS, wanted):
        end_cell = start_cell + availability.cells_of(row.minutes)
        if not 0 <= start_cell < end_cell <= availability.CELLS:
            return []
        cells = availability.mask(start_cell, end_cell)
        if availability.from_bytes(row.free) & cells == cells:
            rooms.setdefault(row.room, []).append(row.id)
    desks = next((each for each in rooms.values() if len(each) >= len(members)), [])
    return [
        Draft(
            unit_key,
            desk,
            day,
            start_cell,
            end_cell,
            lane,
            service_key,
            member.person_id,
            member.vorgang_id,
        )
        for desk, member in zip(desks, members, strict=False)
    ]
