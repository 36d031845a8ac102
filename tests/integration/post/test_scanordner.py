"""The scan folder: cut into letters, kept and explained whatever it is, each file once."""

from __future__ import annotations

import io
import os
import time
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import func, select, text

from abh.documents import stapel, trennblatt
from abh.documents.codes import letter_code, matrix_rows
from abh.documents.trennblatt import Separator
from abh.documents.virenscan import ScannerSilent
from abh.kernel.errors import UploadRefused
from abh.post import scanordner, texterkennung
from abh.post.scanordner import DONE
from abh.post.tables import PostArrival, PostItem, PostPart
from tests.integration.post.conftest import PostRoom

SECRET = b"x" * 32
A4 = (620, 877)


def picture(*lines: str, turn: int = 0, code: str = "") -> Image.Image:
    """Return a scanned page at 75 dpi; without lines and code it is blank."""
    page = Image.new("L", A4, 255)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((60, 300 + 30 * number), line, fill=0)
    if code:
        rows = matrix_rows(code)
        small = Image.new("L", (len(rows), len(rows)), 255)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                small.putpixel((x, y), 0 if dark else 255)
        big = small.resize((len(rows) * 5, len(rows) * 5), Image.Resampling.NEAREST)
        page.paste(big, (60, 60))
    return page.rotate(turn)


def separator(
    unit: str = "SG3", kind: str = "", day: date | None = None, dpi: int = 75
) -> Image.Image:
    import pypdfium2

    pdf = trennblatt.sheet(Separator(unit, kind, day), "Trennblatt\nÄÖÜ", SECRET)
    return pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil().convert("L")


def pdf_of(*pages: Image.Image) -> bytes:
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=75, save_all=True, append_images=pages[1:])
    return out.getvalue()


