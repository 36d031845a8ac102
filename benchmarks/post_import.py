"""Taking in an old backlog with files, against filing and copying the bare files durably."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from abh.access.actor import SYSTEM
from abh.bench import world
from abh.documents.store import BlobStore
from abh.post import altbestand

ITEMS = 25_000


def run(database_url: str, items: int = ITEMS) -> Iterator[dict[str, Any]]:
    """Yield one line: items a second, how the memory grew, and that none is missing or double."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        house_of = world.furnish(database_url, folder / "var")
        try:
            path = _list(folder, items)
            floor = _floor(folder, min(items, 1_000))
            peaks: list[int] = []
            begun, used = time.perf_counter(), time.process_time()
            found = altbestand.run(
                house_of.sessions, house_of.house, SYSTEM, path, folder,
                lambda *_: peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss),
            )  # fmt: skip
            rate = items / (time.perf_counter() - begun)
            cpu = time.process_time() - used
            again = altbestand.run(house_of.sessions, house_of.house, SYSTEM, path, folder)
            yield {
                "name": "post_import",
                "value": round(rate, 1),
                "unit": "1/s",
                "floor": round(floor, 1),
                "ratio": round(rate / floor, 2),
                # A shared machine slows the clock on the wall, not this one.
                "cpu_ms_per_item": round(1000 * cpu / items, 3),
                "taken": found.taken,
                "twice": again.taken - found.taken,
                "faults": len(found.faults),
                "growth_mb": round((peaks[-1] - peaks[len(peaks) // 4]) / 1024, 1),
                "load": round(os.getloadavg()[0], 1),
            }
        finally:
            house_of.close()


def _list(folder: Path, items: int) -> Path:
    path = folder / "altbestand.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Nr;Eingang;Art;Betreff;Sachgebiet;Absender;Geburtsdatum;Datei\n")
        for n in range(items):
            (folder / f"{n}.txt").write_text(f"Brief {n}\n" * 400)
            file.write(
                f"{n};{1 + n % 28:02d}.{1 + n % 10:02d}.2026;Unterlagen;Brief {n};SG{1 + n % 5};"
                f"Person {n // 3};;{n}.txt\n"
            )
    return path


def _floor(folder: Path, items: int) -> float:
    """Return how many of the files a second the store alone takes, one after the other."""
    store = BlobStore(folder / "floor")
    begun = time.perf_counter()
    for n in range(items):
        store.put((folder / f"{n}.txt").read_bytes())
    return items / (time.perf_counter() - begun)
