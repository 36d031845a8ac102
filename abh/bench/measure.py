"""Measuring: percentiles, ours and floor in turns, SQL statements, the lines that are printed."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

Line = dict[str, Any]
REQUIRED = ("name", "value", "unit", "floor", "ratio")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: ``share`` (0 < share <= 1) of ``values`` lie at or below.

    Raises ``ValueError`` for no values and for a share that is none.
    """
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values and a share of them")
    return sorted(values)[math.ceil(len(values) * share) - 1]


def line(name: str, ours: Sequence[float], floor: Sequence[float], **more: Any) -> Line:
    """Return a printed line from two series of milliseconds; value, floor and ratio are p50."""
    value, bottom = percentile(ours, 0.5), percentile(floor, 0.5)
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "ms",
        "floor": round(bottom, 3),
        "ratio": round(value / bottom, 2),
        **more,
    }


def in_turns(
    ours: Callable[[], Any],
    floor: Callable[[], Any],
    rounds: int,
    *,
    warm_up: int = 0,
    after: Callable[[], Any] | None = None,
) -> tuple[list[float], list[float]]:
    """Run both in turns, so that a busy moment of the machine burdens both; milliseconds of each.

    The first ``warm_up`` rounds do not count, nor does what ``after`` does after each act. The
    garbage collector rests meanwhile: it would charge one of them with what both left behind.
    """
    series: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for number in range(warm_up + rounds):
            for kept, act in zip(series, (ours, floor), strict=True):
                begun = time.perf_counter()
                act()
                took = (time.perf_counter() - begun) * 1000
                if number >= warm_up:
                    kept.append(took)
                if after is not None:
                    after()
            if number % 20 == 19:
                gc.collect()
    finally:
        gc.enable()
    return series


@dataclass
class Statements:
    """The SQL statements that ran while counting, with their parameters as the driver got them."""

    seen: list[tuple[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.seen)


@contextmanager
def counting(engine: Engine) -> Iterator[Statements]:
    """Collect every SQL statement of ``engine`` (BEGIN and COMMIT are none) inside the block."""
    found = Statements()

    def note(_conn: Any, _cursor: Any, sql: str, params: Any, *_: Any) -> None:
        found.seen.append((sql, params))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
