"""Hostile mail: stored elsewhere, here explained, never executed, never an error."""

from __future__ import annotations

import base64
import io
import struct
import zipfile

import pytest

from abh.post import nachricht


def mime(head: str, body: str = "", *parts: tuple[str, bytes]) -> bytes:
    text = head + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    raw = text.encode() + b"--x\r\nContent-Type: text/plain\r\n\r\n" + body.encode() + b"\r\n"
    for heads, data in parts:
        raw += b"--x\r\n" + heads.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        raw += base64.encodebytes(data)
    return raw + b"--x--\r\n"


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


PLAIN = "From: a@b\r\nSubject: s\r\n"
CASES = {
    "winmail.dat": (
        mime(PLAIN, "x", ("Content-Type: application/ms-tnef; name=winmail.dat", b"\x78\x9f\x3e")),
        "Outlook-Paket (winmail.dat), beschädigt",
    ),
    "zip in zip": (
        mime(
            PLAIN, "x",
            ("Content-Type: application/zip; name=a.zip", zipped("b.zip", zipped("c.exe", b"MZ"))),
        ),
        "Archiv mit 2 Dateien (b.zip [c.exe]): wird nicht ausgepackt",
    ),
    "broken zip": (
        mime(PLAIN, "x", ("Content-Type: application/zip; name=a.zip", b"PK\x03\x04kaputt")),
        "Archiv, nicht lesbar",
    ),
    "calendar bomb": (
        mime(
            PLAIN, "x",
            ("Content-Type: text/calendar; name=t.ics",
             b"BEGIN:VEVENT\r\nRRULE:FREQ=SECONDLY;COUNT=999999999\r\n" * 1_000),
        ),
        "Kalendereintrag: wird nicht übernommen",
    ),
    "macro": (
        mime(PLAIN, "x", ("Content-Type: application/octet-stream; name=r.docm", b"PK")),
        "Programm oder Makro",
    ),
    "empty attachment": (
        mime(PLAIN, "x", ("Content-Disposition: attachment; filename=leer.pdf", b"")),
        "leer",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_attachment_says_what_it_is_and_is_never_opened(name: str) -> None:
    raw, note = CASES[name]
    (part,) = nachricht.read(raw).parts
    assert part.note.startswith(note)
    assert part.data is not None


def parcel(*files: tuple[str, str, bytes]) -> bytes:
    """Return a winmail.dat as [MS-OXTNEF] has it: short name, long name, content of each file."""

    def attribute(level: int, number: int, value: bytes) -> bytes:
        head = struct.pack("<BII", level, number, len(value))
        return head + value + struct.pack("<H", sum(value) & 0xFFFF)

    def text(value: str) -> bytes:
        raw = value.encode("utf-16-le") + b"\0\0"
        return struct.pack("<II", 1, len(raw)) + raw + b"\0" * (-len(raw) % 4)

    raw = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x0002800C, b"Text steht in der Mail\0")
    for short, long, data in files:
        named = struct.pack("<HH", 0x1F, 0x8001) + b"g" * 16 + struct.pack("<II", 1, 6)
        named += b"a\0b\0\0\0\0\0" + text("x")
        whole = struct.pack("<I", 3) + struct.pack("<HHi", 3, 0x3705, 1) + named
        whole += struct.pack("<HH", 0x1F, 0x3707) + text(long)
        raw += attribute(2, 0x00069002, b"\0" * 14) + attribute(
            2, 0x00018010, short.encode() + b"\0"
        )
        raw += attribute(2, 0x0006800F, data)
        raw += attribute(2, 0x00069005, whole) if long else b""
    return raw


def outlook(data: bytes) -> bytes:
    return mime(PLAIN, "x", ("Content-Type: application/ms-tnef; name=winmail.dat", data))


def test_what_outlook_packed_lies_beside_its_parcel() -> None:
    data = parcel(
        ("ARBEIT~1.PDF", "Arbeitsvertrag Müller.pdf", b"%PDF-1.4 x"),
        ("..\\a.exe", "", b"MZ"),
        ("winmail.dat", "", parcel(("inner.pdf", "", b"%PDF-1.4 y"))),
    )
    whole, contract, program, inner = nachricht.read(outlook(data)).parts
    assert (whole.data, whole.note) == (
        data, "Outlook-Paket (winmail.dat): 3 Dateien, sie stehen darunter",
    )  # fmt: skip
    assert (contract.file_name, contract.mime) == ("Arbeitsvertrag Müller.pdf", "application/pdf")
    assert (contract.data, contract.note) == (b"%PDF-1.4 x", "aus winmail.dat")
    assert program.file_name == "a.exe"
    assert program.note == "aus winmail.dat; Programm oder Makro: nicht öffnen"
    assert inner.note == "Outlook-Paket (winmail.dat): ohne Dateien"


@pytest.mark.parametrize("cut", range(1, 210, 13))
def test_a_parcel_that_breaks_off_or_was_changed_is_kept_and_explained(cut: int) -> None:
    data = parcel(("vertrag.pdf", "Vertrag.pdf", b"%PDF-1.4"))
    changed = data[:cut] + bytes([data[cut] ^ 1]) + data[cut + 1 :]
    for broken in (data[:-cut], changed):
        whole = nachricht.read(outlook(broken)).parts[0]
        assert whole.data == broken
        assert whole.note.startswith("Outlook-Paket (winmail.dat)")


def test_a_nest_of_archives_is_read_within_one_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nachricht, "_MOST_INNER", 400)
    data = b"PK"
    for _level in range(6):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for number in range(3):
                archive.writestr(f"{number}.zip", data)
        data = out.getvalue()
    raw = mime(PLAIN, "x", ("Content-Type: application/zip; name=a.zip", data))
    (part,) = nachricht.read(raw).parts
    assert part.note == "Archiv mit 3 Dateien (0.zip, 1.zip, 2.zip): wird nicht ausgepackt"


