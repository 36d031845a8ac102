"""Inspection of the file (Akteneinsicht, § 29 VwVfG NRW): one PDF with contents and sheet numbers.

What may not be shown is burned out: a page with a redaction becomes a picture, so that nothing
of the text lies under the black. A sheet that is withheld leaves a page that says so and why.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw

from abh.documents.akte import Blobs
from abh.documents.codes import PDFIUM
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
_DPI = 150
_LINES = 52
_PART = 50


@dataclass(frozen=True, slots=True)
class Redaction:
    """A black box: page from 1, lengths in mm from the upper left corner."""

    page: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SheetToShow:
    """A sheet of the file; ``withheld`` is the reason for which it is not shown, with its norm."""

    sheet_no: int
    title: str
    received_on: date
    sha256: str
    mime: str
    redactions: tuple[Redaction, ...] = ()
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The finished PDF; ``unreadable`` are sheets of which only a note could be shown."""

    pdf: bytes
    pages: int
    unreadable: tuple[int, ...] = field(default=())


def inspection_pdf(
    blobs: Blobs, number: str, sheets: Sequence[SheetToShow], *, office: str, on: date
) -> Inspection:
    """Return one PDF of ``sheets`` in their order, with contents, bookmarks and sheet numbers.

    Raises ``InvalidInput`` for no sheets or a box on a page that does not exist.
    """
    if not sheets:
        raise InvalidInput([FieldProblem("sheets", "Es ist kein Blatt gewählt.")])
    starts: list[int] = []
    unreadable: list[int] = []
    parts: list[bytes] = []
    pages = 0
    for first in range(0, len(sheets), _PART):
        part, counts, broken = _part(blobs, sheets[first : first + _PART])
        for count in counts:
            starts.append(pages)
            pages += count
        parts.append(part)
        unreadable += broken
    return _joined(parts, number, sheets, starts, unreadable, office, on)


def _part(blobs: Blobs, sheets: Sequence[SheetToShow]) -> tuple[bytes, list[int], list[int]]:
    """Return some sheets as one PDF, pages of each, and which were unreadable.

    A large file is put together from parts, so that few sources are in memory at a time.
    """
    made = pikepdf.new()
    kept: list[pikepdf.Pdf] = []
    counts: list[int] = []
    unreadable: list[int] = []
    font = base_font(made)
    try:
        for sheet in sheets:
            before = len(made.pages)
            if not _append(made, kept, blobs, sheet, font):
                unreadable.append(sheet.sheet_no)
            counts.append(len(made.pages) - before)
        out = io.BytesIO()
        made.save(out)
        return out.getvalue(), counts, unreadable
    finally:
        for source in kept:
            source.close()
        made.close()


def _joined(
    parts: Sequence[bytes],
    number: str,
    sheets: Sequence[SheetToShow],
    starts: Sequence[int],
    unreadable: Sequence[int],
    office: str,
    on: date,
) -> Inspection:
    whole = pikepdf.new()
    opened = [pikepdf.open(io.BytesIO(part)) for part in parts]
    try:
        for part in opened:
            whole.pages.extend(part.pages)
        front = _contents(whole, base_font(whole), number, sheets, starts, office, on)
        _bookmarks(whole, sheets, [start + front for start in starts])
        pages = len(whole.pages)
        out = io.BytesIO()
        whole.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return Inspection(out.getvalue(), pages, tuple(unreadable))
    finally:
        for part in opened:
            part.close()
        whole.close()


def _append(
    whole: pikepdf.Pdf,
    kept: list[pikepdf.Pdf],
    blobs: Blobs,
    sheet: SheetToShow,
    font: pikepdf.Object,
) -> bool:
    first = len(whole.pages)
    shown = True
    if sheet.withheld:
        _note(whole, font, [f"Blatt {sheet.sheet_no} wird nicht gezeigt.", sheet.withheld])
    else:
        try:
            data = as_pdf(blobs.get(sheet.sha256), sheet)
            source = pikepdf.open(io.BytesIO(data))
            whole.pages.extend(source.pages)
            # Open until the result is saved: only then are the streams copied.
            kept.append(source)
        except InvalidInput:
            raise
        except (pikepdf.PdfError, pypdfium2.PdfiumError, DomainError, OSError):
            shown = False
            _note(
                whole, font, [f"Blatt {sheet.sheet_no} lässt sich nicht darstellen.", sheet.title]
            )
    count = len(whole.pages) - first
    for index in range(count):
        stamp(whole.pages[first + index], font, f"Blatt {sheet.sheet_no}, {index + 1}/{count}")
    return shown


def as_pdf(data: bytes, sheet: SheetToShow) -> bytes:
    """Return a sheet as PDF: a picture on a page, boxes burnt in; raises ``InvalidInput``."""
    if sheet.mime != "application/pdf":
        with Image.open(io.BytesIO(data)) as picture:
            return _picture_pages([_redact(picture.convert("RGB"), sheet.redactions, 1)])
    if not sheet.redactions:
        return data
    wanted = {box.page for box in sheet.redactions}
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if max(wanted) > len(pdf.pages) or min(wanted) < 1:
            text = f"Blatt {sheet.sheet_no} hat nur {len(pdf.pages)} Seiten."
            raise InvalidInput([FieldProblem("redactions", text)])
        for page in sorted(wanted):
            burnt = _redact(_rendered(data, page), sheet.redactions, page)
            with pikepdf.open(io.BytesIO(_picture_pages([burnt]))) as burned:
                pdf.pages[page - 1] = burned.pages[0]
        # Names, bookmarks, attachments and hidden text may tell what the box hides.
        for key in ("/Outlines", "/Names", "/AcroForm", "/StructTreeRoot", "/Metadata", "/AF"):
            if key in pdf.Root:
                del pdf.Root[key]
        pdf.remove_unreferenced_resources()
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def _rendered(data: bytes, page: int) -> Image.Image:
    with PDFIUM:
        document = pypdfium2.PdfDocument(data)
        try:
            return document[page - 1].render(scale=_DPI / 72).to_pil().convert("RGB")
        finally:
            document.close()


