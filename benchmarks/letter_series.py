"""Many letters by one process, by two, and by two that are killed again and again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from abh.bench.population import multiply
from abh.bench.serie import NOW
from abh.bench.server import connect
from abh.bench.world import furnish

LETTERS, KILLS = 1_000, 20
# Letters for each of the runs that compare one process with two.
COMPARED = 120
HEAD_START = 8.0
PATIENCE_SECONDS = 3600.0
KEY = "N03"


def run(
    database_url: str,
    letters: int = LETTERS,
    compared: int = COMPARED,
    kills: int = KILLS,
    head_start: float = HEAD_START,
) -> Iterator[dict[str, Any]]:
    """Yield one line: reminders a second by two processes; the floor is one process.

    Each letter is the step of a case whose period is over: guards, PDF, gates, file, log, audit.
    ``machine_speedup`` is what two processes gain that lay out one page and do nothing else, with
    no database and no file: more than that no design can gain here. ``cpu_ms`` is the processor
    time of a letter with one and with two processes: it grows where they share a core or memory.
    ``missing`` and ``twice`` count the letters of the run in which a process is killed with
    SIGKILL at a random moment ``kills`` times and started anew; ``progress`` is how many different
    counts an onlooker saw meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            original = world.file(evidence=("pass",))
            world.find(original, identity_clarified=True)
            world.step(original, "nachfordern")
        finally:
            world.close()
        with connect(database_url) as connection:
            multiply(connection, {original: 1}, letters + 2 * compared)
            # Whatever else ends in that time is not what this measures.
            connection.execute("UPDATE frist SET due_on = %s", (NOW.date() + timedelta(days=300),))
            connection.commit()
            connection.autocommit = True
            bare = [_bare(database_url, compared, n, head_start) for n in (1, 2)]
            one, cpu_one = _rate(connection, database_url, folder, compared, 1, head_start)
            two, cpu_two = _rate(connection, database_url, folder, compared, 2, head_start)
            seen = _killed(connection, database_url, folder, letters, kills)
            counts = _counts(connection)
    yield {
        "name": "letter_series",
        "value": round(two, 2),
        "unit": "1/s",
        "floor": round(one, 2),
        "ratio": round(one / two, 2),
        "speedup": round(two / one, 2),
        "machine_speedup": round(bare[1] / bare[0], 2),
        "cpu_ms": [round(cpu_one), round(cpu_two)],
        "letters": letters,
        "kills": kills,
        "progress": seen,
        "load": round(os.getloadavg()[0], 1),
        **counts,
    }


def _let_end(connection: psycopg.Connection, count: int) -> None:
    """Let the period of ``count`` cases that still wait be over."""
    connection.execute(
        "UPDATE frist SET due_on = %s WHERE id IN (SELECT id FROM frist WHERE kind ="
        " 'nachforderung' AND status = 'running' AND due_on > %s ORDER BY id LIMIT %s)",
        (NOW.date() - timedelta(days=1), NOW.date(), count),
    )


def _left(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM frist WHERE status = 'running' AND due_on < %s", (NOW.date(),)
    ).fetchone()
    return int((row or (0,))[0])


def _start(url: str, folder: str, start_at: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "abh.bench.serie", url, folder, str(start_at)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _rate(
    connection: psycopg.Connection,
    url: str,
    folder: str,
    count: int,
    processes: int,
    head_start: float,
) -> tuple[float, float]:
    """Return letters a second and the processor time of one in milliseconds."""
    _let_end(connection, count)
    start = time.time() + head_start
    made = _wait([_start(url, folder, start) for _ in range(processes)], start, count)
    if _left(connection):
        raise RuntimeError("letters are left over")
    return made


def _bare(url: str, count: int, processes: int, head_start: float) -> float:
    """Return pages a second that processes lay out together."""
    start = time.time() + head_start
    share = -(-count // processes)
    command = [sys.executable, "-m", "abh.bench.serie", "lay_out", url, str(share), str(start)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    return _wait(running, start, share * processes)[0]


def _wait(running: list[subprocess.Popen[bytes]], start: float, count: int) -> tuple[float, float]:
    told = [process.communicate(timeout=PATIENCE_SECONDS)[0].split() for process in running]
    if not all(len(words) == 2 for words in told):
        raise RuntimeError("a process ended without its figures")
    ends = [float(words[0]) for words in told]
    burnt = sum(float(words[1]) for words in told)
    return count / (max(ends) - start), burnt / count * 1000


def _killed(connection: psycopg.Connection, url: str, folder: str, count: int, kills: int) -> int:
    """Make letters by two processes of which one is killed again and again; counts seen."""
    _let_end(connection, count)
    dice = random.Random(2026)
    running = [_start(url, folder, 0.0) for _ in range(2)]
    # A kill is due whenever so many more letters are there: spread over the whole run.
    marks = [count - count * (n + 1) // (kills + 1) for n in range(kills)]
    seen: set[int] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := _left(connection)) or any(process.poll() is None for process in running):
        seen.add(count - left)
        if marks and left <= marks[0]:
            marks.pop(0)
            time.sleep(dice.uniform(0, 0.3))
            victim = dice.randrange(2)
            running[victim].kill()
            running[victim].communicate()
            running[victim] = _start(url, folder, 0.0)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{left} letters are left over")
        time.sleep(0.1)
    for process in running:
        process.communicate()
    return len(seen)


def _counts(connection: psycopg.Connection) -> dict[str, int]:
    row = connection.execute(
        "WITH made AS (SELECT (SELECT count(*) FROM letter l WHERE l.vorgang_id = f.vorgang_id"
        " AND l.key = %s AND l.state = 'released') AS letters FROM frist f"
        " WHERE f.kind = 'nachforderung' AND f.status = 'expired')"
        " SELECT count(*) FILTER (WHERE letters = 0),"
        " coalesce(sum(greatest(letters - 1, 0)), 0) FROM made",
        (KEY,),
    ).fetchone() or (0, 0)
    return {"missing": int(row[0]), "twice": int(row[1])}
