"""The page of a case, among 200,000 cases and with twenty people at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from abh.bench import pages
from abh.bench.population import SMALL, Population


def run(database_url: str, scale: float = 1.0, grown_from: int = SMALL) -> Iterator[dict[str, Any]]:
    """Yield one line; see ``abh.bench.pages``."""
    yield from pages.run("case_page", database_url, paths, scale=scale, grown_from=grown_from)


def paths(population: Population, rng: random.Random) -> list[str]:
    """Return open cases of the unit in any order: nobody opens the same case twice in a row."""
    found = [f"/vorgang/{number}" for number, _ in pages.open_cases(population)]
    rng.shuffle(found)
    return found
