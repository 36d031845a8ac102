"""The S3-compatible store: signatures by the published examples, and a server that misbehaves."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from abh.documents import store_s3
from abh.documents.store import BlobDamaged, StoreUnavailable
from abh.documents.store_s3 import S3Place, S3Store, Signer
from abh.kernel.errors import ConfigurationError, NotFound

DAY = datetime(2013, 5, 24, tzinfo=UTC)
# The example of Amazon's documentation of Signature Version 4 for S3; no real account.
SIGNER = Signer(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1"
)
HOST = "examplebucket.s3.amazonaws.com"


def test_reading_is_signed_as_amazon_publishes_it() -> None:
    headers = {"Host": HOST, "Range": "bytes=0-9"}
    signed = SIGNER.headers("GET", "/test.txt", headers, hashlib.sha256().hexdigest(), DAY)
    assert signed["authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_writing_is_signed_as_amazon_publishes_it() -> None:
    headers = {
        "Host": HOST,
        "Date": "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
    }
    body = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    signed = SIGNER.headers("PUT", "/test%24file.text", headers, body, DAY)
    assert signed["authorization"].endswith(
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )


class Server(ThreadingHTTPServer):
    """Objects in memory; ``fail`` are answers to give first, ``age`` the days of objects."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.fail: list[int] = []
        self.calls: list[str] = []
        self.reason = b""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.calls.append(self.command)
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=key/"):
            return self._send(403)
        if self.server.fail:
            return self._send(self.server.fail.pop(0), self.server.reason)
        known = self.server.objects.get(self.path)
        if self.command == "PUT":
            assert hashlib.sha256(body).hexdigest() == self.headers["x-amz-content-sha256"]
            self.server.objects[self.path] = (body, datetime.now(UTC))
            return self._send(200)
        if known is None:
            return self._send(404)
        if self.command == "DELETE":
            del self.server.objects[self.path]
            return self._send(204)
        return self._send(200, known[0], known[1])

    do_GET = do_PUT = do_HEAD = do_DELETE = _answer

    def _send(self, status: int, body: bytes = b"", filed: datetime | None = None) -> None:
        self.send_response(status)
        if filed is not None:
            self.send_header("Last-Modified", format_datetime(filed, usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def store(server: Server) -> S3Store:
    url = f"http://127.0.0.1:{server.server_port}/akten/amt?region=eu-central-1"
    return S3Store(S3Place.parse(url), "key", "secret")


def test_what_is_filed_is_found_under_its_hash(store: S3Store, server: Server) -> None:
    sha = store.put("Größe".encode())
    assert store.put("Größe".encode()) == sha
    assert store.get(sha) == "Größe".encode()
    assert store.exists(sha)
    assert not store.exists("0" * 64)
    assert list(server.objects) == [f"/akten/amt/{sha[:2]}/{sha[2:4]}/{sha}"]


def test_a_changed_object_is_noticed_and_a_missing_one_named(
    store: S3Store, server: Server
) -> None:
    sha = store.put(b"echt")
    server.objects = {path: (b"falsch", day) for path, (_, day) in server.objects.items()}
    with pytest.raises(BlobDamaged):
        store.get(sha)
    with pytest.raises(NotFound):
        store.get("0" * 64)
    with pytest.raises(NotFound):
        store.get("../../etc/passwd")


@pytest.mark.parametrize(
    ("answers", "reason", "words"),
    [
        ([507], b"", "voll"),
        ([400], b"<Code>QuotaExceeded</Code>", "voll"),
        ([403], b"", "nicht zugreifen"),
        ([503] * 3, b"", "503"),
    ],
)
def test_a_store_that_refuses_says_why_and_files_nothing(
    store: S3Store, server: Server, answers: list[int], reason: bytes, words: str
) -> None:
    server.fail, server.reason = answers, reason
    with pytest.raises(StoreUnavailable, match=words):
        store.put(b"neu")
    assert server.objects == {}


def test_a_store_that_stumbles_once_is_asked_again(store: S3Store, server: Server) -> None:
    server.fail = [503, 500]
    sha = store.put(b"neu")
    assert server.calls == ["PUT"] * 3
    assert store.get(sha) == b"neu"


def test_the_start_names_a_wrong_bucket_and_a_wrong_key(store: S3Store, server: Server) -> None:
    with pytest.raises(StoreUnavailable, match="Bucket"):
        store.check()
    server.objects["/akten"] = (b"", datetime.now(UTC))
    store.check()
    place = S3Place.parse(f"http://127.0.0.1:{server.server_port}/akten")
    with pytest.raises(StoreUnavailable, match="nicht zugreifen"):
        S3Store(place, "fremd", "secret").check()


def test_a_store_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_s3.time, "sleep", lambda _: None)
    away = S3Store(S3Place.parse("http://127.0.0.1:9/akten"), "key", "secret")
    with pytest.raises(StoreUnavailable, match="antwortet nicht"):
        away.put(b"x")


def test_only_old_and_unused_objects_are_removed(store: S3Store, server: Server) -> None:
    sha = store.put(b"alt")
    assert not store.remove(sha, lambda: True), "it was filed just now"
    path = next(iter(server.objects))
    server.objects[path] = (b"alt", datetime(2026, 1, 1, tzinfo=UTC))
    assert not store.remove(sha, lambda: False)
    assert path in server.objects
    assert store.remove(sha, lambda: True)
    assert server.objects == {}
    assert store.remove(sha, lambda: True), "twice does no harm"


def test_filing_between_look_and_removal_keeps_the_object(store: S3Store, server: Server) -> None:
    sha = store.put(b"alt")
    path = next(iter(server.objects))
    server.objects[path] = (b"alt", datetime(2026, 1, 1, tzinfo=UTC))

    def unused() -> bool:
        store.put(b"alt")
        return True

    assert not store.remove(sha, unused)
    assert store.get(sha) == b"alt"


@pytest.mark.parametrize("url", ["s3://akten", "https://host", "https:///akten", "akten"])
def test_an_address_without_bucket_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        S3Place.parse(url)
