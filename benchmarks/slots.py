"""First 20 free slots of a unit with 60 desks and 180 days, against the bare read of the rows."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.appointments.search import free_slots
from abh.db import make_engine
from abh.office.tables import Desk, Sachgebiet, Service

SERVICE, LANE, MINUTES = "bench-advice", "einladung", 30
OPEN_FROM, OPEN_TO = 96, 192
FIRST = date(2026, 11, 24)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LIMIT = 20
ROUNDS = 200


@dataclass(frozen=True)
class Load:
    """One office: desks, days, share of the minutes that is booked."""

    desks: int
    days: int
    booked: int

    @property
    def unit(self) -> str:
        return f"bench-{self.desks}-{self.days}-{self.booked}"


BASE = (Load(60, 180, 0), Load(60, 180, 50), Load(60, 180, 98))
LARGER = (Load(600, 180, 98), Load(60, 1800, 98))


def run(database_url: str) -> Iterator[dict[str, Any]]:
    """Yield one line per share of booked time, and the growth at ten times desks and horizon.

    Needs a migrated database; everything happens in one transaction that is rolled back.
    """
    engine = make_engine(database_url)
    try:
        with Session(engine) as session:
            _build(session)
            for load in BASE:
                yield {**_measure(session, load), **_growth(session, load)}
            session.rollback()
    finally:
        engine.dispose()


def _build(session: Session) -> None:
    session.execute(insert(Service).values(key=SERVICE, name="Bench", minutes=MINUTES))
    for load in (*BASE, *LARGER):
        session.execute(insert(Sachgebiet).values(key=load.unit, name=load.unit))
        rows = [
            {"key": f"{load.unit}-{n}", "name": "Bench", "unit_key": load.unit, "room": "0"}
            for n in range(load.desks)
        ]
        desks = list(session.scalars(insert(Desk).returning(Desk.id), rows))
        _copy_desk_days(session, load, desks)
    session.execute(text("ANALYZE desk_day"))


def _copy_desk_days(session: Session, load: Load, desks: list[int]) -> None:
    dice = random.Random(load.unit)
    # Drawing every bitmap of the larger loads would take longer than measuring them.
    drawn = [_free(dice, load.booked) for _ in range(2000)]
    cursor = session.connection().connection.cursor()
    with cursor.copy(
        "COPY desk_day (unit_key, day, desk_id, lane, free, longest) FROM STDIN"
    ) as copy:
        for n in range(load.days):
            for desk in desks:
                free, longest = dice.choice(drawn)
                copy.write_row((load.unit, FIRST + timedelta(days=n), desk, LANE, free, longest))


def _free(dice: random.Random, booked: int) -> tuple[bytes, int]:
    free = availability.mask(OPEN_FROM, OPEN_TO)
    length = availability.cells_of(MINUTES)
    for start in range(OPEN_FROM, OPEN_TO, length):
        if dice.random() * 100 < booked:
            free &= ~availability.mask(start, start + length)
    return availability.to_bytes(free), availability.longest_run(free)


def _measure(session: Session, load: Load) -> dict[str, Any]:
    def ours() -> int:
        return len(
            free_slots(
                session,
                load.unit,
                SERVICE,
                LANE,
                from_day=FIRST,
                days=load.days,
                limit=LIMIT,
                now=NOW,
            )
        )

    assert ours() == LIMIT
    statements, rows = _counted(session, ours)
    floor = _bare_read(session, load, rows)
    ours_ms, floor_ms = _alternating(ours, floor)
    value, bottom = statistics.median(ours_ms), statistics.median(floor_ms)
    return {
        "name": "slots_first20",
        "booked": load.booked,
        "value": round(value, 3),
        "unit": "ms",
        "floor": round(bottom, 3),
        "ratio": round(value / bottom, 2),
        "p95_ms": round(statistics.quantiles(ours_ms, n=20)[-1], 3),
        "statements": statements,
        "rows": rows,
    }


def _bare_read(session: Session, load: Load, rows: int) -> Callable[[], int]:
    cursor = session.connection().connection.cursor()
    sql = (
        "SELECT day, desk_id, free FROM desk_day WHERE unit_key = %s AND lane = %s"
        " AND day >= %s AND longest >= %s AND longest > 0 ORDER BY day, desk_id LIMIT %s"
    )
    wanted = (load.unit, LANE, FIRST, availability.cells_of(MINUTES), rows)

    def read() -> int:
        return len(cursor.execute(sql, wanted).fetchall())

    assert read() == rows
    return read


def _counted(session: Session, ours: Callable[[], int]) -> tuple[int, int]:
    """Return the statements of one search and the rows of free time it read."""
    counts: list[int] = []

    def count(_conn: Any, cursor: Any, *_: Any) -> None:
        counts.append(cursor.rowcount)

    connection = session.connection()
    event.listen(connection, "after_cursor_execute", count)
    ours()
    event.remove(connection, "after_cursor_execute", count)
    return len(counts), sum(counts[1:])


def _alternating(
    ours: Callable[[], int], floor: Callable[[], int]
) -> tuple[list[float], list[float]]:
    """Time both in turns, so that a busy moment of the machine burdens both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, act in zip(times, (ours, floor), strict=True):
            begin = time.perf_counter()
            act()
            kept.append((time.perf_counter() - begin) * 1000)
    return times


def _growth(session: Session, load: Load) -> dict[str, float]:
    if load.booked != LARGER[0].booked:
        return {}
    own = _measure(session, load)["value"]
    return {
        name: round(_measure(session, larger)["value"] / own, 2)
        for name, larger in zip(("growth", "growth_days"), LARGER, strict=True)
    }
