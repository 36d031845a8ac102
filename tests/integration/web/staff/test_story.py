"""The story of one Blue Card through the pages: what a clerk can do in the browser alone."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

from abh.appointments import service as appointments
from abh.appointments.tables import Invitation
from abh.workflows import jobs
from tests import factories
from tests.integration.web.staff.conftest import CLERK, LEAD, Amt, Browser, told

# The degree certificate is missing; the salary lies between the thresholds.
WITHOUT_DEGREE = ("pass", "krankenversicherung", "anabin", "arbeitsvertrag", "ezb")


def state_of(amt: Amt, number: str) -> str:
    return str(amt.row("SELECT state FROM vorgang WHERE number = :n", n=number)["state"])


def find_out(browser: Browser, number: str, group: str, **typed: Any) -> None:
    browser.act(number, f"feststellung/{group}", f"feststellung-{group}", **typed)


def complete(amt: Amt, browser: Browser, number: str) -> None:
    """Ask for the missing certificate, file it, and find the application complete."""
    fid = "schritt-nachfordern"
    browser.act(number, "schritt/nachfordern", fid, items="K1", until="21.12.2026", reason="")
    assert state_of(amt, number) == "awaiting_applicant"
    scan = (io.BytesIO(factories.a_pdf("Urkunde")), "urkunde.pdf")
    browser.act(
        number,
        "unterlagen",
        "unterlagen",
        kind="hochschulabschluss",
        received_on="23.11.2026",
        files=scan,
    )
    assert state_of(amt, number) == "completeness_check"
    find_out(browser, number, "K1", degree_recognised="ja")
    browser.act(number, "schritt/vollstaendig", "schritt-vollstaendig", reason="")
    assert state_of(amt, number) == "in_review"


def find_out_all(browser: Browser, number: str) -> None:
    find_out(browser, number, "B2", identity_clarified="ja", remark="Pass")
    find_out(browser, number, "B4", expulsion_interest="nein")
    find_out(browser, number, "B6", visa_fits="ja")
    find_out(browser, number, "B8", entry_ban="nein")
    find_out(browser, number, "K4", job_adequate="ja")
    find_out(browser, number, "K6", exclusion_19f="keiner")


def ask_others(amt: Amt, browser: Browser, number: str) -> None:
    """Ask BA and BVA; the BVA answers, the BA lacks something, is answered, and then is silent."""
    browser.act(number, "schritt/beteiligen", "schritt-beteiligen", reason="")
    assert state_of(amt, number) == "awaiting_third_party"
    parts = {
        kind: amt.row(
            "SELECT b.id FROM beteiligung b JOIN vorgang v ON v.id = b.vorgang_id"
            " WHERE v.number = :n AND b.kind = :k",
            n=number,
            k=kind,
        )["id"]
        for kind in ("BA", "BVA")
    }
    answer = f"beteiligung/{parts['BVA']}"
    fid = f"beteiligung-{parts['BVA']}"
    browser.act(number, answer, fid, answer="consent", on="23.11.2026")
    answer, fid = f"beteiligung/{parts['BA']}", f"beteiligung-{parts['BA']}"
    browser.act(number, answer, fid, answer="info_missing", on="23.11.2026", note="Arbeitszeit?")
    assert "Angaben fehlen" in browser.get(f"/vorgang/{number}").text
    browser.act(number, answer, fid, answer="completed", on="23.11.2026")
    amt.clock.advance(timedelta(days=16))
    with amt.sessions() as session, session.begin():
        jobs.sweep_fristen(session, amt.house)
    assert state_of(amt, number) == "in_review"


def test_a_grant_from_application_to_card(amt: Amt) -> None:
    number = amt.file(evidence=WITHOUT_DEGREE).number
    clerk = amt.client()
    page = clerk.get(f"/vorgang/{number}").text
    assert "Unterlagen nachfordern" in page
    assert "Urkunde über den Hochschulabschluss" in page
    complete(amt, clerk, number)
    find_out_all(clerk, number)
    ask_others(amt, clerk, number)
    clerk = amt.client()
    page = clerk.get(f"/vorgang/{number}").text
    assert "Zustimmung gilt als erteilt" in page
    invite_three(amt, clerk, number)
    booking = book(amt, number)
    serve(amt, clerk, number, booking)
    assert state_of(amt, number) == "decision_ready"
    # The first place for so long a visit is days ahead: yesterday's session is over.
    clerk = amt.client()
    clerk.act(number, "schritt/bewilligen", "schritt-bewilligen", reason="")
    if state_of(amt, number) != "granted":
        lead = amt.client(LEAD)
        letter = re.search(r"/brief/(\d+)/zeichnen", lead.get("/unterschriften").text)
        assert letter
        lead.post(f"/brief/{letter[1]}/zeichnen", {})
    assert state_of(amt, number) == "granted"
    clerk.act(
        number,
        "schritt/karte_bestellen",
        "schritt-karte_bestellen",
        status=422,
        fb_serial="",
        fb_seal="",
    )
    clerk.act(
        number,
        "schritt/karte_bestellen",
        "schritt-karte_bestellen",
        fb_serial="D3-4711",
        fb_seal="12",
    )
    page = clerk.get(f"/vorgang/{number}").text
    assert "§ 81 Abs. 5a AufenthG: Buchhalterin, Beispiel Systems GmbH" in page
    clerk.act(number, "vermerk/card_arrived", "vermerk-card_arrived")
    assert state_of(amt, number) == "card_ready"


def invite_three(amt: Amt, clerk: Browser, number: str) -> None:
    """Invite three people for one more service: too many are refused, link and letter say all."""
    step, fid = "schritt/zum_termin_einladen", "schritt-zum_termin_einladen"
    asked = {"reason": "", "also": "beratung", "interpreter": "1", "needs": "barrier_free"}
    page = clerk.act(number, step, fid, status=422, persons="9", **asked).text
    assert "In einen Termin passen 1 bis 5 Personen." in page
    clerk.act(number, step, fid, persons="3", **asked)
    with amt.sessions() as session, session.begin():
        invited = session.query(Invitation).one()
        assert (invited.persons, invited.also) == (3, ["beratung"])
        assert (invited.interpreter, invited.needs) == (True, ["barrier_free"])
        letter = amt.row(
            "SELECT l.content FROM letter l JOIN vorgang v ON v.id = l.vorgang_id"
            " WHERE v.number = :n AND l.key = 'N06'",
            n=number,
        )["content"]["fields"]
    # Fingerprints 20 + 2 * 10 + 10, advice 15 + 2 * 5 + 15.
    assert letter["minutes"] == 90
    assert letter["visit"][1] == "Beratung"
    assert "3 Personen" in letter["visit"][2]


def book(amt: Amt, number: str) -> int:
    """The applicant picks the first place that is offered, as by the link."""
    with amt.sessions() as session, session.begin():
        vorgang = amt.row("SELECT id FROM vorgang WHERE number = :n", n=number)["id"]
        invitation = (
            session.query(Invitation).filter_by(vorgang_id=vorgang, cancelled_at=None).one()
        )
        token = "abcdefghijklmnopqrstuv"
        from abh.kernel.ids import token_hash

        invitation.token_hash = token_hash(token)
        session.flush()
        slot = appointments.offered_slots(session, invitation, now=amt.clock.now())[0]
        booked = appointments.book_by_token(
            session, token, slot.day, slot.start_cell, clock=amt.clock
        )
        start = appointments.instant(booked.day, booked.cells.lower)
        booking = int(booked.id)
    amt.clock.at = start
    return booking


def serve(amt: Amt, clerk: Browser, number: str, booking: int) -> None:
    clerk = amt.client(CLERK)
    assert "Nguyễn" not in clerk.get("/schalter").text
    clerk.post("/schalter/naechster", {})
    page = clerk.get(f"/schalter/{booking}").text
    assert "Nguyễn" in page
    assert "00.05.1996" in page
    clerk.post(f"/schalter/{booking}/da", {}, status=422)
    clerk.post(f"/schalter/{booking}/da", {"verglichen": "1"})
    version = clerk.version(number)
    done = {"aufgenommen": "1", "payment": "Kartenzahlung", "row_version": version}
    clerk.post(f"/schalter/{booking}/fertig", {"row_version": version}, status=422)
    clerk.post(f"/schalter/{booking}/fertig", done)


def test_a_refusal_with_hearing_four_eyes_and_service(amt: Amt) -> None:
    number = amt.file(salary_year="30.000").number
    clerk, lead = amt.client(), amt.client(LEAD)
    find_out(clerk, number, "K1", degree_recognised="ja")
    clerk.act(number, "schritt/vollstaendig", "schritt-vollstaendig", reason="")
    fid = "schritt-anhoeren"
    clerk.act(number, "schritt/anhoeren", fid, status=409, until="14.12.2026", reason="")
    clerk.act(
        number, "schritt/anhoeren", fid, until="14.12.2026", reason="Das Gehalt reicht nicht."
    )
    assert state_of(amt, number) == "hearing"
    amt.clock.advance(timedelta(days=30))
    with amt.sessions() as session, session.begin():
        jobs.sweep_fristen(session, amt.house)
    clerk, lead = amt.client(), amt.client(LEAD)
    why = "Das Gehalt liegt unter der Grenze; eine Ausnahme sieht das Gesetz nicht vor."
    clerk.act(number, "schritt/ablehnen", "schritt-ablehnen", reason=why)
    assert state_of(amt, number) == "hearing"
    folder = lead.get("/unterschriften").text
    assert why in folder
    letter = re.search(r"/brief/(\d+)/zeichnen", folder)
    assert letter
    assert clerk.get(f"/brief/{letter[1]}/vorschau").mimetype == "application/pdf"
    refused = clerk.post(f"/brief/{letter[1]}/zeichnen", {"brief": letter[1]}, status=409).text
    assert "muss von einer anderen Person kommen" in told(refused)
    lead.post(f"/brief/{letter[1]}/zeichnen", {})
    assert state_of(amt, number) == "refused"
    print_is_signed = {"row_version": lead.version(number)}
    lead.post(f"/brief/{letter[1]}/unterschrieben", print_is_signed)
    day, fid = f"{amt.house.today:%d.%m.%Y}", f"brief-{letter[1]}"
    left = {"row_version": clerk.version(number), f"{fid}.evidence": "PZU 1"}
    left |= {f"{fid}.on": day, f"{fid}.served_on": day}
    clerk.post(f"/brief/{letter[1]}/versand", left)
    page = clerk.get(f"/vorgang/{number}").text
    assert "Bestandskraft (späteste Lesart)" in page
    trail = lead.get(f"/leitung/protokoll?vorgang={number}").text
    assert "Brief gezeichnet und freigegeben" in trail
    assert "Vorgang angesehen" in trail


def test_a_draft_goes_back_with_a_comment(amt: Amt) -> None:
    number = amt.file(salary_year="30.000").number
    clerk, lead = amt.client(), amt.client(LEAD)
    find_out(clerk, number, "K1", degree_recognised="ja")
    clerk.act(number, "schritt/vollstaendig", "schritt-vollstaendig", reason="")
    reason = "Das Gehalt reicht nicht."
    clerk.act(number, "schritt/anhoeren", "schritt-anhoeren", until="14.12.2026", reason=reason)
    amt.clock.advance(timedelta(days=30))
    with amt.sessions() as session, session.begin():
        jobs.sweep_fristen(session, amt.house)
    clerk, lead = amt.client(), amt.client(LEAD)
    clerk.act(number, "schritt/ablehnen", "schritt-ablehnen", reason=reason)
    letter = re.search(r"/brief/(\d+)/zeichnen", lead.get("/unterschriften").text)
    assert letter
    lead.post(f"/brief/{letter[1]}/zurueckgeben", {"comment": " "}, status=422)
    lead.post(f"/brief/{letter[1]}/zurueckgeben", {"comment": "Bitte § 18g Abs. 2 prüfen."})
    assert "Bitte § 18g Abs. 2 prüfen." in clerk.get(f"/vorgang/{number}").text
    assert "Ablehnen" in clerk.get(f"/vorgang/{number}").text
