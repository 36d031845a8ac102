"""Two sweepers act on 10,000 clocks that are over, among 500,000 that run."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from abh.bench.population import multiply
from abh.bench.server import connect
from abh.bench.sweep import NOW, bare, sweep
from abh.bench.world import furnish

CLOCKS, DUE = 500_000, 10_000
SWEEPERS = 2
KIND = "vwgo75_1"
# Starting a process and furnishing its house takes longer than the clocks do.
HEAD_START = 8.0
Sweep = Callable[[str, float], tuple[int, float, float]]


def run(database_url: str, clocks: int = CLOCKS, due: int = DUE) -> Iterator[dict[str, Any]]:
    """Yield one line: cases a second whose clock is over, each a step with its rows.

    The clock is the first warning of § 75 VwGO: expired, version of the case, line of its log,
    audit entry. The floor takes and marks the same rows and does nothing else. ``duplicates``
    counts lines too many for a clock, ``lost`` clocks without a line.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            original = world.file()
            world.to_review(original)
        finally:
            world.close()
    with connect(database_url) as connection:
        multiply(connection, {original: 1}, due + 1)
        _fill(connection, clocks)
        connection.execute(
            "UPDATE frist SET due_on = %s WHERE kind = %s"
            " AND vorgang_id < (SELECT max(id) FROM vorgang)",
            (NOW.date() - timedelta(days=1), KIND),
        )
        running = _number(connection, "SELECT count(*) FROM frist WHERE status = 'running'")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    ours = _rate(sweep, database_url)
    counts = _counts(database_url)
    with connect(database_url) as connection:
        connection.execute(
            "UPDATE frist SET status = 'running', ended_at = NULL WHERE kind = %s AND due_on < %s",
            (KIND, NOW.date()),
        )
    floor = _rate(bare, database_url)
    yield {
        "name": "clock_sweep",
        "value": round(ours, 1),
        "unit": "1/s",
        "floor": round(floor, 1),
        "ratio": round(floor / ours, 2),
        "clocks": running,
        "due": due,
        "sweepers": SWEEPERS,
        "load": round(os.getloadavg()[0], 1),
        **counts,
    }


def _fill(connection: psycopg.Connection, clocks: int) -> None:
    """Let every clock end in the far future, and add running ones until there are ``clocks``."""
    later = NOW.date() + timedelta(days=100)
    connection.execute("UPDATE frist SET due_on = %s + mod(id, 900)::int", (later,))
    there = _number(connection, "SELECT count(*) FROM frist WHERE status = 'running'")
    # on one case of their own, so that no case is read with thousands of clocks
    connection.execute(
        "INSERT INTO frist (vorgang_id, kind, label, norm, starts_on, due_on)"
        " SELECT (SELECT max(id) FROM vorgang), 'wiedervorlage', 'Wiedervorlage', '', %s,"
        " %s + mod(n, 900) FROM generate_series(1, %s) n",
        (NOW.date(), later, max(0, clocks - there)),
    )


def _number(connection: psycopg.Connection, query: str) -> int:
    return int((connection.execute(query).fetchone() or (0,))[0])


def _rate(act: Sweep, url: str) -> float:
    start = time.time() + HEAD_START
    with ProcessPoolExecutor(SWEEPERS, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(act, [url] * SWEEPERS, [start] * SWEEPERS))
    seconds = max(end for _, _, end in done) - min(begun for _, begun, _ in done)
    return sum(count for count, _, _ in done) / seconds


def _counts(url: str) -> dict[str, int]:
    """Lines of the log for the clocks that were due: each case needs exactly one."""
    with connect(url) as connection:
        row = connection.execute(
            "WITH told AS (SELECT (SELECT count(*) FROM vorgang_step s"
            "   WHERE s.vorgang_id = f.vorgang_id AND s.step = 'frist_abgelaufen') AS lines"
            "   FROM frist f WHERE f.kind = %s AND f.due_on < %s)"
            " SELECT coalesce(sum(greatest(lines - 1, 0)), 0),"
            "   count(*) FILTER (WHERE lines = 0) FROM told",
            (KIND, NOW.date()),
        ).fetchone() or (0, 0)
    return {"duplicates": int(row[0]), "lost": int(row[1])}
