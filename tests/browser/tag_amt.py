"""Parts of a clerk's day: a number, post, what is missing, a decision, a hand-over."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.bilder import keep
from tests.browser.leute import (
    CLERK,
    COLLEAGUE_NAME,
    no_dead_ends,
    press,
    press_in,
)
from tests.browser.office import Office, until
from tests.browser.pages import fits, step

ANSWER = "Telefonisch erklärt, was noch fehlt und wann entschieden wird."
NEXT = """
SELECT v.number, p.email FROM vorgang v JOIN person p ON p.id = v.person_id
 WHERE v.unit_key = :unit AND v.state = :state AND v.verfahren = 'P02' ORDER BY v.id
"""


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
