"""Pages of the channels: separator sheets, parts, corrections, the bell; and post by API."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

from sqlalchemy import text

from abh.access.actor import SYSTEM
from abh.post import jobs
from abh.post.aufnahme import NewItem, Original, Part, take_in
from tests import factories
from tests.integration.web.staff.conftest import Amt, Browser

KEY = {"Idempotency-Key": "scanner-4711-0000001"}
ITEM = {
    "received_on": "2026-11-20",
    "channel": "paper",
    "kind": "documents",
    "subject": "Gehaltsnachweis",
    "unit_key": "SG1",
}


def take(amt: Amt, **changes: Any) -> None:
    values = ITEM | {"received_on": date(2026, 11, 20)} | changes
    with amt.sessions() as session, session.begin():
        take_in(session, SYSTEM, [NewItem(**values)], amt.house.blobs, clock=amt.house)


def pulled(clerk: Browser) -> str:
    return clerk.post("/post/naechste", {}).location.removeprefix("http://localhost")


def test_a_clerk_sees_why_an_item_is_what_it_is_and_corrects_it(amt: Amt, clerk: Browser) -> None:
    take(
        amt,
        kind="inquiry",
        sorted_by="Textmodell: Anfrage zum Stand, 64 % wegen „stand“.",
        notes=("Seite 2 ist leer.",),
        parts=(
            Part("<b>.pdf", "application/pdf", 4, b"%PDF", ""),
            Part("a.exe", "application/octet-stream", 2, b"MZ", "Programm oder Makro"),
        ),
    )
    address = pulled(clerk)
    page = clerk.get(address).text
    for words in (
        "64 % wegen „stand“",
        "Seite 2 ist leer.",
        "&lt;b&gt;.pdf",
        "Programm oder Makro",
    ):
        assert words in page
    first, second = (
        int(row) for row in amt.row("SELECT array_agg(id ORDER BY id) AS ids FROM post_part")["ids"]
    )
    shown = clerk.get(f"/post/teil/{first}")
    assert shown.mimetype == "application/pdf"
    saved = clerk.get(f"/post/teil/{second}")
    assert saved.mimetype == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    other = "SELECT login FROM app_user WHERE unit_key = 'SG3' AND rank = 'SB' LIMIT 1"
    stranger = amt.client(amt.row(other)["login"])
    stranger.get(f"/post/teil/{first}", status=403)
    item = amt.row("SELECT id FROM post_item")["id"]
    clerk.post(f"{address}/art", {"item": item, "kind": "quatsch"}, status=422)
    clerk.post(f"{address}/art", {"item": item, "kind": "complaint"})
    row = amt.row("SELECT was, kind FROM post_correction")
    assert (row["was"], row["kind"]) == ("inquiry", "complaint")
    assert "64 % wegen" not in clerk.get(address).text


def test_what_rings_stands_on_top_of_the_page(amt: Amt, clerk: Browser) -> None:
    assert "Eilig: Gericht" not in clerk.get("/post").text
    take(amt, kind="court", subject="Beschluss 27 L 1/26")
    assert "Beschluss 27 L 1/26" in clerk.get("/post").text


def test_a_separator_sheet_is_a_pdf_and_mistakes_are_shown(clerk: Browser) -> None:
    assert "Trennblatt herunterladen" in clerk.get("/post/trennblatt").text
    answer = clerk.get("/post/trennblatt.pdf?unit_key=SG1&kind=documents&received_on=20.11.2026")
    assert answer.data.startswith(b"%PDF")
    clerk.get("/post/trennblatt.pdf?unit_key=SG1&received_on=31.02.2026", status=422)
    clerk.get("/post/trennblatt.pdf?unit_key=SG1&kind=quatsch", status=422)
    clerk.get("/post/trennblatt.pdf?unit_key=SG99", status=404)


def api(browser: Browser, body: dict[str, Any], **heads: str) -> Any:
    token = browser.client.get("/api/v1/session").json["csrf_token"]
    return browser.client.post("/api/v1/post", json=body, headers={"X-CSRFToken": token, **heads})


def test_post_by_api_comes_once_and_needs_the_power(amt: Amt, clerk: Browser) -> None:
    body = ITEM | {
        "original": {"name": "a.pdf", "content": base64.b64encode(factories.a_pdf()).decode()}
    }
    assert api(clerk, body).status_code == 422
    first = api(clerk, body, **KEY)
    assert (first.status_code, first.json["created"]) == (201, True)
    again = api(clerk, body | {"subject": "anders"}, **KEY)
    assert (again.json["id"], again.json["created"]) == (first.json["id"], False)
    assert api(clerk, ITEM | {"unit_key": "SG3"}, **KEY).status_code == 403
    assert api(clerk, ITEM | {"received_on": "2030-01-01"}, **KEY).status_code == 422
    broken = body | {"original": {"name": "a", "content": "###"}}
    assert api(clerk, broken, **KEY).status_code == 422
    nobody = amt.app.test_client().post("/api/v1/post", json=body, headers=KEY)
    assert nobody.status_code == 401
    assert amt.row("SELECT count(*) AS n FROM post_item WHERE source = 'api'")["n"] == 1


def test_the_original_of_attached_post_becomes_a_sheet_once(amt: Amt) -> None:
    filed = amt.file()
    before = amt.row("SELECT count(*) AS n FROM blatt")["n"]
    original = Original(factories.a_pdf("Lohn"), "lohn.pdf", "application/pdf")
    take(amt, vorgang_id=filed.vorgang_id, original=original)
    take(amt, subject="ohne Vorgang", original=original, sender="Niemand")
    for expected in (1, 0):
        with amt.sessions() as session, session.begin():
            assert jobs.file_originals(session, amt.house, 10) == expected
    sheet = amt.row(
        "SELECT b.title, b.origin, b.received_on::text AS day, b.vorgang_id FROM blatt b"
        " JOIN post_item p ON p.blatt_id = b.id"
    )
    assert dict(sheet) == {
        "title": "Unterlagen: Gehaltsnachweis",
        "origin": "scan",
        "day": "2026-11-20",
        "vorgang_id": filed.vorgang_id,
    }
    assert amt.row("SELECT count(*) AS n FROM blatt")["n"] == before + 1
    with amt.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM post_item WHERE blatt_id IS NULL")) == 1
