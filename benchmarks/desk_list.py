"""The list of open cases of a clerk's desk, among 200,000 cases and with twenty people at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from abh.bench import pages
from abh.bench.population import ORIGINALS, SMALL, Population


def run(database_url: str, scale: float = 1.0, grown_from: int = SMALL) -> Iterator[dict[str, Any]]:
    """Yield one line; see ``abh.bench.pages``."""
    yield from pages.run("desk_list", database_url, paths, scale=scale, grown_from=grown_from)


def paths(population: Population, rng: random.Random) -> list[str]:
    """Return looks at the list as people take them: mostly the top, one's own, one state, later
    pages; the deepest page costs what the first does."""
    states = [f"/vorgaenge?stand={state}" for state in list(ORIGINALS)[:6]]
    later = [f"/vorgaenge?nach={key}" for _, key in pages.open_cases(population, 200)]
    found = ["/vorgaenge"] * 200 + ["/vorgaenge?wer=ich"] * 200 + states * 20 + later
    rng.shuffle(found)
    return found
