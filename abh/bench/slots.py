"""Units full of desks, days and bookings for measuring the search, drawn from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.office.tables import Desk, Sachgebiet, Service

SERVICE, LANE, MINUTES = "bench-advice", "einladung", 30
OPEN_FROM, OPEN_TO = 96, 192
FIRST = date(2026, 11, 24)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LENGTH = availability.cells_of(MINUTES)


@dataclass(frozen=True)
class Load:
    """One office: desks, days, share of the minutes that is booked (percent)."""

    desks: int
    days: int
    booked: int

    @property
    def unit(self) -> str:
        """The key of its unit."""
        return f"bench-{self.desks}-{self.days}-{self.booked}"


@dataclass(frozen=True)
class Day:
    """A drawn day of a desk: first cells of its bookings, and what is free of it."""

    starts: tuple[int, ...]
    free: bytes
    longest: int


def build(session: Session, loads: Sequence[Load]) -> dict[Load, list[tuple[date, int, Day]]]:
    """Make the units with their desk days in the caller's transaction; return what was drawn."""
    session.execute(insert(Service).values(key=SERVICE, name="Bench", minutes=MINUTES))
    drawn: dict[Load, list[tuple[date, int, Day]]] = {}
    for load in loads:
        session.execute(insert(Sachgebiet).values(key=load.unit, name=load.unit))
        rows = [
            {"key": f"{load.unit}-{n}", "name": "Bench", "unit_key": load.unit, "room": "0"}
            for n in range(load.desks)
        ]
        desks = list(session.scalars(insert(Desk).returning(Desk.id), rows))
        drawn[load] = list(_draw(load, desks))
        _copy(session, load, drawn[load])
    session.execute(text("ANALYZE desk_day"))
    return drawn


def _draw(load: Load, desks: Sequence[int]) -> Iterator[tuple[date, int, Day]]:
    dice = random.Random(load.unit)
    # Drawing every bitmap of the larger loads would take longer than measuring them.
    kinds = [_day(dice, load.booked) for _ in range(2000)]
    for number in range(load.days):
        for desk in desks:
            yield FIRST + timedelta(days=number), desk, dice.choice(kinds)


def _day(dice: random.Random, booked: int) -> Day:
    free = availability.mask(OPEN_FROM, OPEN_TO)
    starts = []
    for start in range(OPEN_FROM, OPEN_TO, LENGTH):
        if dice.random() * 100 < booked:
            free &= ~availability.mask(start, start + LENGTH)
            starts.append(start)
    return Day(tuple(starts), availability.to_bytes(free), availability.longest_run(free))


def _copy(session: Session, load: Load, drawn: Sequence[tuple[date, int, Day]]) -> None:
    cursor = session.connection().connection.cursor()
    with cursor.copy(
        "COPY desk_day (unit_key, day, desk_id, lane, free, longest) FROM STDIN"
    ) as copy:
        for day, desk, made in drawn:
            copy.write_row((load.unit, day, desk, LANE, made.free, made.longest))
