"""Separator sheets for the scanner: three codes a sheet, so that half a sheet still reads.

The code is keyed: a letter that bears a copy of somebody's invention is never cut by it.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from dataclasses import dataclass
from datetime import date
from functools import cache

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from abh.documents.codes import matrix_rows
from abh.documents.fonts import font_paths
from abh.documents.house import STATIC
from abh.settings import ROOT

_MARK = "ABHT"
_MAC = 10
_DPI = 150
_A4 = (1240, 1754)
# A module of 8 points is 1.35 mm: readable from 75 dpi and from a copy of a copy.
_MODULE = 8


@dataclass(frozen=True, slots=True)
class Separator:
    """What a separator sheet says of the letter behind it; "" and None for what it leaves open.

    ``received_on`` is the day of the stamp, ``kind`` a kind of post.
    """

    unit_key: str
    kind: str = ""
    received_on: date | None = None


def code_of(separator: Separator, secret: bytes) -> str:
    """Return the text of the code on a separator sheet."""
    day = separator.received_on.strftime("%Y%m%d") if separator.received_on else ""
    said = f"{_MARK}*{separator.unit_key}*{separator.kind}*{day}"
    return f"{said}*{_mac(said, secret)}"


def separator_of(code: str, secret: bytes) -> Separator | None:
    """Return what a code says, None if it is not one of this office's separator sheets."""
    said, _, mac = code.rpartition("*")
    parts = said.split("*")
    if len(parts) != 4 or parts[0] != _MARK or not code.isascii():
        return None
    if not hmac.compare_digest(_mac(said, secret), mac):
        return None
    day = parts[3]
    return Separator(parts[1], parts[2], date.fromisoformat(day) if day else None)


def sheet(separator: Separator, label: str, secret: bytes) -> bytes:
    """Return the sheet as a PDF of one page A4; ``label`` tells people what it says."""
    page = Image.new("1", _A4, 1)
    draw = ImageDraw.Draw(page)
    code = _matrix(code_of(separator, secret))
    left, right = 120, _A4[0] - 120 - code.width
    middle = (_A4[0] - code.width) // 2
    bottom = _A4[1] - 120 - code.height
    for place in ((left, 120), (middle, (_A4[1] - code.height) // 2), (right, bottom)):
        page.paste(code, place)
    draw.text((120, 520), "TRENNBLATT", fill=0, font=font(84))
    for number, line in enumerate(label.split("\n")):
        draw.text((120, 1090 + 60 * number), line, fill=0, font=font(40))
    out = io.BytesIO()
    page.save(out, "PDF", resolution=_DPI, title="Trennblatt")
    return out.getvalue()


def _matrix(text: str) -> Image.Image:
    rows = matrix_rows(text)
    small = Image.new("1", (len(rows) + 4, len(rows) + 4), 1)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                small.putpixel((x + 2, y + 2), 0)
    return small.resize((small.width * _MODULE, small.height * _MODULE), Image.Resampling.NEAREST)


def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the face of the office for sheets that are drawn, not laid out."""
    return ImageFont.truetype(io.BytesIO(_face()), size)


@cache
def _face() -> bytes:
    files = font_paths(STATIC, also=(ROOT / "node_modules",)).files
    path = next(one.path for one in files if (one.family, one.weight) == ("Noto Sans", 400))
    plain = io.BytesIO()
    with TTFont(path) as font:
        font.flavor = None
        font.save(plain)
    return plain.getvalue()


def _mac(said: str, secret: bytes) -> str:
    return hmac.new(secret, f"trennblatt:{said}".encode(), hashlib.sha256).hexdigest()[:_MAC]
