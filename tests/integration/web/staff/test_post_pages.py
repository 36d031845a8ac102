"""Pages of the post: enter, pull, attach, close all at once; the supervisor sees and decides."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest

from abh.access.actor import SYSTEM
from abh.post import claims, jobs
from abh.post.aufnahme import NewItem, Original, take_in
from tests import factories
from tests.integration.web.public.conftest import TYPED
from tests.integration.web.staff.conftest import COLLEAGUE, LEAD, Amt, Browser

HEAD = "h.morgenroth"


def fill(amt: Amt, *items: dict[str, object]) -> None:
    """Take items of SG1 in."""
    usual = {
        "received_on": date(2026, 11, 2),
        "channel": "email",
        "kind": "inquiry",
        "subject": "Wie ist der Stand?",
        "unit_key": "SG1",
    }
    with amt.sessions() as session, session.begin():
        new = [NewItem(**(usual | one)) for one in items]  # type: ignore[arg-type]
        take_in(session, SYSTEM, new, amt.house.blobs, clock=amt.house)


def pulled(clerk: Browser) -> str:
    """Pull and return the address of the person's post."""
    answer = clerk.post("/post/naechste", {})
    assert re.search(r"/post/\d+$", answer.location), answer.location
    return answer.location.removeprefix("http://localhost")


def person_of(amt: Amt) -> tuple[int, str]:
    filed = amt.file()
    row = amt.row("SELECT person_id, number FROM vorgang WHERE id = :id", id=filed.vorgang_id)
    return int(row["person_id"]), str(row["number"])


def test_a_clerk_pulls_a_person_sees_everything_and_closes_all_with_one_answer(
    amt: Amt, clerk: Browser
) -> None:
    person, number = person_of(amt)
    fill(
        amt,
        {"person_id": person},
        {"person_id": person, "subject": "Noch einmal: Stand?", "body": "Bitte <b>schnell</b>"},
        {"subject": "Von niemandem"},
    )
    page = clerk.get("/post").text
    assert "<strong>2</strong> Personen warten" in page
    assert "<strong>3</strong> Eingänge" in page
    address = pulled(clerk)
    page = clerk.get(address).text
    assert "Der Titel endet in 27 Tagen (20.12.2026); er gilt durch den Antrag fort." in page
    assert number in page
    assert "2 Anfragen zum Stand" in page
    assert "&lt;b&gt;schnell&lt;/b&gt;" in page
    assert clerk.get("/post", 303).location == address
    refused = clerk.post(f"{address}/abschliessen", {"abschliessen_expected": "2"}, status=422)
    assert "Bitte die Antwort angeben" in refused.text
    answer = {"abschliessen_expected": "2", "abschliessen_answer": "Anruf: Die Karte kommt."}
    clerk.post(f"{address}/abschliessen", answer)
    row = amt.row(
        "SELECT count(*) AS n FROM post_item WHERE answer LIKE 'Anruf%' AND done_at IS NOT NULL"
    )
    assert row["n"] == 2
    assert "erledigt" in clerk.get(address).text


def test_whoever_works_on_the_case_keeps_the_post_in_hand(amt: Amt, clerk: Browser) -> None:
    person, number = person_of(amt)
    fill(amt, {"person_id": person})
    pulled(clerk)
    beat = "SELECT beat_at FROM post_bundle WHERE claimed_by IS NOT NULL"
    at_first = amt.row(beat)["beat_at"]
    amt.clock.advance(claims.BEAT_EVERY - timedelta(seconds=1))
    clerk.get(f"/vorgang/{number}")
    assert amt.row(beat)["beat_at"] == at_first
    amt.clock.advance(timedelta(seconds=1))
    clerk.get(f"/vorgang/{number}")
    assert amt.row(beat)["beat_at"] == at_first + claims.BEAT_EVERY


def test_nothing_is_closed_that_came_after_the_look(amt: Amt, clerk: Browser) -> None:
    person, _number = person_of(amt)
    fill(amt, {"person_id": person})
    address = pulled(clerk)
    fill(amt, {"person_id": person, "kind": "documents", "subject": "Eben gekommen"})
    answer = {"abschliessen_expected": "1", "abschliessen_answer": "Ja."}
    page = clerk.post(f"{address}/abschliessen", answer, status=409).text
    assert "weiterer Eingang" in page
    assert "Eben gekommen" in page


