"""Days of the people who use the house, each played whole in Chromium and proved by its rows.

One office with cases of the demo serves all of them; they follow each other by the calendar.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import update

from abh.access.actor import SYSTEM
from abh.access.passwords import hash_password
from abh.access.tables import AppUser
from abh.bench.firm_world import Firm, make_firm
from abh.db import make_sessions
from abh.documents.house import build_house
from abh.kernel.clock import BERLIN
from abh.post.aufnahme import NewItem, take_in
from abh.settings import load_settings
from tests import factories
from tests.browser.bilder import keep
from tests.browser.office import PASSWORD, START, Office, until
from tests.browser.pages import day, fill, fits, german, step

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = 200
CLERK, LEAD, TRAINEE, COLLEAGUE = "m.oezdamar", "k.wintermann", "l.aschenbach", "s.lindenau"
COLLEAGUE_NAME = "Sophie Lindenau"
ANSWER = "Telefonisch erklärt, was noch fehlt und wann entschieden wird."
QUESTION = "Können wir die Urkunde als beglaubigte Kopie nachreichen?"
EMPLOYEE: dict[str, str | bool] = {
    "vollmacht": True,
    "person.family_name": "Okafor",
    "person.given_names": "Amara",
    **day("person.birth_date", "12.03.1994"),
    "person.nationalities.0": "NGA",
    "person.street": "Kölner Straße 41",
    "person.postcode": "40211",
    "person.city": "Düsseldorf",
    "person.email": "amara@example.org",
    "title_kind": "NATIONALES_VISUM",
    **day("title_until", "20.01.2027"),
    **day("entry_on", "25.10.2026"),
    "job_title": "Softwareentwicklerin",
    "salary_year": "61.000",
    **day("job_start", "15.01.2027"),
    "job_permanent": True,
}
NEXT = """
SELECT v.number, p.email FROM vorgang v JOIN person p ON p.id = v.person_id
 WHERE v.unit_key = :unit AND v.state = :state AND v.verfahren = 'P02' ORDER BY v.id
"""


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page; fails with what that page refuses."""
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press(key)
    refused = page.locator(".abh-notice--danger, .abh-notice--warning")
    assert not refused.count(), refused.first.inner_text()


