"""The derived row per desk, day and lane: rules minus bookings; locked, rebuilt and proven here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.appointments.tables import Booking, DeskDay, RosterBlock
from abh.office.tables import Closure

ACTIVE = ("held", "booked", "checked_in", "called", "served")
DeskAndDay = tuple[int, date]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The key of a desk day."""

    unit_key: str
    day: date
    desk_id: int
    lane: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """A stored bitmap that is not rules minus bookings; None stands for a missing row."""

    key: Key
    stored: int | None
    derived: int | None


def lock(session: Session, places: Iterable[DeskAndDay]) -> dict[Key, int]:
    """Lock all rows of the given desks and days and return their free cells.

    Always in the order of day, desk, lane, unit, so that two bookings of several desks cannot
    wait for each other in a circle. Held until the transaction (or savepoint) ends.
    """
    pairs = sorted(set(places))
    wanted = {"desks": [desk for desk, _ in pairs], "days": [day for _, day in pairs]}
    rows = session.execute(_LOCK, wanted)
    return {Key(*row[:4]): availability.from_bytes(row.free) for row in rows}


# As text, for it runs in every booking while others wait: building it anew costs more than it.
_LOCK = text(
    """
    SELECT unit_key, day, desk_id, lane, free FROM desk_day
    WHERE (desk_id, day) IN (
        SELECT * FROM unnest(CAST(:desks AS bigint[]), CAST(:days AS date[])))
    ORDER BY day, desk_id, lane, unit_key FOR UPDATE
    """
)


def store(session: Session, key: Key, free: int) -> None:
    """Write the free cells of a locked row."""
    session.execute(
        update(DeskDay)
        .where(
            DeskDay.unit_key == key.unit_key,
            DeskDay.day == key.day,
            DeskDay.desk_id == key.desk_id,
            DeskDay.lane == key.lane,
        )
        .values(free=availability.to_bytes(free), longest=availability.longest_run(free))
        .execution_options(synchronize_session=False)
    )


# One round trip for a group, while others wait for these desks.
_STORE_ALL = text(
    """
    UPDATE desk_day AS dd SET free = w.free, longest = w.longest
    FROM unnest(CAST(:units AS text[]), CAST(:days AS date[]), CAST(:desks AS bigint[]),
                CAST(:lanes AS text[]), CAST(:free AS bytea[]), CAST(:longest AS smallint[]))
         AS w(unit_key, day, desk_id, lane, free, longest)
    WHERE dd.unit_key = w.unit_key AND dd.day = w.day AND dd.desk_id = w.desk_id
      AND dd.lane = w.lane
    """
)
_UPSERT = text(
    """
    INSERT INTO desk_day (unit_key, day, desk_id, lane, free, longest)
    SELECT * FROM unnest(CAST(:units AS text[]), CAST(:days AS date[]), CAST(:desks AS bigint[]),
                         CAST(:lanes AS text[]), CAST(:free AS bytea[]),
                         CAST(:longest AS smallint[]))
    ON CONFLICT (unit_key, day, desk_id, lane)
    DO UPDATE SET free = excluded.free, longest = excluded.longest
    WHERE (desk_day.free, desk_day.longest) IS DISTINCT FROM (excluded.free, excluded.longest)
    """
)


def store_all(session: Session, changed: Mapping[Key, int]) -> None:
    """Write the free cells of locked rows in one statement."""
    session.execute(_STORE_ALL, _columns(changed))


def _columns(rows: Mapping[Key, int]) -> dict[str, list[Any]]:
    """Return the rows as one array for each column, in the order in which all lock them."""
    keys = sorted(rows)
    return {
        "units": [key.unit_key for key in keys],
        "days": [key.day for key in keys],
        "desks": [key.desk_id for key in keys],
        "lanes": [key.lane for key in keys],
        "free": [availability.to_bytes(rows[key]) for key in keys],
        "longest": [availability.longest_run(rows[key]) for key in keys],
    }


def refresh(session: Session, places: Collection[DeskAndDay]) -> dict[Key, int]:
    """Derive the rows of ``places`` anew and store them; the caller holds their locks.

    Derived, not corrected bit by bit: since the booking was made the roster may have changed.
    """
    pairs = sorted(set(places))
    derived = _derive(session, tuple_(RosterBlock.desk_id, RosterBlock.day).in_(pairs))
    _upsert(session, derived)
    return derived


