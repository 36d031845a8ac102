"""The QR code on a page is one that telephones read, and says what stands beside it."""

import re

import pytest
import zxingcpp
from PIL import Image

from abh.web.qr import qr_code


def _picture(svg: str) -> Image.Image:
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    drawn = Image.new("L", (side, side), 255)
    for left, top, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h", svg):
        if (int(width), int(height)) != (side, side):
            drawn.paste(0, (int(left), int(top), int(left) + int(width), int(top) + int(height)))
    return drawn.resize((side * 6, side * 6), Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    "text",
    [
        "K7QM-2XVD",
        "https://termine.example.org/termine/link/abcdefghijklmnopqrstuv",
        "https://termine.example.org/ü/\"<script>'&",
    ],
)
def test_a_reader_finds_the_text_and_no_small_kind(text: str) -> None:
    (found,) = zxingcpp.read_barcodes(_picture(str(qr_code(text))))
    assert found.text == text
    assert found.format == zxingcpp.BarcodeFormat.QRCode


def test_the_text_itself_is_not_written_into_the_page() -> None:
    assert "script" not in str(qr_code("<script>alert(1)</script>"))
