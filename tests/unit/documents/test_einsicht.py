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
