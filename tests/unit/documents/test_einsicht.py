"""Inspection of the file and bulk print: complete, numbered, and nothing under the black."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pikepdf
import pypdf
import pypdfium2
import pytest
from PIL import Image

from abh.documents.einsicht import Inspection, Redaction, SheetToShow, inspection_pdf
from abh.documents.einsicht import parse_redactions as parse
from abh.documents.sammeldruck import merge_for_print
from abh.documents.store import BlobStore
from abh.kernel.errors import InvalidInput
from tests.unit.documents.factories import NAME, letter, renderer

DAY = date(2026, 11, 20)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def _sheet(store: BlobStore, no: int, data: bytes, **changes: object) -> SheetToShow:
    facts = {"title": f"Bescheid {no}", "received_on": DAY, "mime": "application/pdf", **changes}
    return SheetToShow(no, sha256=store.put(data), **facts)  # type: ignore[arg-type]


def _made(store: BlobStore, sheets: Sequence[SheetToShow]) -> Inspection:
    return inspection_pdf(store, "54-2026-1", sheets, office="Amt", on=DAY)


def _texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (840, 1188), "white").save(out, "PNG")
    return out.getvalue()


def test_contents_bookmarks_and_numbers_lead_to_every_sheet(store: BlobStore) -> None:
    pdf = renderer().render(letter("N12")).pdf
    sheets = [_sheet(store, 1, pdf), _sheet(store, 2, _png(), mime="image/png"),
              _sheet(store, 3, renderer().render(letter("N02")).pdf)]  # fmt: skip
    made = _made(store, sheets)
    texts = _texts(made.pdf)
    assert len(texts) == made.pages
    assert made.unreadable == ()
    assert all(f"Bescheid {no}" in texts[0] for no in (1, 2, 3))
    for page in texts[1:]:
        assert "Blatt " in page
    with pikepdf.open(io.BytesIO(made.pdf)) as whole, whole.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles == ["Inhalt", "Blatt 1: Bescheid 1", "Blatt 2: Bescheid 2", "Blatt 3: Bescheid 3"]


def test_nothing_of_a_redacted_page_can_be_read(store: BlobStore) -> None:
    pdf = renderer().render(letter("N12")).pdf
    box = Redaction(1, 20, 60, 90, 35)
    made = _made(store, [_sheet(store, 7, pdf, redactions=(box,))])
    assert NAME.split()[-1] in " ".join(_texts(pdf))
    first = _texts(made.pdf)[1]
    assert "Corneliusstraße" not in first
    assert NAME.split()[-1] not in first
    assert b"Corneliusstra" not in made.pdf
    page = pypdfium2.PdfDocument(made.pdf)[1].render(scale=2).to_pil().convert("L")
    scale = page.width / 210
    assert page.getpixel((int(40 * scale), int(75 * scale))) < 20
    assert page.getpixel((int(190 * scale), int(150 * scale))) > 200


def _drawn(*contents: bytes) -> pikepdf.Pdf:
    """Return a PDF of A4 pages with one font, all pages sharing one dictionary of resources."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    shared = pdf.make_indirect(pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font)))
    for content in contents:
        page = pdf.add_blank_page(page_size=(595, 842)).obj
        page.Resources, page.Contents = shared, pdf.make_stream(content)
    return pdf


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def _everything(data: bytes) -> str:
    """Return all that a PDF holds, unpacked: what somebody can find who takes it apart."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        parts = [
            thing.read_bytes().decode("latin-1") + repr(thing.stream_dict)
            if isinstance(thing, pikepdf.Stream) and "/DCTDecode" not in repr(thing.stream_dict)
            else repr(thing)
            for thing in pdf.objects
        ]
    return "\n".join(parts)


def test_nothing_that_hangs_on_other_pages_leads_to_what_a_box_hides(store: BlobStore) -> None:
    secret = b"BT /F 20 Tf 72 700 Td (GEHEIM-Seite) Tj ET"
    pdf = _drawn(secret + b" /X Do", b"BT /F 20 Tf 72 700 Td (offen) Tj ET")
    first, second = (page.obj for page in pdf.pages)
    first.Resources.XObject = pikepdf.Dictionary(
        X=pdf.make_stream(
            b"BT /F 20 Tf 72 600 Td (GEHEIM-Form) Tj ET",
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 595, 842],
        )
    )  # fmt: skip
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9],
        Contents="GEHEIM-Notiz", P=first,
    )  # fmt: skip
    second.Annots = pikepdf.Array([pdf.make_indirect(note)])
    second.Zurueck = first
    pdf.Root.Dests = pikepdf.Dictionary(a=pikepdf.Array([first, pikepdf.Name.Fit]))
    pdf.docinfo["/Title"] = "GEHEIM-Titel"
    data = _saved(pdf)
    hidden = ("GEHEIM-Seite", "GEHEIM-Form", "GEHEIM-Notiz", "GEHEIM-Titel")
    assert all(word in _everything(data) for word in hidden)
    made = _made(store, [_sheet(store, 1, data, redactions=(Redaction(1, 10, 10, 190, 90),))])
    assert "offen" in _texts(made.pdf)[2]
    assert "GEHEIM" not in _everything(made.pdf)


def test_a_photograph_stands_upright_and_its_box_where_it_was_measured(store: BlobStore) -> None:
    turned, out = Image.Exif(), io.BytesIO()
    turned[0x0112] = 6
    # A quarter turn to the right: what lies at the left foot of the sensor comes to the left top.
    photo = Image.new("RGB", (400, 300), "white")
    photo.paste("red", (0, 200, 100, 300))
    photo.save(out, "JPEG", exif=turned)
    box = (Redaction(1, 0, 0, 70, 70),)
    pages = {}
    for name, boxes in (("open", ()), ("closed", box)):
        sheet = _sheet(store, 1, out.getvalue(), mime="image/jpeg", redactions=boxes)
        pages[name] = pypdfium2.PdfDocument(_made(store, [sheet]).pdf)[1].render().to_pil()
    width, height = pages["open"].size
    assert width < height
    assert pages["open"].convert("RGB").getpixel((20, 20))[0] > 200
    assert max(pages["closed"].convert("RGB").getpixel((20, 20))) < 20


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_number_stands_at_the_foot_however_a_scanner_laid_the_page(
    store: BlobStore, turned: int
) -> None:
    pdf = _drawn(b".1 0 0 .1 900 900 cm 0 0 1 1 re f")
    page = pdf.pages[0]
    page.obj.CropBox = [20, 30, 500, 700]
    page.rotate(turned, relative=False)
    made = _made(store, [_sheet(store, 3, _saved(pdf))])
    shown = pypdfium2.PdfDocument(made.pdf)[1]
    picture = shown.render(scale=3).to_pil().convert("L")
    foot = picture.crop((picture.width - 420, picture.height - 72, *picture.size))
    # Letters that lie along the foot are a line: wide and low.
    left, top, right, low = foot.point(lambda dot: 255 * (dot < 128)).getbbox() or (0, 0, 0, 0)
    assert right - left > 5 * (low - top)


def test_a_withheld_sheet_leaves_a_page_that_says_why(store: BlobStore) -> None:
    pdf = renderer().render(letter("N02")).pdf
    made = _made(
        store, [_sheet(store, 4, pdf, withheld="Dritte betroffen (§ 29 Abs. 2 VwVfG NRW)")]
    )
    texts = _texts(made.pdf)
    assert len(texts) == 2
    assert "wird nicht gezeigt" in texts[1]
    assert "§ 29 Abs. 2" in texts[1]
    assert "Bitte reichen Sie" not in texts[1]
    assert "nicht gezeigt" in texts[0]


def test_a_broken_or_lost_sheet_is_named_and_the_rest_is_shown(store: BlobStore) -> None:
    good = _sheet(store, 2, renderer().render(letter("N02")).pdf)
    lost = SheetToShow(3, "verloren", DAY, "0" * 64, "application/pdf")
    made = _made(store, [_sheet(store, 1, b"%PDF-1.7 kaputt"), good, lost])
    assert made.unreadable == (1, 3)
    assert sum("nicht darstellen" in text for text in _texts(made.pdf)) == 2


def test_a_box_that_hides_nothing_or_lies_nowhere_is_refused(store: BlobStore) -> None:
    pdf = renderer().render(letter("N02")).pdf
    with pytest.raises(InvalidInput):
        _made(store, [_sheet(store, 1, pdf, redactions=(Redaction(99, 1, 1, 1, 1),))])
    with pytest.raises(InvalidInput, match="neben der Seite"):
        _made(store, [_sheet(store, 1, pdf, redactions=(Redaction(1, 211, 1, 9, 9),))])
    with pytest.raises(InvalidInput, match="nur eine Seite"):
        twice = (Redaction(2, 1, 1, 9, 9),)
        _made(store, [_sheet(store, 1, _png(), mime="image/png", redactions=twice)])
    with pytest.raises(InvalidInput):
        _made(store, [])
    assert parse({"12": [[1, 10, 20, 30, 5]]}) == {12: (Redaction(1, 10, 20, 30, 5),)}
    for raw in ({"x": [[1, 1, 1, 1, 1]]}, {"1": [[1, 2]]}, {"1": [[1, 1, 1, 0, 5]]}, {"1": [3]}):
        with pytest.raises(InvalidInput):
            parse(raw)  # type: ignore[arg-type]


def test_titles_with_brackets_and_foreign_letters_stay_one_line(store: BlobStore) -> None:
    pdf = renderer().render(letter("N02")).pdf
    made = _made(store, [_sheet(store, 1, pdf, title="Paß (Kopie) \\ Đặng")])
    assert "Paß (Kopie) \\" in _texts(made.pdf)[0]


def test_many_letters_become_one_job_each_on_a_new_sheet() -> None:
    two = renderer().render(letter("N12")).pdf
    one = renderer().render(letter("N26", "anforderung")).pdf
    pages = [len(pypdfium2.PdfDocument(pdf)) for pdf in (one, two)]
    assert pages == [1, 2]
    merged, starts = merge_for_print([one, two, one])
    assert starts == [1, 3, 5]
    assert len(pypdfium2.PdfDocument(merged)) == 6
    simplex, starts = merge_for_print([one, two, one], duplex=False)
    assert starts == [1, 2, 4]
    assert len(merge_for_print([two] * 20)[0]) < 10 * len(two)
    with pytest.raises(InvalidInput, match="2. Brief"):
        merge_for_print([one, b"nichts"])
    with pytest.raises(InvalidInput):
        merge_for_print([])
