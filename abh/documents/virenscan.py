"""Looking for viruses in uploads with clamd (protocol INSTREAM); a silent scanner never means yes.

What is infected is put into quarantine, for the people of information security, and not filed.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from abh.kernel.errors import Reason, UploadRefused
from abh.kernel.ids import content_hash

log = logging.getLogger(__name__)
_CHUNK: Final = 64 * 1024
_TIMEOUT: Final = 30.0
_PAUSE: Final = 0.25
_MOST_ANSWER: Final = 4096


class ScannerSilent(UploadRefused):
    """The scanner gave no answer, so the file was not taken."""

    title = "Die Datei konnte nicht auf Viren geprüft werden."
    hint = "Sie wurde nicht angenommen. Bitte versuchen Sie es in einigen Minuten noch einmal."


@dataclass(frozen=True, slots=True)
class Scanner:
    """A clamd at ``host:port`` or ``unix:/path``; ``wait`` seconds for one that does not answer."""

    address: str
    wait: float
    quarantine: Path

    def check(self, name: str, data: bytes) -> None:
        """Return when ``data`` is clean.

        Raises ``UploadRefused`` for an infected file, which goes into quarantine; ``ScannerSilent``
        when the scanner is away, speaks nonsense or takes no file of that size.
        """
        answer = self._ask(data)
        if answer == "stream: OK":
            return
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            found = answer.removeprefix("stream: ").removesuffix(" FOUND")
            try:
                self._put_away(name, data, found)
            except OSError as error:
                # Refused all the same; the finding is what the operator reads.
                log.error("quarantine failed (%s): %s", error.strerror, found)
            shown = "".join(c for c in name if c.isprintable())[:80] or "Datei"
            text = (
                f"„{shown}“ enthält Schadsoftware und wurde nicht angenommen. Bitte prüfen Sie Ihr "
                "Gerät und schicken Sie das Dokument in einer anderen Fassung."
            )
            raise UploadRefused(text, reasons=[Reason(text, key="schadsoftware")])
        raise _silent(f"unverständliche Antwort „{answer[:80]}“")

    def _ask(self, data: bytes) -> str:
        until = time.monotonic() + self.wait
        while True:
            try:
                return self._stream(data)
            except OSError as error:
                if time.monotonic() >= until:
                    raise _silent(error.strerror or type(error).__name__) from error
                time.sleep(_PAUSE)

    def _stream(self, data: bytes) -> str:
        with self._connect() as connection:
            connection.sendall(b"zINSTREAM\0")
            try:
                for start in range(0, len(data), _CHUNK):
                    part = data[start : start + _CHUNK]
                    connection.sendall(struct.pack("!L", len(part)) + part)
                connection.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                # It hangs up on what is too large for it, after having said so.
                pass
            answer = b""
            while b"\0" not in answer and len(answer) < _MOST_ANSWER:
                part = connection.recv(_MOST_ANSWER)
                if not part:
                    break
                answer += part
        if not answer:
            raise ConnectionResetError("keine Antwort")
        return answer.split(b"\0", 1)[0].decode("utf-8", "replace").strip()

    def _connect(self) -> socket.socket:
        if self.address.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_TIMEOUT)
            try:
                connection.connect(self.address.removeprefix("unix:"))
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=_TIMEOUT)

    def _put_away(self, name: str, data: bytes, found: str) -> None:
        """Keep the original for analysis, unreadable for everybody else; the same file once."""
        sha256 = content_hash(data)
        self.quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.quarantine / f"{sha256}.infiziert"
        if target.exists():
            return
        told = {
            "name": name[:200],
            "sha256": sha256,
            "fund": found,
            "zeit": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        for path, content in (
            (target, data),
            (target.with_suffix(".json"), json.dumps(told, ensure_ascii=False).encode()),
        ):
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.write_bytes(content)
            draft.chmod(0o400)
            draft.replace(path)


def _silent(why: str) -> ScannerSilent:
    text = f"Die Virenprüfung antwortet nicht ({why})."
    return ScannerSilent(text, reasons=[Reason(text, key="virenpruefung")])
