"""Deciding a family and proving the receipt of a request: on the case page and by the API."""

from __future__ import annotations

import html
import re
from typing import Any

from abh.access.actor import Actor
from abh.workflows import folgen, service, verbund
from abh.workflows.familienentscheidung import Chosen, decide_together
from tests import factories
from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser
from tests.integration.workflows.play import Play, to_decision, to_review

PAPERS = tuple(kind for kind in factories.EVIDENCE if kind != "hochschulabschluss")


def new(amt: Amt, name: str) -> str:
    person = {**factories.ANTRAG["person"], "given_names": name, "birth_date": "01.02.1990"}
    return amt.file(evidence=PAPERS, person=person).number


def staff(session: Any) -> Actor:
    return factories.actor_of(session, CLERK)


def state(amt: Amt, number: str) -> str:
    return str(amt.row("SELECT state FROM vorgang WHERE number = :n", n=number)["state"])


def words(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>|\s+", " ", page))


def call(browser: Browser, path: str, body: dict[str, Any], status: int = 200) -> Any:
    token = browser.client.get("/api/v1/session").json["csrf_token"]
    answer = browser.client.post(f"/api/v1/cases/{path}", json=body, headers={"X-CSRFToken": token})
    assert answer.status_code == status, answer.text
    return answer.json


def test_a_couple_is_granted_from_one_page_or_not_at_all(amt: Amt) -> None:
    one, two, three = new(amt, "Minh"), new(amt, "Lan"), new(amt, "Kim")
    with amt.sessions() as session, session.begin():
        who = staff(session)
        plays = [Play(session, amt.house, number) for number in (one, two, three)]
        for play in plays[:2]:
            to_decision(play, who, amt.clock)
        folge = folgen.by_key("familie")
        assert folge is not None
        for other in plays[1:]:
            verbund.follow(session, amt.house, who, plays[0].case, other.case.id, folge)
    clerk = amt.client()
    page = clerk.get(f"/vorgang/{one}").text
    assert "Familie zusammen entscheiden" in page
    assert f'value="{two}"' in page
    assert f"{three} Kim" in words(page)
    assert "Noch nicht entscheidungsreif" in page
    seen = clerk.version(two)

    stale = {"mit": two, f"version.{two}": str(int(seen) - 1)}
    refused = clerk.act(one, "zusammen", "zusammen", status=409, **stale)
    assert two in words(refused.text)
    unready = {"mit": three, f"version.{three}": clerk.version(three)}
    refused = clerk.act(one, "zusammen", "zusammen", status=409, **unready)
    assert "Kim" in words(refused.text) and "entscheidungsreif" in words(refused.text)
    assert {state(amt, one), state(amt, two)} == {"decision_ready"}

    listed = clerk.client.get(f"/api/v1/cases/{one}/joint-decision").json["cases"]
    assert [row["ready"] for row in listed][:2] == [True, True]
    assert next(r for r in listed if r["number"] == three)["reasons"][0]["key"] == "zustand"
    body = {"cases": [{"number": n, "expected_version": 1} for n in (one, two)]}
    call(clerk, f"{one}/joint-decision", body, status=409)
    clerk.act(one, "zusammen", "zusammen", **{"mit": two, f"version.{two}": seen})
    assert {state(amt, one), state(amt, two)} == {"granted"}


def test_one_signature_decides_a_family_once_each_letter_was_opened(amt: Amt) -> None:
    one, two = new(amt, "Minh"), new(amt, "Lan")
    with amt.sessions() as session, session.begin():
        who, lead = staff(session), factories.actor_of(session, LEAD)
        plays = [Play(session, amt.house, number) for number in (one, two)]
        for play in plays:
            to_decision(play, who, amt.clock)
        folge = folgen.by_key("familie")
        assert folge is not None
        verbund.follow(session, amt.house, who, plays[0].case, plays[1].case.id, folge)
        waivable = next(r.key for r in plays[1].case.verfahren.checklist if r.waiver_norm)
        service.waive(
            session, amt.house, lead, plays[1].case.id, waivable, "Atypischer Fall, besprochen.",
            expected_version=plays[1].version,
        )  # fmt: skip
        chosen = [Chosen(play.number, play.version) for play in plays]
        done = decide_together(session, amt.house, who, plays[0].case, chosen)
    first, second = (each.pending_letter for each in done)
    desk = amt.client(LEAD)
    page = desk.get(f"/unterschriften?brief={first}").text
    assert "Diese Familie wird zusammen entschieden" in page and "noch nicht angesehen" in page
    assert "Alle zeichnen" in page
    refused = desk.post(f"/brief/{first}/zeichnen", {"brief": first}, status=409)
    assert "noch nicht angesehen" in words(refused.text)
    assert {state(amt, one), state(amt, two)} == {"decision_ready"}
    desk.get(f"/brief/{second}/vorschau")
    assert "noch nicht angesehen" not in desk.get(f"/unterschriften?brief={first}").text
    desk.post(f"/brief/{first}/zeichnen", {"brief": first}, status=303)
    assert {state(amt, one), state(amt, two)} == {"granted"}


def test_the_proof_of_receipt_is_recorded_and_shown(amt: Amt) -> None:
    number = new(amt, "Minh")
    with amt.sessions() as session, session.begin():
        play = Play(session, amt.house, number)
        to_review(play, staff(session))
        play.step(staff(session), "beteiligen")
    clerk = amt.client()
    case = clerk.client.get(f"/api/v1/cases/{number}").json
    ba = next(row for row in case["participations"] if row["kind"] == "BA")
    assert (ba["channel"], ba["receipt"]) == ("behoerde", "")
    page = clerk.get(f"/vorgang/{number}").text
    assert "Weg und Zugang vermerken" in page
    assert "§ 36 Abs. 2 BeschV" in words(page)
    typed = {"channel": "bebpo", "received_on": "24.11.2026", "receipt": "Az. 12"}
    fid = f"zugang-{ba['id']}"
    refused = clerk.act(number, f"zugang/{ba['id']}", fid, status=422, **typed)
    assert "Zukunft" in refused.text and "Az. 12" in refused.text
    clerk.act(number, f"zugang/{ba['id']}", fid, **{**typed, "received_on": "23.11.2026"})
    shown = words(clerk.get(f"/vorgang/{number}").text)
    assert "Zugang nachgewiesen am 23.11.2026: Az. 12." in shown
    version = clerk.client.get(f"/api/v1/cases/{number}").json["version"]
    answer = {"answer": "info_missing", "on": "2026-11-23", "note": "Arbeitszeit"}
    call(
        clerk, f"{number}/participations/{ba['id']}/answer",
        {**answer, "expected_version": version},
    )  # fmt: skip
    assert "Frist ist beendet" in words(clerk.get(f"/vorgang/{number}").text)
    call(
        clerk, f"{number}/participations/{ba['id']}/answer",
        {**answer, "expected_version": version}, status=409,
    )  # fmt: skip
