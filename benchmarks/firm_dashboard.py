"""The dashboard of a company with 2,000 cases, whole requests, against its statements alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from abh.bench import firma, measure
from abh.bench.server import connect

CASES = 2_000
ROUNDS = 200
# As people look: mostly the top, a filter, a name, a later page.
PATHS = ("/firma", "/firma?wer=wir", "/firma", "/firma?q=Beispielc", "/firma?seite=20")


def run(database_url: str, cases: int = CASES, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield one line; ``statements`` is the most that one page needs, with login and record."""
    with firma.company(database_url, cases) as found, connect(database_url) as raw:
        raw.autocommit = True

        def ask(path: str) -> None:
            answer = found.client.get(path, base_url=found.base_url)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")

        ask(PATHS[0])
        pages = []
        for path in PATHS:
            with measure.counting(found.engine) as statements:
                ask(path)
            pages.append(statements)
        turn, bare = cycle(PATHS), cycle(pages)

        def ours() -> None:
            ask(next(turn))

        def floor() -> None:
            with raw.cursor() as cursor:
                for sql, parameters in next(bare).seen:
                    many = isinstance(parameters, list)
                    (cursor.executemany if many else cursor.execute)(sql, parameters)

        series = measure.in_turns(ours, floor, rounds, warm_up=max(5, rounds // 10))
    yield measure.line(
        "firm_dashboard",
        *series,
        p95_ms=round(measure.percentile(series[0], 0.95), 1),
        floor_p95_ms=round(measure.percentile(series[1], 0.95), 1),
        statements=max(map(len, pages)),
        cases=found.cases,
        load=round(os.getloadavg()[0], 1),
    )
