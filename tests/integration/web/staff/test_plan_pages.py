"""Pages of the clearance plan: ask, compare, accept, follow, take along."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import text

from abh.access.actor import SYSTEM
from abh.documents.render import Listing
from abh.post.aufnahme import NewItem, take_in
from tests.integration.web.staff.conftest import LEAD, Amt, Browser

FORM = {
    "name": "Bis Weihnachten",
    "units": "SG1",
    "mode": "by_date",
    "target": "20.12.2026",
    "floor_appointments": "40",
    "floor_firms": "90",
}


def fill(amt: Amt) -> None:
    with amt.sessions() as session, session.begin():
        item = NewItem(date(2026, 11, 2), "paper", "lawyer", "Brief", "SG1")
        take_in(session, SYSTEM, [item], amt.house.blobs, clock=amt.house)
        session.execute(
            text(
                "INSERT INTO post_item (received_on, entered_at, channel, kind, subject, unit_key,"
                " bundle_id, source) SELECT '2026-09-01', :now, 'paper', 'lawyer', 'Brief', 'SG1',"
                " bundle_id, 'probe' FROM post_item, generate_series(1, 800)"
            ),
            {"now": amt.clock.now()},
        )


def test_a_plan_is_asked_for_compared_accepted_and_taken_along(
    amt: Amt, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(amt)
    printed: list[Listing] = []
    monkeypatch.setattr(
        type(amt.house.renderer), "listing", lambda _self, one: printed.append(one) or b"%PDF"
    )
    lead = amt.client(LEAD)
    assert "Noch kein Plan" in lead.get("/leitung/post/plan").text
    first = lead.post("/leitung/post/plan", FORM).location
    second = lead.post("/leitung/post/plan", FORM | {"mode": "earliest", "name": "Früh"}).location
    ids = [int(re.findall(r"\d+", one)[-1]) for one in (first, second)]
    page = lead.get(f"/leitung/post/plan?v={ids[0]}&v={ids[1]}").text
    assert page.count("<polyline") == 2
    assert "Bis Weihnachten" in page
    address = f"/leitung/post/plan/{ids[0]}"
    shown = lead.get(address).text
    assert "Nichts mehr offen am 20.12.2026" in shown
    assert "Weniger Stunden gehen nicht (bewiesen)." in shown
    lead.post(f"{address}/annehmen", {})
    assert "Im Dienstplan:" in lead.get(address).text
    count = amt.row(
        "SELECT count(*) AS n FROM roster_block WHERE lane = 'post' AND pattern_id IS NULL"
    )
    assert count["n"] > 0
    assert lead.get(f"{address}/plan.pdf").mimetype == "application/pdf"
    assert printed[0].title == "Räumungsplan: Bis Weihnachten"
    assert printed[0].rows[-1][:3] == ("SG1", "20.12.2026", "0")
    assert lead.get(f"{address}/plan.xlsx").data.startswith(b"PK")
    lead.post(f"{address}/zuruecknehmen", {})
    assert "zurückgenommen" in lead.get(address).text


def test_what_is_wrong_is_said_at_its_field(amt: Amt) -> None:
    lead = amt.client(LEAD)
    page = lead.post("/leitung/post/plan", FORM | {"target": "27.11.2026"}, status=422).text
    assert 'href="#f-target"' in page
    assert "Bis Weihnachten" in page
    page = lead.post("/leitung/post/plan", FORM | {"floor_firms": "viel"}, status=422).text
    assert "0 bis 100 Prozent" in page


def test_a_clerk_does_not_get_there(amt: Amt, clerk: Browser) -> None:
    clerk.get("/leitung/post/plan", 403)
