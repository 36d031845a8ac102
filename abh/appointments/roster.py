"""The only writer of the roster: patterns, blocks and horizon, each with its desk days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.appointments.desk_days import (
    ACTIVE,
    closed_days,
    is_closed,
    rebuild_desk_days,
)
from abh.appointments.pattern_check import desk_ids, in_force_from, refuse_faults, user_ids
from abh.appointments.patterns import PatternSpec
from abh.appointments.tables import Absence, Booking, RosterBlock, RosterHorizon, RosterPattern
from abh.kernel.clock import Clock, today
from abh.kernel.feiertage import is_working_day

__all__ = ["PatternChange", "PatternSpec", "apply_patterns", "extend_horizon", "rebuild_desk_days"]

_ONE_DAY = timedelta(days=1)
# Any constant will do; it must only be the same for every writer of the roster.
_ROSTER_LOCK = 0x0D1E5791A


@dataclass(frozen=True, slots=True)
class PatternChange:
    """What a new weekly pattern did: rows added and ended, and the bookings it leaves outside the
    roster. Those stay valid until somebody moves them; nobody is silently dropped."""

    added: int
    ended: int
    stranded: tuple[int, ...] = ()


def apply_patterns(
    session: Session,
    patterns: Sequence[PatternSpec],
    *,
    valid_from: date,
    clock: Clock,
    units: Collection[str] | None = None,
) -> PatternChange:
    """Make ``patterns`` the week of their units (or of ``units``) from ``valid_from`` on.

    Applying the same again changes nothing. Days gone by are never rewritten. Days already on
    the roster are made anew with their desk days in this transaction; a block made by hand wins
    over the pattern. Raises ``InvalidInput`` naming every fault, also an overlap with another
    unit's pattern. Waits for other writers of the roster.
    """
    lock_roster(session)
    scope = set(units) if units is not None else {pattern.unit_key for pattern in patterns}
    start = max(valid_from, today(clock))
    refuse_faults(session, patterns, scope, start)
    wanted = _resolve(session, patterns)
    if _is_in_force(session, wanted, scope, start):
        return PatternChange(0, 0)
    ended = _end_patterns(session, scope, start)
    if wanted:
        session.execute(insert(RosterPattern), [{**row, "valid_from": start} for row in wanted])
    horizons = session.execute(
        select(RosterHorizon.unit_key, RosterHorizon.until).where(RosterHorizon.unit_key.in_(scope))
    )
    for unit_key, until in horizons.all():
        _make_blocks(session, unit_key, start, until)
    return PatternChange(len(wanted), ended, _stranded(session, scope, start))


def extend_horizon(
    session: Session, *, until: date, clock: Clock, units: Collection[str] | None = None
) -> int:
    """Make the blocks of all units' patterns up to and including ``until``; return how many.

    Only days beyond the unit's horizon are made, so that a block removed by hand stays removed.
    Saturdays, Sundays, holidays of North Rhine-Westphalia and closures stay empty; a closure
    that came later empties the days already made. Waits for other writers of the roster.
    """
    lock_roster(session)
    present = today(clock)
    statement = (
        select(RosterPattern.unit_key, RosterHorizon.until)
        .outerjoin(RosterHorizon, RosterHorizon.unit_key == RosterPattern.unit_key)
        .distinct()
        .order_by(RosterPattern.unit_key)
    )
    if units is not None:
        statement = statement.where(RosterPattern.unit_key.in_(units))
    made = 0
    for unit_key, reached in session.execute(statement).all():
        _empty_closed_days(session, unit_key, present, reached)
        first = max(present, reached + _ONE_DAY) if reached else present
        if first <= until:
            made += _make_blocks(session, unit_key, first, until)
            _set_horizon(session, unit_key, until)
    return made


def horizon_of(session: Session, unit_key: str) -> date | None:
    """Return the last day for which the unit's roster was made, None before the first."""
    return session.scalar(select(RosterHorizon.until).where(RosterHorizon.unit_key == unit_key))


def lock_roster(session: Session) -> None:
    """Wait for other writers of the roster; the lock lasts until the transaction ends."""
    # Before any desk day is locked: two writers could otherwise wait for each other in a circle.
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ROSTER_LOCK})


def _resolve(session: Session, patterns: Sequence[PatternSpec]) -> list[dict[str, object]]:
    desks, users = desk_ids(session), user_ids(session, patterns)
    return [
        {
            "unit_key": pattern.unit_key,
            "desk_id": desks[pattern.desk_key],
            "user_id": users[pattern.login],
            "weekday": pattern.weekday,
            "start_cell": pattern.cells[0],
            "end_cell": pattern.cells[1],
            "lane": pattern.lane,
        }
        for pattern in patterns
    ]


