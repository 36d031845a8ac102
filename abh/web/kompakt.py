"""Answers in gzip: style sheets and scripts once, applicants' pages each time.

A telephone on slow mobile data pays for every byte, and nothing may be assumed in front of us.
"""

from __future__ import annotations

import gzip
import secrets
import zlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request

# Below this the answer fits into the first packets either way.
_LEAST = 1400
_TEXTS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
# Django's answer to BREACH (CVE-2013-3587): the length says nothing exact of what a page holds.
_MOST_PADDING = 100
_HEAD = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"
_LEVEL = 6


def padded_gzip(data: bytes, padding: int) -> bytes:
    """Return ``data`` in gzip with a file name of ``padding`` letters, so that its length varies.

    The name is part of the header (RFC 1952) and ignored by every reader.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return _HEAD + b"a" * padding + b"\x00" + body + tail


@lru_cache(maxsize=64)
def _file(path: str, changed: int) -> bytes:
    """The bytes of a static file in gzip; ``changed`` makes a new version a new entry."""
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def install(app: Flask) -> None:
    """Compress what a browser that can read it asks for."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if not _may(response):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0:
        return response
    if request.endpoint == "static":
        packed = _static()
    else:
        packed = padded_gzip(response.get_data(), secrets.randbelow(_MOST_PADDING + 1))
    if packed is None:
        return response
    if hasattr(response.response, "close"):
        response.response.close()  # the open file behind it is not sent
    response.direct_passthrough = False
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        # Two writings of one content: the same tag may only be a weak one.
        response.set_etag(etag, weak=True)
    return response


def _may(response: Response) -> bool:
    # An answer without content keeps none; part of a file is part of the file as it lies there.
    if response.status_code in (204, 206, 304):
        return False
    if "Content-Encoding" in response.headers or request.method == "HEAD":
        return False
    if (response.content_length or _LEAST) < _LEAST:
        return False
    if request.endpoint == "static":
        return response.mimetype in _TEXTS
    # Staff sit in the house, where a page is sent faster than it is packed.
    blueprint = current_app.blueprints.get(request.blueprint or "")
    public = getattr(blueprint, "abh_audience", "public") == "public"
    return public and response.mimetype == "text/html" and not response.is_streamed


def _static() -> bytes | None:
    name = (request.view_args or {}).get("filename", "")
    path = Path(current_app.static_folder or "") / name
    try:
        return _file(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None
