"""Parts of an HR manager's day: an application, papers, a question, appointments."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import select, update

from abh.access.passwords import hash_password
from abh.access.tables import AppUser
from abh.bench.firm_world import Firm, make_firm
from abh.db import make_sessions
from abh.kernel.ids import case_number
from abh.persons.tables import Person
from abh.workflows.tables import Vorgang
from tests.browser.leute import (
    CLERK,
    a_paper,
    press,
)
from tests.browser.office import PASSWORD, Office
from tests.browser.pages import day, fill

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
