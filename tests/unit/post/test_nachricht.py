"""Hostile mail: stored elsewhere, here explained, never executed, never an error."""

from __future__ import annotations

import base64
import io
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
        "Outlook-Paket",
    ),
    "zip in zip": (
        mime(
            PLAIN, "x",
            ("Content-Type: application/zip; name=a.zip", zipped("b.zip", zipped("c.exe", b"MZ"))),
        ),
        "Archiv mit 1 Dateien (b.zip): wird nicht ausgepackt",
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
