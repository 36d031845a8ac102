"""All free slots of a month, against loading every appointment and subtracting it in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from abh.appointments import availability
from abh.appointments.search import month_slots
from abh.bench import measure, peer
from abh.bench.slots import (
    FIRST,
    LANE,
    LENGTH,
    MINUTES,
    NOW,
    OPEN_FROM,
    OPEN_TO,
    SERVICE,
    Day,
    Load,
    build,
)
from abh.db import make_engine

DAYS = 30
ROUNDS = 15
LOADS = (Load(60, DAYS, 50), Load(60, DAYS, 98))
SERVICE_ID = 1


def run(database_url: str, rounds: int = ROUNDS, desks: int = 60) -> Iterator[dict[str, Any]]:
    """Yield one line per share of booked time; ``floor`` is the peer, ``speedup`` peer to ours.

    Both must offer the same times, else the run ends with an error. Everything happens in one
    transaction that is rolled back; a new session each time, so that neither keeps objects.
    """
    engine = make_engine(database_url)
    loads = [Load(desks, load.days, load.booked) for load in LOADS]
    try:
        with engine.connect() as connection, connection.begin() as outer:
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                peer.PeerBase.metadata.create_all(connection)
                drawn = build(session, loads)
                _fill_peer(session, loads, drawn)
                session.commit()
            for office_id, load in enumerate(loads, start=1):
                yield _line(connection, office_id, load, rounds)
            outer.rollback()
    finally:
        engine.dispose()


def _fill_peer(
    session: Session, loads: Sequence[Load], drawn: dict[Load, list[tuple[date, int, Day]]]
) -> None:
    session.execute(insert(peer.PeerService).values(id=SERVICE_ID, timeslot_duration=MINUTES))
    for office_id, load in enumerate(loads, start=1):
        session.execute(insert(peer.PeerOffice).values(id=office_id, appointment_duration=MINUTES))
        session.execute(
            insert(peer.PeerTimeslot).values(
                office_id=office_id,
                start_time=availability.time_of(OPEN_FROM),
                end_time=availability.time_of(OPEN_TO),
                no_of_slots=load.desks,
            )
        )
        rows = [
            {
                "office_id": office_id,
                "service_id": SERVICE_ID,
                "start_time": availability.instant(day, start),
                "end_time": availability.instant(day, start + LENGTH),
            }
            for day, _, made in drawn[load]
            for start in made.starts
        ]
        session.execute(insert(peer.PeerAppointment), rows)


def _line(connection: Any, office_id: int, load: Load, rounds: int) -> dict[str, Any]:
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]

    def ours() -> dict[date, list[int]]:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            return month_slots(
                session, load.unit, SERVICE, LANE, from_day=FIRST, days=DAYS, now=NOW
            )

    def theirs() -> dict[date, list[dict[str, Any]]]:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            return peer.available_slots(session, office_id, SERVICE_ID, days, NOW)

    same = {
        day: [availability.cell_at(slot["start"]) for slot in slots]
        for day, slots in theirs().items()
        if slots
    }
    if ours() != same:
        raise RuntimeError("ours and the peer offer different times")
    series = measure.in_turns(ours, theirs, rounds, warm_up=1)
    value, floor = (measure.percentile(each, 0.5) for each in series)
    return measure.line(
        "slots_30days",
        *series,
        speedup=round(floor / value, 1),
        booked=load.booked,
        slots=sum(map(len, same.values())),
        statements=_statements(connection, ours),
        peer_statements=_statements(connection, theirs),
    )


def _statements(connection: Any, act: Callable[[], Any]) -> int:
    with measure.counting(connection.engine) as seen:
        act()
    return sum(not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) for sql, _ in seen.seen)