_COMPARED = ("unit_key", "desk_id", "user_id", "weekday", "start_cell", "end_cell", "lane")


def _is_in_force(
    session: Session, wanted: Iterable[dict[str, object]], scope: set[str], start: date
) -> bool:
    rows = session.scalars(
        select(RosterPattern).where(RosterPattern.unit_key.in_(scope), in_force_from(start))
    ).all()
    if any(row.valid_until is not None or row.valid_from > start for row in rows):
        return False
    present = {tuple(getattr(row, name) for name in _COMPARED) for row in rows}
    return present == {tuple(row[name] for name in _COMPARED) for row in wanted}


def _end_patterns(session: Session, scope: set[str], start: date) -> int:
    session.execute(
        delete(RosterBlock)
        .where(
            RosterBlock.unit_key.in_(scope),
            RosterBlock.day >= start,
            RosterBlock.pattern_id.is_not(None),
        )
        .execution_options(synchronize_session=False)
    )
    in_scope = RosterPattern.unit_key.in_(scope)
    dropped = session.execute(
        delete(RosterPattern)
        .where(in_scope, RosterPattern.valid_from >= start)
        .returning(RosterPattern.id)
        .execution_options(synchronize_session=False)
    ).all()
    ended = session.execute(
        update(RosterPattern)
        .where(in_scope, in_force_from(start))
        .values(valid_until=start - _ONE_DAY)
        .returning(RosterPattern.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(dropped) + len(ended)


def remake(session: Session, units: Collection[str], first: date, last: date) -> None:
    """Make the pattern blocks of ``units`` from ``first`` to ``last`` anew, with their desk days.

    Never beyond a unit's horizon. For changes of what patterns are made with: blocks by hand,
    absences. The caller holds the lock of the roster (``lock_roster``).
    """
    horizons = session.execute(
        select(RosterHorizon.unit_key, RosterHorizon.until)
        .where(RosterHorizon.unit_key.in_(units), RosterHorizon.until >= first)
        .order_by(RosterHorizon.unit_key)
    ).all()
    session.execute(
        delete(RosterBlock)
        .where(
            RosterBlock.unit_key.in_([row.unit_key for row in horizons]),
            RosterBlock.day.between(first, last),
            RosterBlock.pattern_id.is_not(None),
        )
        .execution_options(synchronize_session=False)
    )
    for unit_key, until in horizons:
        _make_blocks(session, unit_key, first, min(last, until))


def _make_blocks(session: Session, unit_key: str, first: date, last: date) -> int:
    patterns = session.scalars(
        select(RosterPattern)
        .where(RosterPattern.unit_key == unit_key, in_force_from(first))
        .order_by(RosterPattern.id)
    ).all()
    closed = closed_days(session, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    absent = absences(session, first, last)
    taken = cells_taken(session, unit_key, first, last, _places(patterns, absent))
    blocks = [
        block
        for day in days
        if is_working_day(day) and not is_closed(closed, day, unit_key)
        for block in _blocks_of_day(
            [each for each in patterns if _applies(each, day)], day, taken, absent
        )
    ]
    if blocks:
        session.execute(_INSERT_BLOCKS, {"unit": unit_key, **_columns(blocks)})
    rebuild_desk_days(session, unit_key, days)
    return len(blocks)


# One statement for the thousands of blocks of a horizon; by rows it takes seconds.
_INSERT_BLOCKS = text(
    """
    INSERT INTO roster_block (unit_key, desk_id, user_id, day, cells, lane, pattern_id)
    SELECT :unit, w.desk_id, w.user_id, w.day, int4range(w.first_cell, w.end_cell), w.lane,
           w.pattern_id
      FROM unnest(CAST(:desks AS bigint[]), CAST(:users AS bigint[]), CAST(:days AS date[]),
                  CAST(:starts AS int[]), CAST(:ends AS int[]), CAST(:lanes AS text[]),
                  CAST(:patterns AS bigint[]))
           AS w(desk_id, user_id, day, first_cell, end_cell, lane, pattern_id)
    """
)


@dataclass(frozen=True, slots=True)
class _Block:
    desk_id: int
    user_id: int
    day: date
    start: int
    end: int
    lane: str
    pattern_id: int


def _columns(blocks: Sequence[_Block]) -> dict[str, list[Any]]:
    return {
        "desks": [block.desk_id for block in blocks],
        "users": [block.user_id for block in blocks],
        "days": [block.day for block in blocks],
        "starts": [block.start for block in blocks],
        "ends": [block.end for block in blocks],
        "lanes": [block.lane for block in blocks],
        "patterns": [block.pattern_id for block in blocks],
    }


def _places(
    patterns: Iterable[RosterPattern], absent: Mapping[int, Sequence[Absence]]
) -> tuple[set[int], set[int]]:
    """Return the desks and clerks, covers included, whom blocks of ``patterns`` can need."""
    users = {pattern.user_id for pattern in patterns}
    covers = {row.cover_id for user in users for row in absent.get(user, ()) if row.cover_id}
    return {pattern.desk_id for pattern in patterns}, users | covers


def _blocks_of_day(
    patterns: Sequence[RosterPattern],
    day: date,
    taken: dict[tuple[str, int, date], int],
    absent: Mapping[int, Sequence[Absence]],
) -> Iterator[_Block]:
    """Yield the blocks; who covers for somebody does so after the own work, in free cells only."""

    def away(user_id: int) -> Absence | None:
        rows = absent.get(user_id, ())
        return next((row for row in rows if row.first_day <= day <= row.last_day), None)

    for pattern in sorted(patterns, key=lambda each: (away(each.user_id) is not None, each.id)):
        gone = away(pattern.user_id)
        user_id = pattern.user_id if gone is None else gone.cover_id
        if user_id is None or (gone is not None and away(user_id) is not None):
            continue
        cells = (
            availability.mask(pattern.start_cell, pattern.end_cell)
            & ~taken.get(("desk", pattern.desk_id, day), 0)
            & ~taken.get(("user", user_id, day), 0)
        )
        for key in (("desk", pattern.desk_id, day), ("user", user_id, day)):
            taken[key] = taken.get(key, 0) | cells
        for start, end in availability.runs(cells):
            yield _Block(pattern.desk_id, user_id, day, start, end, pattern.lane, pattern.id)


def absences(session: Session, first: date, last: date) -> dict[int, list[Absence]]:
    """Return the absences that touch the days from ``first`` to ``last``, by clerk."""
    found: dict[int, list[Absence]] = {}
    for row in session.scalars(
        select(Absence)
        .where(Absence.first_day <= last, Absence.last_day >= first, Absence.ended_at.is_(None))
        .order_by(Absence.first_day, Absence.id)
    ):
        found.setdefault(row.user_id, []).append(row)
    return found


def _applies(pattern: RosterPattern, day: date) -> bool:
    return (
        pattern.weekday == day.weekday()
        and pattern.valid_from <= day
        and (pattern.valid_until is None or day <= pattern.valid_until)
    )


def cells_taken(
    session: Session,
    unit_key: str,
    first: date,
    last: date,
    places: tuple[Collection[int], Collection[int]] | None = None,
) -> dict[tuple[str, int, date], int]:
    """Return what patterns of the unit must leave alone: blocks by hand and of other units.

    With ``places`` (desks, clerks) only what lies there.
    """
    query = select(RosterBlock.desk_id, RosterBlock.user_id, RosterBlock.day, RosterBlock.cells)
    query = query.where(
        RosterBlock.day.between(first, last),
        or_(RosterBlock.pattern_id.is_(None), RosterBlock.unit_key != unit_key),
    )
    if places is not None:
        desks, users = places
        query = query.where(or_(RosterBlock.desk_id.in_(desks), RosterBlock.user_id.in_(users)))
    rows = session.execute(query)
    taken: dict[tuple[str, int, date], int] = {}
    for row in rows:
        bits = availability.mask(row.cells.lower, row.cells.upper)
        for key in (("desk", row.desk_id, row.day), ("user", row.user_id, row.day)):
            taken[key] = taken.get(key, 0) | bits
    return taken


def _empty_closed_days(
    session: Session, unit_key: str, present: date, reached: date | None
) -> None:
    if reached is None or reached < present:
        return
    closed = closed_days(session, present, reached)
    days = [day for day in sorted(closed) if is_closed(closed, day, unit_key)]
    rebuild_desk_days(session, unit_key, days)


def _set_horizon(session: Session, unit_key: str, until: date) -> None:
    statement = upsert(RosterHorizon).values(unit_key=unit_key, until=until)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["unit_key"],
            set_={"until": func.greatest(RosterHorizon.until, statement.excluded.until)},
        )
    )


def _stranded(session: Session, scope: set[str], start: date) -> tuple[int, ...]:
    held_by_roster = (
        select(func.range_agg(RosterBlock.cells))
        .where(
            RosterBlock.desk_id == Booking.desk_id,
            RosterBlock.day == Booking.day,
            RosterBlock.lane == Booking.lane,
        )
        .scalar_subquery()
    )
    rows = session.scalars(
        select(Booking.id)
        .where(
            Booking.unit_key.in_(scope),
            Booking.day >= start,
            Booking.status.in_(ACTIVE),
            func.coalesce(held_by_roster.op("@>")(Booking.cells), False).is_(False),
        )
        .order_by(Booking.day, Booking.id)
    )
    return tuple(rows)
