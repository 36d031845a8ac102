"""What the two page benchmarks share: a page at twenty people, its statements, its growth."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from abh.bench import measure, web
from abh.bench.population import LARGE, SMALL, TWENTY, Population, database
from abh.bench.server import connect
from abh.bench.world import UNIT

USERS = 20
# Beside the twenty who never rest: people who look at each page for a second on average.
PAUSE = 1.0
WARM_SECONDS = 6.0
SECONDS = 10.0
RESTING_SECONDS = 6.0
TURNS = 2
SAMPLE = 40
# From a population to the paths people open, shuffled by a seed.
Paths = Callable[[Population, random.Random], list[str]]


def run(
    name: str, database_url: str, paths: Paths, *, scale: float = 1.0, grown_from: int = SMALL
) -> Iterator[measure.Line]:
    """Yield one line: the page over the real web server with 200,000 cases and 20 people.

    ``value`` and ``p95_ms`` are those of people who ask for the next page as soon as they have
    read the last; ``per_second`` is how many pages all of them got, ``resting_p95_ms`` what they
    wait when they look at each page for a second. ``statements`` is the most that one page needs;
    ``growth`` is the value compared with ``grown_from`` cases, in the same run (not measured when
    they are as many); ``load`` is the load average of the machine at the end: above its cores,
    somebody else was measured too. ``scale`` shrinks cases, people and seconds (tests).
    """
    people = max(2, round(USERS * scale))
    few, many = (max(TWENTY, round(size * scale)) for size in (grown_from, LARGE))
    large = _measure(database(database_url, many), paths, people, scale)
    small = large
    if few < many:
        small = _measure(database(database_url, few), paths, people, scale)
    middle = measure.percentile(large.ours, 0.5)
    yield measure.line(
        name,
        large.ours,
        large.floor,
        p95_ms=round(measure.percentile(large.ours, 0.95), 1),
        floor_p95_ms=round(measure.percentile(large.floor, 0.95), 1),
        statements=large.statements,
        growth=round(middle / measure.percentile(small.ours, 0.5), 2),
        cases=many,
        users=people,
        load=round(os.getloadavg()[0], 1),
        per_second=round(len(large.ours) / large.seconds, 1),
        resting_p95_ms=round(measure.percentile(large.resting, 0.95), 1),
    )


@dataclass
class _Measured:
    """Milliseconds of ours (taken in ``seconds``), of the floor and with rests; statements."""

    statements: int
    seconds: float
    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    resting: list[float] = field(default_factory=list)


def _measure(population: Population, paths: Paths, people: int, scale: float) -> _Measured:
    wanted = paths(population, random.Random(54))
    with tempfile.TemporaryDirectory() as folder:
        office = web.open_office(population.url, Path(folder), people)
        pages = web.statements_of(office, wanted[:SAMPLE])
        found = _Measured(max(map(len, pages)), TURNS * SECONDS * scale)
        raw = web.connections(population.url, people)
        try:
            with web.serving(office):
                guests = [_guest(office, nth, wanted) for nth in range(people)]
                bare = [web.replay(connection, pages) for connection in raw]
                web.at_once(guests, WARM_SECONDS * scale)
                web.at_once(bare, WARM_SECONDS * scale / 4)
                for _ in range(TURNS):
                    found.ours += web.at_once(guests, SECONDS * scale)
                    found.floor += web.at_once(bare, SECONDS * scale / 2)
                resting = RESTING_SECONDS * scale
                found.resting = web.at_once(guests, resting, pause=PAUSE * scale)
        finally:
            web.close_all(raw)
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
