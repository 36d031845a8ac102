"""Days of the people who use the house, each played whole in Chromium and proved by its rows.

One office with cases of the demo serves all of them; they follow each other by the calendar.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import select, update

from abh.access.actor import SYSTEM
from abh.access.passwords import hash_password
from abh.access.tables import AppUser
from abh.appointments.jobs import remind
from abh.bench.firm_world import Firm, make_firm
from abh.bench.world import World
from abh.db import make_sessions
from abh.documents.house import build_house
from abh.kernel.clock import BERLIN
from abh.kernel.ids import case_number
from abh.persons.tables import Person
from abh.post.aufnahme import NewItem, take_in
from abh.settings import load_settings
from abh.workflows.tables import Vorgang
from tests import factories
from tests.browser.bilder import WIDTH, keep
from tests.browser.office import PASSWORD, START, Office, hand_of, until
from tests.browser.pages import day, fill, fits, step, unfold
from tests.conftest import BILDER

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = 200
CLERK, LEAD, TRAINEE, COLLEAGUE = "m.oezdamar", "k.wintermann", "l.aschenbach", "s.lindenau"
COLLEAGUE_NAME = "Sophie Lindenau"
ANSWER = "Telefonisch erklärt, was noch fehlt und wann entschieden wird."
ILL_NAME, ILL = "Agnieszka Wolańska", "Seit heute krank, Rückkehr offen."
# How often everybody wrote over the weekend.
EACH = 2
TEAM = (("Ravi", "Iyer"), ("Linh", "Đặng"), ("Mateus", "Conceição"), ("Zeynep", "Yıldırım"))
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
HOME = "oksana@example.org"
WONDER = "Чи можу я поїхати на Різдво до батьків і повернутися?"
AT_HOME: dict[str, str | bool] = {
    "person.family_name": "Schewtschenko",
    "person.given_names": "Oksana",
    **day("person.birth_date", "14.07.1993"),
    "person.nationalities.0": "UKR",
    "person.street": "Birkenstraße 8",
    "person.postcode": "40233",
    "person.city": "Düsseldorf",
    "person.email": HOME,
    "title_kind": "NATIONALES_VISUM",
    **day("title_until", "20.12.2026"),
    **day("entry_on", "25.09.2026"),
    **day("passport_until", "01.06.2031"),
    "employer": "Beispiel Systems GmbH",
    "job_title": "Softwareentwicklerin",
    "salary_year": "61.000",
    **day("job_start", "15.01.2027"),
    "job_permanent": True,
    "degree_name": "Bachelor of Science",
    **day("degree_on", "30.06.2025"),
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
    sheet = (
        "SELECT b.blob_sha256 = l.pdf_sha256 AS same FROM letter l JOIN blatt b"
        " ON b.id = l.blatt_id JOIN vorgang v ON v.id = l.vorgang_id"
        " WHERE v.number = :n AND l.key = 'N02'"
    )
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
    papers = until(lambda: new_papers(office, printed), "Ausdruck")
    notice = (
        "SELECT l.pdf_sha256 FROM letter l JOIN vorgang v ON v.id = l.vorgang_id"
        " WHERE v.number = :n ORDER BY l.id DESC LIMIT 1"
    )
    stored = office.store.get(office.rows(notice, n=case["number"])[0]["pdf_sha256"])
    assert papers[-1].read_bytes() == stored
    return str(case["number"])


def new_papers(office: Office, known: int) -> list[Path]:
    """Return what the printer put out after the first ``known`` papers, oldest first."""
    papers = sorted(office.printer.folder.rglob("*.pdf"), key=lambda one: one.stat().st_mtime)
    return papers[known:]


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
        firm = make_firm(session, "Rheinwerk", people=len(TEAM), today=now.date(), now=now)
        clerk = session.scalar(select(AppUser.id).where(AppUser.login == CLERK))
        for number, (given, family) in enumerate(TEAM):
            session.execute(
                update(Person)
                .where(Person.id == firm.persons[number])
                .values(given_names=given, family_name=family)
            )
            session.execute(
                update(Vorgang)
                .where(Vorgang.id == firm.cases[number])
                .values(number=case_number(2026, 900_001 + number), owner_id=clerk)
            )
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
    status = (
        "SELECT b.status, count(*) AS n FROM firm_place f JOIN booking b ON b.id = f.booking_id"
    )
    assert {row["status"]: row["n"] for row in office.rows(f"{status} GROUP BY 1")} == places
    asked = "SELECT body, answered_at FROM case_message m JOIN vorgang v ON v.id = m.vorgang_id"
    assert [row["body"] for row in office.rows(f"{asked} WHERE v.number = :n", n=number)] == [
        QUESTION
    ]
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


def a_flood(office: Office) -> int:
    """Take in what came over the weekend, as the mailbox does; returns how many only ask."""
    sessions, settings = make_sessions(office.engine), load_settings(office.env)
    people = office.rows(
        "SELECT v.id, v.number, v.verfahren, v.person_id, p.family_name FROM vorgang v"
        " JOIN person p ON p.id = v.person_id WHERE v.unit_key = 'SG1' AND v.closed_at IS NULL"
        " AND NOT EXISTS (SELECT FROM post_bundle b WHERE b.person_id = p.id"
        " AND b.closed_at IS NULL) AND p.household_id IS NULL ORDER BY v.id"
    )
    asking, others = people[:2], people[2:]
    with sessions() as session, session.begin():
        house = build_house(settings, session, clock=office.clock)
        items = [
            NewItem(
                received_on=house.today,
                channel="email",
                kind="inquiry" if one in asking else "documents",
                subject="Wie ist der Stand?" if one in asking else "Gehaltsnachweise",
                unit_key="SG1",
                source="flut",
                source_ref=f"{one['id']}-{n}",
                person_id=one["person_id"],
                vorgang_id=one["id"],
                verfahren=one["verfahren"],
                sender=one["family_name"],
                quoted_number=one["number"],
            )
            for one in (*asking, *others)
            for n in range(EACH)
        ]
        take_in(session, SYSTEM, items, house.blobs, clock=office.clock)
    return len(asking)


def inquiries_get_drafts(office: Office, page: Page) -> str:
    """Order an answer for everybody who only asks; it is drafted while other things are done."""
    page.get_by_role("link", name="Personen mit offener Post").click()
    page.get_by_role("link", name="Sammelvorgang").click()
    page.get_by_label("Älter als (Tage)").fill("")
    page.get_by_label("nur Anfragen zum Stand").check()
    page.get_by_role("button", name="Zahl ansehen").click()
    page.get_by_label("Auskunft zum Stand entwerfen (N03)").check()
    page.get_by_role("button", name="Anordnen").click()
    assert "/leitung/post/sammeln/" in page.url, page.locator("main").inner_text()[:600]
    return page.url


def emergency_minutes(office: Office) -> int:
    """Return the minutes of the emergency lane of the unit today."""
    lane = (
        "SELECT coalesce(sum(upper(cells) - lower(cells)), 0) * 5 AS minutes FROM roster_block"
        " WHERE unit_key = 'SG1' AND day = :day AND lane = 'notfall'"
    )
    today = office.clock.now().astimezone(BERLIN).date()
    return int(office.rows(lane, day=today)[0]["minutes"])


def an_hour_for_emergencies(page: Page) -> None:
    """Open the emergency lane for an hour, out of the time for post."""
    page.get_by_role("link", name="Leitung", exact=True).first.click()
    lane = page.locator("form", has=page.get_by_role("button", name="Notfallbahn öffnen"))
    lane.get_by_label("Aus der Spur").select_option("post")
    lane.get_by_role("button").click()
    assert not page.locator(".abh-notice--danger").count(), page.locator("main").inner_text()[:600]


def whoever_is_ill_is_covered(office: Office, page: Page) -> int:
    """Note an absence with its cover, then give all cases of whoever is ill to the cover."""
    page.goto(f"{office.base}/leitung/dienstplan")
    away = page.locator("form", has=page.locator("[name=absent]"))
    today = f"{office.clock.now().astimezone(BERLIN):%d.%m.%Y}"
    away.get_by_label("Person", exact=True).select_option(label=ILL_NAME)
    fill(away, {"first": today})
    away.get_by_label("Vertretung").select_option(label=COLLEAGUE_NAME)
    away.get_by_role("button", name="Eintragen").click()
    confirm = page.get_by_role("button", name="Trotzdem ändern")
    if confirm.count():
        confirm.click()
    page.goto(f"{office.base}/leitung")
    page.get_by_role("link", name="Vorgänge übergeben").click()
    page.get_by_label("Grund").fill(ILL)
    page.get_by_role("button", name="Zahl ansehen").click()
    page.get_by_role("button", name="Übergeben").click()
    assert "/leitung/uebergabe/" in page.url, page.locator("main").inner_text()[:600]
    who = "SELECT id FROM app_user WHERE display_name = :name"
    return int(office.rows(who, name=ILL_NAME)[0]["id"])


def a_plan_for_the_rest(office: Office, page: Page) -> int:
    """Compute until when nothing is open any more, look at the price, accept it."""
    page.goto(f"{office.base}/leitung/post")
    page.get_by_role("link", name="Räumungsplan").click()
    page.get_by_role("button", name="Rechnen").click()
    page.get_by_role("button", name="Annehmen").click()
    plan = page.locator("main").inner_text()
    assert "Im Dienstplan:" in plan
    assert "Nichts mehr offen am" in plan
    return int(page.url.rpartition("/")[2])


def a_stack_is_signed(office: Office, page: Page) -> list[int]:
    """Open every draft of the stack, then sign all at once; each leaves and is filed."""
    drafts = "SELECT id FROM letter WHERE key = 'N03' AND state = 'signing' ORDER BY id"
    ids = [int(row["id"]) for row in office.rows(drafts)]
    page.goto(f"{office.base}/unterschriften?brief={ids[0]}")
    page.get_by_role("link", name="als Stapel zeichnen").click()
    until(lambda: stack_opened(page), "alle Briefe des Stapels sind geöffnet")
    page.get_by_role("button", name="Angekreuzte zeichnen").click()
    assert page.locator("#ergebnis").get_by_text("zur Akte genommen").count() == len(ids)
    return ids


def stack_opened(page: Page) -> bool:
    """Open the next draft; say whether all count as seen."""
    following = page.get_by_role("link", name="Nächsten öffnen")
    page.wait_for_load_state("load")
    if following.count():
        following.click()
        return False
    page.reload()
    return page.locator(".abh-folder [name=briefe]:checked").count() > 1


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


def an_application_from_home(office: Office, phone: Page, folder: Path) -> tuple[str, str]:
    """Find the form, fill it on a telephone, send it; returns number and link of the case."""
    phone.goto(f"{office.base}/antrag")
    form = phone.locator("a[href$='/antrag/p02']").first
    unfold(form)
    form.click()
    fits(phone)
    kinds = ("pass", "krankenversicherung", "anabin", "arbeitsvertrag", "ezb")
    papers = {f"files.{kind}": [a_paper(folder, kind)] for kind in kinds}
    fill(phone, {**AT_HOME, **papers})
    if BILDER:
        desktop = office.visitor(width=WIDTH)
        desktop.goto(f"{office.base}/antrag/p02")
        keep(desktop, "antrag", height=1000)
    phone.locator("main form button").last.click()
    assert "/antrag/fertig/" in phone.url, phone.locator("main").inner_text()[:600]
    until(lambda: office.mailbox.to(HOME), "Mail zum Eingang")
    number = phone.locator(".abh-number").inner_text().strip()
    return number, phone.locator("a.abh-break").inner_text().strip()


def by_the_clerk(office: Office, number: str, key: str) -> None:
    """Take a step on the page of the case; what it writes to the person leaves with it."""
    page = office.member(CLERK, "Platz 1")
    page.goto(f"{office.base}/vorgang/{number}")
    step(page, key)


def from_the_newest_mail(office: Office, link: str, before: int) -> Page:
    """Wait for a mail beyond the first ``before`` and open its link on the telephone."""
    mail = until(lambda: office.mailbox.to(HOME)[before:], "Mail mit dem Link")[-1]
    body = mail.get_body()
    assert body is not None
    assert link in body.get_content()
    phone = office.visitor(lang="uk")
    phone.goto(link)
    fits(phone)
    return phone


def what_is_missing_comes_later(office: Office, phone: Page, folder: Path) -> None:
    """Ask for more time first, then hand the paper in."""
    phone.locator("[name=grund]").fill("Urkunde kommt aus Kiew.")
    phone.locator("form[action$='/mehr-zeit'] button").click()
    assert not phone.locator("form[action$='/mehr-zeit']").count()
    form = phone.locator("form.abh-missing", has=phone.locator("[name='files.hochschulabschluss']"))
    fill(form, {"files.hochschulabschluss": [a_paper(folder, "hochschulabschluss")]})
    form.locator("button").click()
    assert phone.locator(".abh-notice--success").count()


def a_question(phone: Page) -> None:
    """Ask something in one's own language."""
    form = phone.locator("form[action$='/frage']")
    fill(form, {"thema": "reise", "frage": WONDER})
    form.locator("button").click()
    assert phone.locator(".abh-notice--success").count()


