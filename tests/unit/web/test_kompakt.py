"""Gzip: static texts once, applicants' pages with a length that says nothing, staff pages never."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask, Response, request
from werkzeug.wrappers import Response as AnyResponse

from abh.web import kompakt
from abh.web.kompakt import padded_gzip


@pytest.mark.parametrize("padding", [0, 1, 100])
@pytest.mark.parametrize("data", [b"", b"a" * 5000, "Düsseldorf ".encode() * 300])
def test_padding_changes_the_length_and_not_the_content(data: bytes, padding: int) -> None:
    packed = padded_gzip(data, padding)
    assert gzip.decompress(packed) == data
    assert len(packed) == len(padded_gzip(data, 0)) + padding


@pytest.fixture(scope="module")
def bare() -> Flask:
    """An application that does nothing but compress."""
    app = Flask(__name__)
    kompakt.install(app)

    @app.get("/")
    def page() -> AnyResponse:
        answer = Response("Wort " * 2000, mimetype="text/html")
        answer.set_etag("eins")
        return answer.make_conditional(request)

    return app


@pytest.mark.parametrize(
    ("asked", "packed"),
    [("gzip, br", True), ("*", True), ("br", False), ("gzip;q=0", False), ("", False)],
)
def test_only_who_asks_for_gzip_gets_it(bare: Flask, asked: str, packed: bool) -> None:
    answer = bare.test_client().get("/", headers={"Accept-Encoding": asked})
    assert ("Content-Encoding" in answer.headers) is packed
    assert (len(answer.data) < 5000) is packed
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_an_unchanged_page_stays_without_content(bare: Flask) -> None:
    client = bare.test_client()
    first = client.get("/", headers={"Accept-Encoding": "gzip"})
    known = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}
    again = client.get("/", headers=known)
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Encoding" not in again.headers
