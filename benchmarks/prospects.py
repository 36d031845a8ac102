"""Prospects of 160,000 persons in one batch, by two processes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from abh.bench.population import TABLES, multiply
from abh.bench.prospects import work
from abh.bench.server import connect
from abh.bench.world import furnish
from abh.workflows.kampagne import Zaehlung

PERSONS = 160_000
PROCESSES = 2
# Titles as an office has them; every person gets one of them, with an end of its own.
TITLES = (
    ("AUFENTHALTSERLAUBNIS", 5),
    ("BLAUE_KARTE", 2),
    ("AE_24", 2),
    ("NIEDERLASSUNGSERLAUBNIS", 2),
    ("DULDUNG", 1),
    ("AE_104C", 1),
)
_READ = (
    "SELECT p.id, v.title_kind, v.title_until, v.antrag ->> 'entry_on' FROM person p"
    " JOIN LATERAL (SELECT * FROM vorgang x WHERE x.person_id = p.id"
    " ORDER BY x.id DESC LIMIT 1) v ON true ORDER BY p.id"
)


def run(database_url: str, persons: int = PERSONS) -> Iterator[dict[str, Any]]:
    """Yield one line: seconds for all; the floor is the bare read of the same rows by one process.

    ``growth_mb`` is how much the peak of a process rose from its first tenth to its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            original = world.file()
        finally:
            world.close()
    kinds = [kind for kind, share in TITLES for _ in range(share)]
    with connect(database_url) as connection:
        few = {name: TABLES[name] for name in ("person", "akte", "vorgang")}
        multiply(connection, {original: 1}, persons, few)
        connection.execute(
            "UPDATE vorgang SET title_kind = (%(kinds)s::text[])[1 + mod(id, %(count)s)],"
            " title_until = date '2026-12-01' + mod(id, 1500)::int,"
            " antrag = jsonb_set(antrag, '{entry_on}',"
            "   to_jsonb((date '2016-01-01' + mod(id * 7, 3900)::int)::text))",
            {"kinds": kinds, "count": len(kinds)},
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        begun = time.perf_counter()
        connection.execute(_READ).fetchall()
        floor = time.perf_counter() - begun
    begun = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = [pool.submit(work, database_url, n, PROCESSES) for n in range(PROCESSES)]
        done = [part.result() for part in parts]
    value = time.perf_counter() - begun
    total = Zaehlung()
    for part in done:
        total.add(part.zaehlung)
    yield {
        "name": "prospects",
        "value": round(value, 1),
        "unit": "s",
        "floor": round(floor, 2),
        "ratio": round(value / floor, 1),
        "persons": total.personen,
        "prospects": total.lagen.total(),
        "per_second": round(total.personen / value),
        "processes": PROCESSES,
        "memory_mb": round(max(part.memory[-1] for part in done)),
        "growth_mb": round(max(p.memory[-1] - p.memory[len(p.memory) // 10] for p in done), 1),
        "load": round(os.getloadavg()[0], 1),
    }
