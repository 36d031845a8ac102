"""A page that shows whether a printer prints as letters need it: margins, letters, right tray."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from abh.documents.printing import (
    DUPLEX,
    SIMPLEX,
    Paper,
    PrintFailed,
    job_name,
    print_pdf,
    tray_of,
)
from abh.documents.trennblatt import font
from abh.kernel.clock import BERLIN
from abh.kernel.ids import case_number

_DPI = 150
_A4 = (1240, 1754)
# DIN 5008 leaves 20 mm at the right; what a printer cuts off beyond 10 mm no letter uses.
_MARGIN = 59
_LETTERS = ("ÄÖÜäöüß ĀČĎĘĢĦĨĶŁŇŐŘŞŤŲŴŸŽ ḌḪṬẒ", "ăâîşţ łńśźż čćđšž 0123456789 § €")
# Long enough for a printer that wakes up, short enough for somebody who waits at a page.
WAIT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Antwort:
    """What the printer said: printed or not, and why, in a sentence."""

    ok: bool
    text: str


def page(title: str, lines: list[str]) -> bytes:
    """Return the test page as a PDF of one page A4."""
    sheet = Image.new("1", _A4, 1)
    draw = ImageDraw.Draw(sheet)
    right, bottom = _A4[0] - _MARGIN, _A4[1] - _MARGIN
    draw.rectangle((_MARGIN, _MARGIN, right, bottom), outline=0, width=3)
    draw.text((120, 160), "TESTSEITE", fill=0, font=font(84))
    for number, line in enumerate([title, *lines, "", *_LETTERS]):
        draw.text((120, 320 + 58 * number), line[:70], fill=0, font=font(34))
    draw.text((120, bottom - 120), "Der Rahmen steht 10 mm vom Rand.", fill=0, font=font(30))
    out = io.BytesIO()
    sheet.save(out, "PDF", resolution=_DPI, title="Testseite")
    return out.getvalue()


def print_test_page(
    printer: Mapping[str, Any], *, at: datetime, var_dir: Path, wait: float = WAIT_SECONDS
) -> Antwort:
    """Print a test page on a printer of an office file and return what the printer says.

    An ``ipp:`` address is asked itself, whatever the setting ``printers`` says; a ``file:`` folder
    lies below ``var_dir``. ``wait`` in seconds. Never raises for a printer that does not print.
    """
    uri = str(printer["uri"])
    if uri.startswith("file:"):
        uri = (var_dir / uri.removeprefix("file:")).as_uri()
    when = at.astimezone(BERLIN)
    running = when.hour * 3600 + when.minute * 60 + when.second + 1
    name = job_name(case_number(when.year, running), "Testseite")
    lines = [str(printer["uri"]), f"{when:%d.%m.%Y %H:%M}", name]
    sides = DUPLEX if printer.get("duplex") else SIMPLEX
    try:
        tray = tray_of(printer.get("trays") or {}, Paper.LETTER)
        result = print_pdf(
            uri, page(str(printer["name"]), lines), name, sides=sides, tray=tray, timeout=wait
        )
    except PrintFailed as error:
        return Antwort(False, str(error))
    if result.job_id:
        return Antwort(True, f"Gedruckt: Auftrag {result.job_id}, der Drucker meldet „fertig“.")
    return Antwort(True, "Abgelegt: Dieser Drucker ist ein Ordner.")
