"""The virus scanner: clamd's own protocol over real sockets; silence never means clean."""

from __future__ import annotations

import json
import socketserver
import stat
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from abh.documents.uploads import inspect_upload
from abh.documents.virenscan import Scanner, ScannerSilent
from abh.kernel.errors import UploadRefused
from tests.factories import a_pdf

VIRUS = b"SIMULATED-SIGNATURE"
LIMIT = 1_000_000


class Clamd(socketserver.StreamRequestHandler):
    """INSTREAM as clamd speaks it: ``zINSTREAM``, chunks with length, a chunk of length 0."""

    def handle(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        answer = self.server.answer  # type: ignore[attr-defined]
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
            if len(data) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        found = b"stream: Test.Signatur FOUND\0" if VIRUS in data else b"stream: OK\0"
        self.wfile.write(found if answer is None else answer)


@pytest.fixture
def clamd() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        server.daemon_threads = True
        server.asked = 0  # type: ignore[attr-defined]
        server.answer = None  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def scanner(clamd: socketserver.ThreadingTCPServer, tmp_path: Path) -> Scanner:
    return Scanner(f"127.0.0.1:{clamd.server_address[1]}", 0, tmp_path / "quarantaene")


def test_a_clean_file_is_accepted(scanner: Scanner) -> None:
    assert inspect_upload("vertrag.pdf", a_pdf(), scanner=scanner).pages == 1
    assert not scanner.quarantine.exists()


def test_an_infected_file_is_refused_and_kept_apart(scanner: Scanner) -> None:
    data = a_pdf() + VIRUS
    with pytest.raises(UploadRefused, match="Schadsoftware") as refused:
        inspect_upload("vertrag\u202e.pdf", data, scanner=scanner)
    assert refused.value.reasons[0].key == "schadsoftware"
    assert "\u202e" not in str(refused.value)
    kept = next(scanner.quarantine.glob("*.infiziert"))
    assert kept.read_bytes() == data
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400
    assert stat.S_IMODE(scanner.quarantine.stat().st_mode) == 0o700
    assert json.loads(kept.with_suffix(".json").read_text("utf-8"))["fund"] == "Test.Signatur"
    with pytest.raises(UploadRefused):
        inspect_upload("noch-einmal.pdf", data, scanner=scanner)
    assert len(list(scanner.quarantine.iterdir())) == 2


@pytest.mark.parametrize(
    "answer",
    [b"", b"\0", b"stream: OK FOUND?\0", b"COMMAND READ TIMED OUT. ERROR\0", b"\xff" * 9000],
)
def test_an_answer_that_is_not_yes_is_no(
    scanner: Scanner, clamd: socketserver.ThreadingTCPServer, answer: bytes
) -> None:
    clamd.answer = answer  # type: ignore[attr-defined]
    with pytest.raises(ScannerSilent):
        inspect_upload("vertrag.pdf", a_pdf(), scanner=scanner)


def test_a_file_too_large_for_the_scanner_is_not_passed(scanner: Scanner) -> None:
    with pytest.raises(ScannerSilent):
        scanner.check("gross.pdf", b"%PDF" + b"0" * (2 * LIMIT))


@pytest.mark.parametrize("address", ["127.0.0.1:9", "unix:/nirgends/clamd.sock"])
def test_a_scanner_that_is_away_refuses_every_file(address: str, tmp_path: Path) -> None:
    with pytest.raises(ScannerSilent, match="antwortet nicht"):
        inspect_upload("vertrag.pdf", a_pdf(), scanner=Scanner(address, 0, tmp_path))


def test_a_scanner_that_comes_back_in_time_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter([OSError("away"), OSError("away"), "stream: OK"])

    def stream(_self: Scanner, _data: bytes) -> str:
        answer = next(tries)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(Scanner, "_stream", stream)
    Scanner("127.0.0.1:9", 5, tmp_path).check("a.pdf", b"x")
    assert next(tries, None) is None


def test_a_unix_socket_is_asked_too(tmp_path: Path) -> None:
    place = tmp_path / "clamd.sock"
    with socketserver.ThreadingUnixStreamServer(str(place), Clamd) as server:
        server.daemon_threads = True
        server.asked, server.answer = 0, None  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Scanner(f"unix:{place}", 0, tmp_path / "q").check("a.pdf", b"sauber")
        assert server.asked == 1  # type: ignore[attr-defined]
        server.shutdown()


def test_a_quarantine_that_is_full_still_refuses(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UploadRefused, match="Schadsoftware"):
        scanner.check("a.pdf", VIRUS)
