"""Applicants' pages on slow mobile data: what a page weighs with all it links, and from where."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.documents.house import House
from tests import factories
from tests.integration.web.public.conftest import Visitor

MOST_BYTES = 100_000
PACKED = {"Accept-Encoding": "gzip"}
_LOADED = re.compile(r'<(?:link rel="stylesheet" href|script src|img src)="([^"]+)"')


def test_public_pages_with_styles_and_scripts_stay_under_the_limit(
    visitor: Visitor, session: Session, house: House
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), evidence=("pass",))
    # The longest page: with everything that is missing. The letter of that step would only cost.
    until = house.today + timedelta(days=28)
    session.execute(
        text("UPDATE vorgang SET state = 'awaiting_applicant', progress = :progress"),
        {"progress": json.dumps({"request": {"until": until.isoformat()}})},
    )
    session.commit()
    here = f"/status/{filed.token}"
    for page in (
        here,
        "/status",
        "/antrag",
        "/antrag/p02",
        "/termine",
        "/termine/code",
        "/notfall",
        "/wartezeit",
    ):
        answer = visitor.get(f"{page}?lang=fa", headers=PACKED)
        assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip"), page
        html = gzip.decompress(answer.data).decode()
        loaded = [one for one in _LOADED.findall(html) if not one.startswith("data:")]
        assert loaded and all(one.startswith("/static/") for one in loaded), page
        parts = [visitor.get(one, headers=PACKED) for one in loaded]
        assert {part.headers.get("Content-Encoding") for part in parts} == {"gzip"}
        weight = len(answer.data) + sum(len(part.data) for part in parts)
        assert weight <= MOST_BYTES, (page, weight)


def test_whoever_cannot_read_gzip_gets_the_page_as_it_is(visitor: Visitor) -> None:
    plain = visitor.get("/status?lang=de")
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    style = _LOADED.findall(plain.text)[0]
    packed = visitor.get(style, headers=PACKED)
    assert gzip.decompress(packed.data) == visitor.get(style).data
    again = visitor.get(style, headers={**PACKED, "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


def test_lengths_of_one_page_differ_so_that_they_tell_nothing(visitor: Visitor) -> None:
    lengths = {len(visitor.get("/status?lang=de", headers=PACKED).data) for _ in range(8)}
    assert len(lengths) > 1