def test_giving_back_handing_over_and_putting_off_ask_for_a_reason(
    amt: Amt, clerk: Browser
) -> None:
    fill(amt, {})
    address = pulled(clerk)
    refused = clerk.post(f"{address}/zurueck", {"zurueck_reason": ""}, status=422).text
    assert 'href="#f-zurueck_reason"' in refused or "Grund in Worten" in refused
    clerk.post(f"{address}/zurueck", {"zurueck_reason": "Ich kenne das Thema nicht"})
    assert pulled(clerk) == address
    assert "Ich kenne das Thema nicht" in clerk.get(address).text
    to_user = amt.row("SELECT id FROM app_user WHERE login = 's.lindenau'")["id"]
    sent = {"uebergeben_user": str(to_user), "uebergeben_reason": "kennt den Fall"}
    clerk.post(f"{address}/uebergeben", sent)
    colleague = amt.client("s.lindenau")
    assert pulled(colleague) == address
    later = {"wiedervorlage_until": "01.12.2026", "wiedervorlage_reason": "Antwort der BA"}
    colleague.post(f"{address}/wiedervorlage", later)
    assert colleague.post("/post/naechste", {}).location.endswith("/post")


def test_a_foreign_number_attaches_nothing_until_a_human_says_so(amt: Amt, clerk: Browser) -> None:
    _person, number = person_of(amt)
    data = {
        "received_on": "20.11.2026",
        "channel": "paper",
        "kind": "documents",
        "unit_key": "SG1",
        "subject": "Gehaltsnachweis",
        "number": number,
        "sender": "Max Mustermann",
        "original": (io.BytesIO(factories.a_pdf("Brief")), "Brief.pdf"),
    }
    clerk.post("/post/neu", data)
    item = amt.row("SELECT id, person_id, sha256, mime FROM post_item ORDER BY id DESC LIMIT 1")
    assert item["person_id"] is None
    original = clerk.get(f"/post/eingang/{item['id']}/original")
    assert original.data == factories.a_pdf("Brief")
    assert original.mimetype == "application/pdf"
    address = pulled(clerk)
    page = clerk.get(address).text
    assert "Aktenzeichen stimmt überein, der Name nicht." in page
    moved = clerk.post(f"{address}/zuordnen", {"item": str(item["id"]), "number": number})
    page = clerk.get(moved.location).text
    assert "Von Hand zugeordnet." in page
    assert "Alles mit einer Antwort abschließen" in page


def test_an_item_with_name_and_number_is_put_into_its_case_at_once(
    amt: Amt, clerk: Browser
) -> None:
    _person, number = person_of(amt)
    data = {
        "received_on": "20.11.2026",
        "channel": "paper",
        "kind": "documents",
        "unit_key": "SG1",
        "subject": "Gehaltsnachweis",
        "number": number.removeprefix("ABH-"),
        "sender": "Tuyết Thị Ánh Nguyễn",
        "original": (io.BytesIO(b"MZ kein Programm"), "rechnung.exe"),
    }
    clerk.post("/post/neu", data)
    assert "Aktenzeichen und Name stimmen überein." in clerk.get("/post/neu").text
    item = amt.row("SELECT id, vorgang_id, mime FROM post_item ORDER BY id DESC LIMIT 1")
    assert item["vorgang_id"] is not None
    saved = clerk.get(f"/post/eingang/{item['id']}/original")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    wrong = {**data, "received_on": "31.02.2026", "original": (io.BytesIO(b""), "")}
    page = clerk.post("/post/neu", wrong, status=422).text
    assert "Dieses Datum gibt es nicht" in page
    assert 'value="Gehaltsnachweis"' in page


def test_another_unit_and_restricted_post_stay_closed(amt: Amt, clerk: Browser) -> None:
    fill(amt, {"unit_key": "SG3", "received_on": date(2026, 11, 1)})
    fill(amt, {"unit_key": "SG7", "verfahren": "P33", "original": None})
    other, restricted = (
        amt.row("SELECT id FROM post_bundle WHERE unit_key = :u", u=unit)["id"]
        for unit in ("SG3", "SG7")
    )
    clerk.get(f"/post/{other}", 403)
    clerk.get(f"/post/{restricted}", 404)
    amt.client("k.sassenfeld").get(f"/post/{restricted}", 404)
    assert clerk.post("/post/naechste", {}).location.endswith("/post")


