"""Files of the Akte in an S3-compatible object store, by the five calls that are needed.

Signed with AWS Signature Version 4 (path-style addresses), over the standard library: why not a
client library is in docs/decisions.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from abh.documents.store import (
    GRACE_SECONDS,
    StoreUnavailable,
    checked,
    is_hash,
    no_hash,
    unavailable,
)
from abh.kernel.errors import ConfigurationError, NotFound, Reason
from abh.kernel.ids import content_hash

_EMPTY = hashlib.sha256(b"").hexdigest()
_TRIES: Final = 3
_TIMEOUT: Final = 20.0
# What a second attempt may mend; everything else is said at once.
_AGAIN = frozenset({429, 500, 502, 503, 504})
_FULL = frozenset({507})


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where the store is: ``https://host:port/bucket/prefix?region=eu-central-1``."""

    scheme: str
    host: str
    bucket: str
    prefix: str
    region: str

    @classmethod
    def parse(cls, url: str) -> S3Place:
        """Return the place a setting names; raises ``ConfigurationError``."""
        parts = urlsplit(url)
        bucket, _, prefix = parts.path.lstrip("/").partition("/")
        if parts.scheme not in ("http", "https") or not parts.hostname or not bucket:
            text = "store_s3 muss wie https://HOST/BUCKET/ORDNER?region=REGION aussehen"
            raise ConfigurationError(text, reasons=[Reason(text, key="settings.store_s3")])
        region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        return cls(parts.scheme, parts.netloc, bucket, prefix.strip("/"), region)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests (AWS Signature Version 4)."""

    key: str
    secret: str = field(repr=False)
    region: str
    service: str = "s3"

    def headers(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body_hash: str,
        now: datetime,
    ) -> dict[str, str]:
        """Return ``headers`` with date, hash of the body and signature; ``path`` is quoted."""
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        sent = {
            **{name.lower(): value for name, value in headers.items()},
            "x-amz-content-sha256": body_hash,
            "x-amz-date": stamp,
        }
        names = ";".join(sorted(sent))
        lines = "".join(f"{name}:{sent[name].strip()}\n" for name in sorted(sent))
        canonical = "\n".join((method, path, "", lines, names, body_hash))
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, digest))
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        sent["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.key}/{scope},"
            f"SignedHeaders={names},Signature={signature}"
        )
        return sent


class S3Store:
    """Content-addressed objects in one bucket; safe for several processes and threads."""

    def __init__(self, place: S3Place, key: str, secret: str) -> None:
        self._place = place
        self._signer = Signer(key, secret, place.region)
        self._local = threading.local()

    def exists(self, sha256: str) -> bool:
        """Return whether a content of that hash is filed."""
        return self._call("HEAD", sha256)[0] == 200

    def put(self, data: bytes) -> str:
        """File ``data`` and return its hash; written again where it exists, which renews its day.

        Raises ``StoreUnavailable`` when the store is full, refuses or does not answer.
        """
        sha256 = content_hash(data)
        status, _headers, body = self._call("PUT", sha256, data)
        if status not in (200, 201, 204):
            raise _refused(status, body)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the content; raises ``NotFound``, ``BlobDamaged``, ``StoreUnavailable``."""
        status, _headers, body = self._call("GET", sha256)
        if status == 404:
            raise NotFound("Diese Datei ist nicht abgelegt.")
        if status != 200:
            raise _refused(status, body)
        return checked(sha256, body)

    def remove(self, sha256: str, unused: Callable[[], bool]) -> bool:
        """Delete a content for good and return True, or False when it may still be wanted.

        Filing renews the day of an object, so one that is old belongs to no transaction that is
        still open; it is looked at again directly before it goes.
        """
        status, headers, body = self._call("HEAD", sha256)
        if status == 404:
            return True
        if status != 200:
            raise _refused(status, body)
        if _is_young(headers) or not unused():
            return False
        status, headers, _body = self._call("HEAD", sha256)
        if status == 200 and _is_young(headers):
            return False
        status, _headers, body = self._call("DELETE", sha256)
        if status not in (200, 204, 404):
            raise _refused(status, body)
        return True

    def check(self) -> None:
        """Raise ``StoreUnavailable`` unless bucket and key open; for the start."""
        status, _headers, body = self._send("HEAD", (self._place.bucket,), _EMPTY)
        if status != 200:
            raise _refused(status, body)

    def _call(
        self, method: str, sha256: str, data: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        if not is_hash(sha256):
            raise no_hash()
        place = self._place
        parts = (place.bucket, place.prefix, sha256[:2], sha256[2:4], sha256)
        return self._send(method, parts, sha256 if method == "PUT" else _EMPTY, data)

    def _send(
        self, method: str, parts: tuple[str, ...], body_hash: str, data: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        place = self._place
        path = "/" + "/".join(quote(part, safe="/-_.~") for part in parts if part)
        for attempt in range(1, _TRIES + 1):
            signed = self._signer.headers(
                method, path, {"host": place.host}, body_hash, datetime.now(UTC)
            )
            if method == "PUT":
                signed["content-length"] = str(len(data))
            try:
                connection = self._connection()
                connection.request(method, path, data if method == "PUT" else None, signed)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._forget()
                # A kept connection that the server closed meanwhile is tried anew; so is a
                # store that comes back within a second.
                if attempt == _TRIES:
                    cause = error if isinstance(error, OSError) else OSError(str(error))
                    raise unavailable(cause) from error
            else:
                if answer.status not in _AGAIN or attempt == _TRIES:
                    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body
            time.sleep(0.1 * attempt)
        raise AssertionError("unreachable")

    def _connection(self) -> http.client.HTTPConnection:
        known: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if known is None:
            if self._place.scheme == "https":
                context = ssl.create_default_context()
                known = http.client.HTTPSConnection(
                    self._place.host, timeout=_TIMEOUT, context=context
                )
            else:
                known = http.client.HTTPConnection(self._place.host, timeout=_TIMEOUT)
            self._local.connection = known
        return known

    def _forget(self) -> None:
        known = getattr(self._local, "connection", None)
        if known is not None:
            known.close()
            self._local.connection = None


def _is_young(headers: Mapping[str, str]) -> bool:
    """By the clocks of the store alone: when it was filed, and what time it is there."""
    filed = parsedate_to_datetime(headers["last-modified"])
    here = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
    return (here - filed).total_seconds() < GRACE_SECONDS


def _refused(status: int, body: bytes) -> StoreUnavailable:
    said = body[:200].decode("utf-8", "replace")
    if status == 404:
        text, key = "Den Behälter (Bucket) des Aktenspeichers gibt es nicht.", "speicher_fehlt"
    elif status in _FULL or "QuotaExceeded" in said or "XMinioStorageFull" in said:
        text, key = "Der Aktenspeicher ist voll.", "speicher_voll"
    elif status in (401, 403):
        text, key = "Der Aktenspeicher lässt uns nicht zugreifen.", "speicher_schreibgeschuetzt"
    else:
        text, key = f"Der Aktenspeicher antwortet mit Fehler {status}.", "speicher_fehler"
    return StoreUnavailable(text, reasons=[Reason(text, key=key)])
