"""Inspection of the file (Akteneinsicht, § 29 VwVfG NRW): one PDF with contents and sheet numbers.

What may not be shown is burned out: a page with a redaction becomes a picture, so that nothing
of the text lies under the black. A sheet that is withheld leaves a page that says so and why.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw, ImageOps

from abh.documents.akte import Blobs
from abh.documents.codes import PDFIUM
from abh.kernel.errors import DomainError, FieldProblem, InvalidInput

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
_DPI = 150
_LINES = 52
_PART = 50
# What is left of a sheet with a redaction: what its other pages show, and nothing that leads on.
_OF_A_PAGE = frozenset(
    {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents",
     "/Group"}
)  # fmt: skip
_OF_A_FILE = frozenset({"/Type", "/Pages"})


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
        _check_pages(sheet, 1)
        with Image.open(io.BytesIO(data)) as picture:
            # As its camera says, like every preview on which somebody measured a box.
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        return _picture_pages([_redact(upright, sheet, 1)])
    if not sheet.redactions:
        return data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        _check_pages(sheet, len(pdf.pages))
        # Fields and notes become part of what their page shows; what hangs on pages or on the
        # whole (links, threads, names, bookmarks, hidden text) may lead to what a box hides.
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("screen")
        for page in pdf.pages:
            _strip(page.obj, _OF_A_PAGE)
        _strip(pdf.Root, _OF_A_FILE)
        for number in sorted({box.page for box in sheet.redactions}):
            burnt = _redact(_rendered(data, number), sheet, number)
            with pikepdf.open(io.BytesIO(_picture_pages([burnt]))) as burned:
                pdf.pages[number - 1] = burned.pages[0]
        pdf.remove_unreferenced_resources()
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def _check_pages(sheet: SheetToShow, count: int) -> None:
    if any(not 1 <= box.page <= count for box in sheet.redactions):
        has = "nur eine Seite" if count == 1 else f"nur {count} Seiten"
        text = f"Blatt {sheet.sheet_no} hat {has}."
        raise InvalidInput([FieldProblem("redactions", text)])


def _strip(thing: pikepdf.Object, kept: frozenset[str]) -> None:
    for key in set(thing.keys()) - kept:
        del thing[key]


def _rendered(data: bytes, page: int) -> Image.Image:
    with PDFIUM:
        document = pypdfium2.PdfDocument(data)
        try:
            return document[page - 1].render(scale=_DPI / 72).to_pil().convert("RGB")
        finally:
            document.close()


def _redact(picture: Image.Image, sheet: SheetToShow, page: int) -> Image.Image:
    """Blacken the boxes of a page; raises ``InvalidInput`` for one that lies beside it."""
    draw = ImageDraw.Draw(picture)
    # The page is as wide as A4 in the picture of whatever resolution.
    scale = picture.width / 210
    for box in sheet.redactions:
        if box.page != page:
            continue
        left, top = box.left * scale, box.top * scale
        if left >= picture.width or top >= picture.height:
            tall = picture.height / scale
            text = (
                f"Blatt {sheet.sheet_no}, Seite {page}: Eine Schwärzung liegt neben der Seite "
                f"(210 x {tall:.0f} mm)."
            )
            raise InvalidInput([FieldProblem("redactions", text)])
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
    """Write ``text`` at the foot of a page as readers see it, ``left`` mm from its right edge."""
    x0, y0, x1, y1 = (float(edge) for edge in page.cropbox)
    turned = int(page.obj.get("/Rotate", 0)) % 360
    # From the page as it is seen to the page as it was drawn, before it was turned.
    matrix = {
        90: (0, 1, -1, 0, x1, y0),
        180: (-1, 0, 0, -1, x1, y1),
        270: (0, -1, 1, 0, x0, y1),
    }.get(turned, (1, 0, 0, 1, x0, y0))
    width = y1 - y0 if turned in (90, 270) else x1 - x0
    _draw(page, font, [(width - left * MM, 5 * MM, 8.0, text)], matrix)


def _write(page: pikepdf.Page, font: pikepdf.Object, lines: list[str], *, size: float) -> None:
    top = A4[1] - 20 * MM
    step = size * 1.45
    _draw(page, font, [(20 * MM, top - i * step, size, line) for i, line in enumerate(lines)])


def _draw(
    page: pikepdf.Page,
    font: pikepdf.Object,
    texts: Sequence[tuple[float, float, float, str]],
    matrix: tuple[float, ...] = (1, 0, 0, 1, 0, 0),
) -> None:
    name = page.add_resource(font, pikepdf.Name.Font, pikepdf.Name("/AbhCourier"))
    # Scanners scale the page for their picture and leave it so: what is there is set apart.
    page.contents_add(b"q", prepend=True)
    parts = [b"Q q %s cm BT 0 g 0 G" % b" ".join(b"%.2f" % number for number in matrix)]
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
