"""Codes on letters: drawn small enough, read back from a scan, and never from a stranger."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from abh.documents.codes import (
    Payment,
    giro_image,
    letter_code,
    letter_of_code,
    matrix_rows,
    payment_of,
    read_codes,
)
from abh.documents.gates import Release, check_release
from abh.documents.letter_model import LetterInput
from abh.documents.letters import LETTERS
from abh.kernel.errors import InvalidInput, RenderRefused
from tests.unit.documents.factories import OFFICE, fonts, letter, permission, renderer

SECRET = b"s" * 32
CODE = letter_code(4711, SECRET)
PAID = Payment(OFFICE.name, OFFICE.iban, OFFICE.bic, Decimal("113.00"), "5401.0001.2345")


def _scan(pdf: bytes, dpi: int) -> Image.Image:
    """Return page 1 as a slightly turned, slightly soft scan would show it."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil().convert("L")
    return picture.rotate(1.5, fillcolor=255, expand=True).filter(ImageFilter.GaussianBlur(0.5))


def _gated(made: LetterInput, **changes: Any) -> set[str]:
    granted = permission(made.letter_key, made.outcome, made.amount or Decimal(100))
    release = Release(made, renderer().render(made), granted, fonts())
    try:
        check_release(replace(release, **changes))
    except RenderRefused as refused:
        return {reason.key for reason in refused.reasons}
    return set()


def test_a_returned_letter_is_recognised_from_a_scan_of_100_dpi() -> None:
    pdf = renderer().render(letter("N12", code=CODE)).pdf
    found = zxingcpp.read_barcodes(_scan(pdf, 100))
    assert [letter_of_code(code.text, SECRET) for code in found] == [4711]


def test_a_giro_code_is_read_from_a_picture_of_72_dpi() -> None:
    made = letter("N11", "gebuehrenbescheid")
    found = zxingcpp.read_barcodes(_scan(renderer().render(made).pdf, 100))
    assert [payment_of(code.text) for code in found] == [PAID]
    assert read_codes(renderer().render(made).pdf).payments == (PAID,)


@pytest.mark.parametrize(
    "code", ["", "4711", CODE[:-1], CODE[:-1] + str((int(CODE[-1]) + 1) % 10), "x" * 16, "٣" * 16]
)
def test_a_code_that_is_not_ours_belongs_to_no_letter(code: str) -> None:
    assert letter_of_code(code, SECRET) is None


def test_a_code_of_another_office_belongs_to_no_letter() -> None:
    assert letter_of_code(CODE, b"t" * 32) is None


def test_letters_with_codes_pass_the_gates_and_keep_their_place() -> None:
    assert _gated(letter("N12", code=CODE)) == set()
    fee = letter("N11", "gebuehrenbescheid", code=CODE, amount=Decimal("113.00"))
    assert _gated(fee) == set()
    page = pypdfium2.PdfDocument(renderer().render(letter("N12", code=CODE)).pdf)[0].get_textpage()
    start, _ = page.search("Priya").get_next()
    top = page.get_charbox(start, loose=True)[3]
    plain = pypdfium2.PdfDocument(renderer().render(letter("N12")).pdf)[0].get_textpage()
    same, _ = plain.search("Priya").get_next()
    assert top == pytest.approx(plain.get_charbox(same, loose=True)[3], abs=0.1)


def test_an_amount_other_than_the_signed_one_is_refused() -> None:
    fee = letter("N11", "gebuehrenbescheid", amount=Decimal("112.00"))
    assert _gated(fee) == {"betrag_weicht_ab"}


def test_a_code_that_says_something_else_is_refused() -> None:
    fee = letter("N11", "gebuehrenbescheid", code=CODE, amount=Decimal("113.00"))
    other = renderer().render(letter("N12", code=letter_code(4712, SECRET)))
    assert {"kennung", "girocode_betrag"} <= _gated(fee, rendered=other)
    fields = {**LETTERS["N11"].samples["gebuehrenbescheid"], "payment_reference": "fremd"}
    stranger = renderer().render(replace(fee, fields=fields))
    assert _gated(fee, rendered=stranger) == {"girocode"}


@pytest.mark.parametrize(
    "changes", [{"amount": Decimal(0)}, {"iban": "DE00"}, {"amount": Decimal("1e12")}]
)
def test_what_no_bank_takes_becomes_no_code(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        giro_image(replace(PAID, **changes))


@pytest.mark.parametrize("text", ["", "BCD", "BCD\n002\n1\nSCT\n\nA\nDE1\nEURviel", "https://x"])
def test_other_codes_are_no_payment(text: str) -> None:
    assert payment_of(text) is None


def test_a_letter_without_codes_has_none() -> None:
    found = read_codes(renderer().render(letter("N02")).pdf)
    assert (found.matrices, found.payments) == ((), ())


@pytest.mark.parametrize("corner", [(0, 400), (0, 0), (783, 400), (400, 1125), (-1, 400)])
@pytest.mark.parametrize("turn", [0.0, 1.5])
def test_a_scan_that_lies_at_the_edge_of_the_glass_is_recognised(
    corner: tuple[int, int], turn: float
) -> None:
    code = letter_code(17, SECRET)
    page = Image.new("L", (827, 1169), 255)
    draw = ImageDraw.Draw(page)
    for y, row in enumerate(matrix_rows(code)):
        for x, dark in enumerate(row):
            if dark:
                left, top = corner[0] + 3 * x, corner[1] + 3 * y
                draw.rectangle((left, top, left + 2, top + 2), fill=20)
    if turn:
        page = page.rotate(turn, fillcolor=255, expand=True)
    out = io.BytesIO()
    page.save(out, "PDF", resolution=100)
    assert read_codes(out.getvalue()).matrices == (code,)
