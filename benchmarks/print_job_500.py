"""500 letters merged into one job of a workplace printer, against rendering those letters."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from abh.bench import measure
from abh.documents.fonts import font_paths
from abh.documents.house import STATIC, office_of
from abh.documents.render import Renderer
from abh.documents.sammeldruck import merge_for_print
from abh.documents.vorschau import preview_letter, sample_of
from abh.documents.zeichnung_config import load_zeichnung
from abh.office.file import load_office
from abh.settings import ROOT

LETTERS = 500
RENDERED = 50
DAY = date(2026, 11, 20)


def run(
    database_url: str, letters: int = LETTERS, rendered: int = RENDERED
) -> Iterator[dict[str, Any]]:
    """Yield one line: ``value`` merging ``letters``, ``floor`` rendering as many.

    ``rendered`` different letters are rendered and timed; the floor is their mean times
    ``letters``, and the job holds each of them as often as it takes.
    """
    del database_url
    renderer = Renderer(font_paths(STATIC, also=(ROOT / "node_modules",)))
    _render(renderer, 0)
    started = time.perf_counter()
    made = [_render(renderer, number) for number in range(rendered)]
    floor = (time.perf_counter() - started) / rendered * letters * 1000
    job = [made[number % rendered] for number in range(letters)]
    started = time.perf_counter()
    merged, starts = merge_for_print(job)
    ours = (time.perf_counter() - started) * 1000
    yield measure.line(
        "print_job_500", [ours], [floor], letters=len(starts), megabytes=round(len(merged) / 1e6, 1)
    )


def _render(renderer: Renderer, number: int) -> bytes:
    fields: Mapping[str, Any] = {
        **sample_of("N02"), "application": f"Blaue Karte EU, Vorgang {number}"
    }  # fmt: skip
    office = office_of(load_office(ROOT / "config" / "office" / "duesseldorf.yaml"))
    table = load_zeichnung(ROOT / "config" / "zeichnung.yaml")
    return preview_letter(renderer, table, office, "N02", on=DAY, fields=fields).pdf
