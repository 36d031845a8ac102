"""First 20 free slots of a unit with 60 desks and 180 days, against the bare read of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from abh.appointments.search import free_slots
from abh.bench import measure
from abh.bench.slots import FIRST, LANE, LENGTH, NOW, SERVICE, Load, build
from abh.db import make_engine

LIMIT = 20
ROUNDS = 200
BASE = (Load(60, 180, 0), Load(60, 180, 50), Load(60, 180, 98))
TIMES = 10


def run(database_url: str, rounds: int = ROUNDS, times: int = TIMES) -> Iterator[dict[str, Any]]:
    """Yield one line per share of booked time, with its growth at ``times`` desks and horizon.

    Needs a migrated database; everything happens in one transaction that is rolled back.
    """
    engine = make_engine(database_url)
    try:
        with Session(engine) as session:
            more_desks = {load: replace(load, desks=times * load.desks) for load in BASE}
            more_days = {load: replace(load, days=times * load.days) for load in BASE}
            build(session, [*BASE, *more_desks.values(), *more_days.values()])
            for load in BASE:
                desks = _growth(session, load, more_desks[load], rounds)
                days = _growth(session, load, more_days[load], rounds)
                yield {
                    **_line(session, load, rounds),
                    "growth": round(max(desks, days), 2),
                    "growth_desks": round(desks, 2),
                    "growth_days": round(days, 2),
                }
            session.rollback()
    finally:
        engine.dispose()


def _search(session: Session, load: Load) -> Callable[[], int]:
    def ours() -> int:
        found = free_slots(
            session,
            load.unit,
            SERVICE,
            LANE,
            from_day=FIRST,
            days=load.days,
            limit=LIMIT,
            now=NOW,
        )
        return len(found)

    if ours() != LIMIT:
        raise RuntimeError(f"{load.unit} has fewer than {LIMIT} free places")
    return ours


def _growth(session: Session, load: Load, larger: Load, rounds: int) -> float:
    """Return the p50 at the larger load divided by the own one, both measured in turns."""
    series = measure.in_turns(
        _search(session, larger), _search(session, load), rounds, warm_up=rounds // 10
    )
    return measure.percentile(series[0], 0.5) / measure.percentile(series[1], 0.5)


def _line(session: Session, load: Load, rounds: int) -> dict[str, Any]:
    ours = _search(session, load)
    statements, rows = _counted(session, ours)
    series = measure.in_turns(ours, _bare_read(session, load, rows), rounds, warm_up=rounds // 10)
    return measure.line(
        "slots_first20",
        *series,
        booked=load.booked,
        p95_ms=round(measure.percentile(series[0], 0.95), 3),
        statements=statements,
        rows=rows,
    )


def _bare_read(session: Session, load: Load, rows: int) -> Callable[[], int]:
    cursor = session.connection().connection.cursor()
    sql = (
        "SELECT day, desk_id, free FROM desk_day WHERE unit_key = %s AND lane = %s"
        " AND day >= %s AND longest >= %s AND longest > 0 ORDER BY day, desk_id LIMIT %s"
    )
    wanted = (load.unit, LANE, FIRST, LENGTH, rows)

    def read() -> int:
        return len(cursor.execute(sql, wanted).fetchall())

    if read() != rows:
        raise RuntimeError("the floor reads other rows than ours")
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