def rebuild_desk_days(session: Session, unit_key: str, days: Collection[date]) -> int:
    """Derive the rows of a unit on ``days`` anew, in the caller's transaction; return how many.

    Locks the rows first, so that a booking either is seen here or sees the new row.
    """
    if not days:
        return 0
    mine = (DeskDay.unit_key == unit_key, DeskDay.day.in_(days))
    locked = session.execute(
        select(DeskDay.day, DeskDay.desk_id, DeskDay.lane)
        .where(*mine)
        .order_by(DeskDay.day, DeskDay.desk_id, DeskDay.lane)
        .with_for_update()
    )
    before = {Key(unit_key, *row) for row in locked}
    derived = _derive(session, (RosterBlock.unit_key == unit_key) & RosterBlock.day.in_(days))
    gone = sorted(before - derived.keys())
    if gone:
        session.execute(
            delete(DeskDay)
            .where(
                DeskDay.unit_key == unit_key,
                tuple_(DeskDay.day, DeskDay.desk_id, DeskDay.lane).in_(
                    [(key.day, key.desk_id, key.lane) for key in gone]
                ),
            )
            .execution_options(synchronize_session=False)
        )
    _upsert(session, derived)
    return len(derived)


def deviations(session: Session, unit_key: str, first: date, last: date) -> list[Deviation]:
    """Return every row of the unit from ``first`` to ``last`` that is not rules minus bookings.

    Reads only. While people book, call it in a REPEATABLE READ transaction: its statements must
    see one and the same moment.
    """
    rows = session.execute(
        select(DeskDay.day, DeskDay.desk_id, DeskDay.lane, DeskDay.free, DeskDay.longest).where(
            DeskDay.unit_key == unit_key, DeskDay.day.between(first, last)
        )
    )
    stored: dict[Key, int] = {}
    wrong_length: set[Key] = set()
    for row in rows:
        key = Key(unit_key, row.day, row.desk_id, row.lane)
        stored[key] = availability.from_bytes(row.free)
        if availability.longest_run(stored[key]) != row.longest:
            wrong_length.add(key)
    derived = _derive(
        session, (RosterBlock.unit_key == unit_key) & RosterBlock.day.between(first, last)
    )
    return [
        Deviation(key, stored.get(key), derived.get(key))
        for key in sorted(stored.keys() | derived.keys())
        if stored.get(key) != derived.get(key) or key in wrong_length
    ]


def _derive(session: Session, which: ColumnElement[bool]) -> dict[Key, int]:
    blocks = session.execute(
        select(
            RosterBlock.unit_key,
            RosterBlock.day,
            RosterBlock.desk_id,
            RosterBlock.lane,
            RosterBlock.cells,
        ).where(which)
    ).all()
    if not blocks:
        return {}
    days = sorted({block.day for block in blocks})
    booked = _booked_cells(session, days, {block.desk_id for block in blocks})
    closed = closed_days(session, days[0], days[-1])
    free: dict[Key, int] = {}
    for block in blocks:
        key = Key(block.unit_key, block.day, block.desk_id, block.lane)
        cells = 0 if is_closed(closed, block.day, block.unit_key) else _bits(block.cells)
        free[key] = free.get(key, 0) | cells
    return {
        key: bits & availability.existing_cells(key.day) & ~booked.get((key.desk_id, key.day), 0)
        for key, bits in free.items()
    }


def _booked_cells(
    session: Session, days: list[date], desks: Collection[int]
) -> dict[DeskAndDay, int]:
    rows = session.execute(
        select(Booking.desk_id, Booking.day, Booking.cells).where(
            Booking.day.between(days[0], days[-1]),
            Booking.desk_id.in_(desks),
            Booking.status.in_(ACTIVE),
        )
    )
    booked: dict[DeskAndDay, int] = {}
    for row in rows:
        place = (row.desk_id, row.day)
        booked[place] = booked.get(place, 0) | _bits(row.cells)
    return booked


def _bits(cells: Range[int]) -> int:
    return availability.mask(cells.lower or 0, cells.upper or 0)


def closed_days(session: Session, first: date, last: date) -> Mapping[date, set[str | None]]:
    """Return the closed days with the units closed; None stands for the whole office."""
    rows = session.execute(
        select(Closure.day, Closure.unit_key).where(Closure.day.between(first, last))
    )
    closed: dict[date, set[str | None]] = {}
    for row in rows:
        closed.setdefault(row.day, set()).add(row.unit_key)
    return closed


def is_closed(closed: Mapping[date, set[str | None]], day: date, unit_key: str) -> bool:
    """Return whether ``unit_key`` is closed on ``day`` by itself or with the whole office."""
    return bool(closed.get(day, set()) & {None, unit_key})


def _upsert(session: Session, derived: Mapping[Key, int]) -> None:
    if derived:
        session.execute(_UPSERT, _columns(derived))


def units_with_roster(session: Session) -> list[str]:
    """Return the keys of all units that have a roster, in order."""
    return list(
        session.scalars(
            select(RosterBlock.unit_key)
            .group_by(RosterBlock.unit_key)
            .order_by(func.min(RosterBlock.unit_key))
        )
    )