def a_time_that_suits(office: Office, phone: Page) -> datetime:
    """Book the first time, then move it to the last one offered; returns when that is."""
    phone.locator("a[href*='/termin/']").first.click()
    fits(phone)
    phone.locator("[name=termin]").first.check()
    phone.locator("main form button").last.click()
    phone.locator("a[href$='/verlegen']").click()
    slot = phone.locator("[name=termin]").last
    value = str(slot.get_attribute("value"))
    slot.check()
    phone.locator("main form button").last.click()
    assert phone.locator(".abh-notice--success").count()
    until(lambda: len(calendars(office)) >= 2, "zwei Mails mit Kalenderdatei")
    chosen, cell = value.split("_")
    start = datetime.combine(date.fromisoformat(chosen), datetime.min.time(), BERLIN)
    return start + timedelta(minutes=5 * int(cell))


def calendars(office: Office) -> list[str]:
    """Return the calendar files that were mailed home."""
    return [
        str(part.get_content())
        for mail in office.mailbox.to(HOME)
        for part in mail.iter_attachments()
        if part.get_content_type() == "text/calendar"
    ]


def decided(world: World, case: int) -> None:
    """Do by services what the clerk's day shows on the screen: record, grant, order the card."""
    world.find(case, biometrics_on=world.today.isoformat(), biometrics_usable=True)
    for fee in world.case(case).row["fees"]:
        world.pay(case, fee["id"])
    world.step(case, "erschienen_entscheidungsreif")
    world.step(case, "bewilligen")
    world.step(case, "karte_bestellen", data={"fb_serial": "D3-4712", "fb_seal": "13"})
