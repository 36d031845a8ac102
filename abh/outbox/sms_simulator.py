"""A gateway for short messages on this machine: speaks what ``abh.outbox.sms`` expects, sends none.

It is faithful in what goes wrong, too: a wrong token, a busy gateway, an answer that never comes
although the message was taken over, and a repeat with the same key, which it answers the same.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """What the simulator took over (``sent``, in order), and what it does next.

    ``troubles`` are used up one by one: an HTTP status, or ``"silent"`` for taking the message and
    never answering.
    """

    token: str
    sent: list[dict[str, str]] = field(default_factory=list)
    troubles: list[int | str] = field(default_factory=list)
    silence: float = 30.0
    _by_key: dict[str, dict[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, message: dict[str, str]) -> tuple[int, dict[str, str]]:
        """Take a message over; the same key is the same message and the same answer."""
        with self._lock:
            trouble = self.troubles.pop(0) if self.troubles else None
            if isinstance(trouble, int):
                return trouble, {"error": "simulated"}
            if key not in self._by_key:
                self.sent.append(message)
                self._by_key[key] = {"id": f"sim-{len(self.sent)}"}
            answer = self._by_key[key]
        if trouble == "silent":
            time.sleep(self.silence)
        return 202, answer


def serve(gateway: Gateway, port: int = 0) -> ThreadingHTTPServer:
    """Return a server on this machine only; the caller runs ``serve_forever`` and closes it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(size, 65_536))
            wanted = f"Bearer {gateway.token}"
            if not hmac.compare_digest(self.headers.get("Authorization", ""), wanted):
                return self._answer(401, {"error": "token"})
            key = self.headers.get("Idempotency-Key", "")
            try:
                message = json.loads(body)
                known = {name: str(message[name]) for name in ("to", "text", "reference")}
            except (ValueError, KeyError, TypeError):
                return self._answer(400, {"error": "message"})
            return self._answer(*gateway.take(key, known))

        def _answer(self, status: int, said: dict[str, str]) -> None:
            data = json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the messages are personal data."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
