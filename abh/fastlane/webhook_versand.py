"""Delivering one message to a company's address: pinned, signed, short, without redirects."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from abh.access.geheim import unseal
from abh.fastlane.tables_zugang import WebhookDelivery
from abh.fastlane.webhook_ziel import TargetRefused, check_url, choose
from abh.fastlane.webhooks import purpose
from abh.kernel.clock import today
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.workflows.zugriff import RESTRICTED

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 5.0
RESOLVE_SECONDS: Final = 3.0
# Whatever drips in slowly is cut off here, so that one receiver cannot hold the worker.
ALL_SECONDS: Final = 10.0
_AGAIN: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_MESSAGE = text(
    """
SELECT d.id, d.event_id, e.kind, e.told_at, v.number, w.id AS webhook_id, w.url, w.secret_sealed,
       w.revoked_at IS NULL
         AND webhook_may_hear(w, e, CAST(:day AS date), CAST(:restricted AS text[])) AS wanted
  FROM webhook_delivery d
  JOIN webhook w ON w.id = d.webhook_id
  JOIN company_event e ON e.id = d.event_id
  JOIN vorgang v ON v.id = e.vorgang_id
 WHERE d.id = :id
"""
)


def deliver(session: Session, payload: dict[str, Any], ctx: HandlerContext) -> dict[str, Any]:
    """Deliver ``{"delivery": id}``: the handler of outbox kind ``webhook``.

    An address that was ended and a mandate that ended meanwhile send nothing. A second delivery
    carries the same event number. Raises ``DeliveryFailed``; the company sees its text.
    """
    given = {"id": payload["delivery"], "day": today(ctx.clock), "restricted": sorted(RESTRICTED)}
    row = session.execute(_MESSAGE, given).one_or_none()
    if row is None or not row.wanted:
        return {"sent": False}
    secret = unseal(ctx.settings.secret_key, purpose(row.webhook_id), row.secret_sealed)
    if secret is None:
        raise _failed(row.id, "Der Schlüssel dieser Adresse ist nicht lesbar.", permanent=True)
    body = message_body(row.event_id, row.kind, row.number, row.told_at)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "abh-webhook",
        "ABH-Event": str(row.event_id),
        "ABH-Signature": signature(secret, body, ctx.clock.now()),
    }
    try:
        status = post(row.url, headers, body, local=ctx.settings.webhook_local)
    except TargetRefused as error:
        raise _failed(row.id, str(error), permanent=True) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # The text of the error could tell of our network; its kind is enough.
        raise _failed(row.id, f"Keine Antwort ({type(error).__name__}).") from None
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        again = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AGAIN
        raise _failed(row.id, f"Die Gegenstelle antwortet mit {status}.", permanent=not again)
    _note(session, row.id, delivered_at=ctx.clock.now(), last_error="")
    return {"sent": True, "status": status}


def message_body(event_id: int, kind: str, number: str, at: datetime) -> bytes:
    """Return what is sent: that something happened in which case, never what; the API tells that
    to whoever may know."""
    told = {"event": event_id, "type": kind, "case": number, "at": at.isoformat()}
    return json.dumps(told, separators=(",", ":")).encode()


def signature(secret: bytes, body: bytes, now: datetime) -> str:
    """Return ``t=<seconds>,v1=<HMAC-SHA-256 of "t.body">``; old ones are refused by receivers."""
    stamp = str(int(now.timestamp()))
    mac = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mac}"


def post(url: str, headers: dict[str, str], body: bytes, *, local: bool) -> int:
    """Send and return the status; raises ``TargetRefused``, ``OSError``, ``HTTPException``.

    The name is resolved here and the connection made to the address that was looked at, so that a
    name which answers differently the next moment gains nothing. Redirects are answers like others.
    """
    parts = urlsplit(check_url(url, local=local))
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = choose(_resolved(host, port), local=local)
    sock = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    sock.settimeout(ANSWER_SECONDS)
    if secure:
        # Wrapping takes the connection over; the handshake comes later, under the clock.
        sock = ssl.create_default_context().wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False
        )
    clock = threading.Timer(ALL_SECONDS, partial(_cut, sock))
    clock.daemon = True
    clock.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        connection.sock = sock
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
        connection.close()
        return status
    finally:
        clock.cancel()
        sock.close()


def _resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a name; raises ``TimeoutError`` when its servers keep silent.

    The resolver of the system has no time-out of its own that could be set here; it is asked in a
    thread that nobody waits for any longer.
    """
    found: list[str] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            failed.append(error)
        else:
            found.extend(str(each[4][0]) for each in rows)

    asking = threading.Thread(target=ask, name="webhook-dns", daemon=True)
    asking.start()
    asking.join(RESOLVE_SECONDS)
    if asking.is_alive():
        raise TimeoutError("no answer of the name servers")
    if failed:
        raise failed[0]
    return found


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _failed(delivery_id: int, words: str, *, permanent: bool = False) -> DeliveryFailed:
    def record(session: Session) -> None:
        _note(session, delivery_id, last_error=words)

    return DeliveryFailed(words, permanent=permanent, record=record)


def _note(session: Session, delivery_id: int, **values: Any) -> None:
    session.execute(
        update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(**values)
    )
