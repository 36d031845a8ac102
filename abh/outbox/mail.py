"""Mail: to an SMTP server, or as files into a folder; one message per deduplication key."""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
from collections.abc import Iterable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from abh.outbox.handler import DeliveryFailed, HandlerContext

TIMEOUT: Final = 30.0
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


def send(session: Session, payload: dict[str, Any], ctx: HandlerContext) -> dict[str, Any]:
    """Send ``{"to": [...] or "one", "subject", "text", "attachments": [...]}``.

    An attachment is ``{"name", "type", "sha256"}`` from the store or ``{"name", "type", "text"}``.
    The Message-ID comes from the deduplication key, so that a second delivery is the same mail
    to every mailbox; a folder holds it once.
    """
    message = compose(payload, ctx)
    folder = ctx.settings.mail_folder
    if folder is not None:
        return {"file": _keep(message, folder, ctx.dedup_key), "id": message["Message-ID"]}
    _submit(message, ctx.settings.mail_url)
    return {"id": message["Message-ID"]}


def compose(payload: Mapping[str, Any], ctx: HandlerContext) -> EmailMessage:
    """Build the mail; raises ``DeliveryFailed`` (permanent) for addresses or headers that would
    carry anything beyond themselves."""
    message = EmailMessage(policy=SMTP)
    sender = ctx.settings.mail_from
    try:
        message["From"] = Address(addr_spec=sender)
        message["To"] = [Address(addr_spec=address) for address in _addresses(payload["to"])]
        message["Subject"] = _subject(payload["subject"])
        message["Message-ID"] = message_id(ctx.dedup_key, sender)
        message["Date"] = ctx.clock.now()
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(payload["text"])
        for attachment in payload.get("attachments", ()):
            _attach(message, attachment, ctx)
    # The errors of the library quote the address: they must not reach the log. It raises
    # IndexError and AttributeError for some broken addresses.
    except (MessageError, LookupError, ValueError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        text = f"Die Mail lässt sich nicht bilden ({kind}): Empfänger und Betreff prüfen."
        raise DeliveryFailed(text, permanent=True) from None
    return message


def message_id(dedup_key: str, sender: str) -> str:
    """Return the Message-ID that belongs to a deduplication key for ever."""
    domain = sender.rpartition("@")[2]
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("sender without an ASCII domain")
    return f"<{hashlib.sha256(dedup_key.encode()).hexdigest()[:40]}@{domain}>"


def file_name(dedup_key: str) -> str:
    """Return the name of the file of a mail: readable, and one per deduplication key."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", dedup_key).strip("-")[:80]
    return f"{readable}-{hashlib.sha256(dedup_key.encode()).hexdigest()[:12]}.eml"


def _addresses(to: object) -> Iterable[str]:
    addresses = [to] if isinstance(to, str) else list(to) if isinstance(to, list | tuple) else []
    if not addresses or not all(isinstance(address, str) for address in addresses):
        raise TypeError("no recipients")
    return addresses


def _subject(subject: object) -> str:
    if not isinstance(subject, str) or not subject.strip():
        raise TypeError("no subject")
    return subject


def _attach(message: EmailMessage, attachment: Mapping[str, Any], ctx: HandlerContext) -> None:
    main, _, sub = str(attachment["type"]).partition("/")
    name = re.sub(r"[\x00-\x1f\x7f\"\\/]+", "_", str(attachment["name"]))
    if "text" in attachment:
        data = str(attachment["text"]).encode()
    else:
        data = ctx.store.get(attachment["sha256"])
    if main == "text":
        # Outlook and Apple's calendar take a file for a request only when the part says so, too.
        method = attachment.get("method")
        params = {"method": str(method)} if method else None
        message.add_attachment(data.decode(), subtype=sub, filename=name, params=params)
    else:
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)


def _keep(message: EmailMessage, folder: Path, dedup_key: str) -> str:
    """Put the mail into the folder: whole or not at all, and only the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file_name(dedup_key)
    draft = folder / f".{target.name}.{os.getpid()}.new"
    with draft.open("wb") as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, target)
    except FileExistsError:
        return target.name
    finally:
        draft.unlink()
    return target.name


def _submit(message: EmailMessage, url: str) -> None:
    parts = urlsplit(url)
    try:
        with smtplib.SMTP(parts.hostname or "localhost", parts.port or 25, timeout=TIMEOUT) as smtp:
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
                secured = True
            else:
                secured = False
            if parts.username:
                if not secured:
                    raise DeliveryFailed("Der Mailserver bietet keine Verschlüsselung an.")
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            refused = smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        text = f"Der Mailserver lehnt die Empfänger ab (SMTP {', '.join(map(str, codes))})."
        raise DeliveryFailed(text, permanent=min(codes) >= 500) from None
    except smtplib.SMTPResponseException as error:
        text = f"Der Mailserver lehnt die Mail ab (SMTP {error.smtp_code})."
        raise DeliveryFailed(text, permanent=error.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as error:
        text = f"Der Mailserver ist nicht erreichbar ({type(error).__name__})."
        raise DeliveryFailed(text) from None
    if refused:
        # The mail went to the others: a repeat would reach them twice, so a person has to look.
        text = f"Der Mailserver lehnt {len(refused)} von mehreren Empfängern ab."
        raise DeliveryFailed(text, permanent=True)