def press_in(page: Page, key: str) -> None:
    """Press a key where the focus is; it leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def no_dead_ends(office: Office, page: Page, links: str, most: int = 8) -> None:
    """Fail when a link of the page that people would follow next leads nowhere."""
    found = page.eval_on_selector_all(links, "all => all.map(one => one.href)")
    assert found, f"nichts zu tun: {links}"
    for url in found[:most]:
        assert page.request.get(url).status == 200, url


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


def a_visitor_without_appointment(office: Office, page: Page) -> str:
    """Give a number, call it with one key, end the visit; the visitor follows it on a phone."""
    page.get_by_role("link", name="Schalter", exact=True).click()
    numbers = page.locator("form", has=page.get_by_role("button", name="Nummer ausgeben"))
    numbers.get_by_label("Leistung").select_option("beratung")
    numbers.get_by_role("button").click()
    ticket = page.locator(".abh-display__ticket").inner_text()
    phone = office.visitor(lang="uk")
    phone.goto(str(page.locator("main a[href*='/warten/']").get_attribute("href")))
    fits(phone)
    assert ticket in phone.locator("main").inner_text()
    page.goto(f"{office.base}/desk")
    assert "Am längsten wartet" in page.locator("main").inner_text()
    keep(page, "schreibtisch")
    press(page, "n")
    assert ticket in page.title()
    phone.reload()
    assert "2.11" in phone.locator("main").inner_text()
    page.get_by_label("Ergebnis").select_option("auskunft")
    page.get_by_role("button", name="Besuch beenden", exact=True).click()
    assert page.url.endswith("/schalter")
    return ticket


def the_next_post(office: Office, page: Page) -> int:
    """Pull the post of the person whom waiting harms most and close all of it with one answer."""
    page.get_by_role("link", name="Post", exact=True).click()
    press(page, "n")
    bundle = int(page.url.rpartition("/")[2])
    keep(page, "post")
    no_dead_ends(office, page, "main a[href*='/vorgang/'], main a[href*='/original']")
    page.locator("[name=abschliessen_answer]").fill(ANSWER)
    page.get_by_role("button", name="abschließen").click()
    assert page.url.endswith("/post")
    assert "Erledigt:" in page.locator("main").inner_text()
    return bundle


def something_is_missing(office: Office, page: Page) -> str:
    """Find a case by its number, see what is missing, ask for it; the letter leaves by mail."""
    case = office.rows(NEXT, unit="SG1", state="completeness_check")[0]
    page.keyboard.press("/")
    page.keyboard.type(case["number"])
    press_in(page, "Enter")
    assert page.url.endswith(case["number"])
    keep(page, "vorgang")
    before = len(office.mailbox.to(case["email"]))
    step(page, "nachfordern")
    until(lambda: office.mailbox.to(case["email"])[before:], "Mail zur Nachforderung")
    sheet = "SELECT b.blob_sha256 = l.pdf_sha256 AS same FROM letter l JOIN blatt b ON b.id = l.blatt_id JOIN vorgang v ON v.id = l.vorgang_id WHERE v.number = :n AND l.key = 'N02'"
    assert office.rows(sheet, n=case["number"]) == [{"same": True}]
    return str(case["number"])


def a_decision_on_paper(office: Office, page: Page) -> str:
    """Grant what is ready, with the keyboard alone, and print the notice at the own desk."""
    case = office.rows(NEXT, unit="SG1", state="decision_ready")[0]
    page.goto(f"{office.base}/vorgang/{case['number']}")
    printed = len(list(office.printer.folder.rglob("*.pdf")))
    press(page, "Control+Enter")
    assert office.state_of(case["number"]) == "granted", page.locator("main").inner_text()[:600]
    press(page, "p")
    papers = until(
        lambda: sorted(office.printer.folder.rglob("*.pdf"), key=lambda one: one.stat().st_mtime)[
            printed:
        ],
        "Ausdruck",
    )
    notice = "SELECT l.pdf_sha256 FROM letter l JOIN vorgang v ON v.id = l.vorgang_id WHERE v.number = :n ORDER BY l.id DESC LIMIT 1"
    stored = office.store.get(office.rows(notice, n=case["number"])[0]["pdf_sha256"])
    assert papers[-1].read_bytes() == stored
    return str(case["number"])


def a_case_for_somebody_else(office: Office, page: Page) -> str:
    """Hand an own case over with the reason; the file says so."""
    mine = (
        "SELECT v.number FROM vorgang v JOIN app_user u ON u.id = v.owner_id"
        " WHERE u.login = :me AND v.state = 'in_review' ORDER BY v.id"
    )
    number = str(office.rows(mine, me=CLERK)[0]["number"])
    page.goto(f"{office.base}/vorgang/{number}")
    page.locator("main a[href$='/uebergabe']").click()
    page.get_by_label("An wen?").select_option(label=COLLEAGUE_NAME)
    page.get_by_label("Grund").fill("Ab morgen zwei Wochen Urlaub.")
    page.get_by_role("button", name="Übergeben").click()
    page.goto(f"{office.base}/vorgang/{number}")
    assert "Ab morgen zwei Wochen Urlaub." in str(page.locator("#verlauf").text_content())
    return number


def a_company(office: Office) -> Firm:
    """Let a company with four employees into the house; its HR logs in with the usual password."""
    now = office.clock.now()
    with make_sessions(office.engine)() as session, session.begin():
        firm = make_firm(session, "Rheinwerk", people=4, today=now.date(), now=now)
        hashed = hash_password(PASSWORD)
        session.execute(
            update(AppUser)
            .where(AppUser.id == firm.actor.user_id)
            .values(password_hash=hashed, display_name="Petra Nowak")
        )
    return firm


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
    status = "SELECT b.status, count(*) AS n FROM firm_place f JOIN booking b ON b.id = f.booking_id"
    assert {row["status"]: row["n"] for row in office.rows(f"{status} GROUP BY 1")} == places
    asked = "SELECT body, answered_at FROM case_message m JOIN vorgang v ON v.id = m.vorgang_id"
    assert [row["body"] for row in office.rows(f"{asked} WHERE v.number = :n", n=number)] == [QUESTION]
    assert office.faults == []


def an_application_for_somebody_new(office: Office, page: Page, folder: Path) -> str:
    """Apply in an employee's name; returns the number of the case."""
    page.get_by_role("link", name="Antrag stellen").first.click()
    page.locator("a[href$='/firma/antrag/p02']").click()
    fill(page, {**EMPLOYEE, "files.pass": [a_paper(folder, "pass")]})
    page.get_by_role("button", name="Antrag absenden").click()
    assert "/firma/vorgang/ABH-" in page.url, page.locator("main").inner_text()[:800]
    return page.url.rpartition("/")[2]


