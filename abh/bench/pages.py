"""What the two page benchmarks share: a page at twenty people, its statements, its growth."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from abh.bench import measure, web
from abh.bench.population import LARGE, SMALL, TWENTY, Population, database
from abh.bench.server import connect
from abh.bench.world import UNIT

USERS = 20
WARM_SECONDS = 4.0
SECONDS = 5.0
TURNS = 2
SAMPLE = 40
# From a population to the paths people open, shuffled by a seed.
Paths = Callable[[Population, random.Random], list[str]]


def run(name: str, database_url: str, paths: Paths, *, scale: float = 1.0) -> Iterator[Any]:
    """Yield one line: the page over the real web server with 200,000 cases and 20 people.

    ``p95_ms`` and ``value`` are those of people who open one page after the other without
    reading; ``statements`` is the most that one page needs; ``growth`` is the value at ten times
    the cases, in the same run. ``scale`` shrinks cases, people and seconds (tests).
    """
    people = max(2, round(USERS * scale))
    few, many = (max(TWENTY, round(size * scale)) for size in (SMALL, LARGE))
    small = _measure(database(database_url, few), paths, people, scale)
    large = _measure(database(database_url, many), paths, people, scale)
    yield measure.line(
        name,
        large.ours,
        large.floor,
        p95_ms=round(measure.percentile(large.ours, 0.95), 1),
        floor_p95_ms=round(measure.percentile(large.floor, 0.95), 1),
        alone_ms=round(measure.percentile(large.alone, 0.5), 1),
        statements=large.statements,
        growth=round(measure.percentile(large.ours, 0.5) / measure.percentile(small.ours, 0.5), 2),
        cases=many,
        users=people,
        pages_per_second=round(large.per_second, 1),
    )


class _Measured:
    """The times of ours and of the floor, in milliseconds."""

    def __init__(self) -> None:
        self.ours: list[float] = []
        self.floor: list[float] = []
        self.alone: list[float] = []
        self.statements = 0
        self.per_second = 0.0


def _measure(population: Population, paths: Paths, people: int, scale: float) -> _Measured:
    found = _Measured()
    wanted = paths(population, random.Random(54))
    with tempfile.TemporaryDirectory() as folder:
        office = web.open_office(population.url, Path(folder), people)
        pages = web.statements_of(office, wanted[:SAMPLE])
        found.statements = max(map(len, pages))
        raw = web.connections(population.url, people)
        try:
            with web.serving(office):
                guests = [_guest(office, nth, wanted) for nth in range(people)]
                bare = [web.replay(connection, pages) for connection in raw]
                web.at_once(guests, WARM_SECONDS * scale)
                found.alone = web.at_once(guests[:1], WARM_SECONDS * scale)
                for _ in range(TURNS):
                    found.ours += web.at_once(guests, SECONDS * scale)
                    found.floor += web.at_once(bare, SECONDS * scale / 2)
        finally:
            web.close_all(raw)
    found.per_second = len(found.ours) / (TURNS * SECONDS * scale)
    return found


def _guest(office: web.Office, nth: int, wanted: list[str]) -> web.Act:
    turn = cycle(wanted[nth::USERS] or wanted)
    return web.visitor(office, office.tokens[nth], lambda: next(turn))


def open_cases(population: Population, limit: int = 2000) -> list[tuple[str, str]]:
    """Return (number, harm_on_id) of open cases of the unit in which people are logged in."""
    with connect(population.url) as connection:
        rows = connection.execute(
            "SELECT number, harm_on || '_' || id FROM vorgang"
            " WHERE unit_key = %s AND closed_at IS NULL ORDER BY md5(number) LIMIT %s",
            (UNIT, limit),
        ).fetchall()
    return [(str(number), str(key)) for number, key in rows]