def put(folder: Path, name: str, data: bytes, *, age: float = 100.0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


@pytest.fixture
def folder(room: PostRoom, tmp_path: Path) -> Path:
    place = tmp_path / "scan"
    place.mkdir()
    object.__setattr__(room.house, "scan_dir", place)
    return place


def sweep(room: PostRoom) -> int:
    return scanordner.sweep(room.session, room.house, 20)


def items(room: PostRoom) -> list[PostItem]:
    return list(room.session.scalars(select(PostItem).order_by(PostItem.id)))


def test_a_stack_is_cut_into_letters_by_separator_sheets(room: PostRoom, folder: Path) -> None:
    stack = pdf_of(
        separator("SG3", "documents", date(2026, 11, 19)),
        picture(),  # the empty back of the separator sheet
        picture("Gehaltsnachweis", "Seite 1"),
        picture(),
        separator("SG5"),
        picture("Brief zwei"),
    )
    put(folder, "stapel.pdf", stack)
    assert sweep(room) == 1
    one, two = items(room)
    assert (one.unit_key, one.kind, one.received_on) == ("SG3", "documents", date(2026, 11, 19))
    assert (two.unit_key, two.received_on) == ("SG5", date(2026, 11, 23))
    assert one.notes == ["Seite 2 ist leer."]
    assert [one.reading, two.reading] == ["bild", "bild"]
    cut = pikepdf.open(io.BytesIO(room.house.blobs.get(one.sha256 or "")))
    assert len(cut.pages) == 2
    arrival = room.session.scalars(select(PostArrival)).one()
    assert (arrival.pages, arrival.items, arrival.name) == (6, 2, "stapel.pdf")


def test_a_file_goes_away_only_after_it_is_known_and_comes_once(
    room: PostRoom, folder: Path
) -> None:
    path = put(folder, "brief.pdf", pdf_of(picture("Brief")))
    with pytest.raises(RuntimeError), room.session.begin_nested():
        (arrived,) = scanordner.waiting(folder, frozenset(), room.house.now())
        scanordner.take(room.session, room.house, arrived)
        raise RuntimeError("killed after the original was stored, before the commit")
    assert (path.exists(), items(room)) == (True, [])
    assert sweep(room) == 1
    # Killed after the commit, before the file was moved: nothing is double.
    assert path.exists()
    assert sweep(room) == 0
    assert not path.exists()
    (moved,) = (folder / DONE).iterdir()
    assert moved.name.endswith("-brief.pdf")
    assert moved.read_bytes() == room.house.blobs.get(items(room)[0].sha256 or "")
    put(folder, "noch-einmal.pdf", moved.read_bytes())
    assert sweep(room) == 0
    assert len(items(room)) == 1
    assert not (folder / "noch-einmal.pdf").exists()


BROKEN = b"%PDF-1.7\n1 0 obj<<" + b"x" * 500


@pytest.mark.parametrize(
    ("name", "data", "note"),
    [
        ("kaputt.pdf", BROKEN, "beschädigt"),
        ("leer.pdf", b"", "0 Byte"),
        ("programm.exe", b"MZ\x90\0" + b"\0" * 200, "kein PDF"),
        ("bombe.zip", b"PK\x03\x04" + b"\0" * 200, "kein PDF"),
        ("halb.tif", b"II*\0\x08\0\0\0\x02\0", "beschädigt"),
        ("=cmd|'calc'!A0.pdf", BROKEN, "beschädigt"),
    ],
)
def test_what_cannot_be_read_is_stored_and_explained(
    room: PostRoom, folder: Path, name: str, data: bytes, note: str
) -> None:
    put(folder, name, data)
    assert sweep(room) == 1
    (item,) = items(room)
    assert note in item.notes[0]
    assert item.kind == "other"
    assert name[:80] in item.subject
    assert (room.house.blobs.get(item.sha256) if item.sha256 else b"") == data
    assert sweep(room) == 0
    assert list(folder.glob("*.*")) == []


def test_a_locked_pdf_is_stored_and_says_that_it_is_locked(room: PostRoom, folder: Path) -> None:
    out = io.BytesIO()
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    put(folder, "zu.pdf", out.getvalue())
    sweep(room)
    assert "Passwort" in items(room)[0].notes[0]


def test_pages_upside_down_are_turned_by_their_code(room: PostRoom, folder: Path) -> None:
    case = room.case()
    letter = room.session.execute(
        text("SELECT id FROM letter WHERE vorgang_id = :id LIMIT 1"), {"id": case.vorgang_id}
    ).scalar_one()
    page = picture("zurück", code=letter_code(letter, SECRET), turn=180)
    put(folder, "kopf.pdf", pdf_of(page, picture("Umschlag")))
    sweep(room)
    (item,) = items(room)
    assert item.notes == ["Seite 1 lag auf dem Kopf; sie ist zum Lesen gedreht."]
    assert item.kind == "returned"
    assert item.quoted_number == case.number
    # A number alone opens nobody's file.
    assert item.vorgang_id is None
    view = room.session.scalars(select(PostPart)).one()
    shown = pikepdf.open(io.BytesIO(room.house.blobs.get(view.sha256 or "")))
    assert [int(one.get("/Rotate", 0)) for one in shown.pages] == [180, 0]


def test_half_a_code_is_shown_and_a_strangers_code_cuts_nothing(
    room: PostRoom, folder: Path
) -> None:
    forged = trennblatt.code_of(Separator("SG6"), b"y" * 32)
    sheet = separator(dpi=150)
    half = Image.new("L", sheet.size, 255)
    half.paste(sheet.crop((100, 100, 220, 400)), (100, 100))
    put(
        folder,
        "codes.pdf",
        pdf_of(
            picture("Seite 1"),
            picture("Seite 2", code=forged),
            half,
        ),
    )
    sweep(room)
    (item,) = items(room)
    assert item.notes[0].startswith("Auf Seite 3 ist ein Code nicht zu lesen")
    assert item.sha256 is not None


def test_a_tiff_of_several_pages_is_kept_as_it_is_with_a_view_beside(
    room: PostRoom, folder: Path
) -> None:
    out = io.BytesIO()
    pages = [picture("eins").convert("1"), picture("zwei").convert("1")]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="group4")
    put(folder, "SG5/fax.tif", out.getvalue())
    sweep(room)
    (item,) = items(room)
    assert (item.mime, item.unit_key) == ("image/tiff", "SG5")
    assert room.house.blobs.get(item.sha256 or "") == out.getvalue()
    view = room.session.scalars(select(PostPart)).one()
    assert len(pikepdf.open(io.BytesIO(room.house.blobs.get(view.sha256 or ""))).pages) == 2


