"""The mailbox, against a real Dovecot: stored first, once; forged senders open nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from abh.post import postfach
from abh.post.postfach import MailboxFailed
from abh.post.tables import PostArrival, PostItem, PostPart
from abh.settings import Mailbox
from tests.integration.post import dovecot
from tests.integration.post.conftest import PostRoom
from tests.integration.post.dovecot import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if dovecot.program() is None:
        pytest.skip("dovecot is not installed")
    # Not below pytest's own folder, which another run closes to the worker at any time.
    with (
        tempfile.TemporaryDirectory(prefix="abh-dovecot-") as name,
        dovecot.running(Path(name)) as server,
    ):
        yield server


@pytest.fixture
def user(room: PostRoom, server: Server, request: pytest.FixtureRequest) -> str:
    name = f"u{abs(hash(request.node.name)) % 10**8}"
    object.__setattr__(room.house, "mailbox", server.mailbox(name))
    return name


def mail(subject: str = "Frage", body: str = "Guten Tag", **heads: str) -> bytes:
    message = EmailMessage()
    message["From"] = heads.pop("sender", "Ada Beispiel <ada@example.org>")
    message["To"] = "amt@example.org"
    message["Subject"] = subject
    for name, value in heads.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


def sweep(room: PostRoom, limit: int = 20) -> int:
    return postfach.sweep(room.session, room.house, limit)


def items(room: PostRoom) -> list[PostItem]:
    return list(room.session.scalars(select(PostItem).order_by(PostItem.id)))


def test_a_message_is_stored_then_cleared_away_and_comes_once(
    room: PostRoom, server: Server, user: str
) -> None:
    raw = mail("Stand meines Antrags", "Wie ist der Stand?")
    server.deliver(user, raw)
    with pytest.raises(RuntimeError), room.session.begin_nested():
        assert sweep(room) == 1
        raise RuntimeError("killed before the commit")
    assert (items(room), server.count(user, "INBOX")) == ([], 1)
    assert sweep(room) == 1
    # Killed after the commit, before it was moved.
    assert server.count(user, "INBOX") == 1
    assert sweep(room) == 0
    assert (server.count(user, "INBOX"), server.count(user, "INBOX.Erledigt")) == (0, 1)
    (item,) = items(room)
    stored = room.house.blobs.get(item.sha256 or "")
    assert stored.replace(b"\r\n", b"\n") == raw
    assert (item.channel, item.sender) == ("email", "Ada Beispiel <ada@example.org>")
    ref = room.session.scalars(select(PostArrival.ref)).one()
    assert ref.startswith(f"{user}@127.0.0.1/INBOX:")
    # Moved back by hand, or the folder built anew: another UID, the same letter.
    server.deliver(user, stored)
    assert sweep(room) == 1
    assert len(items(room)) == 1
    assert room.session.scalar(select(func.count()).select_from(PostArrival)) == 2


def test_two_identifiers_open_a_case_a_number_alone_or_a_doubted_sender_never(
    room: PostRoom, server: Server, user: str
) -> None:
    case = room.case()
    name = "Thị Ánh Tuyết Nguyễn"
    server.deliver(
        user,
        mail(f"Zu {case.number}", "Bitte alles an mich.", sender="Eve <eve@example.net>"),
        mail(f"Zu {case.number}", sender=f"{name} <eve@example.net>",
             Authentication_Results="mx.example.org; spf=fail; dkim=none"),
        mail(f"Zu {case.number}", sender=f"{name} <tuyet@example.org>",
             Authentication_Results="mx.example.org; spf=pass; dkim=pass"),
        mail("Unterlagen", f"Es geht um ABH 2026-{int(case.number[-7:])}, geb. 00.05.1996, {name}"),
    )  # fmt: skip
    assert sweep(room) == 4
    eve, doubted, proven, written = items(room)
    assert [one.quoted_number for one in items(room)] == [case.number] * 4
    assert (eve.vorgang_id, doubted.vorgang_id) == (None, None)
    assert "zweifelt am Absender (SPF=FAIL)" in doubted.notes[0]
    assert (proven.vorgang_id, written.vorgang_id) == (case.vorgang_id, case.vorgang_id)


def test_an_urgent_application_rings_at_once_and_names_no_person(
    room: PostRoom, server: Server, user: str
) -> None:
    server.deliver(
        user,
        mail("Eilantrag § 123 VwGO", "Einbürgerung: Ich stelle einen Eilantrag bei Gericht."),
        mail("Beschluss", "27 L 12/26 Frist bis zum 30.11.2026",
             sender="VG Düsseldorf <poststelle@vg-duesseldorf.nrw.de>"),
    )  # fmt: skip
    sweep(room)
    urgent, court = items(room)
    assert (urgent.bell, urgent.unit_key) == (True, "SG7")
    assert (court.bell, court.kind, court.harm) == (True, "court", {"frist": "2026-11-30"})
    mails = room.session.execute(
        text("SELECT payload->>'to', payload->>'text' FROM outbox_message"
             " WHERE dedup_key LIKE 'post:glocke:%' ORDER BY id")
    ).all()  # fmt: skip
    assert [to for to, _ in mails] == [
        "sg7@auslaenderbehoerde.example",
        "sg8@auslaenderbehoerde.example",
    ]
    assert not any("Ada" in words for _, words in mails)


def test_attachments_lie_beside_the_whole_message(
    room: PostRoom, server: Server, user: str
) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "ada@example.org", "Gehaltsnachweise"
    message.set_content("Anbei die Unterlagen, die Sie angefordert haben.")
    message.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment(
        b"MZ\x90\0", maintype="image", subtype="png", filename="..\\..\\foto.png.exe"
    )
    server.deliver(user, message.as_bytes())
    sweep(room)
    parts = room.session.scalars(select(PostPart).order_by(PostPart.id)).all()
    assert [(one.file_name, one.note) for one in parts] == [
        ("a.pdf", ""),
        ("foto.png.exe", "Programm oder Makro: nicht öffnen"),
    ]
    assert parts[0].mime == "application/pdf"
    assert room.house.blobs.get(parts[1].sha256 or "") == b"MZ\x90\0"


def test_a_run_stops_at_its_limit_and_goes_on(room: PostRoom, server: Server, user: str) -> None:
    server.deliver(user, *(mail(f"Nummer {n}") for n in range(3)))
    assert [sweep(room, 2), sweep(room, 2), sweep(room, 2)] == [2, 1, 0]
    assert len(items(room)) == 3


def test_a_wrong_password_says_where_and_not_what(
    room: PostRoom, server: Server, tmp_path: Path
) -> None:
    wrong = tmp_path / "falsch"
    wrong.write_text("streng-geheim")
    box = Mailbox("127.0.0.1", server.port, False, "wer", wrong)
    object.__setattr__(room.house, "mailbox", box)
    with pytest.raises(MailboxFailed) as failed:
        sweep(room)
    assert f"127.0.0.1:{server.port}" in str(failed.value)
    assert "streng-geheim" not in str(failed.value)


def test_over_tls_only_a_server_that_proves_its_name_gets_the_password(
    room: PostRoom, server: Server, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver(user, mail("Über TLS"))
    object.__setattr__(room.house, "mailbox", server.over_tls(user))
    with pytest.raises(MailboxFailed, match="SSLCertVerificationError"):
        sweep(room)
    # As an office with an authority of its own does it.
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    object.__setattr__(room.house, "mailbox", server.over_tls(user, "localhost"))
    with pytest.raises(MailboxFailed, match="SSLCertVerificationError"):
        sweep(room)
    object.__setattr__(room.house, "mailbox", server.over_tls(user))
    assert sweep(room) == 1
    assert items(room)[0].subject == "Über TLS"
