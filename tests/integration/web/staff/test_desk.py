"""The desk of a clerk: next things with reasons, the palette, one search over the house."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.web.staff.conftest import CLERK, COLLEAGUE, LEAD, Amt, Browser
from tests.integration.web.staff.test_pages import MOST_STATEMENTS, statements

OWN = "UPDATE vorgang SET owner_id = (SELECT id FROM app_user WHERE login = :login)"
MINE = OWN + " WHERE number = :number"


def found(browser: Browser, query: str, path: str = "/desk") -> list[dict[str, Any]]:
    answer = browser.get(f"/befehle?q={query}&von={path}")
    return list(json.loads(answer.text)["found"])


def test_own_clocks_and_cases_stand_with_the_reason(
    amt: Amt, clerk: Browser, staff_engine: Any
) -> None:
    mine = amt.file(person__family_name="Okonkwo", title_until="24.11.2026").number
    foreign = amt.file(person__family_name="Sharma", title_until="24.11.2026").number
    amt.change(OWN, login=COLLEAGUE)
    amt.change(MINE, login=CLERK, number=mine)
    page = clerk.get("/desk").text
    assert "Titel endet morgen, 24.11.2026." in page
    assert mine in page and foreign not in page
    amt.change(
        "UPDATE frist SET due_on = '2026-11-20', label = 'Nachforderung' WHERE id ="
        " (SELECT min(f.id) FROM frist f JOIN vorgang v ON v.id = f.vorgang_id"
        "   WHERE v.number = :number AND f.status = 'running')",
        number=mine,
    )
    with statements(staff_engine) as seen:
        page = clerk.get("/desk/liste").text
    assert "Nachforderung: seit 3 Tagen vorbei, 20.11.2026." in page
    assert page.count(mine) == 1
    assert 0 < len(seen) <= MOST_STATEMENTS


def test_requested_documents_that_did_not_come_stand_with_their_day(
    amt: Amt, clerk: Browser
) -> None:
    number = amt.file(person__family_name="Okonkwo").number
    amt.change(MINE, login=CLERK, number=number)
    ask = (
        "UPDATE vorgang SET state = :state, progress = progress || jsonb_build_object('request',"
        " jsonb_build_object('sent_on', '2026-10-01', 'until', CAST(:until AS text),"
        " 'reminded_on', CAST(:reminded AS text), 'documents_received', CAST(:came AS int)))"
        " WHERE number = :number"
    )
    asked: dict[str, Any] = {"state": "awaiting_applicant", "number": number, "came": 0}
    amt.change(ask, **asked, until="2026-11-30", reminded=None)
    assert "Angeforderte Unterlagen" not in clerk.get("/desk").text
    amt.change(ask, **asked, until="2026-11-30", reminded="2026-11-10")
    assert "kamen nicht; erinnert am 10.11.2026, neue Frist 30.11.2026." in clerk.get("/desk").text
    amt.change(ask, **asked, until="2026-11-20", reminded=None)
    page = clerk.get("/desk/liste").text
    assert "Angeforderte Unterlagen fehlen seit 20.11.2026." in page and page.count(number) == 1
    amt.change(ask, **asked | {"came": 1}, until="2026-11-20", reminded=None)
    assert "Angeforderte Unterlagen" not in clerk.get("/desk").text
    # under review it counts only where the documents are why the case went on
    amt.change(ask, **asked | {"state": "in_review"}, until="2026-11-20", reminded="2026-11-10")
    assert "Angeforderte Unterlagen" not in clerk.get("/desk").text
    amt.change(
        "INSERT INTO vorgang_step (vorgang_id, seq, step, from_state, to_state, at, actor_name)"
        " SELECT id, 900, 'nach_aktenlage_pruefen', 'awaiting_applicant', 'in_review', now(), ''"
        " FROM vorgang WHERE number = :number",
        number=number,
    )
    assert "fehlen seit 20.11.2026; nach Aktenlage entscheiden." in clerk.get("/desk").text


def test_who_waits_and_who_stands_at_the_desk_come_first(amt: Amt, clerk: Browser) -> None:
    clerk.post("/schalter/nummer", {"service": "beratung"})
    page = clerk.get("/desk").text
    assert "1 im Warteraum" in page and "Am längsten wartet A-001" in page
    clerk.post("/schalter/naechster", {})
    page = clerk.get("/desk").text
    assert "Steht seit 08:00 Uhr an Ihrem Platz." in page and "im Warteraum" not in page
    assert "Besuch beenden, nächste Nummer" in page
    number = amt.row("SELECT id FROM walk_in")["id"]
    clerk.post("/schalter/naechster", {"nummer": str(number)})
    assert amt.row("SELECT status FROM walk_in")["status"] == "served"
    assert "Steht seit" not in clerk.get("/desk").text


def test_looking_at_the_list_is_recorded_with_the_numbers(amt: Amt, clerk: Browser) -> None:
    number = amt.file(title_until="24.11.2026").number
    amt.change(MINE, login=CLERK, number=number)
    clerk.get("/desk")
    row = amt.row("SELECT facts, is_read FROM audit_entry WHERE action = 'desk.list'")
    assert row["is_read"] and number in row["facts"]["numbers"]


def test_the_palette_finds_pages_actions_and_cases_of_one_s_own(amt: Amt, clerk: Browser) -> None:
    number = amt.file(person__family_name="Okonkwo").number
    amt.change(MINE, login=CLERK, number=number)
    labels = [each["label"] for each in found(clerk, "")]
    assert "Unterschriften" in labels and "Leitung" not in labels
    assert {"label": "Abmelden", "hint": "Handlung", "url": "/logout", "post": True} in found(
        clerk, "abmel"
    )
    (case, everywhere) = found(clerk, "okonk")
    assert (case["hint"], case["url"]) == (number, f"/vorgang/{number}")
    assert case["label"].startswith("Okonkwo")
    assert everywhere["url"] == "/suche?q=okonk"
    year, running = number.split("-")[1:]
    assert found(clerk, f"{year}-{int(running)}")[0]["url"] == f"/vorgang/{number}"
    here = [each["label"] for each in found(clerk, "akte", f"/vorgang/{number}")]
    assert here[0] == "Akte mit Vorschau"
    assert "Leitung" in [each["label"] for each in found(amt.client(LEAD), "leit")]
    # somebody without files finds pages, but no cases and no search
    technician = amt.client("technik", desk=False)
    assert [each["label"] for each in found(technician, "okonk")] == []


def test_the_search_finds_azr_number_and_company(
    amt: Amt, clerk: Browser, staff_engine: Any
) -> None:
    number = amt.file(employer="Rheinbogen Robotik GmbH").number
    clerk.act(number, "azr", "azr", status=422, azr_number="12345")
    clerk.act(number, "azr", "azr", azr_number="210304 123456")
    assert "210304123456" in clerk.get(f"/vorgang/{number}").text
    assert number in clerk.get("/suche?q=210304123456").text
    assert number not in clerk.get("/suche?q=210304123457").text
    second = amt.file(person__family_name="Sharma", person__email="s@example.org").number
    refused = clerk.act(second, "azr", "azr", status=422, azr_number="210304123456").text
    assert "schon bei einer anderen Person" in refused
    with statements(staff_engine) as seen:
        page = clerk.get("/suche?q=reinbogen robotik").text
    assert "Rheinbogen Robotik GmbH" in page and number in page
    assert len(seen) <= MOST_STATEMENTS
    trail = amt.row("SELECT facts FROM audit_entry WHERE action = 'person.azr'")
    assert trail["facts"] == {"set": True}


def test_the_search_does_not_tell_of_cases_one_must_not_know(amt: Amt, clerk: Browser) -> None:
    number = amt.file(person__family_name="Okonkwo", employer="Rheinbogen Robotik GmbH").number
    assert "Okonkwo" in clerk.get("/suche?q=okonkwo").text
    amt.change(
        "UPDATE vorgang SET verfahren = 'P32', unit_key = 'SG5' WHERE number = :number",
        number=number,
    )
    for query in ("okonkwo", "rheinbogen", number):
        page = clerk.get(f"/suche?q={query}").text
        assert "Okonkwo," not in page and f"/vorgang/{number}" not in page


def test_a_chosen_case_and_its_newest_sheet_stand_beside_the_list(
    amt: Amt, clerk: Browser, staff_engine: Any
) -> None:
    number = amt.file(person__family_name="Okonkwo", title_until="24.11.2026").number
    amt.change(MINE, login=CLERK, number=number)
    sheet = amt.row(
        "SELECT b.id FROM blatt b JOIN vorgang v ON v.akte_id = b.akte_id"
        " WHERE v.number = :number ORDER BY b.sheet_no DESC LIMIT 1",
        number=number,
    )["id"]
    listed = clerk.get("/desk").text
    assert f'href="/desk?bei={number}"' in listed and f"/blatt/{sheet}" not in listed
    with statements(staff_engine) as seen:
        part = clerk.get(f"/desk/blick/{number}").text
    assert 0 < len(seen) <= 6
    assert f'src="/blatt/{sheet}#' in part and "<html" not in part
    assert "Noch offen" in part and f'href="/vorgang/{number}"' in part
    looks = "SELECT count(*) AS n FROM audit_entry WHERE action = 'vorgang.read'"
    before = amt.row(looks)["n"]
    assert f'src="/blatt/{sheet}#' in clerk.get(f"/desk?bei={number}").text
    assert amt.row(looks)["n"] == before + 1


def test_a_case_of_another_unit_is_not_shown_beside_the_list(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    amt.change("UPDATE vorgang SET unit_key = 'SG3' WHERE number = :number", number=number)
    clerk.get(f"/desk/blick/{number}", 403)
    clerk.get(f"/desk?bei={number}", 403)
    clerk.get("/desk?bei=ABH-2026-9999999", 404)