def test_three_hundred_pages_are_one_letter_with_all_its_pages(
    room: PostRoom, folder: Path
) -> None:
    small = picture("Seite").crop((0, 250, 150, 400))
    page = pikepdf.open(io.BytesIO(pdf_of(small)))
    book = pikepdf.new()
    book.pages.extend([page.pages[0]] * 300)
    out = io.BytesIO()
    book.save(out)
    put(folder, "dick.pdf", out.getvalue())
    sweep(room)
    assert room.session.scalars(select(PostArrival.pages)).one() == 300
    assert "300 Seiten" in items(room)[0].subject


def test_a_file_still_being_written_and_links_are_left_alone(room: PostRoom, folder: Path) -> None:
    put(folder, "wird.pdf", BROKEN, age=0)
    put(folder, "wird-noch.pdf", BROKEN, age=20)
    put(folder, ".versteckt.pdf", BROKEN)
    put(folder, "scan.pdf.part", BROKEN)
    (folder / "link.pdf").symlink_to("/etc/hostname")
    (folder / "SG1").symlink_to("/etc")
    assert sweep(room) == 0
    assert items(room) == []
    assert len(list(folder.iterdir())) == 6


class Infected:
    def check(self, name: str, data: bytes) -> None:
        raise UploadRefused(f"„{name}“ enthält Schadsoftware.")


class Silent:
    def check(self, name: str, data: bytes) -> None:
        raise ScannerSilent("antwortet nicht")


def test_an_infected_file_is_named_and_not_stored_and_a_silent_scanner_waits(
    room: PostRoom, folder: Path
) -> None:
    put(folder, "virus.pdf", pdf_of(picture("Brief")))
    object.__setattr__(room.house, "scanner", Silent())
    assert sweep(room) == 0
    object.__setattr__(room.house, "scanner", Infected())
    assert sweep(room) == 1
    (item,) = items(room)
    assert item.sha256 is None
    assert "Schadsoftware" in item.notes[0]


def test_a_letter_with_writing_is_sorted_and_put_into_its_case(
    room: PostRoom, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = room.case()
    said = (
        f"Verwaltungsgericht Düsseldorf\n27 L 1234/26\nIn dem Verfahren Thị Ánh Tuyết Nguyễn wegen "
        f"einstweiliger Anordnung\nIhr Zeichen {case.number}\nbis zum 04.12.2026"
    )
    put(folder, "gericht.pdf", pdf_of(picture("Ein Brief, gescannt")))
    sweep(room)
    (item,) = items(room)
    assert (item.reading, item.vorgang_id) == ("bild", None)
    monkeypatch.setattr(stapel, "can_read_writing", lambda: True)
    monkeypatch.setattr(stapel, "read_writing", lambda data: said)
    assert texterkennung.sweep(room.session, room.house, 5) == 1
    room.session.expire_all()
    (item,) = items(room)
    assert (item.reading, item.kind, item.bell) == ("gelesen", "court", True)
    assert item.vorgang_id == case.vorgang_id
    assert item.harm == {"frist": "2026-12-04"}
    assert item.bundle_id is not None
    rung = "SELECT count(*) FROM outbox_message WHERE dedup_key LIKE 'post:glocke:%'"
    assert room.session.scalar(text(rung)) == 1
    assert room.session.scalar(
        select(func.count()).select_from(PostItem).where(PostItem.bundle_id.is_(None))
    ) == 0  # fmt: skip


@pytest.mark.skipif(not stapel.can_read_writing(), reason="ocrmypdf or tesseract is not installed")
def test_writing_upside_down_is_read() -> None:
    from PIL import ImageFont

    page = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(page)
    lines = ["Verwaltungsgericht", "In dem Verfahren wegen einstweiliger Anordnung",
             "wird die Stellungnahme binnen einer Woche erbeten.",
             "Die Geschäftsstelle bittet um Vorlage der Akten."]  # fmt: skip
    for number, line in enumerate(lines):
        draw.text((150, 300 + 110 * number), line, fill=0, font=ImageFont.load_default(50))
    out = io.BytesIO()
    page.rotate(180).save(out, "PDF", resolution=200)
    assert "Stellungnahme binnen einer Woche" in stapel.read_writing(out.getvalue())