def _redact(picture: Image.Image, boxes: Iterable[Redaction], page: int) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    # The page is as wide as A4 in the picture of whatever resolution.
    scale = picture.width / 210
    for box in boxes:
        if box.page == page:
            left, top = box.left * scale, box.top * scale
            draw.rectangle(
                (left, top, left + box.width * scale, top + box.height * scale), fill="black"
            )
    return picture


def _picture_pages(pictures: Sequence[Image.Image]) -> bytes:
    out = io.BytesIO()
    resolution = pictures[0].width / (210 / 25.4)
    pictures[0].save(
        out, "PDF", resolution=resolution, save_all=True, append_images=list(pictures[1:])
    )
    return out.getvalue()


def _contents(
    whole: pikepdf.Pdf,
    font: pikepdf.Object,
    number: str,
    sheets: Sequence[SheetToShow],
    starts: Sequence[int],
    office: str,
    on: date,
) -> int:
    """Put the table of contents in front; returns how many pages it takes."""
    front = -(-len(sheets) // _LINES)
    rows = [
        f"{sheet.sheet_no:>5}  {sheet.received_on:%d.%m.%Y}  {sheet.title[:62]:<62}"
        f" {start + front + 1:>6}" + ("  nicht gezeigt" if sheet.withheld else "")
        for sheet, start in zip(sheets, starts, strict=True)
    ]
    head = [f"{office}: Akte {number}", f"Akteneinsicht, Stand {on:%d.%m.%Y}", "",
            f"{'Blatt':>5}  {'Eingang':<10}  {'Inhalt':<62} {'Seite':>6}", ""]  # fmt: skip
    for index in range(front):
        part = rows[index * _LINES : (index + 1) * _LINES]
        page = whole.add_blank_page(page_size=A4)
        _write(page, font, [*head, *part], size=8.5)
        whole.pages.insert(index, page)
        del whole.pages[-1]
    return front


def _bookmarks(whole: pikepdf.Pdf, sheets: Sequence[SheetToShow], pages: Sequence[int]) -> None:
    with whole.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Inhalt", 0))
        for sheet, page in zip(sheets, pages, strict=True):
            title = f"Blatt {sheet.sheet_no}: {sheet.title}"
            outline.root.append(pikepdf.OutlineItem(title, page))


def _note(whole: pikepdf.Pdf, font: pikepdf.Object, lines: list[str]) -> None:
    _write(whole.add_blank_page(page_size=A4), font, lines, size=12)


def stamp(page: pikepdf.Page, font: pikepdf.Object, text: str, *, left: float = 45.0) -> None:
    """Write ``text`` at the foot of a page, ``left`` mm from its right edge."""
    box = [float(edge) for edge in page.mediabox]
    _draw(page, font, [(box[2] - left * MM, box[1] + 5 * MM, 8.0, text)])


def _write(page: pikepdf.Page, font: pikepdf.Object, lines: list[str], *, size: float) -> None:
    top = A4[1] - 20 * MM
    step = size * 1.45
    _draw(page, font, [(20 * MM, top - i * step, size, line) for i, line in enumerate(lines)])


def _draw(
    page: pikepdf.Page, font: pikepdf.Object, texts: Sequence[tuple[float, float, float, str]]
) -> None:
    name = page.add_resource(font, pikepdf.Name.Font, pikepdf.Name("/AbhCourier"))
    parts = [b"q Q q BT 0 g 0 G"]
    for x, y, size, text in texts:
        shown = text.encode("cp1252", "replace")
        for raw, safe in ((b"\\", b"\\\\"), (b"(", b"\\("), (b")", b"\\)")):
            shown = shown.replace(raw, safe)
        parts.append(b"%s %.2f Tf 1 0 0 1 %.2f %.2f Tm (%s) Tj"
                     % (str(name).encode("ascii"), size, x, y, shown))  # fmt: skip
    parts.append(b"ET Q")
    page.contents_add(b"\n".join(parts))


def base_font(whole: pikepdf.Pdf) -> pikepdf.Object:
    """Return the font of stamps and tables for this file."""
    # A base font of every reader; letters outside Windows-1252 show as "?" in titles only.
    return whole.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Courier,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
    )


def parse_redactions(
    raw: Mapping[str, Sequence[Sequence[float]]],
) -> dict[int, tuple[Redaction, ...]]:
    """Return boxes by sheet number from JSON: ``{"12": [[page, left, top, width, height]]}``.

    Raises ``InvalidInput`` for anything else; a box that covers nothing would hide nothing.
    """
    found: dict[int, tuple[Redaction, ...]] = {}
    for sheet, boxes in raw.items():
        try:
            made = tuple(Redaction(int(page), *map(float, rest)) for page, *rest in boxes)
            number = int(sheet)
        except (TypeError, ValueError) as error:
            raise InvalidInput([FieldProblem(str(sheet), "Keine Schwärzung.")]) from error
        if any(box.width <= 0 or box.height <= 0 for box in made):
            raise InvalidInput([FieldProblem(str(sheet), "Die Schwärzung deckt nichts.")])
        found[number] = made
    return found
