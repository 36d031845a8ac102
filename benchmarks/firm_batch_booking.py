"""Fifty people of a company in one transaction under competing public load; killed in between."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from abh.bench import firm_batch
from abh.bench.measure import line, percentile
from abh.bench.world import furnish

PEOPLE, ROUNDS, KILLS, LOAD = 50, 60, 20, 3


def run(
    database_url: str,
    people: int = PEOPLE,
    rounds: int = ROUNDS,
    kills: int = KILLS,
    load: int = LOAD,
) -> Iterator[dict[str, Any]]:
    """Yield one line; the floor is as many bare inserts of the same rows with one commit."""
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            found = firm_batch.run(
                world, database_url, people=people, rounds=rounds, kills=kills, load=load
            )
        finally:
            world.close()
    yield line(
        "firm_batch_booking",
        found.ours,
        found.floor,
        p95_ms=round(percentile(found.ours, 0.95), 1),
        people=people,
        public_bookings=found.public,
        overbooked=found.overbooked,
        partial=found.partial,
        killed=found.killed,
        errors=len(found.errors),
        load=round(os.getloadavg()[0], 1),
    )
