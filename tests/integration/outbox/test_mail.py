"""Mail by SMTP against a real server, and into a folder."""

from __future__ import annotations

import email
import socket
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.mail import send

PDF = b"%PDF-1.7 Bescheid"


class _Store:
    def get(self, sha256: str) -> bytes:
        assert sha256 == "ab" * 32
        return PDF


class _Mailbox:
    """Keeps what arrives; refuses some recipients as real servers do."""

    def __init__(self) -> None:
        self.envelopes = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unbekannt"):
            return "550 no such mailbox"
        if address.startswith("voll"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = _Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


def _ctx(clock, settings, url: str) -> HandlerContext:
    changed = replace(settings, mail_url=url, mail_from="abh@stadt.example")
    return HandlerContext(clock, changed, _Store(), dedup_key="termin:4:einladung")


PAYLOAD = {
    "to": ["j.mueller@example.org"],
    "subject": "Ihr Termin bei der Ausländerbehörde",
    "text": "Guten Tag,\n\nbitte wählen Sie einen Termin – hier: https://example.org/t/abc\n",
    "attachments": [
        {"name": "Bescheid.pdf", "type": "application/pdf", "sha256": "ab" * 32},
        {
            "name": "termin.ics",
            "type": "text/calendar",
            "text": "BEGIN:VCALENDAR\r\n",
            "method": "REQUEST",
        },
    ],
}


@pytest.mark.parametrize(
    "broken",
    [
        {"to": []},
        {"to": "kein Empfänger"},
        {"to": ["a@example.org, b@example.org"]},
        {"to": ["a@example.org\r\nBcc: b@example.org"]},
        {"to": [""]},
        {"to": ["@"]},
        {"to": ["j.müller@example.org"]},
        {"subject": "Hallo\r\nBcc: b@example.org"},
        {"subject": None},
    ],
)
def test_headers_carry_nothing_beyond_themselves(clock, settings, mailbox, broken) -> None:
    box, url = mailbox
    with pytest.raises(DeliveryFailed) as fault:
        send(None, {**PAYLOAD, "to": ["a@example.org"], **broken}, _ctx(clock, settings, url))
    assert fault.value.permanent
    assert "example.org" not in fault.value.text
    assert box.envelopes == []


def test_a_mail_arrives_with_its_attachments_and_a_stable_id(clock, settings, mailbox) -> None:
    box, url = mailbox
    first = send(None, PAYLOAD, _ctx(clock, settings, url))
    assert send(None, PAYLOAD, _ctx(clock, settings, url)) == first
    envelope = box.envelopes[0]
    assert envelope.rcpt_tos == ["j.mueller@example.org"]
    message = email.message_from_bytes(envelope.content, policy=default)
    assert message["Message-ID"] == first["id"]
    assert message["Subject"] == PAYLOAD["subject"]
    assert "–" in message.get_body().get_content()
    pdf, ics = message.iter_attachments()
    assert pdf.get_content() == PDF
    assert (pdf.get_filename(), ics.get_content_type()) == ("Bescheid.pdf", "text/calendar")
    assert ics.get_param("method") == "REQUEST"


def test_a_strange_file_name_stays_a_file_name(clock, settings, mailbox) -> None:
    box, url = mailbox
    name = 'a"\r\nBcc: b@example.org\n/../x.pdf'
    files = [{"name": name, "type": "application/pdf", "sha256": "ab" * 32}]
    payload = {**PAYLOAD, "to": ["a@example.org"], "attachments": files}
    send(None, payload, _ctx(clock, settings, url))
    message = email.message_from_bytes(box.envelopes[0].content, policy=default)
    assert message["Bcc"] is None
    assert "/" not in next(message.iter_attachments()).get_filename()


@pytest.mark.parametrize(("name", "permanent"), [("unbekannt", True), ("voll", False)])
def test_a_refused_recipient_is_told_without_the_address(
    clock, settings, mailbox, name, permanent
) -> None:
    payload = {**PAYLOAD, "to": [f"{name}@example.org"]}
    with pytest.raises(DeliveryFailed) as fault:
        send(None, payload, _ctx(clock, settings, mailbox[1]))
    assert fault.value.permanent is permanent
    assert name not in fault.value.text


def test_an_unreachable_server_is_tried_again(clock, settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DeliveryFailed) as fault:
            send(None, {**PAYLOAD, "to": ["a@example.org"]}, _ctx(clock, settings, url))
    assert not fault.value.permanent


def test_a_folder_holds_a_mail_once_however_often_it_is_delivered(clock, settings) -> None:
    ctx = _ctx(clock, settings, "folder:mail")
    folder: Path = settings.var_dir / "mail"
    first = send(None, PAYLOAD, ctx)
    assert send(None, PAYLOAD, ctx) == first
    assert [path.name for path in folder.iterdir()] == [first["file"]]
    message = email.message_from_bytes((folder / first["file"]).read_bytes(), policy=default)
    assert message["To"] == "j.mueller@example.org"
