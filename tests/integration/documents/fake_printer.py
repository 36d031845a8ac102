"""A printer that can lie: answers IPP over HTTP exactly as a test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from pyipp.enums import IppJobState, IppOperation, IppStatus
from pyipp.parser import parse
from pyipp.serializer import construct_attribute

_HEAD = b"\x01" + construct_attribute("attributes-charset", "utf-8")
_LANGUAGE = construct_attribute("attributes-natural-language", "de")
_JOB, _PRINTER, _END = b"\x02", b"\x04", b"\x03"


@dataclass
class FakePrinter:
    """What it will say. ``jobs`` are attribute groups; ``printed`` counts the jobs it was sent."""

    uri: str = ""
    jobs: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=lambda: ["none"])
    status: int = IppStatus.OK
    on_send: list[dict[str, Any]] | None = None
    garbage: bool = False
    printed: int = 0

    def answer(self, body: bytes) -> bytes:
        """Return the bytes of an answer to a request."""
        if self.garbage:
            return b"<html>kein Drucker</html>"
        asked = parse(body, contains_data=True)
        operation = asked["status-code"]
        groups: list[tuple[bytes, dict[str, Any]]] = []
        if operation == IppOperation.PRINT_JOB:
            self.printed += 1
            name = asked["operation-attributes"].get("job-name", "")
            if self.on_send is None:
                self.jobs.append(job(self.printed, name))
            sent = self.jobs[-1:] if self.on_send is None else self.on_send
            groups = [(_JOB, each) for each in sent]
        elif operation == IppOperation.GET_JOB_ATTRIBUTES:
            wanted = asked["operation-attributes"]["job-id"]
            groups = [(_JOB, each) for each in self.jobs if each["job-id"] == wanted]
            if not groups:
                return self._bytes(IppStatus.ERROR_NOT_FOUND, [])
        elif operation == IppOperation.GET_JOBS:
            open_ones = asked["operation-attributes"]["which-jobs"] == "not-completed"
            ended = (IppJobState.COMPLETED, IppJobState.ABORTED, IppJobState.CANCELED)
            groups = [(_JOB, j) for j in self.jobs if (j["job-state"] not in ended) is open_ones]
        elif operation == IppOperation.GET_PRINTER_ATTRIBUTES:
            groups = [(_PRINTER, {"printer-state": 5, "printer-state-reasons": self.troubles})]
        return self._bytes(self.status, groups)

    @staticmethod
    def _bytes(status: int, groups: list[tuple[bytes, dict[str, Any]]]) -> bytes:
        head = b"\x02\x00" + int(status).to_bytes(2, "big") + b"\x00\x00\x00\x01"
        parts = [head, _HEAD, _LANGUAGE]
        for tag, attributes in groups:
            parts.append(tag)
            parts += [construct_attribute(name, value) for name, value in attributes.items()]
        return b"".join((*parts, _END))


def job(
    number: int,
    name: str,
    state: IppJobState = IppJobState.PROCESSING,
    reasons: tuple[str, ...] = ("none",),
) -> dict[str, Any]:
    """Return a job as a printer tells of it."""
    return {
        "job-id": number,
        "job-name": name,
        "job-state": state,
        "job-state-reasons": list(reasons),
    }


@contextmanager
def fake_printer() -> Iterator[FakePrinter]:
    """Run a printer on a free port until the block ends."""
    printer = FakePrinter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = printer.answer(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/ipp")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    printer.uri = f"ipp://127.0.0.1:{server.server_port}/ipp/print"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield printer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
