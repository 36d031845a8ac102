"""Two hundred at their desks and two thousand at home, for ten minutes, on the whole office."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from abh.bench import measure, web
from abh.bench.server import connect
from abh.bench.tag import DESK, LIVE, PUBLIC, SIDE, Log, Pace, spend
from abh.bench.tagwelt import fill
from abh.kernel.ids import token_hash

STAFF, APPLICANTS, SCALE = 200, 2_000, 1.0
# From the marks of acknowledged writes to those that the database holds.
Found = Callable[[psycopg.Connection, list[str]], set[str]]


def run(
    database_url: str,
    staff: int = STAFF,
    applicants: int = APPLICANTS,
    scale: float = SCALE,
    pace: Pace | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield one line about web, worker and scheduler over 100,000 × ``scale`` cases.

    ``value`` is the p50 of a desk's action from the click to the last byte of the page it ends on,
    the floor that of ``/health/live`` once a second meanwhile. ``desk_p95_ms`` and
    ``applicant_p95_ms`` are what is promised (500, 800); ``side_p95_ms`` is the list beside the
    page, fetched after it. ``errors_500`` and ``broken`` (no answer at all) are to be 0, as is
    ``lost``: acknowledged writes, of ``written``, that the database does not hold afterwards.
    ``statuses`` are all answers that counted: 409 and 422 are refusals that a page explains.
    ``lag_ms`` is how late the latest action was begun: those who ask share the machine with those
    who answer. ``server_ms`` and ``people_ms`` are processor time per action of the web server and
    of those who ask; ``load`` above the number of cores means that others computed meanwhile.
    ``ABH_TAG_MINUTES`` in the environment shortens the ten minutes.
    """
    minutes = float(os.environ.get("ABH_TAG_MINUTES", "10"))
    pace = pace or Pace(seconds=60 * minutes)
    with tempfile.TemporaryDirectory() as folder:
        office = web.open_office(database_url, Path(folder), 0)
        world = fill(office, staff=staff, applicants=applicants, scale=scale)
        with web.serving(office, "worker", "scheduler") as server:
            begun, mine = web.processor_seconds(server), time.process_time()
            log = asyncio.run(spend(office.settings.bind, world, pace))
            spent = web.processor_seconds(server) - begun, time.process_time() - mine
        load = os.getloadavg()[0]
        with connect(database_url) as connection:
            lost = {kind: len(gone) for kind, gone in _lost(connection, log).items() if gone}
    people = {"staff": len(world.clerks), "applicants": len(world.links), "cases": world.cases}
    yield _line(log, pace, spent, lost) | people | {"load": round(load, 1)}


def _line(
    log: Log, pace: Pace, spent: tuple[float, float], lost: Mapping[str, int]
) -> dict[str, Any]:
    desk, public = log.of(DESK), log.of(PUBLIC)
    # Processor time was taken with the warm-up, actions without it.
    share = pace.seconds / (pace.seconds + pace.warm_up) / max(1, len(desk) + len(public))
    return measure.line(
        "day_load",
        desk,
        log.of(LIVE) or [0.001],
        desk_p95_ms=_p95(desk),
        applicant_p95_ms=_p95(public),
        side_p95_ms=_p95(log.of(SIDE)),
        desk_actions=len(desk),
        applicant_pages=len(public),
        errors_500=sum(n for status, n in log.status.items() if status >= 500),
        broken=sum(log.faults.values()),
        faults=dict(log.faults),
        written=sum(map(len, log.written.values())),
        lost=sum(lost.values()),
        lost_kinds=dict(lost),
        refused=dict(log.refused),
        statuses={str(status): n for status, n in sorted(log.status.items())},
        pages={
            name: _p95(times)
            for group in (DESK, PUBLIC)
            for name, times in sorted(log.times.get(group, {}).items())
        },
        kinds={kind: len(marks) for kind, marks in sorted(log.written.items())},
        minutes=round(pace.seconds / 60, 1),
        lag_ms=round(log.lag * 1000),
        server_ms=round(spent[0] * 1000 * share, 1),
        people_ms=round(spent[1] * 1000 * share, 1),
    )


def _p95(times: list[float]) -> float:
    return round(measure.percentile(times, 0.95), 1) if times else 0.0


def _lost(connection: psycopg.Connection, log: Log) -> dict[str, set[str]]:
    """Return by kind the marks of acknowledged writes that are not in the database."""
    return {
        kind: marks - FOUND[kind](connection, sorted(marks)) for kind, marks in log.written.items()
    }


def _by(query: str) -> Found:
    """Return how to look marks up by one statement with one parameter."""

    def found(connection: psycopg.Connection, marks: list[str]) -> set[str]:
        return {str(mark) for (mark,) in connection.execute(query, (marks,))}

    return found


def _tickets(connection: psycopg.Connection, tokens: list[str]) -> set[str]:
    hashes = {token_hash(token): token for token in tokens}
    query = "SELECT token_hash FROM walk_in WHERE token_hash = ANY(%s)"
    rows = connection.execute(query, (list(hashes),)).fetchall()
    return {hashes[bytes(found)] for (found,) in rows}


FOUND: Mapping[str, Found] = {
    "finding": _by("SELECT remark FROM case_finding WHERE remark = ANY(%s)"),
    "letter": _by(
        "SELECT v.number FROM vorgang v JOIN vorgang_step s ON s.vorgang_id = v.id"
        " JOIN letter l ON l.vorgang_id = v.id AND l.blatt_id IS NOT NULL"
        " WHERE v.number = ANY(%s) AND s.step = 'nachfordern'"
    ),
    "pull": _by(
        "SELECT id::text FROM post_bundle WHERE id = ANY(%s::bigint[]) AND opened_at IS NOT NULL"
    ),
    "answer": _by("SELECT answer FROM post_item WHERE answer = ANY(%s)"),
    "ticket": _tickets,
    "served": _by(
        "SELECT id::text FROM walk_in WHERE id = ANY(%s::bigint[]) AND status = 'served'"
    ),
    "question": _by(
        "SELECT m FROM unnest(%s::text[]) m WHERE EXISTS"
        " (SELECT FROM post_item WHERE source = 'status' AND position(m in body) > 0)"
    ),
}
