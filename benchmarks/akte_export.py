"""Inspection of a file of 1,000 sheets: one PDF with contents, bookmarks and sheet numbers."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from abh.bench import measure
from abh.bench.letters import DAY, letters_elsewhere
from abh.documents.einsicht import Redaction, SheetToShow, inspection_pdf
from abh.documents.store import BlobStore

SHEETS = 1_000
DIFFERENT = 40
# Every hundredth sheet bears a redaction, as a file that names third persons does.
REDACTED = 100


def run(
    database_url: str, sheets: int = SHEETS, different: int = DIFFERENT
) -> Iterator[dict[str, Any]]:
    """Yield one line: ``value`` in ms for the whole file, ``floor`` reading its contents from the
    store, ``peak_mb`` the most memory that this process ever held."""
    del database_url
    with tempfile.TemporaryDirectory() as folder:
        store = BlobStore(Path(folder))
        hashes = [store.put(pdf) for pdf in letters_elsewhere(different)]
        todo = [
            SheetToShow(
                number + 1,
                f"Nachforderung von Unterlagen {number + 1}",
                DAY,
                hashes[number % different],
                "application/pdf",
                redactions=(Redaction(1, 25, 60, 80, 30),) if number % REDACTED == 0 else (),
            )
            for number in range(sheets)
        ]
        started = time.perf_counter()
        for sheet in todo:
            store.get(sheet.sha256)
        floor = (time.perf_counter() - started) * 1000
        started = time.perf_counter()
        made = inspection_pdf(store, "54-2026-1", todo, office="Amt", on=DAY)
        ours = (time.perf_counter() - started) * 1000
    assert not made.unreadable
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield measure.line(
        "akte_export", [ours], [floor], sheets=sheets, pages=made.pages, peak_mb=round(peak),
        megabytes=round(len(made.pdf) / 1e6, 1),
    )  # fmt: skip
