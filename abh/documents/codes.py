"""Codes on letters: DataMatrix for returned mail, GiroCode for payments; drawn and read back.

The only importer of ppf.datamatrix, segno and zxing-cpp. A code bears no personal data.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import pypdfium2
import zxingcpp
from PIL import Image, ImageOps
from ppf.datamatrix import DataMatrix
from segno import helpers

from abh.kernel.errors import FieldProblem, InvalidInput

_ID_DIGITS, _MAC_DIGITS = 10, 6
_MATRIX_LENGTH = _ID_DIGITS + _MAC_DIGITS
# 150 dpi: what an office scanner gives, and enough for both codes.
_SCALE = 150 / 72
_FORMATS = zxingcpp.BarcodeFormats(
    [zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.QRCode]
)
_EPC = "BCD"
_FRAME = 12
# PDFium keeps state of the whole process; two threads in it crash.
PDFIUM = threading.Lock()


@dataclass(frozen=True, slots=True)
class Payment:
    """What a GiroCode tells a bank (EPC069-12); ``amount`` in EUR, ``text`` the purpose."""

    name: str
    iban: str
    bic: str
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The codes that a reader found on a letter."""

    matrices: tuple[str, ...]
    payments: tuple[Payment, ...]


def letter_code(letter_id: int, secret: bytes) -> str:
    """Return the 16 digits on a letter: its number and a check only the office can make.

    Sixteen digits are one DataMatrix of 14 by 14 modules, readable from a scan of 100 dpi.
    """
    number = f"{letter_id:0{_ID_DIGITS}d}"
    if len(number) > _ID_DIGITS:
        raise InvalidInput([FieldProblem("letter", "Die Briefnummer ist zu lang für den Code.")])
    return number + _mac(number, secret)


def letter_of_code(code: str, secret: bytes) -> int | None:
    """Return the number of the letter that ``code`` belongs to, None if it is not ours."""
    number, mac = code[:_ID_DIGITS], code[_ID_DIGITS:]
    if len(code) != _MATRIX_LENGTH or not (code.isascii() and code.isdigit()):
        return None
    return int(number) if hmac.compare_digest(_mac(number, secret), mac) else None


def matrix_image(code: str) -> str:
    """Return the DataMatrix of ``code`` as a drawing (data URI of an SVG), quiet zone included."""
    rows = matrix_rows(code)
    size = len(rows) + 2
    dots = "".join(
        f"M{x + 1} {y + 1}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on
    )
    return _uri(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path d="{dots}" fill="#000"/></svg>'
    )


def matrix_rows(code: str) -> list[list[int]]:
    """Return the modules of the DataMatrix of ``code``, row by row, 1 for dark; no quiet zone."""
    return [[int(on) for on in row] for row in DataMatrix(code).matrix]


def giro_image(payment: Payment) -> str:
    """Return the GiroCode of ``payment`` as a drawing; raises ``InvalidInput`` for what no bank
    takes: an amount of nothing, a wrong IBAN."""
    try:
        code = helpers.make_epc_qr(
            name=payment.name[:70],
            iban=payment.iban.replace(" ", ""),
            amount=payment.amount,
            text=payment.text[:140],
            bic=payment.bic or None,
            encoding="utf-8",
        )
    except ValueError as error:
        raise InvalidInput([FieldProblem("total", f"Kein GiroCode möglich: {error}")]) from error
    out = io.BytesIO()
    code.save(out, kind="svg", border=2, xmldecl=False, svgns=True, nl=False)
    return _uri(out.getvalue().decode("ascii"))


def read_codes(pdf: bytes, *, upright: bool = False) -> Found:
    """Return the codes that a reader finds on the pages of ``pdf``.

    ``upright`` is for pages that we laid out ourselves and takes a third of the time; a scan may
    lie on any side.
    """
    texts = [text for image in _pages(pdf) for text in _texts(image, upright=upright)]
    payments = tuple(p for p in map(payment_of, texts) if p is not None)
    return Found(tuple(t for t in texts if not t.startswith(_EPC)), payments)


def payment_of(text: str) -> Payment | None:
    """Return the payment of a GiroCode's text, None when it is none."""
    lines = [*text.replace("\r\n", "\n").split("\n"), *[""] * 12]
    if lines[0] != _EPC or lines[3] != "SCT" or not lines[7].startswith("EUR"):
        return None
    try:
        amount = Decimal(lines[7].removeprefix("EUR"))
    except InvalidOperation:
        return None
    return Payment(lines[5], lines[6], lines[4], amount, lines[10] or lines[9])


def _pages(pdf: bytes) -> Iterator[Image.Image]:
    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            for page in document:
                yield page.render(scale=_SCALE, grayscale=True).to_pil()
        finally:
            document.close()


def _texts(image: Image.Image, *, upright: bool) -> list[str]:
    # A code that lies at the edge of a scan has lost the white around it, by which it is found.
    framed = image if upright else ImageOps.expand(image, _FRAME, fill=255)
    found = zxingcpp.read_barcodes(
        framed,
        formats=_FORMATS,
        try_rotate=not upright,
        try_invert=not upright,
        try_downscale=not upright,
    )
    return [code.text for code in found]


def _mac(number: str, secret: bytes) -> str:
    digest = hmac.new(secret, f"brief:{number}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**_MAC_DIGITS:0{_MAC_DIGITS}d}"


def _uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")
