"""Pages of the firm lane: who may not, the way of a group, the calendar, the published figures."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from abh.bench.firm_world import Firm, make_firm
from tests.integration.web.staff.conftest import LEAD, Amt, Browser

FORM = {"leistung": "biometrie_antrag", "sg": "SG1", "von": "30.11.2026", "bis": "18.12.2026"}
BOOKED = "SELECT count(*) AS n FROM firm_place p JOIN booking b ON b.id = p.booking_id"


def firm(amt: Amt, name: str = "Alpha", people: int = 4, **more: Any) -> tuple[Firm, Browser]:
    today, now = amt.house.today, amt.clock.now()
    with amt.sessions() as session, session.begin():
        made = make_firm(session, name, people=people, today=today, now=now, **more)
    return made, amt.client(made.actor.login)


def send(browser: Browser, url: str, data: dict[str, Any], status: int = 303) -> str:
    page = browser.get("/firma/termine").text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    answer = browser.client.post(url, data={"csrf_token": found[1], **data})
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def hidden(page: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page):
        values.setdefault(name, []).append(value)
    return {name: each for name, each in values.items() if name != "csrf_token"}


@pytest.mark.parametrize("path", ["/firma/termine", "/firma/termine/neu", "/firma/termine.ics"])
def test_nobody_else_sees_the_companys_appointments(amt: Amt, path: str) -> None:
    assert amt.client().client.get(path).status_code == 403
    assert amt.app.test_client().get(path).status_code == 303


def test_a_group_is_proposed_and_booked_and_given_back(amt: Amt) -> None:
    one, browser = firm(amt, family_of=2)
    page = browser.get("/firma/termine/neu?leistung=biometrie_antrag&sg=SG1").text
    assert page.count('type="checkbox"') == 4
    proposal = send(browser, "/firma/termine/vorschlag", {**FORM, "person": list(one.persons)}, 200)
    assert amt.row(BOOKED)["n"] == 0
    assert "4 Personen verbindlich buchen" in proposal
    form = hidden(proposal)
    send(browser, "/firma/termine", form)
    send(browser, "/firma/termine", form)  # sent twice books once
    assert amt.row(BOOKED)["n"] == 4
    shown = browser.get("/firma/termine").text
    assert all(f"Alpha{n:03d}" in shown for n in range(4))
    ids = re.findall(r'name="termin" value="(\d+)"', shown)
    send(browser, "/firma/termine/absagen", {"termin": ids[:3]})
    assert amt.row(BOOKED + " WHERE b.status = 'booked'")["n"] == 1


def test_the_part_that_fits_is_an_explicit_choice(amt: Amt) -> None:
    one, browser = firm(amt, people=8, employees=20)
    wanted = {**FORM, "von": "01.12.2026", "person": list(one.persons)}
    proposal = send(browser, "/firma/termine/vorschlag", wanted, 200)
    assert "Nur diese 6 Personen buchen" in proposal
    assert proposal.count("ausgeschöpft") == 2
    # Whoever sends all eight nevertheless books nobody.
    send(browser, "/firma/termine", {**wanted, "key": "k"}, 409)
    assert amt.row(BOOKED)["n"] == 0
    send(browser, "/firma/termine", hidden(proposal))
    assert amt.row(BOOKED)["n"] == 6


def test_a_place_is_moved_and_taken_over_and_another_companys_does_not_exist(amt: Amt) -> None:
    one, browser = firm(amt)
    send(browser, "/firma/termine", {**FORM, "person": [one.persons[0]], "key": "k"})
    place = amt.row("SELECT booking_id AS id FROM firm_place")["id"]
    page = browser.get(f"/firma/termine/{place}").text
    slot = re.findall(r'name="termin" value="(\d{4}-\d\d-\d\d_\d+)"', page)[-1]
    send(browser, f"/firma/termine/{place}/verlegen", {"termin": slot})
    moved = amt.row("SELECT day::text, lower(cells) AS cell FROM booking WHERE id = :id", id=place)
    assert f"{moved['day']}_{moved['cell']}" == slot
    for wrong, status in ((one.persons[0], 422), (0, 422), (one.persons[1], 303)):
        send(browser, f"/firma/termine/{place}/vertreten", {"person": wrong, "key": "v"}, status)
    assert amt.row(BOOKED + " WHERE b.status = 'booked'")["n"] == 1
    _, other = firm(amt, "Beta")
    other.get(f"/firma/termine/{place}", 404)
    for act in ("verlegen", "vertreten"):
        data = {"termin": slot, "person": one.persons[2], "key": "x"}
        send(other, f"/firma/termine/{place}/{act}", data, 404)
    send(other, "/firma/termine/absagen", {"termin": [place]}, 404)


def test_the_calendar_names_nobody_and_ends_with_its_address_or_its_maker(amt: Amt) -> None:
    one, browser = firm(amt)
    send(browser, "/firma/termine", {**FORM, "person": [one.persons[0]], "key": "k"})
    made = send(browser, "/firma/termine/kalender", {}, 200)
    path = re.search(r"/firma/kalender/[A-Za-z0-9_-]{22}\.ics", made)
    assert path
    reader = amt.app.test_client()
    feed = reader.get(path[0])
    assert feed.status_code == 200
    assert feed.text.count("BEGIN:VEVENT") == 1
    assert "Alpha000" not in feed.text
    assert "Kim" not in feed.text
    again = reader.get(path[0], headers={"If-None-Match": feed.headers["ETag"]})
    assert again.status_code == 304
    amt.change("UPDATE app_user SET active = false WHERE id = :id", id=one.actor.user_id)
    assert reader.get(path[0]).status_code == 404
    amt.change("UPDATE app_user SET active = true WHERE id = :id", id=one.actor.user_id)
    send(browser, "/firma/termine/kalender/widerrufen", {})
    assert reader.get(path[0]).status_code == 404
    assert reader.get("/firma/kalender/" + "x" * 22 + ".ics").status_code == 404


def test_figures_are_public_only_when_a_lead_publishes_them(amt: Amt) -> None:
    one, browser = firm(amt, people=6)
    send(browser, "/firma/termine", {**FORM, "person": list(one.persons), "key": "k"})
    amt.change("UPDATE booking SET status = 'served' WHERE lane = 'firmen'")
    reader = amt.app.test_client()
    amt.clock.advance(timedelta(days=30))
    try:
        lead = amt.client(LEAD)
        empty = reader.get("/zugang").text
        assert "veröffentlicht" in empty
        assert "<table" not in empty
        assert amt.client().client.get("/leitung/firmenbahn").status_code == 403
        shown = lead.get("/leitung/firmenbahn?von=24.11.2026&bis=20.12.2026").text
        assert "Diese Zahlen veröffentlichen" in shown
        period = {"von": "24.11.2026", "bis": "20.12.2026"}
        lead.post("/leitung/firmenbahn", period)
        lead.post("/leitung/firmenbahn", period, status=409)
        lead.post("/leitung/firmenbahn", {**period, "bis": "20.12.2027"}, status=422)
        assert "<table" in reader.get("/zugang").text
        kept = amt.row("SELECT id, figures FROM lane_figures")
        assert kept["figures"]["lanes"]["firmen"]["places"] == 6
        assert kept["figures"]["lanes"]["firmen"]["wait_median_days"] == 7
        # Nobody was missed: that may be said; one to four would be left out.
        assert kept["figures"]["lanes"]["firmen"]["missed"] == 0
        lead.post(f"/leitung/firmenbahn/{kept['id']}/zurueckziehen", {})
        assert "<table" not in reader.get("/zugang").text
    finally:
        amt.clock.advance(-timedelta(days=30))


def test_a_lead_sets_the_size_of_a_company(amt: Amt) -> None:
    one, _browser = firm(amt, employees=None)
    lead = amt.client(LEAD)
    url = f"/leitung/firmenbahn/firma/{one.company_id}"
    lead.post(url, {"employees": "viele"}, status=422)
    lead.post(url, {"employees": "300"})
    assert amt.row("SELECT employees AS n FROM firm_account")["n"] == 300
    assert 'value="300"' in lead.get("/leitung/firmenbahn").text


def test_a_company_names_its_people_for_a_counselling_day_and_sees_their_answers(amt: Amt) -> None:
    one, browser = firm(amt, people=3)
    _, other = firm(amt, "Beta", people=1)
    assert "kein Beratungstag geplant" in browser.get("/firma/termine/beratungstag").text
    amt.change(
        "INSERT INTO group_event (unit_key, kind, title, place, starts_at, ends_at, places,"
        " guests_each, reply_until, made_by, created_at)"
        " SELECT 'SG1', kind, 'Tag ' || kind, 'Saal', :now + interval '9 days',"
        " :now + interval '10 days', 2, 0, '2026-11-30', (SELECT min(id) FROM app_user), :now"
        " FROM unnest(ARRAY['expat', 'beratungstag']) AS kind",
        now=amt.clock.now(),
    )
    page = browser.get("/firma/termine/beratungstag").text
    assert ("Tag expat" in page, "Tag beratungstag" in page) == (True, False)
    assert page.count('name="person"') == 3
    day = amt.row("SELECT id FROM group_event WHERE kind = 'expat'")["id"]
    closed = amt.row("SELECT id FROM group_event WHERE kind = 'beratungstag'")["id"]
    url, two = "/firma/termine/beratungstag", list(one.persons[:2])
    guests = "SELECT count(*) AS n FROM event_guest"
    send(browser, url, {"tag": day}, 422)
    send(browser, url, {"tag": day, "person": list(one.persons)}, 409)
    send(browser, url, {"tag": closed, "person": two}, 404)
    send(other, url, {"tag": day, "person": two[:1]}, 404)
    assert amt.row(guests)["n"] == 0
    send(browser, url, {"tag": day, "person": two})
    assert amt.row(guests)["n"] == 2
    assert amt.row("SELECT taken FROM group_event WHERE id = :id", id=day)["taken"] == 2
    send(browser, url, {"tag": day, "person": two[:1]}, 404)
    amt.change("UPDATE event_guest SET reply = 'no' WHERE person_id = :p", p=two[0])
    page = browser.get(url).text
    assert page.count("kommt nicht") == 1
    assert page.count("noch keine Antwort") == 1
    looked = amt.row("SELECT count(DISTINCT vorgang_id) AS n FROM company_look")["n"]
    assert looked == 3
    assert "Alpha" not in other.get(url).text
    lead = amt.client(LEAD)
    assert "Alpha" in lead.get(f"/veranstaltungen/{day}").text