def a_paper_and_a_question(office: Office, page: Page, number: str, folder: Path) -> None:
    """Hand in the contract and ask something; the clerk's list shows both at once."""
    box = page.locator("#unterlagen")
    box.get_by_label("Was laden Sie hoch?").select_option("arbeitsvertrag")
    box.locator("[name=files]").set_input_files([a_paper(folder, "arbeitsvertrag")])
    box.get_by_role("button", name="Hochladen").click()
    assert "Die Unterlagen sind im Vorgang." in page.locator("main").inner_text()
    box = page.locator("#nachrichten")
    box.get_by_label("Worum geht es?").select_option(index=1)
    box.get_by_label("Nachricht", exact=True).fill(QUESTION)
    box.get_by_role("button", name="Nachricht senden").click()
    assert QUESTION in page.locator("#nachrichten").inner_text()


def three_come_and_one_cannot(office: Office, page: Page) -> dict[str, int]:
    """Book three at once, let a colleague come for one, give one place back."""
    page.get_by_role("link", name="Termine", exact=True).click()
    press(page, "n")
    for tick in page.locator("main [name=person]").all()[:3]:
        tick.check()
    page.get_by_role("button", name="Vorschlag zeigen").click()
    page.get_by_role("button", name="3 Personen verbindlich buchen").click()
    assert "3 Termine sind gebucht." in page.locator("main").inner_text()
    page.get_by_role("link", name="ändern").first.click()
    page.get_by_label("Wer kommt stattdessen?").select_option(index=1)
    page.get_by_role("button", name="Platz übergeben").click()
    page.locator("#gebucht [name=termin]").last.check()
    page.get_by_role("button", name="Ausgewählte absagen").click()
    assert "1 Termin ist abgesagt." in page.locator("main").inner_text()
    return {"booked": 2, "cancelled": 2}


def a_paper(folder: Path, kind: str) -> Path:
    """Return a small PDF of this kind."""
    path = folder / f"{kind}.pdf"
    path.write_bytes(factories.a_pdf(kind))
    return path


def test_a_supervisors_monday_after_a_flood_of_post(office: Office) -> None:
    monday = datetime(2026, 11, 9, 8, 0, tzinfo=BERLIN)
    office.move_to(monday - timedelta(days=1))
    came = a_flood(office, monday)
    office.move_to(monday)
    page = office.member(LEAD)
    page.get_by_role("link", name="Leitung", exact=True).click()
    no_dead_ends(office, page, ".abh-figures a", most=9)
    keep(page, "leitung", height=1000)
    answers = inquiries_get_their_answer(office, page)
    taken = an_hour_for_emergencies(office, page)
    planned = a_plan_for_the_rest(office, page)
    given = whoever_is_ill_is_covered(office, page)
    signed = a_stack_to_sign(office, page)
    assert (came, answers, taken, planned, given, signed) is None


def test_zz(office: Office) -> None:
    page = office.member(CLERK, "Platz 1")
    a_case_for_somebody_else(office, page)
