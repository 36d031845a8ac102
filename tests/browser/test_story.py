"""One Blue Card case through the whole house, and one refusal, played in Chromium.

The chapters are those of the story of the first issue. They follow each other in time and share one
office, so they run in order; a chapter whose forerunner failed says so and does nothing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page
from sqlalchemy import text

from abh.bench.world import World
from abh.kernel.clock import BERLIN
from abh.workflows.effects import BIOMETRICS
from tests import factories
from tests.browser.office import DESK_WITH_PRINTER, EMPLOYER, START, Office, hand_of, until
from tests.browser.pages import case_form, day, fill, find_out, fits, german, pdf_text, step, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLERK, LEAD, TRAINEE = "m.oezdamar", "k.wintermann", "l.aschenbach"
OTHER_UNIT = "f.benhaddou"
DEGREE = "Urkunde über den Hochschulabschluss"
UNKNOWN_TOKEN = "A" * 22

MAIN: dict[str, str | bool] = {
    "person.family_name": "Al-Ḥaddād",
    "person.given_names": "Nūr",
    **day("person.birth_date", "00.05.1996"),
    "person.nationalities.0": "SYR",
    "person.nationalities.1": "LBN",
    "person.street": "Graf-Adolf-Straße 12",
    "person.postcode": "40212",
    "person.city": "Düsseldorf",
    "person.email": "nur@example.org",
    "title_kind": "NATIONALES_VISUM",
    **day("title_until", "20.12.2026"),
    **day("entry_on", "25.09.2026"),
    **day("passport_until", "01.06.2031"),
    "employer": "Beispiel Systems GmbH",
    "job_title": "Buchhalterin",
    "salary_year": "٤٨٠٠٠",
    **day("job_start", "15.01.2027"),
    "job_permanent": True,
    "degree_name": "Bachelor of Science",
    **day("degree_on", "30.06.2025"),
}
OLD_DEGREE: dict[str, str | bool] = {
    **MAIN,
    "person.family_name": "Nguyễn",
    "person.given_names": "Thị Ánh Tuyết",
    "person.nationalities.0": "VNM",
    "person.nationalities.1": "CAN",
    "person.email": "tuyet@example.org",
    **day("title_until", "31.01.2027"),
    "salary_year": "48.000",
    **day("degree_on", "30.06.2019"),
}
ON_PAPER: dict[str, str | bool] = {
    **MAIN,
    "person.family_name": "Okonkwo",
    "person.given_names": "Chinọnso",
    "person.nationalities.0": "NGA",
    "person.nationalities.1": "GHA",
    "person.email": "chinonso@example.org",
    **day("title_until", "15.01.2027"),
    "salary_year": "48.000",
    "isco": "2411",
    **day("received_on", "26.10.2026"),
    "channel": "paper",
    "person.language": "en",
}


@dataclass
class Story:
    """What the chapters know of each other."""

    office: Office
    papers: dict[str, Path]
    number: dict[str, str] = field(default_factory=dict)
    link: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @contextmanager
    def chapter(self, name: str, *, after: str = "") -> Iterator[Office]:
        """Play a chapter; no page may fail with 5xx or a script error meanwhile."""
        if after and after not in self.told:
            pytest.fail(f"Das Kapitel davor ist nicht gelungen: {after}", pytrace=False)
        yield self.office
        assert self.office.faults == []
        self.told.append(name)

    def case(self, who: Page, name: str) -> Page:
        """Open the page of a case."""
        who.goto(f"{self.office.base}/vorgang/{self.number[name]}")
        return who

    def state(self, name: str) -> str:
        """Return the state of a case."""
        return self.office.state_of(self.number[name])


@pytest.fixture(scope="module")
def story(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("papers")
    photo = io.BytesIO()
    Image.new("RGB", (900, 640), "white").save(photo, "JPEG")
    papers = {"pass": folder / "pass.jpg"}
    papers["pass"].write_bytes(photo.getvalue())
    for kind in ("krankenversicherung", "hochschulabschluss", "anabin", "arbeitsvertrag", "ezb"):
        papers[kind] = folder / f"{kind}.pdf"
        papers[kind].write_bytes(factories.a_pdf(kind))
    return Story(office, papers)


def attached(story: Story, *left_out: str) -> dict[str, list[Path]]:
    return {f"files.{k}": [p] for k, p in story.papers.items() if k not in left_out}


def apply(story: Story, name: str, lang: str, typed: dict[str, Any], *left_out: str) -> Page:
    """File an application on a phone without JavaScript; returns the page that answers."""
    office = story.office
    page = office.visitor(lang=lang)
    page.goto(f"{office.base}/antrag/p02")
    assert page.locator("html").get_attribute("lang") == lang
    fits(page)
    fill(page, {**typed, **attached(story, *left_out)})
    office.shoot(page, f"2-antrag-{lang}")
    page.locator("main form button").last.click()
    assert "/antrag/fertig/" in page.url, page.locator("main").inner_text()[:600]
    fits(page)
    office.shoot(page, f"2-fertig-{lang}")
    story.number[name] = page.locator(".abh-number").inner_text().strip()
    story.link[name] = page.locator("a.abh-break").inner_text().strip()
    return page


def test_2_an_application_in_arabic_and_english_on_a_phone(story: Story) -> None:
    with story.chapter("2") as office:
        page = apply(story, "main", "ar", MAIN, "hochschulabschluss")
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert re.fullmatch(r"ABH-2026-\d{7}", story.number["main"])
        answer = page.request.get(
            office.base + str(page.locator("a[href*='/brief/']").get_attribute("href"))
        )
        assert answer.headers["content-type"] == "application/pdf"
        words = pdf_text(answer.body())
        assert story.number["main"] in words
        assert "Stimmt das, dann gilt der Titel ab seinem Ablauf am 20.12.2026 weiter" in words
        assert "Der Nachweis ist die Fiktionsbescheinigung (§ 81 Absatz 5 AufenthG)" in words
        page = apply(story, "refusal", "en", OLD_DEGREE)
        assert "If this is correct" in page.locator("main").inner_text()
        page.goto(story.link["refusal"])
        fits(page)
        office.shoot(page, "2-status-en")
        assert story.number["refusal"] in page.locator("main").inner_text()


def test_2_a_wrong_link_tells_nothing(story: Story) -> None:
    with story.chapter("2 link", after="2") as office:
        page = office.visitor(lang="en")
        token = story.link["main"].rpartition("/")[2]
        swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
        seen = []
        for wrong in (swapped, UNKNOWN_TOKEN, "x", token.swapcase()):
            answer = page.goto(f"{office.base}/status/{wrong}")
            assert answer
            seen.append((answer.status, page.title(), page.locator("main").inner_text()))
        assert {status for status, _title, _words in seen} == {404}
        assert len(set(seen)) == 1


def test_2_a_clerk_enters_a_paper_with_its_date_of_receipt(story: Story) -> None:
    with story.chapter("2 paper", after="2") as office:
        page = office.member(CLERK, "Platz 1")
        assert page.url.endswith("/desk")
        page.get_by_role("link", name="Antrag erfassen").click()
        fill(page, {**ON_PAPER, **attached(story, "hochschulabschluss")})
        office.shoot(page, "2-papier")
        page.get_by_role("button", name="Vorgang anlegen").click()
        assert "/vorgang/ABH-" in page.url, page.locator("main").inner_text()[:600]
        story.number["paper"] = page.url.rpartition("/")[2]
        assert "eingegangen am 26.10.2026" in page.locator("main").inner_text()
        assert "erlaubt" in page.locator(".abh-fiction").inner_text()


def test_3_the_clerk_asks_for_what_is_missing(story: Story) -> None:
    with story.chapter("3", after="2 paper") as office:
        page = office.member(CLERK, "Platz 1")
        page.goto(f"{office.base}/desk")
        office.shoot(page, "3-vorgaenge")
        page.get_by_role("link", name="Vorgänge", exact=True).click()
        first = page.locator(".abh-work__row").first
        assert story.number["main"] in first.inner_text()
        assert "Titel endet in 48 Tagen, 20.12.2026." in first.inner_text()
        first.locator("a").first.click()
        assert page.url.endswith(story.number["main"])
        assert "00.05.1996" in page.locator("main").inner_text()
        find_out(page, "K2", isco="2411", remark="Arbeitsvertrag")
        office.shoot(page, "3-vorgang")
        proposal = page.locator("#schritt-nachfordern")
        assert DEGREE in proposal.inner_text()
        step(page, "nachfordern")
        assert story.state("main") == "awaiting_applicant"
        mail = until(lambda: office.mailbox.to("nur@example.org")[1:], "Mail zur Nachforderung")[-1]
        assert story.number["main"] in mail["Subject"]
        assert story.link["main"] in mail.get_content()
        assert "Ḥaddād" not in mail.as_string()


def test_3_the_applicant_hands_it_in_and_the_checklist_moves(story: Story) -> None:
    with story.chapter("3 upload", after="3") as office:
        page = office.visitor(lang="ar")
        page.goto(story.link["main"])
        fits(page)
        office.shoot(page, "3-status-ar")
        letter = page.locator(".abh-letters a").first.get_attribute("href")
        words = pdf_text(page.request.get(f"{office.base}{letter}").body())
        assert DEGREE in words
        assert "30. November 2026" in words
        form = page.locator("form.abh-panel")
        fill(form, {"files.hochschulabschluss": [story.papers["hochschulabschluss"]]})
        form.locator("button").click()
        assert story.state("main") == "completeness_check", page.locator("main").inner_text()[:500]
        office.shoot(page, "3-status-ar-danach")
        clerk = story.case(office.member(CLERK, "Platz 1"), "main")
        row = clerk.locator("#check-K1")
        assert "offen" in row.inner_text()
        assert DEGREE in row.inner_text()
        find_out(clerk, "K1", degree_recognised="ja", remark="anabin H+")
        assert "erfüllt" in clerk.locator("#check-K1").text_content()
        salary = clerk.locator("#check-K2").text_content() or ""
        assert "Die Zustimmung der Bundesagentur für Arbeit ist nötig." in salary


def test_8_the_refusal_begins_with_a_hearing(story: Story) -> None:
    with story.chapter("8 hearing", after="3 upload") as office:
        page = story.case(office.member(CLERK, "Platz 1"), "refusal")
        find_out(page, "K1", degree_recognised="ja")
        find_out(page, "K2", isco="2411", remark="Arbeitsvertrag")
        assert "zu alt, und ISCO-08 2411 ist kein Engpassberuf" in str(
            page.locator("#check-K2").text_content()
        )
        step(page, "vollstaendig")
        step(page, "anhoeren", reason="Der Abschluss ist älter als drei Jahre.")
        assert story.state("refusal") == "hearing"
        office.shoot(page, "8-anhoerung")
        blocked = page.locator(".abh-blocked")
        unfold(blocked)
        assert "30.11.2026" in blocked.inner_text()


def parts_of(story: Story, name: str) -> dict[str, int]:
    rows = story.office.rows(
        "SELECT b.kind, b.id FROM beteiligung b JOIN vorgang v ON v.id = b.vorgang_id"
        " WHERE v.number = :n",
        n=story.number[name],
    )
    return {row["kind"]: row["id"] for row in rows}


def answer(page: Page, part: int, said: str, **typed: str) -> None:
    """Record what another authority answered."""
    fid = f"beteiligung-{part}"
    unfold(page.locator(f"#{fid} details").first)
    case_form(page, fid, {"answer": said, **typed})


def test_4_findings_and_other_authorities(story: Story) -> None:
    with story.chapter("4", after="8 hearing") as office:
        page = story.case(office.member(CLERK, "Platz 1"), "main")
        step(page, "vollstaendig")
        find_out(page, "B2", identity_clarified="ja", remark="Pass")
        find_out(page, "B4", expulsion_interest="nein")
        find_out(page, "B6", visa_fits="ja")
        find_out(page, "B8", entry_ban="nein")
        find_out(page, "K4", job_adequate="ja")
        find_out(page, "K6", exclusion_19f="keiner")
        step(page, "beteiligen")
        parts = parts_of(story, "main")
        assert set(parts) == {"BA", "BVA"}
        assert "Antwort: Bundesagentur für Arbeit" in page.locator("#fristen").inner_text()
        answer(page, parts["BVA"], "consent", on=german(START.date()))
        answer(page, parts["BA"], "info_missing", on=german(START.date()), note="Arbeitszeit?")
        assert "Bundesagentur" not in page.locator("#fristen").inner_text()
        office.move_to(START + timedelta(days=20))
        assert story.state("main") == "awaiting_third_party"
        page = story.case(office.member(CLERK, "Platz 1"), "main")
        assert "gilt als erteilt" not in page.locator("#beteiligungen").inner_text()
        office.shoot(page, "4-angaben-fehlen")
        office.move_to(START + timedelta(days=21))
        page = story.case(office.member(CLERK, "Platz 1"), "main")
        answer(page, parts["BA"], "completed", on="23.11.2026")
        assert "07.12.2026" in page.locator("#beteiligungen").inner_text()
        office.move_to(datetime(2026, 12, 7, 18, 0, tzinfo=BERLIN))
        assert story.state("main") == "awaiting_third_party"
        office.move_to(datetime(2026, 12, 8, 8, 0, tzinfo=BERLIN))
        until(lambda: story.state("main") == "in_review", "Zustimmung gilt als erteilt")
        page = story.case(office.member(CLERK, "Platz 1"), "main")
        assert "gilt als erteilt" in page.locator("#beteiligungen").inner_text()
        office.shoot(page, "4-zustimmung")


def test_5_the_applicant_picks_a_slot_and_comes(story: Story) -> None:
    with story.chapter("5", after="4") as office:
        clerk = story.case(office.member(CLERK, "Platz 1"), "main")
        before = len(office.mailbox.to("nur@example.org"))
        step(clerk, "zum_termin_einladen")
        until(lambda: office.mailbox.to("nur@example.org")[before:], "Mail zur Einladung")
        phone = office.visitor(lang="ar")
        phone.goto(story.link["main"])
        phone.locator("a[href*='/termin/']").first.click()
        fits(phone)
        office.shoot(phone, "5-termine-ar")
        slot = phone.locator("[name=termin]").first
        value = str(slot.get_attribute("value"))
        slot.check()
        phone.locator("main form button").last.click()
        office.shoot(phone, "5-gebucht-ar")
        chosen, cell = value.split("_")
        start = datetime.combine(date.fromisoformat(chosen), datetime.min.time(), BERLIN)
        start += timedelta(minutes=5 * int(cell))
        attachment = until(lambda: calendars(office), "Mail mit Kalenderdatei")[-1]
        assert f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}" in attachment
        office.move_to(start)
        clerk = office.member(CLERK, "Platz 1")
        clerk.goto(f"{office.base}/schalter")
        assert "Ḥaddād" not in clerk.locator("main").inner_text()
        clerk.get_by_role("button", name="Nächste Nummer aufrufen").click()
        assert "Al-Ḥaddād" in clerk.locator("main").inner_text()
        office.shoot(clerk, "5-schalter")
        clerk.get_by_role("button", name="Stimmt, Person ist da").click()
        fill(clerk, {"aufgenommen": True, "payment": "Kartenzahlung"})
        clerk.get_by_role("button", name="Besuch beenden", exact=True).click()
        assert story.state("main") == "decision_ready"
        story.case(clerk, "main")
        assert "bezahlt" in clerk.locator("#gebuehren").inner_text()


def calendars(office: Office) -> list[str]:
    """Return the calendar files that were mailed to the applicant."""
    return [
        str(part.get_content()).replace("\r\n ", "")
        for mail in office.mailbox.to("nur@example.org")
        for part in mail.iter_attachments()
        if part.get_content_type() == "text/calendar"
    ]


def folder_of(story: Story, who: Page) -> Page:
    """Open the signature folder at the only letter in it."""
    who.goto(f"{story.office.base}/unterschriften")
    return who


def letter_of(story: Story, name: str, key: str) -> dict[str, Any]:
    rows = story.office.rows(
        "SELECT l.* FROM letter l JOIN vorgang v ON v.id = l.vorgang_id"
        " WHERE v.number = :n AND l.key = :k ORDER BY l.id DESC LIMIT 1",
        n=story.number[name],
        k=key,
    )
    return dict(rows[0])


def test_6_a_trainee_decides_and_somebody_else_signs(story: Story) -> None:
    with story.chapter("6", after="5") as office:
        trainee = story.case(office.member(TRAINEE, "Platz 2"), "main")
        grant = trainee.locator("#schritt-bewilligen")
        unfold(grant)
        assert "Geht danach in die Unterschriftsmappe" in grant.inner_text()
        office.shoot(trainee, "6-bewilligen")
        step(trainee, "bewilligen")
        assert story.state("main") == "decision_ready"
        assert "wartet auf die zweite Unterschrift" in trainee.locator("main").inner_text()
        folder_of(story, trainee)
        why = trainee.locator("main").inner_text()
        assert "Sie können diesen Brief nicht zeichnen." in why
        assert "Wer eingearbeitet wird, zeichnet nicht allein." in why
        office.shoot(trainee, "6-mappe-einarbeitung")
        trainee.get_by_role("button", name="Zeichnen", exact=True).click()
        refused = trainee.locator("main [role=alert]").inner_text()
        assert "Die zweite Unterschrift muss von einer anderen Person kommen." in refused
        assert story.state("main") == "decision_ready"
        lead = folder_of(story, office.member(LEAD))
        office.shoot(lead, "6-mappe")
        lead.get_by_role("button", name="Zeichnen", exact=True).click()
        assert story.state("main") == "granted", lead.locator("main").inner_text()[:600]


def test_6_the_notice_is_filed_and_printed(story: Story) -> None:
    with story.chapter("6 print", after="6") as office:
        clerk = story.case(office.member(CLERK, "Platz 1"), "main")
        letter = letter_of(story, "main", "N08")
        sheet = office.rows("SELECT * FROM blatt WHERE id = :id", id=letter["blatt_id"])[0]
        assert sheet["blob_sha256"] == letter["pdf_sha256"]
        shown = clerk.locator("#akte li", has_text=sheet["title"]).first
        assert shown.inner_text().startswith(str(sheet["sheet_no"]))
        assert sheet["blob_sha256"][:8] in shown.inner_text()
        line = clerk.locator(f"#brief-{letter['id']}")
        line.get_by_role("button", name="Drucken").click()
        printed = until(lambda: list(office.printer.folder.rglob("*.pdf")), "Ausdruck")
        stored = office.store.get(letter["pdf_sha256"])
        assert [file.read_bytes() for file in printed] == [stored]
        job = "SELECT 1 FROM print_job WHERE letter_id = :id AND state = 'completed'"
        until(lambda: office.rows(job, id=letter["id"]), "Meldung des Druckers")
        clerk.reload()
        assert "gedruckt" in clerk.locator(f"#brief-{letter['id']}").inner_text()
        words = pdf_text(stored)
        assert "Blaue Karte" in words
        assert "Al-Ḥaddād" in words


def at_the_counter(office: Office, world: World, name: str) -> int:
    """Return a case of somebody who waits, invited and due now, by services."""
    case_id = world.file()
    world.to_review(case_id)
    world.step(case_id, "beteiligen")
    world.answer(case_id, world.case(case_id).row["beteiligungen"][0]["id"], "consent")
    world.step(case_id, "zum_termin_einladen")
    sit = text(
        "INSERT INTO booking (unit_key, desk_id, day, cells, lane, service_key, person_id,"
        " vorgang_id, status, ticket, created_at)"
        " SELECT v.unit_key, d.id, :day, int4range(:cell, :cell + 1), 'einladung', :service,"
        " v.person_id, v.id, 'booked', :name, :now"
        " FROM vorgang v, desk d WHERE v.id = :id AND d.key = :desk"
    )
    now = office.clock.now()
    local = now.astimezone(BERLIN)
    with office.engine.begin() as connection:
        connection.execute(
            sit,
            {
                "day": local.date(),
                "cell": (local.hour * 60 + local.minute) // 5 + int(name[-1]) - 3,
                "service": BIOMETRICS,
                "name": name,
                "now": now,
                "id": case_id,
                "desk": DESK_WITH_PRINTER,
            },
        )
    return case_id


def test_6_a_whole_visit_in_six_keys(story: Story) -> None:
    with story.chapter("6 keys") as office:
        world = hand_of(office, CLERK)
        first, second = (at_the_counter(office, world, name) for name in ("S-101", "S-102"))
        printed = len(list(office.printer.folder.rglob("*.pdf")))
        page = office.member(CLERK, "Platz 1")
        page.goto(f"{office.base}/desk")
        office.shoot(page, "6-naechstes")

        def press(key: str) -> None:
            page.evaluate("document.activeElement.blur()")
            with page.expect_navigation():
                page.keyboard.press(key)
            refused = page.locator(".abh-notice--danger, .abh-notice--warning")
            assert not refused.count(), refused.first.inner_text()

        press("n")
        assert "S-101" in page.title()
        press("i")
        page.locator("[name=payment]").select_option("Kartenzahlung")
        office.shoot(page, "6-besuch")
        press("a")
        assert "/vorgang/" in page.url
        assert "S-101" in page.locator(".abh-called").inner_text()
        office.shoot(page, "6-entscheiden")
        press("Control+Enter")
        state = "SELECT state FROM vorgang WHERE id = :id"
        assert office.rows(state, id=first)[0]["state"] == "granted"
        press("p")
        until(lambda: len(list(office.printer.folder.rglob("*.pdf"))) > printed, "Ausdruck")
        press("n")
        assert "S-102" in page.title()
        done = "SELECT status FROM booking WHERE vorgang_id = :id"
        assert office.rows(done, id=first)[0]["status"] == "served"
        assert office.rows(done, id=second)[0]["status"] == "called"


def test_6_every_page_is_reached_by_typing(story: Story) -> None:
    with story.chapter("6 palette") as office:
        page = office.member(CLERK, "Platz 1")
        page.goto(f"{office.base}/desk")
        with page.expect_navigation():
            page.keyboard.type("gf")
        assert page.url.endswith("/frist")
        page.keyboard.press("Control+k")
        box = page.get_by_role("combobox", name="Befehl")
        box.fill("unterschr")
        option = page.get_by_role("option", name="Unterschriften").first
        option.wait_for()
        until(
            lambda: box.get_attribute("aria-activedescendant") == option.get_attribute("id"),
            "der gesuchte Befehl ist gewählt",
        )
        office.shoot(page, "6-befehle")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url.endswith("/unterschriften")


def test_6_fiction_paper_card_and_handing_over(story: Story) -> None:
    with story.chapter("6 card", after="6 print") as office:
        clerk = story.case(office.member(CLERK, "Platz 1"), "main")
        step(clerk, "karte_bestellen", fb_serial="D3-4711", fb_seal="12")
        assert story.state("main") == "card_in_production"
        things = clerk.locator("#termine").inner_text()
        assert "D3-4711" in things
        assert "§ 81 Abs. 5a AufenthG" in things
        assert "Beispiel Systems GmbH" in things
        office.shoot(clerk, "6-karte-bestellt")
        case_form(clerk, "vermerk-card_arrived")
        assert story.state("main") == "card_ready"
        case_form(clerk, "vermerk-identity_checked")
        case_form(clerk, "vermerk-old_papers_withdrawn")
        step(clerk, "aushaendigen", sheet_serial="Z-0815")
        assert story.state("main") == "issued"
        assert "abgeschlossen" in clerk.locator("main").inner_text()
        assert "ausgehändigt" in clerk.locator("#termine").inner_text()
        assert "Karte abholen" not in clerk.locator("#fristen").inner_text()
        assert "Bewilligen vorbereitet" in clerk.locator("#verlauf").inner_text()
        office.shoot(clerk, "6-ausgehaendigt")


def test_8_the_refusal_is_signed_by_two_and_served(story: Story) -> None:
    with story.chapter("8 served", after="6 card") as office:
        clerk = story.case(office.member(CLERK, "Platz 1"), "refusal")
        why = "Der Abschluss ist älter als drei Jahre; der Beruf ist kein Engpassberuf."
        step(clerk, "ablehnen", reason=why)
        assert story.state("refusal") == "hearing"
        lead = folder_of(story, office.member(LEAD))
        assert why in lead.locator("main").inner_text()
        office.shoot(lead, "8-mappe")
        lead.get_by_role("button", name="Zeichnen", exact=True).click()
        assert story.state("refusal") == "refused", lead.locator("main").inner_text()[:600]
        letter = letter_of(story, "refusal", "N12")
        words = pdf_text(office.store.get(letter["pdf_sha256"]))
        assert "Verwaltungsgericht Düsseldorf" in words
        assert "innerhalb eines Monats" in words
        story.case(lead, "refusal")
        line = lead.locator(f"#brief-{letter['id']}")
        assert "Unterschrift von Hand fehlt" in line.inner_text()
        line.get_by_role("button", name="Von Hand unterschrieben").click()
        office.move_to(datetime(2026, 12, 14, 8, 0, tzinfo=BERLIN))
        clerk = story.case(office.member(CLERK, "Platz 1"), "refusal")
        fid = f"brief-{letter['id']}"
        unfold(clerk.locator(f"#{fid} details", has_text="Versand und Zustellung"))
        served = {"on": "10.12.2026", "served_on": "11.12.2026", "evidence": "PZU 4711"}
        case_form(clerk, fid, served, button="Versand vermerken")
        assert "bekannt gegeben am 11.12.2026" in clerk.locator(f"#{fid}").inner_text()
        clocks = clerk.locator("#fristen").inner_text()
        assert "Bestandskraft (späteste Lesart)" in clocks
        assert "11.01.2027" in clocks
        office.shoot(clerk, "8-zugestellt")


def test_8_finality_comes_by_the_clock(story: Story) -> None:
    with story.chapter("8 final", after="8 served") as office:
        office.move_to(datetime(2027, 1, 11, 20, 0, tzinfo=BERLIN))
        assert story.state("refusal") == "refused"
        office.move_to(datetime(2027, 1, 12, 8, 0, tzinfo=BERLIN))
        until(lambda: story.state("refusal") == "refused_final", "Bestandskraft")
        clerk = story.case(office.member(CLERK, "Platz 1"), "refusal")
        assert "Bestandskraft feststellen" in clerk.locator("#verlauf").inner_text()
        office.shoot(clerk, "8-bestandskraft")


def test_7_the_lead_sees_cases_clocks_and_trail(story: Story) -> None:
    with story.chapter("7", after="8 final") as office:
        lead = office.member(LEAD)
        lead.goto(f"{office.base}/leitung")
        office.shoot(lead, "7-leitung")
        lead.get_by_role("link", name="offene Vorgänge").click()
        assert story.number["paper"] in lead.locator("main").inner_text()
        lead.goto(f"{office.base}/leitung/protokoll?vorgang={story.number['main']}")
        trail = lead.locator("main").inner_text()
        for act in ("Brief gezeichnet und freigegeben", "Vorgang angesehen", "Termin gebucht"):
            assert act in trail
        office.shoot(lead, "7-protokoll")
        lead.get_by_role("button", name="Kette prüfen").click()
        assert "Die Kette ist unversehrt" in lead.locator("main").inner_text()


def test_7_a_changed_row_of_the_log_is_named(story: Story) -> None:
    with story.chapter("7 audit", after="7") as office:
        unsealed = (
            "SELECT 1 FROM audit_entry a LEFT JOIN audit_seal s ON s.entry_id = a.id"
            " WHERE s.seq IS NULL"
        )
        until(lambda: not office.rows(unsealed), "Siegel")
        proved = office.run("audit", "verify")
        assert proved.returncode == 0, proved.stdout + proved.stderr
        victim = office.rows(
            "SELECT a.id FROM audit_entry a JOIN vorgang v ON v.id = a.vorgang_id"
            " WHERE v.number = :n AND a.action = 'letter.release' ORDER BY a.id LIMIT 1",
            n=story.number["refusal"],
        )[0]["id"]
        with office.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            changed = text("UPDATE audit_entry SET actor_name = 'Niemand' WHERE id = :id")
            assert connection.execute(changed, {"id": victim}).rowcount == 1
        found = office.run("audit", "verify")
        assert found.returncode == 1
        assert re.findall(r"Eintrag (\d+)", found.stdout) == [str(victim)]


def test_who_may_not_is_told_so(story: Story) -> None:
    with story.chapter("forbidden", after="2") as office:
        employer = office.member(EMPLOYER)
        refused = employer.goto(f"{office.base}/desk")
        assert refused
        assert refused.status == 403
        office.shoot(employer, "9-arbeitgeber")
        other = office.member(OTHER_UNIT, "Platz 1")
        refused = other.goto(f"{office.base}/vorgang/{story.number['main']}")
        assert refused
        assert refused.status == 403
        assert "Sachgebiet SG1" in other.locator("main").inner_text()
        assert "Ḥaddād" not in other.content()
        office.shoot(other, "9-fremdes-sachgebiet")
