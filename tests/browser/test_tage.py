"""Days of the people who use the house, each played whole in Chromium and proved by its rows.

One office with cases of the demo serves all of them; they follow each other by the calendar.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from abh.appointments.jobs import remind
from abh.db import make_sessions
from abh.kernel.clock import BERLIN
from abh.post.jobs import answer_inquiries
from tests.browser.bilder import WIDTH, keep
from tests.browser.leute import (
    CLERK,
    COLLEAGUE,
    LEAD,
    no_dead_ends,
)
from tests.browser.monat import (
    HOME,
    WONDER,
    a_question,
    a_time_that_suits,
    an_application_from_home,
    by_the_clerk,
    decided,
    from_the_newest_mail,
    what_is_missing_comes_later,
)
from tests.browser.office import START, Office, hand_of, until
from tests.browser.pages import fits
from tests.browser.tag_amt import (
    ANSWER,
    a_case_for_somebody_else,
    a_decision_on_paper,
    a_visitor_without_appointment,
    something_is_missing,
    the_next_post,
)
from tests.browser.tag_firma import (
    QUESTION,
    a_company,
    a_paper_and_a_question,
    an_application_for_somebody_new,
    three_come_and_one_cannot,
)
from tests.browser.tag_leitung import (
    EACH,
    ILL,
    a_flood,
    a_plan_for_the_rest,
    a_stack_is_signed,
    an_hour_for_emergencies,
    emergency_minutes,
    inquiries_get_drafts,
    whoever_is_ill_is_covered,
)
from tests.conftest import BILDER

pytestmark = [pytest.mark.browser, pytest.mark.days]

CASES = 200


def test_a_clerks_day(office: Office) -> None:
    page = office.member(CLERK, "Platz 1")
    assert page.url.endswith("/desk")
    no_dead_ends(office, page, ".abh-work__link")
    served = a_visitor_without_appointment(office, page)
    closed = the_next_post(office, page)
    asked = something_is_missing(office, page)
    granted = a_decision_on_paper(office, page)
    handed = a_case_for_somebody_else(office, page)
    page.goto(f"{office.base}/desk")
    page.locator("summary", has_text="Özdamar").click()
    page.get_by_role("button", name="Abmelden").click()
    assert "/login" in page.url
    # What the day left behind.
    row = "SELECT w.status, w.result, u.login FROM walk_in w JOIN app_user u ON u.id = w.served_by"
    assert office.rows(f"{row} WHERE w.ticket = :t", t=served) == [
        {"status": "served", "result": "auskunft", "login": CLERK}
    ]
    items = "SELECT answer, done_at FROM post_item WHERE bundle_id = :b"
    assert {item["answer"] for item in office.rows(items, b=closed)} == {ANSWER}
    assert office.state_of(asked) == "awaiting_applicant"
    assert office.state_of(granted) == "granted"
    owner = "SELECT u.login FROM vorgang v JOIN app_user u ON u.id = v.owner_id WHERE number = :n"
    assert office.rows(owner, n=handed) == [{"login": COLLEAGUE}]
    assert office.faults == []


def test_an_hr_managers_day(office: Office, tmp_path: Path) -> None:
    office.move_to(START + timedelta(days=1, hours=1))
    firm = a_company(office)
    page = office.member(firm.actor.login or "")
    page.get_by_role("link", name="Ich habe sie aufbewahrt").click()
    assert page.url.endswith("/firma"), page.url
    number = an_application_for_somebody_new(office, page, tmp_path)
    a_paper_and_a_question(office, page, number, tmp_path)
    places = three_come_and_one_cannot(office, page)
    page.goto(f"{office.base}/firma")
    no_dead_ends(office, page, ".abh-work__link, #aufgaben a, #termine a")
    keep(page, "firma")
    found = office.rows(
        "SELECT v.state, c.name, (SELECT count(*) FROM mandate m WHERE m.company_id = c.id AND"
        " m.person_id = v.person_id) AS mandates, (SELECT count(*) FROM evidence e WHERE"
        " e.vorgang_id = v.id AND e.kind = 'arbeitsvertrag') AS papers"
        " FROM vorgang v JOIN company c ON c.id = v.company_id WHERE v.number = :n",
        n=number,
    )
    assert found == [
        {"state": "completeness_check", "name": "Rheinwerk", "mandates": 1, "papers": 1}
    ]
    assert until(lambda: office.mailbox.to("amara@example.org"), "Eingangsbestätigung")
    status = (
        "SELECT b.status, count(*) AS n FROM firm_place f JOIN booking b ON b.id = f.booking_id"
    )
    assert {row["status"]: row["n"] for row in office.rows(f"{status} GROUP BY 1")} == places
    asked = "SELECT body, answered_at FROM case_message m JOIN vorgang v ON v.id = m.vorgang_id"
    assert [row["body"] for row in office.rows(f"{asked} WHERE v.number = :n", n=number)] == [
        QUESTION
    ]
    assert office.faults == []


def test_a_supervisors_monday_after_a_flood_of_post(office: Office) -> None:
    monday = datetime(2026, 11, 9, 8, 0, tzinfo=BERLIN)
    office.move_to(monday - timedelta(days=1))
    asking = a_flood(office)
    office.move_to(monday)
    page = office.member(LEAD)
    page.goto(f"{office.base}/leitung")
    no_dead_ends(office, page, ".abh-figures a", most=9)
    keep(page, "leitung", height=1000)
    answering = inquiries_get_drafts(office, page)
    before = emergency_minutes(office)
    an_hour_for_emergencies(page)
    ill = whoever_is_ill_is_covered(office, page)
    office.clock.advance(timedelta(minutes=10))
    planned = a_plan_for_the_rest(office, page)
    ended = "SELECT id FROM post_bulk WHERE done_at IS NOT NULL"
    until(lambda: office.rows(ended), "Entwürfe der Auskünfte")
    page.goto(answering)
    assert page.locator("main").get_by_text("erledigt").count()
    signed = a_stack_is_signed(office, page)
    with make_sessions(office.engine)() as session, session.begin():
        # What a signed answer settles is closed by a job that comes once a minute.
        answer_inquiries(session, hand_of(office, CLERK).house, 20)
    # What the day left behind.
    assert emergency_minutes(office) == before + 60
    until(lambda: office.rows("SELECT 1 FROM case_run WHERE done_at IS NOT NULL"), "Übergabe")
    # Whom the cover is not trained for stays, and the page says so.
    cases = (
        "SELECT DISTINCT r.outcome, v.owner_id = r.owner_id AS stayed FROM case_run_row r"
        " JOIN vorgang v ON v.id = r.vorgang_id WHERE r.owner_id = :ill"
    )
    handed = {row["outcome"]: row["stayed"] for row in office.rows(cases, ill=ill)}
    assert handed.pop("done") is False
    assert set(handed.items()) <= {("skipped", True)}
    told = "SELECT reason FROM vorgang_step WHERE step = 'uebergabe' AND reason = :why"
    assert office.rows(told, why=ILL)
    plan = "SELECT state FROM post_plan WHERE id = :id"
    assert office.rows(plan, id=planned) == [{"state": "accepted"}]
    letters = "SELECT state, blatt_id IS NOT NULL AS filed FROM letter WHERE id = ANY(:ids)"
    found = [(row["state"], row["filed"]) for row in office.rows(letters, ids=signed)]
    assert len(found) >= asking
    assert {filed for _, filed in found} == {True}
    done = (
        "SELECT count(*) AS n FROM post_item WHERE source = 'flut' AND kind = 'inquiry'"
        " AND done_at IS NOT NULL"
    )
    assert office.rows(done) == [{"n": asking * EACH}]
    assert office.faults == []


def test_an_applicants_month(office: Office, tmp_path: Path) -> None:
    begin = datetime(2026, 11, 10, 9, 0, tzinfo=BERLIN)
    office.move_to(begin)
    phone = office.visitor(lang="uk")
    number, link = an_application_from_home(office, phone, tmp_path)
    case = int(office.rows("SELECT id FROM vorgang WHERE number = :n", n=number)[0]["id"])
    world = hand_of(office, CLERK)
    # The second week: something is missing, and the week is too short.
    office.move_to(begin + timedelta(days=6))
    world.find(case, identity_clarified=True, isco="2512")
    before = len(office.mailbox.to(HOME))
    by_the_clerk(office, number, "nachfordern")
    phone = from_the_newest_mail(office, link, before)
    if BILDER:
        desktop = office.visitor(width=WIDTH)
        desktop.goto(link)
        keep(desktop, "status", height=1000)
    what_is_missing_comes_later(office, phone, tmp_path)
    assert office.state_of(number) == "completeness_check"
    a_question(phone)
    # The third: everything is there; an appointment is chosen, and moved.
    office.move_to(begin + timedelta(days=14))
    world.to_review(case)
    world.step(case, "beteiligen")
    for part in world.case(case).row["beteiligungen"]:
        world.answer(case, part["id"], "consent")
    before = len(office.mailbox.to(HOME))
    by_the_clerk(office, number, "zum_termin_einladen")
    phone = from_the_newest_mail(office, link, before)
    day_of_visit = a_time_that_suits(office, phone)
    # Three days before, the office reminds; on the day it decides.
    office.move_to(day_of_visit - timedelta(days=3) + timedelta(minutes=1))
    before = len(office.mailbox.to(HOME))
    with make_sessions(office.engine)() as session, session.begin():
        assert remind(session, world.house, 200) >= 1
    until(lambda: office.mailbox.to(HOME)[before:], "Erinnerung an den Termin")
    office.move_to(day_of_visit)
    decided(world, case)
    phone = office.visitor(lang="uk")
    phone.goto(link)
    fits(phone)
    assert "2.11" not in phone.locator("main").inner_text()
    # What the month left behind.
    kinds = "SELECT kind, count(*) AS n FROM evidence WHERE vorgang_id = :id GROUP BY 1"
    papers = {row["kind"]: row["n"] for row in office.rows(kinds, id=case)}
    assert papers["hochschulabschluss"] == 1
    places = "SELECT status, day FROM booking WHERE vorgang_id = :id ORDER BY id"
    kept = [row for row in office.rows(places, id=case) if row["status"] in ("booked", "served")]
    assert [row["day"] for row in kept] == [day_of_visit.date()]
    asked = "SELECT body FROM post_item WHERE vorgang_id = :id AND source = 'status'"
    assert WONDER in office.rows(asked, id=case)[0]["body"]
    looks = (
        "SELECT count(*) AS n FROM audit_entry WHERE vorgang_id = :id AND action = 'status.read'"
    )
    assert office.rows(looks, id=case)[0]["n"] >= 5
    subjects = [mail["Subject"] for mail in office.mailbox.to(HOME)]
    assert len(subjects) >= 6, subjects
    assert office.state_of(number) == "card_in_production"
    assert office.faults == []
