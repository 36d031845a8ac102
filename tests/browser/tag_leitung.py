"""Parts of a supervisor's Monday: a flood of post, emergencies, illness, a plan, a stack."""

from __future__ import annotations

from playwright.sync_api import Page

from abh.access.actor import SYSTEM
from abh.db import make_sessions
from abh.documents.house import build_house
from abh.kernel.clock import BERLIN
from abh.post.aufnahme import NewItem, take_in
from abh.settings import load_settings
from tests.browser.leute import (
    COLLEAGUE_NAME,
)
from tests.browser.office import Office, until
from tests.browser.pages import fill

ILL_NAME, ILL = "Agnieszka Wolańska", "Seit heute krank, Rückkehr offen."
# How often everybody wrote over the weekend.
EACH = 2


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
