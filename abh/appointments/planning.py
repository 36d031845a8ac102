"""What a supervisor changes of the roster: blocks by hand, absences with cover, closures, weeks.

Every change keeps the desk days true in the same transaction and says which bookings it leaves
outside the roster (``hits``). Those stay valid until somebody moves them: nobody is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, insert, or_, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.appointments import availability, roster
from abh.appointments.desk_days import closed_days, is_closed, rebuild_desk_days
from abh.appointments.tables import LANES, Absence, RosterBlock, RosterHorizon, RosterPattern
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.feiertage import is_working_day
from abh.office.tables import Closure, Desk

_WEEK = 7
# The longest absence recorded at once; what lasts longer is a change of the weekly pattern.
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Hit:
    """A booking that the roster no longer carries: whose place, and whether a mail reaches them."""

    booking_id: int
    unit_key: str
    day: date
    start_cell: int
    minutes: int
    lane: str
    ticket: str
    service: str
    person_id: int
    vorgang_id: int | None
    has_email: bool
    # Kept for somebody who has not confirmed yet: it lapses by itself, or is booked and then moved.
    held: bool = False

    @property
    def time(self) -> time:
        """The wall-clock time of the place."""
        return availability.time_of(self.start_cell)


def add_block(
    session: Session,
    actor: Actor,
    unit_key: str,
    *,
    desk_id: int,
    user_id: int,
    day: date,
    start: time,
    end: time,
    lane: str,
    clock: Clock,
) -> list[Hit]:
    """Put a clerk at a desk in a lane by hand; what the weekly pattern says there gives way.

    Raises ``InvalidInput`` naming every fault, among them another block made by hand.
    """
    require(actor, Power.ROSTER_EDIT, unit_key)
    roster.lock_roster(session)
    cells = _cells(day, start, end, lane, today(clock))
    _refuse_unknown(session, desk_id, user_id)
    _refuse_overlap(session, desk_id, user_id, day, cells)
    touched = _units_at(session, day, desk_id, user_id) | {unit_key}
    session.execute(
        delete(RosterBlock)
        .where(
            RosterBlock.day == day,
            RosterBlock.pattern_id.is_not(None),
            RosterBlock.unit_key.in_(touched),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        insert(RosterBlock).values(
            unit_key=unit_key,
            desk_id=desk_id,
            user_id=user_id,
            day=day,
            cells=Range(*cells),
            lane=lane,
        )
    )
    remake_day(session, touched, day)
    _record(session, actor, "roster.block", unit_key, clock, day=day, desk=desk_id, lane=lane)
    return hits(session, touched, day, day)


def set_lane(
    session: Session, actor: Actor, block_id: int, lane: str, *, clock: Clock, seen: str = ""
) -> list[Hit]:
    """Give a block to another lane by hand; ``pause`` takes it out of all booking.

    A removed block of the weekly pattern is such a pause, or the pattern would bring it back.
    ``seen`` is the lane the supervisor saw: another one meanwhile is a ``Conflict``.
    """
    block = session.get(RosterBlock, block_id)
    if block is None:
        raise NotFound("Dieses Stück Dienstplan gibt es nicht mehr.")
    require(actor, Power.ROSTER_EDIT, block.unit_key)
    roster.lock_roster(session)
    if lane not in LANES:
        raise InvalidInput([FieldProblem("lane", f"Die Spur {lane!r} gibt es nicht.")])
    if block.day < today(clock):
        raise Conflict("Vergangene Tage werden nicht mehr geändert.")
    session.refresh(block)
    if seen and block.lane != seen:
        raise Conflict("Jemand anderes hat dieses Stück inzwischen einer anderen Spur gegeben.")
    block.lane, block.pattern_id = lane, None
    session.flush()
    rebuild_desk_days(session, block.unit_key, [block.day])
    _record(
        session, actor, "roster.lane", block.unit_key, clock,
        day=block.day, desk=block.desk_id, lane=lane,
    )  # fmt: skip
    return hits(session, {block.unit_key}, block.day, block.day)


def remove_by_hand(session: Session, actor: Actor, block_id: int, *, clock: Clock) -> list[Hit]:
    """Take a block made by hand away; the weekly pattern fills its cells again."""
    block = session.get(RosterBlock, block_id)
    if block is None or block.pattern_id is not None:
        raise NotFound("Dieses von Hand gemachte Stück gibt es nicht mehr.")
    require(actor, Power.ROSTER_EDIT, block.unit_key)
    roster.lock_roster(session)
    day, unit_key = block.day, block.unit_key
    if day < today(clock):
        raise Conflict("Vergangene Tage werden nicht mehr geändert.")
    touched = _units_at(session, day, block.desk_id, block.user_id) | {unit_key}
    session.delete(block)
    session.flush()
    remake_day(session, touched, day)
    _record(session, actor, "roster.unblock", unit_key, clock, day=day)
    return hits(session, touched, day, day)


def record_absence(
    session: Session,
    actor: Actor,
    user_id: int,
    *,
    first: date,
    last: date,
    clock: Clock,
    cover_id: int | None = None,
) -> list[Hit]:
    """Record that a clerk is away from ``first`` to ``last``, and who covers; never why.

    The cover takes over what does not collide with own work; the rest of the desk's time is off
    the roster. Raises ``InvalidInput``.
    """
    user = _user(session, user_id)
    require(actor, Power.ROSTER_EDIT, user.unit_key)
    problems = []
    if not first <= last or (last - first).days > MOST_DAYS:
        problems.append(FieldProblem("last", "Der letzte Tag liegt vor dem ersten oder zu spät."))
    if last < today(clock):
        problems.append(FieldProblem("last", "Dieser Tag ist vorbei."))
    if cover_id == user_id:
        problems.append(FieldProblem("cover", "Vertreten kann nur jemand anderes."))
    if problems:
        raise InvalidInput(problems)
    if cover_id is not None:
        _user(session, cover_id)
    roster.lock_roster(session)
    session.add(
        Absence(
            user_id=user_id,
            first_day=first,
            last_day=last,
            cover_id=cover_id,
            recorded_at=clock.now(),
        )
    )
    session.flush()
    units = _remake_for(session, user_id, max(first, today(clock)), last)
    _record(session, actor, "roster.absence", user.unit_key or "", clock, day=first, user=user_id)
    return hits(session, units, max(first, today(clock)), last)


def end_absence(session: Session, actor: Actor, absence_id: int, *, clock: Clock) -> list[Hit]:
    """Withdraw an absence: from today on the clerk sits at the desk again. Twice is once."""
    absence = session.get(Absence, absence_id)
    if absence is None:
        raise NotFound("Diese Abwesenheit gibt es nicht.")
    user = _user(session, absence.user_id)
    require(actor, Power.ROSTER_EDIT, user.unit_key)
    if absence.ended_at is not None:
        return []
    roster.lock_roster(session)
    absence.ended_at = clock.now()
    session.flush()
    first = max(absence.first_day, today(clock))
    units = _remake_for(session, absence.user_id, first, absence.last_day)
    _record(session, actor, "roster.return", user.unit_key or "", clock, user=absence.user_id)
    return hits(session, units, first, absence.last_day)


def close_day(
    session: Session, actor: Actor, unit_key: str, day: date, reason: str, *, clock: Clock
) -> list[Hit]:
    """Close a unit on a day: nothing more can be booked there. Twice is once."""
    require(actor, Power.ROSTER_EDIT, unit_key)
    roster.lock_roster(session)
    if day < today(clock) or not reason.strip():
        raise InvalidInput([FieldProblem("day", "Ein Tag ab heute und ein Anlass gehören dazu.")])
    known = session.scalar(
        select(Closure.id).where(Closure.day == day, Closure.unit_key == unit_key)
    )
    if known is None:
        session.add(Closure(day=day, unit_key=unit_key, reason=reason.strip(), by_hand=True))
        session.flush()
    rebuild_desk_days(session, unit_key, [day])
    _record(session, actor, "roster.close", unit_key, clock, day=day)
    return hits(session, {unit_key}, day, day)


def open_day(session: Session, actor: Actor, closure_id: int, *, clock: Clock) -> None:
    """Withdraw a closure that was made by hand; the weekly pattern counts again."""
    closure = session.get(Closure, closure_id)
    if closure is None or not closure.by_hand or closure.unit_key is None:
        raise NotFound("Diese Schließung gibt es nicht oder sie steht in der Amtsdatei.")
    require(actor, Power.ROSTER_EDIT, closure.unit_key)
    roster.lock_roster(session)
    unit_key, day = closure.unit_key, closure.day
    session.delete(closure)
    session.flush()
    remake_day(session, {unit_key}, day)
    _record(session, actor, "roster.open", unit_key, clock, day=day)


def copy_week(
    session: Session, actor: Actor, unit_key: str, *, source: date, target: date, clock: Clock
) -> list[Hit]:
    """Make the week of ``target`` like that of ``source`` (any of their days), by hand.

    Holidays, closures, absences and what other units do there are respected; days gone by stay.
    """
    require(actor, Power.ROSTER_EDIT, unit_key)
    roster.lock_roster(session)
    source, target = (day - timedelta(days=day.weekday()) for day in (source, target))
    if source == target:
        raise InvalidInput([FieldProblem("target", "Bitte wählen Sie eine andere Woche.")])
    shift, first = target - source, max(target, today(clock))
    last = target + timedelta(days=_WEEK - 1)
    if last < first:
        raise Conflict("Vergangene Wochen werden nicht mehr geändert.")
    rows = session.scalars(
        select(RosterBlock)
        .where(
            RosterBlock.unit_key == unit_key,
            RosterBlock.day.between(source, source + timedelta(days=_WEEK - 1)),
        )
        .order_by(RosterBlock.day, RosterBlock.id)
    ).all()
    session.execute(
        delete(RosterBlock)
        .where(RosterBlock.unit_key == unit_key, RosterBlock.day.between(first, last))
        .execution_options(synchronize_session=False)
    )
    closed, absent = closed_days(session, first, last), roster.absences(session, first, last)
    taken = roster.cells_taken(session, unit_key, first, last)
    made = []
    for row in rows:
        day = row.day + shift
        away = any(a.first_day <= day <= a.last_day for a in absent.get(row.user_id, ()))
        if day < first or away or not is_working_day(day) or is_closed(closed, day, unit_key):
            continue
        cells = (
            availability.mask(row.cells.lower or 0, row.cells.upper or 0)
            & ~taken.get(("desk", row.desk_id, day), 0)
            & ~taken.get(("user", row.user_id, day), 0)
        )
        made += [
            {
                "unit_key": unit_key,
                "desk_id": row.desk_id,
                "user_id": row.user_id,
                "day": day,
                "cells": Range(*run),
                "lane": row.lane,
            }
            for run in availability.runs(cells)
        ]
    if made:
        session.execute(insert(RosterBlock), made)
    rebuild_desk_days(session, unit_key, [first + timedelta(days=n) for n in range(_WEEK)])
    _record(session, actor, "roster.copy", unit_key, clock, day=target)
    return hits(session, {unit_key}, first, last)


_HITS = text(
    """
    SELECT b.id, b.unit_key, b.day, lower(b.cells) AS start_cell,
           (upper(b.cells) - lower(b.cells)) * 5 AS minutes, b.lane, b.ticket, s.name AS service,
           b.person_id, b.vorgang_id, p.email <> '' AS has_email, b.status = 'held' AS held
    FROM booking b JOIN service s ON s.key = b.service_key JOIN person p ON p.id = b.person_id
    WHERE b.unit_key = ANY(:units) AND b.day BETWEEN :first AND :last
      AND b.status IN ('held', 'booked')
      AND (EXISTS (SELECT 1 FROM closure c WHERE c.day = b.day
                   AND (c.unit_key IS NULL OR c.unit_key = b.unit_key))
           OR NOT coalesce((SELECT range_agg(r.cells) FROM roster_block r
                  WHERE r.desk_id = b.desk_id AND r.day = b.day AND r.unit_key = b.unit_key
                    AND r.lane = b.lane) @> b.cells, false))
    ORDER BY b.day, lower(b.cells), b.id LIMIT 500
    """
)


def hits(session: Session, units: set[str], first: date, last: date) -> list[Hit]:
    """Return the bookings of ``units`` that no roster carries, in order of time; at most 500."""
    rows = session.execute(_HITS, {"units": sorted(units), "first": first, "last": last})
    return [Hit(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """Minutes of a lane on a day: rostered, booked, still free."""

    day: date
    lane: str
    rostered: int
    booked: int
    free: int


_LOAD = text(
    """
    WITH planned AS (
        SELECT day, lane, sum(upper(cells) - lower(cells)) * 5 AS minutes FROM roster_block
        WHERE unit_key = :unit AND day BETWEEN :first AND :last GROUP BY day, lane
    ), taken AS (
        SELECT day, lane, sum(upper(cells) - lower(cells)) * 5 AS minutes FROM booking
        WHERE unit_key = :unit AND day BETWEEN :first AND :last
          AND status IN ('held', 'booked', 'checked_in', 'called', 'served') GROUP BY day, lane
    ), open AS (
        SELECT day, lane, sum(bit_count(free)) * 5 AS minutes FROM desk_day
        WHERE unit_key = :unit AND day BETWEEN :first AND :last GROUP BY day, lane
    )
    SELECT day, lane, planned.minutes, coalesce(taken.minutes, 0), coalesce(open.minutes, 0)
    FROM planned LEFT JOIN taken USING (day, lane) LEFT JOIN open USING (day, lane)
    ORDER BY day, lane
    """
)


def lane_load(session: Session, unit_key: str, first: date, last: date) -> list[LaneLoad]:
    """Return the load of every lane of the unit, by day. One statement."""
    rows = session.execute(_LOAD, {"unit": unit_key, "first": first, "last": last})
    return [LaneLoad(row[0], row[1], *map(int, row[2:])) for row in rows]


def _cells(day: date, start: time, end: time, lane: str, present: date) -> tuple[int, int]:
    problems = []
    cells = (0, 0)
    try:
        cells = availability.cell_at(start), availability.end_cell_at(end)
    except ValueError:
        problems.append(FieldProblem("start", "Bitte Zeiten auf fünf Minuten angeben."))
    if not problems and cells[0] >= cells[1]:
        problems.append(FieldProblem("end", "Das Ende liegt vor dem Anfang."))
    if lane not in LANES:
        problems.append(FieldProblem("lane", f"Die Spur {lane!r} gibt es nicht."))
    if day < present:
        problems.append(FieldProblem("day", "Vergangene Tage werden nicht mehr geändert."))
    if problems:
        raise InvalidInput(problems)
    return cells


def _refuse_unknown(session: Session, desk_id: int, user_id: int) -> None:
    if session.get(Desk, desk_id) is None:
        raise NotFound("Diesen Platz gibt es nicht.")
    _user(session, user_id)


def _user(session: Session, user_id: int) -> AppUser:
    user = session.get(AppUser, user_id)
    if user is None or user.role == "employer":
        raise NotFound("Dieses Konto gibt es nicht.")
    return user


def _refuse_overlap(
    session: Session, desk_id: int, user_id: int, day: date, cells: tuple[int, int]
) -> None:
    found = session.scalar(
        select(RosterBlock)
        .where(
            RosterBlock.day == day,
            RosterBlock.pattern_id.is_(None),
            or_(RosterBlock.desk_id == desk_id, RosterBlock.user_id == user_id),
            RosterBlock.cells.overlaps(Range(*cells)),
        )
        .limit(1)
    )
    if found is not None:
        who, field = ("Platz", "desk") if found.desk_id == desk_id else ("Person", "user")
        raise InvalidInput([FieldProblem(field, f"{who} ist in dieser Zeit schon verplant.")])


def _units_at(session: Session, day: date, desk_id: int, user_id: int) -> set[str]:
    return set(
        session.scalars(
            select(RosterBlock.unit_key).where(
                RosterBlock.day == day,
                or_(RosterBlock.desk_id == desk_id, RosterBlock.user_id == user_id),
            )
        )
    )


def remake_day(session: Session, units: set[str], day: date) -> None:
    """Make the pattern blocks of a day anew around those by hand; the caller holds the lock."""
    roster.remake(session, units, day, day)
    made = set(
        session.scalars(
            select(RosterHorizon.unit_key).where(
                RosterHorizon.unit_key.in_(units), RosterHorizon.until >= day
            )
        )
    )
    for unit_key in sorted(units - made):
        rebuild_desk_days(session, unit_key, [day])


def _remake_for(session: Session, user_id: int, first: date, last: date) -> set[str]:
    units = set(
        session.scalars(
            select(RosterPattern.unit_key).where(RosterPattern.user_id == user_id).distinct()
        )
    )
    if first <= last:
        roster.remake(session, units, first, last)
    return units


def _record(
    session: Session,
    actor: Actor,
    action: str,
    unit_key: str,
    clock: Clock,
    day: date | None = None,
    **facts: object,
) -> None:
    now: datetime = clock.now()
    known = {"unit": unit_key, **facts, **({"day": day.isoformat()} if day else {})}
    audit.record(session, actor, action, "roster", now=now, facts=known)
