"""Letters that benchmarks work on: real ones, each different, made from sample data."""

from __future__ import annotations

from datetime import date
from multiprocessing import get_context

from abh.documents.fonts import font_paths
from abh.documents.house import STATIC, office_of
from abh.documents.render import Renderer
from abh.documents.vorschau import preview_letter, sample_of
from abh.documents.zeichnung_config import load_zeichnung
from abh.office.file import load_office
from abh.settings import ROOT

DAY = date(2026, 11, 20)


class Letters:
    """Renders Nachforderungen that differ in one line."""

    def __init__(self) -> None:
        self._renderer = Renderer(font_paths(STATIC, also=(ROOT / "node_modules",)))
        self._office = office_of(load_office(ROOT / "config" / "office" / "duesseldorf.yaml"))
        self._table = load_zeichnung(ROOT / "config" / "zeichnung.yaml")

    def pdf(self, number: int) -> bytes:
        """Return the letter of that number."""
        fields = {**sample_of("N02"), "application": f"Blaue Karte EU, Vorgang {number}"}
        made = preview_letter(
            self._renderer, self._table, self._office, "N02", on=DAY, fields=fields
        )
        return made.pdf


def letters_elsewhere(count: int) -> list[bytes]:
    """Return ``count`` letters, rendered by a process whose memory does not count here."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_some, (count,))


def _some(count: int) -> list[bytes]:
    letters = Letters()
    return [letters.pdf(number) for number in range(count)]
