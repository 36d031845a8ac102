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
from abh.bench.world import World, furnish

FOLLOWS = "beteiligungen_abschliessen"
CLOCKS, DUE = 500_000, 10_000
SWEEPERS = 2
# What ends, and the step that must follow it in each case (none: only a line in the log).
ASKED = "beteiligung_ba"
KINDS = {"clock_sweep": ("vwgo75_1", ""), "clock_sweep_step": (ASKED, FOLLOWS)}
# Starting a process takes longer than the clocks do; furnishing the house of one that runs, less.
HEAD_START, WARM_START = 8.0, 2.0
Sweep = Callable[[str, float], tuple[int, float, float]]


def run(database_url: str, clocks: int = CLOCKS, due: int = DUE) -> Iterator[dict[str, Any]]:
    """Yield two lines: cases a second whose clock is over, each a full step with its rows.

    ``clock_sweep``: the first warning of § 75 VwGO, from which nothing follows: expired, version
    of the case, line of its log, audit entry. ``clock_sweep_step``: the silence of the
    Bundesagentur, which is consent (§ 36(2) BeschV): all that, the answer, and the step that
    closes the participations, with its own rows. The floor takes and marks the same rows and does
    nothing else. ``duplicates`` counts lines too many for a clock, ``lost`` clocks without one.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            originals = [_warned(world), _asked(world)]
        finally:
            world.close()
    with connect(database_url) as connection:
        multiply(connection, dict.fromkeys(originals, 1), due + 1)
        _fill(connection, clocks)
        running = _number(connection, "SELECT count(*) FROM frist WHERE status = 'running'")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    begin = HEAD_START
    with ProcessPoolExecutor(SWEEPERS, mp_context=get_context("spawn")) as pool:
        for name, (kind, follows) in KINDS.items():
            _let_end(database_url, originals, kind, due)
            ours = _rate(pool, sweep, database_url, begin)
            counts = _counts(database_url, kind, follows)
            _run_again(database_url, kind)
            begin = WARM_START
            floor = _rate(pool, bare, database_url, begin)
            yield {
                "name": name,
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


def _warned(world: World) -> int:
    case_id = world.file()
    world.to_review(case_id)
    return case_id


def _asked(world: World) -> int:
    """Return a case that waits for the Bundesagentur alone."""
    case_id = world.file(salary_year="48.000")
    world.to_review(case_id)
    world.step(case_id, "beteiligen")
    for part in world.case(case_id).row["beteiligungen"]:
        if part["kind"] != "BA":
            world.answer(case_id, part["id"], "consent")
    return case_id


def _let_end(url: str, originals: list[int], kind: str, due: int) -> None:
    """Let the clock of ``kind`` be over in ``due`` copies of the case that is about it, no other:
    each case shall have one line."""
    over = NOW.date() - timedelta(days=1)
    with connect(url) as connection:
        connection.execute(
            "UPDATE frist SET due_on = %s WHERE id IN (SELECT f.id FROM frist f WHERE f.kind = %s"
            " AND f.status = 'running' AND f.vorgang_id > %s AND (f.kind = %s OR NOT EXISTS"
            "  (SELECT 1 FROM frist a WHERE a.vorgang_id = f.vorgang_id AND a.kind = %s))"
            " ORDER BY f.id LIMIT %s)",
            (over, kind, max(originals), ASKED, ASKED, due),
        )
        connection.execute(
            "UPDATE beteiligung b SET due_on = f.due_on FROM frist f"
            " WHERE f.beteiligung_id = b.id AND f.kind = %s",
            (kind,),
        )


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


def _run_again(url: str, kind: str) -> None:
    """Let the clocks run again that the sweepers ended, for the floor."""
    with connect(url) as connection:
        connection.execute(
            "UPDATE frist SET status = 'running', ended_at = NULL WHERE kind = %s AND due_on < %s",
            (kind, NOW.date()),
        )


def _rate(pool: ProcessPoolExecutor, act: Sweep, url: str, head_start: float) -> float:
    start = time.time() + head_start
    done = list(pool.map(act, [url] * SWEEPERS, [start] * SWEEPERS))
    seconds = max(end for _, _, end in done) - min(begun for _, begun, _ in done)
    return sum(count for count, _, _ in done) / seconds


def _counts(url: str, kind: str, follows: str) -> dict[str, int]:
    """Lines of the log for the clocks that were due: each case needs exactly one of each step."""
    wanted = [step for step in ("frist_abgelaufen", follows) if step]
    with connect(url) as connection:
        row = connection.execute(
            "WITH told AS (SELECT (SELECT count(*) FROM vorgang_step s"
            "   WHERE s.vorgang_id = f.vorgang_id AND s.step = w.step AND s.at >= %s) AS lines"
            "   FROM frist f, unnest(%s::text[]) AS w(step)"
            "   WHERE f.kind = %s AND f.due_on < %s)"
            " SELECT coalesce(sum(greatest(lines - 1, 0)), 0),"
            "   count(*) FILTER (WHERE lines = 0) FROM told",
            (NOW, wanted, kind, NOW.date()),
        ).fetchone() or (0, 0)
    return {"duplicates": int(row[0]), "lost": int(row[1])}
