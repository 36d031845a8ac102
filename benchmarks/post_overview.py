"""The supervisor's overview of a unit among a million items in ten units, against SELECT 1."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from abh.bench import measure, post_world
from abh.bench.server import connect
from abh.db import make_engine, make_sessions
from abh.post import zaehler

ITEMS = 1_000_000
ROUNDS = 300


def run(database_url: str, items: int = ITEMS, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield a line for the numbers of a unit from its counters and its oldest unopened bundles."""
    engine = make_engine(database_url)
    try:
        world = post_world.fill(database_url, items)
        sessions = make_sessions(engine)
        with sessions.begin() as session:
            zaehler.fold(session, 1_000_000)
        with connect(database_url) as raw, sessions() as session:
            unit = post_world.UNITS[0]

            def ours() -> None:
                zaehler.overview(session, world.lead, unit, clock=world.clock)
                zaehler.oldest_unopened(session, world.lead, unit)

            def floor() -> None:
                raw.execute("SELECT 1").fetchone()

            with measure.counting(engine) as statements:
                ours()
            counted = zaehler.overview(session, world.lead, unit, clock=world.clock).total
            series = measure.in_turns(ours, floor, rounds, warm_up=max(6, rounds // 10))
        p95, least = measure.percentile(series[0], 0.95), measure.percentile(series[1], 0.5)
        yield measure.line(
            "post_overview",
            *series,
            p95_ms=round(p95, 3),
            p95_ratio=round(p95 / least, 1),
            items=counted.items,
            persons=counted.persons,
            statements=len(statements),
            load=round(os.getloadavg()[0], 1),
        )
    finally:
        engine.dispose()
