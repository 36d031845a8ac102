"""The text of a letter set by reportlab and by typst, for the record beside ``letter``.

Same words, same fonts, same paper; no tags, no archive format, no codes, no columns of DIN 5008:
less than a letter of ours is. Needs the packages of ``requirements/dev.in``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from html import unescape
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape

import typst
from fontTools.ttLib import TTFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from abh.documents.fonts import FontSet

FAMILY = "Noto Sans"
SIZE, LEADING = 10, 13
_UNSEEN = re.compile(r"<(head|style|script|svg)\b.*?</\1>", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|td|h\d|dt|dd|address|section)>")
_TAG = re.compile(r"<[^>]+>")
# What typst reads as a mark-up sign.
_TYPST_SIGNS = re.compile(r"([\\#$*_`<>@~\[\]=/+-])")


def lines_of(source: str) -> list[str]:
    """Return what a letter says, a paragraph a line, from its HTML."""
    text = _TAG.sub("", _BREAK.sub("\n", _UNSEEN.sub("", source)))
    found = (" ".join(unescape(line).split()) for line in text.splitlines())
    return [line for line in found if line]


def by_reportlab(lines: Sequence[str], fonts: FontSet, folder: Path) -> Callable[[], bytes]:
    """Return what sets the lines with reportlab; the font is read once."""
    pdfmetrics.registerFont(ttfonts.TTFont("Brief", str(_plain_font(fonts, folder))))
    style = ParagraphStyle("brief", fontName="Brief", fontSize=SIZE, leading=LEADING)

    def write() -> bytes:
        out = io.BytesIO()
        page = SimpleDocTemplate(
            out, pagesize=A4, leftMargin=25 * mm, rightMargin=20 * mm, topMargin=20 * mm
        )
        flow: list[Paragraph | Spacer] = []
        for line in lines:
            flow += [Paragraph(escape(line), style), Spacer(1, LEADING / 2)]
        page.build(flow)
        return out.getvalue()

    return write


def by_typst(lines: Sequence[str], fonts: FontSet, folder: Path) -> Callable[[], bytes]:
    """Return what sets the lines with typst, a compiler that lives as long as ours does."""
    _plain_font(fonts, folder)
    head = (
        f'#set page(paper: "a4", margin: (left: 25mm, right: 20mm, y: 20mm))\n'
        f'#set text(font: "{FAMILY}", size: {SIZE}pt, lang: "de")\n\n'
    )
    source = head + "\n\n".join(_TYPST_SIGNS.sub(r"\\\1", line) for line in lines)
    compiler = typst.Compiler(font_paths=[str(folder)], ignore_system_fonts=True)
    turn = count()

    def write() -> bytes:
        # Another text each time, or it would return what it made last.
        text = f"{source}\n\n{next(turn)}"
        pdf = compiler.compile(input=text.encode("utf-8"), format="pdf")
        return pdf if isinstance(pdf, bytes) else b""

    return write


def _plain_font(fonts: FontSet, folder: Path) -> Path:
    """Unpack the font of the letters: neither of them reads what browsers read."""
    target = folder / "brief.ttf"
    if not target.exists():
        file = next(f for f in fonts.files if f.family == FAMILY and f.weight == 400)
        font = TTFont(file.path)
        font.flavor = None
        font.save(target)
    return target
