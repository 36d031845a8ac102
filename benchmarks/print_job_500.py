"""500 letters merged into one job of a workplace printer, against rendering those letters."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from abh.bench import measure
from abh.bench.letters import Letters
from abh.documents.sammeldruck import merge_for_print

LETTERS = 500
RENDERED = 50


def run(
    database_url: str, letters: int = LETTERS, rendered: int = RENDERED
) -> Iterator[dict[str, Any]]:
    """Yield one line: ``value`` merging ``letters``, ``floor`` rendering as many.

    ``rendered`` different letters are rendered and timed; the floor is their mean times
    ``letters``, and the job holds each of them as often as it takes.
    """
    del database_url
    letters_of = Letters()
    letters_of.pdf(0)
    started = time.perf_counter()
    made = [letters_of.pdf(number) for number in range(rendered)]
    floor = (time.perf_counter() - started) / rendered * letters * 1000
    job = [made[number % rendered] for number in range(letters)]
    started = time.perf_counter()
    merged, starts = merge_for_print(job)
    ours = (time.perf_counter() - started) * 1000
    yield measure.line(
        "print_job_500", [ours], [floor], letters=len(starts), megabytes=round(len(merged) / 1e6, 1)
    )
