"""64 connections on 100 places, through the service, against bare inserts with commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from abh.bench import race
from abh.db import make_engine, make_sessions

PEOPLE = 64
ROUNDS = 20
# psycopg prepares a statement when a connection runs it for the sixth time.
WARM_UP = 6


def run(
    database_url: str, rounds: int = ROUNDS, people: int = PEOPLE, warm_up: int = WARM_UP
) -> Iterator[dict[str, Any]]:
    """Yield one line per pattern; ``ratio`` is ours per second to the bare insert's.

    ``cpu_ratio`` is the same of the work of one process, which is what limits it: on a machine that
    others use only that can be compared.

    ``statements`` would mislead here: what counts is how long others wait.
    """
    engine = make_engine(database_url, pool_size=people)
    try:
        sessions = make_sessions(engine)
        world = race.build(sessions, people=people, rounds=rounds, warm_up=warm_up)
        for pattern in race.PATTERNS:
            engine.dispose()
            bare = race.bare(database_url, world, people=people)
            with sessions.begin() as session:
                session.execute(text("DELETE FROM booking"))
                for day in world.days:
                    race.roster.rebuild_desk_days(session, race.UNIT, [day])
            done = race.run(world, pattern, race.through_the_service(world), people=people)
            yield {
                "name": "booking_race",
                "pattern": pattern,
                "value": round(done.per_second, 1),
                "unit": "1/s",
                "floor": round(bare.per_second, 1),
                "ratio": round(done.per_second / bare.per_second, 2),
                "cpu_ms": round(done.cpu_ms, 2),
                "cpu_ratio": round(bare.cpu_ms / done.cpu_ms, 2),
                "overbooked": done.overbooked,
                "lost": done.lost,
                "deadlocks": done.deadlocks,
                "errors": sum(done.errors.values()),
                "booked": len(done.acknowledged),
                "asked": done.acts,
                "load": round(os.getloadavg()[0], 1),
            }
    finally:
        engine.dispose()