BROKEN = {
    "html only": (
        b"From: a@b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Guten&nbsp;Tag</p>"
        b"<script>alert(1)</script><style>x{}</style><img src=http://x/p.gif><p>Ende</p>",
        "Guten Tag\nEnde",
        "Nur HTML",
    ),
    "wrong charset": (
        b"From: a@b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nM\xc3\xbcller",
        "Müller",
        "Der Zeichensatz „us-ascii“ stimmt nicht",
    ),
    "unknown charset": (
        b"From: a@b\r\nContent-Type: text/plain; charset=klingonisch\r\n\r\nM\xfcller",
        "Müller",
        "Der Zeichensatz „klingonisch“ stimmt nicht",
    ),
    "no end of the parts": (
        b"From: a@b\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nHallo",
        "Hallo",
        "technisch fehlerhaft",
    ),
    "boundary missing": (
        b"From: a@b\r\nContent-Type: multipart/mixed\r\n\r\nHallo",
        "Hallo",
        "technisch fehlerhaft",
    ),
    "many recipients": (
        b"From: a@b\r\nTo: "
        + b", ".join(b"p%d@example.org" % n for n in range(2_000))
        + b"\r\n\r\nHallo",
        "Hallo",
        "An 2000 Empfänger",
    ),
    "broken base64": (
        b"From: a@b\r\nContent-Transfer-Encoding: base64\r\n\r\nSGFsbG8=\xff\xfe=",
        "Hallo",
        "",
    ),
    "nul and escapes": (b"From: a@b\r\n\r\nHal\0lo \x1b[2J", "Hal lo  [2J", ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_mail_is_read_as_far_as_it_goes(name: str) -> None:
    raw, body, note = BROKEN[name]
    mail = nachricht.read(raw)
    assert mail.body.strip() == body
    assert any(one.startswith(note) or note in one for one in mail.notes) or not note


def test_nothing_at_all_and_nonsense_are_mail_too() -> None:
    assert nachricht.read(b"").subject == "(ohne Betreff)"
    for raw in (b"\xff" * 500, b"From: " + b"<" * 10_000, b":\r\n:\r\n", b"\r\n" * 100):
        assert nachricht.read(raw).sender is not None


def test_endless_nesting_is_explained_and_not_followed() -> None:
    raw = b"From: a@b\r\n"
    for depth in range(600):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
    mail = nachricht.read(raw + b"\r\nHallo")
    assert mail.notes


def test_large_mail_keeps_its_attachments_up_to_a_limit() -> None:
    parts = [(f"Content-Type: text/plain; name={n}.txt", b"x") for n in range(250)]
    mail = nachricht.read(mime(PLAIN, "x", *parts))
    assert len(mail.parts) == nachricht.MOST_PARTS
    assert mail.notes[-1] == "50 weitere Anhänge stehen nur im Original."


def test_names_carry_no_path_and_no_turned_text() -> None:
    raw = mime(
        "From: =?utf-8?q?Ada_=E2=80=AEgpj?= <a@b>\r\nSubject: =?utf-8?q?Eins=0D=0AZwei?=\r\n",
        "x",
        ('Content-Type: text/plain; name="../../etc/pass\u202ewd"', b"x"),
    )
    mail = nachricht.read(raw)
    assert mail.sender == "Ada gpj <a@b>"
    assert mail.subject == "Eins Zwei"
    assert "/" not in mail.parts[0].file_name
    assert "\u202e" not in mail.parts[0].file_name


def test_only_a_doubt_of_our_own_server_counts_and_only_against() -> None:
    head = "From: a@b\r\nAuthentication-Results: mx; {}\r\n"
    later = "Authentication-Results: evil; spf=fail\r\n"
    assert not nachricht.read(mime(head.format("dmarc=fail"), "x")).proven
    assert nachricht.read(mime(head.format("spf=pass") + later, "x")).proven
    assert nachricht.read(mime("From: a@b\r\n", "x")).proven
