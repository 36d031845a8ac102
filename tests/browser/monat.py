"""Parts of an applicant's month, on a telephone without JavaScript."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from abh.bench.world import World
from abh.kernel.clock import BERLIN
from tests.browser.bilder import WIDTH, keep
from tests.browser.leute import (
    CLERK,
    a_paper,
)
from tests.browser.office import Office, until
from tests.browser.pages import day, fill, fits, step, unfold
from tests.conftest import BILDER

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
