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


def test_weights_are_computed_through_on_the_page_and_only_the_head_orders(amt: Amt) -> None:
    lead = amt.client(LEAD)
    page = lead.get("/leitung/post/gewichte").text
    sent = dict(re.findall(r'name="([a-z_]+\.[a-z]+|warten)"[^>]*value="(\d+)"', page))
    assert len(sent) == 24
    sent |= {"valid_from": "01.12.2026", "act": "try", "reise.punkte": "900"}
    tried = lead.post("/leitung/post/gewichte", sent, status=200).text
    assert "Das würde sich ändern" in tried
    assert "Anordnen kann, wer alle Sachgebiete leitet" in tried
    refused = lead.post("/leitung/post/gewichte", sent | {"warten": "viel"}, status=422).text
    assert "ganze Zahl" in refused
    assert 'value="900"' in refused
    mark = "0" * 16
    ordered = sent | {"act": "order", "simulated": mark, "reason": "Ferienzeit im ganzen Amt"}
    lead.post("/leitung/post/gewichte", ordered, status=403)


def test_a_filter_is_kept_used_and_removed(amt: Amt) -> None:
    lead = amt.client(LEAD)
    choice = {"thema": "*", "aelter": "90", "name": "Alt & schwer"}
    lead.post("/leitung/post/filter", choice)
    page = lead.get("/leitung/post/sammeln").text
    assert "Alt &amp; schwer" in page
    assert "aelter=90" in page
    gone = re.search(r'name="forget" value="(\d+)"', page)
    assert gone
    lead.post("/leitung/post/filter", {"forget": gone[1]})
    assert "Alt &amp; schwer" not in lead.get("/leitung/post/sammeln").text
    assert "1 bis 60 Zeichen" in lead.post("/leitung/post/filter", {"name": ""}, status=422).text


def test_the_switch_of_answers_and_the_second_look_stand_on_their_pages(amt: Amt) -> None:
    fill(amt)
    lead = amt.client(LEAD)
    assert "Antwort von Hand" in lead.get("/leitung/post").text
    lead.post("/leitung/post/auskuenfte", {"on": "1"})
    page = lead.get("/leitung/post").text
    assert "Antwort automatisch" in page
    assert "zu wenig geschehen" in page
    assert "Nichts wartet auf einen zweiten Blick." in lead.get("/leitung/post/stichprobe").text
    lead.post("/leitung/post/stichprobe", {"bundle": "1", "verdict": "right"}, status=404)


def test_a_clerk_gives_post_to_another_unit_with_a_reason(amt: Amt, clerk: Browser) -> None:
    fill(amt)
    address = clerk.post("/post/naechste", {}).location.removeprefix("http://localhost")
    refused = clerk.post(f"{address}/abgeben", {"abgeben_unit": "SG3"}, status=422).text
    assert "Grund in Worten" in refused
    sent = {"abgeben_unit": "SG3", "abgeben_reason": "gehört zur Familie"}
    clerk.post(f"{address}/abgeben", sent)
    assert amt.row("SELECT unit_key FROM post_bundle")["unit_key"] == "SG3"
