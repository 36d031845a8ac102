"""The supervisor's cockpit: figures that lead to lists, few statements, and acting from it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from abh.workflows import sammeluebergabe
from tests.integration.web.staff.conftest import LEAD, Amt, Browser
from tests.integration.web.staff.test_dienstplan import _booked as book_visit
from tests.integration.web.staff.test_pages import MOST_STATEMENTS, statements

WHY = "Der Kollege ist zwei Wochen nicht da."


@pytest.fixture
def lead(amt: Amt) -> Browser:
    return amt.client(LEAD)


def owner_of(amt: Amt, number: str) -> int:
    return int(amt.row("SELECT owner_id FROM vorgang WHERE number = :n", n=number)["owner_id"])


def colleague(amt: Amt, owner: int) -> int:
    return int(
        amt.row(
            "SELECT min(u.id) AS id FROM app_user u JOIN qualification q ON q.user_id = u.id"
            " WHERE q.verfahren = 'P02' AND q.level = 'trained' AND u.unit_key = 'SG1'"
            " AND u.role = 'clerk' AND u.id <> :o",
            o=owner,
        )["id"]
    )


def run(amt: Amt) -> None:
    amt.clock.advance(timedelta(minutes=1))
    with amt.sessions() as session, session.begin():
        while sammeluebergabe.carry_out(session, amt.house):
            pass


def test_every_figure_leads_to_its_list_in_few_statements(
    amt: Amt, lead: Browser, staff_engine: Engine
) -> None:
    for name in ("Okonkwo", "Sharma"):
        amt.file(person__family_name=name)
    seen: dict[str, int] = {}
    page = lead.get("/leitung").text
    assert "Wer was hat" in page
    assert "Vorgang ohne zuständige Person" not in page
    figures = re.findall(r'<li><a href="([^"]+)"><strong>', page)
    spans = re.findall(r'href="(/leitung/fristen[^"]+)"', page)
    assert len(figures) >= 8
    assert len(spans) >= 6
    links = {one.replace("&amp;", "&") for one in (*figures, *spans[:3])} - {"/schalter"}
    own = {"/leitung", "/leitung/minuten", *links} - {"/unterschriften", "/leitung/post"}
    for url in sorted(own | links):
        with statements(staff_engine) as made:
            lead.get(url)
        if url in own:
            seen[url] = len(made)
    assert max(seen.values()) <= MOST_STATEMENTS, seen


def test_a_case_without_a_clerk_is_a_fault_on_top_and_is_mended_there(
    amt: Amt, lead: Browser
) -> None:
    number = amt.file().number
    amt.change("UPDATE vorgang SET owner_id = NULL WHERE number = :n", n=number)
    assert "1 Vorgang ohne zuständige Person" in lead.get("/leitung").text
    assert number in lead.get("/leitung/vorgaenge?wer=ohne").text
    sent = {"wer": "ohne", "to": "verteilen", "reason": "Ohne Bearbeiter liegen geblieben."}
    preview = lead.post("/leitung/vorgaenge/vorschau", sent, status=200).text
    assert "1 Vorgang" in preview
    assert "im Sachgebiet verteilen" in preview
    where = lead.post("/leitung/vorgaenge", {**sent, "expected": "1"}).location
    assert "Wird um" in lead.get(where).text
    run(amt)
    assert "1 erledigt, 0 ausgelassen, 0 warten." in lead.get(where).text
    assert owner_of(amt, number)
    assert "ohne zuständige Person" not in lead.get("/leitung").text


def test_a_bulk_hand_over_shows_count_reason_progress_and_each_result(
    amt: Amt, lead: Browser
) -> None:
    numbers = [amt.file(person__family_name=name).number for name in ("Okonkwo", "Sharma")]
    owner = owner_of(amt, numbers[0])
    to = colleague(amt, owner)
    ids = [str(amt.row("SELECT id FROM vorgang WHERE number = :n", n=n)["id"]) for n in numbers]
    sent = {"ids": ids[0], "to": str(to), "reason": "kurz"}
    page = lead.post("/leitung/vorgaenge/vorschau", sent, status=422).text
    assert 'href="#f-reason"' in page
    assert re.search(rf'value="{ids[0]}"[^>]* checked', page)
    sent["reason"] = WHY
    assert "1 Vorgang" in lead.post("/leitung/vorgaenge/vorschau", sent, status=200).text
    page = lead.post("/leitung/vorgaenge", {**sent, "expected": "7"}, status=409).text
    assert "Inzwischen sind es 1" in page
    assert WHY in page
    where = lead.post("/leitung/vorgaenge", {**sent, "expected": "1"}).location
    waiting = lead.get(where).text
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert "hx-get=" in waiting
    halted = lead.get(f"{where}?anhalten=1").text
    assert "refresh" not in halted
    assert "hx-get=" not in halted
    lead.post(f"{where}/zuruecknehmen", {})
    run(amt)
    assert owner_of(amt, numbers[0]) == owner
    where = lead.post("/leitung/vorgaenge", {**sent, "expected": "1"}).location
    run(amt)
    done = lead.get(where).text
    assert "refresh" not in done
    assert owner_of(amt, numbers[0]) == to
    shown = lead.get("/leitung/uebergaben").text
    assert "noch offen" in shown
    listed = lead.get("/leitung/uebergaben/vorgaenge?n=1").text
    assert WHY in listed
    assert numbers[1] not in listed


def test_one_case_is_given_away_by_its_clerk_with_a_reason(amt: Amt, lead: Browser) -> None:
    number = amt.file().number
    owner = owner_of(amt, number)
    login = amt.row("SELECT login FROM app_user WHERE id = :o", o=owner)["login"]
    clerk, other = amt.client(login), colleague(amt, owner)
    url = f"/vorgang/{number}/uebergabe"
    assert url in clerk.get(f"/vorgang/{number}").text
    version = clerk.version(number)
    sent = {"to": str(other), "reason": WHY, "row_version": version}
    assert "Grund in Worten" in clerk.post(url, {**sent, "reason": " "}, status=422).text
    clerk.post(url, sent)
    again = clerk.post(url, sent, status=409).text
    assert WHY in again
    page = clerk.get(url).text
    assert "Abgeben kann, wer zuständig ist" in page
    assert WHY in page
    assert "Übergeben von" in lead.get(f"/vorgang/{number}").text


def test_minutes_go_to_the_emergency_lane_and_hit_bookings_are_shown_first(
    amt: Amt, lead: Browser
) -> None:
    sent = {"day": "24.11.2026", "source": "kunden", "target": "notfall", "minutes": "60"}

    def free(lane: str) -> int:
        row = amt.row(
            "SELECT coalesce(sum(bit_count(free)), 0) * 5 AS n FROM desk_day WHERE lane = :lane"
            " AND unit_key = 'SG1' AND day = '2026-11-24'",
            lane=lane,
        )
        return int(row["n"])

    before = free("kunden"), free("notfall")
    lead.post("/leitung/minuten", sent)
    assert (free("kunden"), free("notfall")) == (before[0] - 60, before[1] + 60)
    # back again: what lies in a block by hand is split as well
    lead.post("/leitung/minuten", {**sent, "source": "notfall", "target": "kunden"})
    assert (free("kunden"), free("notfall")) == before
    page = lead.post("/leitung/minuten", {**sent, "source": "pause", "minutes": "600"}, status=422)
    assert "nur noch" in page.text
    lead.post("/leitung/minuten", {**sent, "minutes": "7"}, status=422)
    lead.post("/leitung/minuten", {**sent, "target": "kunden"}, status=422)
    lead.post("/leitung/minuten", {**sent, "day": "20.11.2026"}, status=422)


def test_booked_minutes_are_moved_only_when_the_hit_bookings_were_seen(
    amt: Amt, lead: Browser
) -> None:
    book_visit(amt)
    sent = {"day": "24.11.2026", "source": "einladung", "target": "notfall"}
    row = amt.row(
        "SELECT sum(bit_count(free)) * 5 AS n FROM desk_day WHERE lane = 'einladung'"
        " AND unit_key = 'SG1' AND day = '2026-11-24'"
    )
    for _ in range(int(row["n"]) // 600):
        lead.post("/leitung/minuten", {**sent, "minutes": "600"})
    last = {**sent, "minutes": str(int(row["n"]) % 600 + 5)}
    asked = lead.post("/leitung/minuten", last, status=409).text
    assert "Diese Änderung trifft Termine" in asked
    before = amt.row("SELECT count(*) AS n FROM audit_entry WHERE action = 'roster.minutes'")["n"]
    lead.post("/leitung/minuten", {**last, "bestaetigt": "1"})
    after = amt.row("SELECT count(*) AS n FROM audit_entry WHERE action = 'roster.minutes'")["n"]
    assert after == before + 1
    assert (
        "Termine außerhalb des Dienstplans" in lead.get("/leitung/dienstplan?woche=2026-11-24").text
    )


def test_training_shows_the_matrix_and_a_next_step_with_its_reason(amt: Amt, lead: Browser) -> None:
    page = lead.get("/leitung/einarbeitung").text
    assert "Noch keine Entscheidung vorbereitet." in page
    assert "Leonie Aschenbach" in page or "in Einarbeitung" in page
    assert "davon vier Augen" in page


def test_the_cockpit_is_for_leads_of_the_unit(amt: Amt, clerk: Browser, lead: Browser) -> None:
    pages = ("vorgaenge", "fristen", "uebergaben", "uebergaben/vorgaenge", "einarbeitung")
    for page in pages:
        clerk.get(f"/leitung/{page}", 403)
        lead.get(f"/leitung/{page}?sg=SG7", 403)
    lead.get("/leitung/uebergabe/999", 404)


def test_both_versions_of_a_finding_are_shown_and_one_is_chosen(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    url, fid = f"/vorgang/{number}/feststellung/weitere", "feststellung-weitere"
    version = clerk.version(number)
    field = f"{fid}.title_until"
    other = amt.client(LEAD)
    other.post(url, {"row_version": version, field: "31.12.2026"})
    mine = {"row_version": version, field: "15.01.2027"}
    page = clerk.post(url, mine, status=409).text
    assert "Meine Eingabe behalten: 15.01.2027" in page
    assert "Gespeichertes lassen: 31.12.2026" in page
    assert "Katharina Wintermann inzwischen geändert" in page
    choice = f"{fid}.fassung.title_until"
    newer = {**mine, "row_version": clerk.version(number)}
    clerk.post(url, {**newer, choice: "stored"})
    stored = "SELECT value #>> '{}' AS v FROM case_finding WHERE key = 'title_until'"
    assert amt.row(f"{stored} ORDER BY id DESC LIMIT 1")["v"] == "2026-12-31"
    clerk.post(url, {**newer, choice: "mine"})
    assert amt.row(f"{stored} ORDER BY id DESC LIMIT 1")["v"] == "2027-01-15"


def test_a_lane_changed_meanwhile_is_not_overwritten_unseen(amt: Amt, lead: Browser) -> None:
    row = amt.row(
        "SELECT id, lane FROM roster_block WHERE unit_key = 'SG1' AND day = '2026-11-24'"
        " AND lane = 'kunden' ORDER BY id LIMIT 1"
    )
    url = "/leitung/dienstplan/spur"
    sent = {"woche": "2026-11-23", "block": str(row["id"]), "war": "kunden"}
    lead.post(url, {**sent, "lane": "post"})
    page = lead.post(url, {**sent, "lane": "einladung"}, status=409).text
    assert "Gespeichert ist Post, gewählt haben Sie Einladung." in page
