"""Pictures and signatures of hostile sheets: bombs and nonsense kill the probe, not the office."""

from __future__ import annotations

import io
import zlib

import pikepdf
import pytest
from PIL import Image

from abh.documents import bilder, signaturpruefung
from abh.documents.bilder import LARGE, SMALL, page_picture
from abh.documents.signaturpruefung import signatures_of
from abh.documents.textschicht import text_of_pdf
from tests.factories import a_pdf


def _size(png: bytes | None) -> tuple[int, int]:
    assert png is not None
    return Image.open(io.BytesIO(png)).size


def _pdf(width: float = 595, height: float = 842, content: bytes = b"", **save: object) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    page.MediaBox = pikepdf.Array([0, 0, width, height])
    page.Contents = pdf.make_stream(content)
    out = io.BytesIO()
    pdf.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def _png_bomb() -> bytes:
    """A PNG of 60,000 × 60,000 pixels in half a megabyte.

    Written by hand: a packed block of empty rows again and again, which takes no seconds.
    """
    side, blocks = 60_000, 600
    rows = bytes((1 + side // 8) * side // blocks)
    packer = zlib.compressobj(wbits=-15)
    block = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)
    adler = (len(rows) * blocks % 65_521) << 16 | 1  # of nothing but zeros
    packed = b"\x78\x9c" + block * blocks + b"\x03\x00" + adler.to_bytes(4)
    head = side.to_bytes(4) * 2 + b"\x01\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
        for kind, data in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    )


def test_a_page_and_a_photo_fit_into_the_size_asked_for() -> None:
    width, height = _size(page_picture(a_pdf(), "application/pdf", 1, SMALL))
    assert (width, height) <= SMALL
    assert height > width
    out = io.BytesIO()
    Image.new("RGB", (4000, 1000)).save(out, "JPEG")
    assert _size(page_picture(out.getvalue(), "image/jpeg", 1, LARGE)) == (1000, 250)


def test_a_photo_is_turned_as_the_camera_says() -> None:
    out = io.BytesIO()
    picture = Image.new("RGB", (400, 100))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(out, "JPEG", exif=exif)
    width, height = _size(page_picture(out.getvalue(), "image/jpeg", 1, LARGE))
    assert height > width


@pytest.mark.parametrize(("width", "height"), [(14_400, 3), (3, 14_400), (200_000, 200_000)])
def test_a_page_of_any_claimed_size_stays_small(width: float, height: float) -> None:
    drawn = page_picture(_pdf(width, height), "application/pdf", 1, LARGE)
    if drawn is not None:
        assert max(_size(drawn)) <= max(LARGE)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"", "application/pdf"),
        (b"%PDF-1.7 kaputt", "application/pdf"),
        (a_pdf()[:300], "application/pdf"),
        (_pdf(encryption=pikepdf.Encryption(owner="a", user="b")), "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "image/png"),
        (b"<svg onload='alert(1)'/>", "image/png"),
        (a_pdf(), "image/jpeg"),
        (b"MZ" + b"\0" * 100, "application/x-dosexec"),
        (b"<script>", "text/html"),
    ],
)
def test_what_cannot_be_drawn_is_no_picture(data: bytes, mime: str) -> None:
    assert page_picture(data, mime, 1, SMALL) is None


def test_bombs_end_the_probe_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bilder._LIMITS, "seconds", 2)  # it would use up all it is given
    assert page_picture(_png_bomb(), "image/png", 1, SMALL) is None
    packed = zlib.compress(b"0 0 m 1 1 l S\n" * 3_000_000, 1)
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    stream = pikepdf.Stream(pdf, b"")
    stream.write(packed, filter=pikepdf.Name.FlateDecode)
    page.Contents = stream
    out = io.BytesIO()
    pdf.save(out)
    # Whether it gets through in its seconds or not: the office goes on.
    page_picture(out.getvalue(), "application/pdf", 1, SMALL)


@pytest.mark.parametrize("page", [0, -1, 2, 10**9])
def test_pages_that_do_not_exist_are_no_picture(page: int) -> None:
    assert page_picture(a_pdf(), "application/pdf", page, SMALL) is None


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 /ByteRange",
        a_pdf() + b"/ByteRange [0 1 2 3]",
        b"/ByteRange" + b"\xff" * 10_000,
        _pdf(encryption=pikepdf.Encryption(owner="a", user="b")) + b"% /ByteRange",
    ],
)
def test_a_file_that_only_looks_signed_has_no_signature(data: bytes) -> None:
    found, _fault = signatures_of(data)
    assert found == []


def test_a_file_without_signature_costs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaturpruefung.subprocess, "run", None)
    assert signatures_of(a_pdf()) == ([], "")


def test_text_of_hostile_files_is_empty() -> None:
    for data in (b"", b"%PDF-1.7", _pdf(encryption=pikepdf.Encryption(owner="a", user="b"))):
        assert text_of_pdf(data) == ""