def test_the_supervisor_sees_persons_items_and_harm_and_acts_on_many(
    amt: Amt, clerk: Browser
) -> None:
    fill(
        amt,
        *({"subject": f"Frage {n}", "received_on": date(2026, 4, 1)} for n in range(3)),
        {"kind": "documents", "harm": {"frist": "2026-11-24"}, "sender": "Kim Noch-Unbekannt"},
    )
    clerk.get("/leitung/post", 403)
    lead = amt.client(LEAD)
    page = lead.get("/leitung/post").text
    assert "<strong>4</strong> Personen" in page
    assert "Eine Frist läuft morgen ab (24.11.2026)." in page
    assert page.count("<rect") >= 6 + 56
    assert "183 bis 365 Tage" in page
    assert "Personen mit offener Post" in lead.get("/leitung").text
    chosen = "/leitung/post/sammeln?thema=*&anfragen=1&aelter=100"
    page = lead.get(chosen).text
    assert "3 Personen, 3 Eingänge" in page
    assert page.count("Wartet seit") == 3 and "Kim Noch-Unbekannt" not in page
    page = lead.get("/leitung/post/sammeln?stufe=2").text
    assert "Kim Noch-Unbekannt" in page and "Eine Frist läuft morgen ab" in page
    order = {
        "thema": "*",
        "anfragen": "1",
        "aelter": "100",
        "expected": "3",
        "act": "close",
        "answer": "Alle Anträge sind da.",
    }
    refused = lead.post("/leitung/post/sammeln", {**order, "expected": "2"}, status=409).text
    assert "Inzwischen sind es 3 Personen" in refused
    assert "Alle Anträge sind da." in refused
    result = lead.post("/leitung/post/sammeln", order).location
    lead.post(f"{result}/zuruecknehmen", {})
    assert "Zurückgenommen" in lead.get(result).text
    result = lead.post("/leitung/post/sammeln", order).location
    assert "Zurücknehmen" in lead.get(result).text
    amt.clock.advance(timedelta(minutes=3))
    with amt.sessions() as session, session.begin():
        assert jobs.carry_out(session, amt.house, 100) == 3
    page = lead.get(result).text
    assert "3 erledigt, 0 ausgelassen, 0 warten." in page
    assert "<strong>1</strong> Personen" in lead.get("/leitung/post").text


@pytest.mark.parametrize("query", ["thema=%27%3B--", "stufe=9", "aelter=999999999999", "thema="])
def test_a_strange_choice_is_shown_as_what_it_reaches(amt: Amt, query: str) -> None:
    assert "Person" in amt.client(LEAD).get(f"/leitung/post/sammeln?{query}").text


def test_an_application_from_the_post_keeps_the_day_of_its_stamp(amt: Amt, clerk: Browser) -> None:
    original = Original(b"%PDF-1.4 Antrag", "scan.pdf", "application/pdf")
    fill(
        amt,
        {"kind": "application", "subject": "Antrag auf Papier", "channel": "paper",
         "received_on": date(2026, 11, 3), "original": original},
    )  # fmt: skip
    address = pulled(clerk)
    page = clerk.get(address).text
    assert "Antrag anlegen, Eingang 03.11.2026" in page
    item = amt.row("SELECT id FROM post_item")["id"]
    stranger = amt.client(COLLEAGUE)
    assert stranger.get(f"/desk/neu?eingang={item}", 404)
    form = clerk.get(f"/desk/neu?eingang={item}").text
    assert 'value="03"' in form.split('name="received_on_day"')[1].split(">")[0]
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert sent["eingang"] == str(item)
    receipt = {"channel": "paper", "received_on_day": "3", "received_on_month": "11"}
    typed = {**sent, **TYPED, **receipt, "received_on_year": "2026"}
    number = clerk.post("/desk/neu", typed).location.rpartition("/")[2]
    row = amt.row(
        "SELECT v.number, v.received_on::text AS came, i.close_reason,"
        " (SELECT count(*) FROM post_item) AS items"
        " FROM post_item i JOIN vorgang v ON v.id = i.vorgang_id"
    )
    assert dict(row) == {
        "number": number, "came": "2026-11-03", "close_reason": "als Antrag aufgenommen",
        "items": 1,
    }  # fmt: skip


def test_only_who_sees_all_units_follows_the_import_of_an_old_backlog(
    amt: Amt, clerk: Browser
) -> None:
    clerk.get("/leitung/post/altbestand", 403)
    amt.client(LEAD).get("/leitung/post/altbestand", 403)
    head = amt.client(HEAD)
    assert "Noch keine Liste" in head.get("/leitung/post/altbestand").text
    amt.change(
        "INSERT INTO post_import (sha256, name, rows_read, rows_total, taken, known, begun_at,"
        " touched_at) VALUES ('x', 'Keller <b>.xlsx', 250, 25000, 240, 9, :now, :now)",
        now=amt.clock.now(),
    )
    amt.change(
        "INSERT INTO post_import_fault (import_id, row_no, cell, column_name, message)"
        " SELECT id, 17, 'B17', 'eingang', '„<i>“ ist kein Datum' FROM post_import"
    )
    page = head.get("/leitung/post/altbestand").text
    assert "Keller &lt;b&gt;.xlsx" in page
    assert "249 erledigt, 1 ausgelassen, 24750 warten." in page
    assert "B17" in page
    assert "&lt;i&gt;" in page
    assert 'hx-trigger="every 2s"' in page
    amt.clock.advance(timedelta(minutes=5))
    page = head.get("/leitung/post/altbestand").text
    assert "steht seit" in page
    assert "hx-trigger" not in page.split('id="lauf"')[1].split(">")[0]
