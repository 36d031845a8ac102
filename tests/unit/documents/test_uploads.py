"""Uploads: judged by content, every hostile or broken file refused with a clear message."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pikepdf
import pytest
from PIL import Image

from abh.documents import uploads
from abh.documents.uploads import UploadLimits, safe_name
from abh.kernel.errors import UploadRefused
from abh.kernel.ids import content_hash

LIMITS = UploadLimits()
inspect_upload = partial(uploads.inspect_upload, scanner=None)


def _pdf(
    change: Callable[[pikepdf.Pdf], None] | None = None, pages: int = 1, **save: object
) -> bytes:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
    if change:
        change(pdf)
    out = io.BytesIO()
    pdf.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def _picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind)
    return out.getvalue()


def _refused(name: str, data: bytes, limits: UploadLimits = LIMITS) -> str:
    with pytest.raises(UploadRefused) as error:
        inspect_upload(name, data, limits)
    (reason,) = error.value.reasons
    assert str(error.value) == reason.text
    return reason.key


def test_a_pdf_is_accepted_with_its_pages() -> None:
    data = _pdf(pages=3)
    accepted = inspect_upload("Arbeitsvertrag.PDF", data)
    assert (accepted.mime, accepted.pages) == ("application/pdf", 3)
    assert (accepted.sha256, accepted.safe_name) == (content_hash(data), "Arbeitsvertrag.pdf")


@pytest.mark.parametrize(
    ("kind", "mime", "name"), [("JPEG", "image/jpeg", "p.jpg"), ("PNG", "image/png", "p.png")]
)
def test_pictures_are_accepted(kind: str, mime: str, name: str) -> None:
    accepted = inspect_upload("p.heic", _picture(kind))
    assert (accepted.mime, accepted.pages, accepted.safe_name) == (mime, None, name)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "leer"),
        (b"\0" * (LIMITS.max_bytes + 1), "zu_gross"),
        (b"Nur Text, kein PDF", "falscher_typ"),
        (b"PK\x03\x04" + b"\0" * 500, "falscher_typ"),
        (b"MZ" + b"\0" * 500, "falscher_typ"),
        (b"GIF89a" + b"\0" * 500, "falscher_typ"),
        (b"%PDF-1.7\nkaputt", "beschaedigt"),
        (_pdf()[:-200], "beschaedigt"),
        (_pdf(encryption=pikepdf.Encryption(owner="a", user="b")), "verschluesselt"),
        (_picture("JPEG", (400, 400))[:2000], "beschaedigt"),
        (_picture("PNG", (400, 400))[:2000], "beschaedigt"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 300, "beschaedigt"),
    ],
)
def test_what_cannot_be_filed_is_refused(data: bytes, key: str) -> None:
    assert _refused("Vertrag.pdf", data) == key


def test_a_file_that_forbids_changes_only_is_accepted() -> None:
    locked = _pdf(encryption=pikepdf.Encryption(owner="a", user=""))
    assert inspect_upload("Bescheid.pdf", locked).pages == 1


def test_a_message_names_the_file_and_says_what_to_do() -> None:
    with pytest.raises(UploadRefused) as error:
        inspect_upload("Müller.pdf", b"\0" * (LIMITS.max_bytes + 1))
    assert str(error.value) == (
        "„Müller.pdf“ ist 20 MB groß; möglich sind 20 MB. Bitte verkleinern Sie die Datei oder "
        "teilen Sie sie auf."
    )


@pytest.mark.parametrize("name", ["a\0.pdf", "a\n.pdf", "\x1b[2J.pdf"])
def test_control_characters_in_names_are_refused(name: str) -> None:
    assert _refused(name, _pdf()) == "dateiname"


def test_too_many_pages_are_refused() -> None:
    assert _refused("a.pdf", _pdf(pages=6), replace(LIMITS, max_pages=5)) == "zu_viele_seiten"


def _bomb(pdf: pikepdf.Pdf) -> None:
    # 40 MB of zeros, packed twice: a few hundred bytes on the wire.
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(40)) + packer.flush()
    twice = zlib.compress(packed, 9)
    stream = pikepdf.Stream(pdf, b"")
    stream.write(
        twice,
        filter=pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode]),
    )
    pdf.Root.Bombe = pdf.make_indirect(stream)


def test_a_stream_that_unpacks_without_end_is_refused() -> None:
    data = _pdf(_bomb, compress_streams=False)
    assert len(data) < 100_000
    small = replace(LIMITS, max_unpacked=20 * 1024 * 1024)
    assert _refused("a.pdf", data, small) == "bombe"
    assert inspect_upload("a.pdf", data, replace(LIMITS, max_unpacked=41 << 20)).pages == 1


def _drawing(pdf: pikepdf.Pdf, size: int, kind: str = "/FlateDecode") -> pikepdf.Object:
    """Return a stream of drawing orders that unpacks to ``size`` bytes."""
    stream = pikepdf.Stream(pdf, b"")
    if kind == "/LZWDecode":
        # Codes of nine bits: clear, one blank as often as asked, end.
        codes = [256, *([32, 256] * size), 257]
        bits = "".join(f"{code:09b}" for code in codes)
        packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))
    else:
        packed = zlib.compress(b" " * size)
    filters = [pikepdf.Name(kind)]
    if kind == "/ASCIIHexDecode":
        packed, filters = packed.hex().encode() + b">", [*filters, pikepdf.Name.FlateDecode]
    stream.write(packed, filter=pikepdf.Array(filters))
    return pdf.make_indirect(stream)


@pytest.mark.parametrize("kind", ["/FlateDecode", "/ASCIIHexDecode", "/LZWDecode"])
def test_a_page_that_draws_without_end_is_refused_however_it_is_packed(kind: str) -> None:
    def draw(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents = _drawing(pdf, 3_000, kind)

    data = _pdf(draw, compress_streams=False)
    assert _refused("a.pdf", data, replace(LIMITS, max_page_content=2_999)) == "bombe"
    assert _refused("a.pdf", data, replace(LIMITS, max_content=2_999)) == "bombe"
    assert inspect_upload("a.pdf", data, replace(LIMITS, max_page_content=3_000)).pages == 1


def test_what_a_page_draws_counts_as_often_as_it_is_named_and_so_do_its_forms() -> None:
    def often(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents = pikepdf.Array([_drawing(pdf, 1_000)] * 40)

    def form(pdf: pikepdf.Pdf) -> None:
        inner = _drawing(pdf, 40_000)
        inner.Subtype = pikepdf.Name.Form
        pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))

    assert _refused("a.pdf", _pdf(often), replace(LIMITS, max_page_content=39_999)) == "bombe"
    assert inspect_upload("a.pdf", _pdf(often), replace(LIMITS, max_page_content=40_000)).pages
    assert _refused("a.pdf", _pdf(form), replace(LIMITS, max_content=39_999)) == "bombe"
    # A font is large and draws nothing by itself.
    font = partial(_drawing, size=40_000)
    embedded = _pdf(lambda pdf: pdf.Root.__setattr__("Font", font(pdf)))
    assert inspect_upload("a.pdf", embedded, replace(LIMITS, max_content=39_999)).pages == 1


def _scan(pdf: pikepdf.Pdf, width: int, height: int, data: bytes, packing: str) -> None:
    for page in pdf.pages:
        picture = pikepdf.Stream(
            pdf, b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
            Width=width, Height=height, ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=1,
        )  # fmt: skip
        picture.write(data, filter=pikepdf.Name(packing))
        drawn = pikepdf.Dictionary(I=pdf.make_indirect(picture))
        page.obj.Resources = pikepdf.Dictionary(XObject=drawn)


def test_a_thick_scan_of_600_dpi_is_accepted() -> None:
    # 4961 x 7016 pixels a page; the pixels of all pages together say nothing of any one of them.
    whole = _pdf(
        partial(_scan, width=4961, height=7016, data=b"\0" * 50, packing="/CCITTFaxDecode"), 200
    )
    assert inspect_upload("Mietvertrag.pdf", whole).pages == 200


def test_a_picture_inside_a_pdf_has_no_more_pixels_and_bytes_than_it_needs() -> None:
    huge = partial(_scan, width=30_000, height=3_000, data=b"\0" * 50, packing="/DCTDecode")
    assert _refused("a.pdf", _pdf(huge)) == "bombe"
    packed = zlib.compress(b"\0" * (3 << 20))
    false = partial(_scan, width=8, height=8, data=packed, packing="/FlateDecode")
    assert _refused("a.pdf", _pdf(false, compress_streams=False)) == "bombe"
    true = partial(_scan, width=5_000, height=5_000, data=packed, packing="/FlateDecode")
    assert inspect_upload("a.pdf", _pdf(true, compress_streams=False)).pages == 1


def _packed_catalogue(megabytes: int) -> bytes:
    """Return a sound PDF whose catalogue lies in an object stream of that unpacked size."""
    packer = zlib.compressobj(1)
    body = packer.compress(b"1 0 <</Type/Catalog/Pages 2 0 R>>")
    body += b"".join(packer.compress(b" " * (1 << 20)) for _ in range(megabytes))
    body += packer.flush()
    objects = {
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        4: b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(body)
        + body
        + b"\nendstream",
    }
    data, rows = b"%PDF-1.7\n", b"\0" * 6 + b"\2\0\0\0\4\0"
    for number, content in objects.items():
        rows += b"\1" + len(data).to_bytes(4, "big") + b"\0"
        data += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(data)
    rows += b"\1" + start.to_bytes(4, "big") + b"\0"
    return data + (
        b"5 0 obj\n<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(rows)
        + rows
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    )


def test_an_object_stream_that_fills_the_memory_kills_only_the_probe() -> None:
    # The parser itself unpacks object streams, so only limits of the process can stop it.
    small = replace(LIMITS, memory=200 * 1024 * 1024)
    assert inspect_upload("a.pdf", _packed_catalogue(1), small).pages == 1
    bomb = _packed_catalogue(120)
    assert _refused("a.pdf", bomb, small) in {"beschaedigt", "bombe", "zu_komplex"}
    # The control: it was the memory that stopped it, the file itself is sound.
    assert inspect_upload("a.pdf", bomb, replace(LIMITS, memory=2 << 30)).pages == 1


def test_nesting_that_would_exhaust_the_stack_is_refused() -> None:
    deep = b"[" * 300_000 + b"]" * 300_000
    base = _pdf()
    at = base.index(b"/Pages")
    data = base[:at] + b"/Tief " + deep + b" " + base[at:]
    assert _refused("a.pdf", data) in {"beschaedigt", "zu_komplex", "bombe"}


def test_too_many_objects_are_refused() -> None:
    def many(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Viele = pikepdf.Array(
            [pdf.make_indirect(pikepdf.Dictionary(a=i)) for i in range(60)]
        )

    assert _refused("a.pdf", _pdf(many), replace(LIMITS, max_objects=50)) == "zu_komplex"


def test_programs_in_a_pdf_are_refused() -> None:
    def open_action(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pdf.make_indirect(
            pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        )

    def direct(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(
            S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
        )

    def launch(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pdf.make_indirect(
            pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("cmd.exe"))
        )

    for change in (open_action, direct, launch):
        assert _refused("a.pdf", _pdf(change)) == "aktive_inhalte"


def test_files_inside_a_pdf_are_refused() -> None:
    def attach(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["x.exe"] = b"MZ"

    assert _refused("a.pdf", _pdf(attach)) == "eingebettete_dateien"


def test_a_picture_of_too_many_pixels_is_refused_before_it_unpacks() -> None:
    data = _picture("PNG", (300, 200))
    assert _refused("a.png", data, replace(LIMITS, max_pixels=59_999)) == "bombe"
    assert inspect_upload("a.png", data, replace(LIMITS, max_pixels=60_000)).mime == "image/png"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Daten\\Pass.pdf", "Pass.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("", "dokument.pdf"),
        ("...", "dokument.pdf"),
        ("Zeugnis (1) $x;.jpeg", "Zeugnis (1) _x.pdf"),
        ("Đặng Łukaszewicz.pdf", "Đặng Łukaszewicz.pdf"),
        ("\u202egpj.exe", "gpj.exe.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_names_lose_paths_and_take_their_true_ending(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe
