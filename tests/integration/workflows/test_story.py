"""One EU Blue Card case from application to the card in the hand, and the way to refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.documents.tables import Blatt, CardOrder, FormIssue
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, StepNotAllowed
from abh.workflows import jobs, service, unterschrift
from abh.workflows.checklist import Status
from tests import factories
from tests.integration.workflows.play import (
    OFFICE_CHECKS,
    Play,
    to_decision,
    to_review,
)


@pytest.fixture
def play(session: Session, house: House) -> Play:
    """A filed application without the degree certificate."""
    without = [k for k in factories.EVIDENCE if k != "hochschulabschluss"]
    filed = factories.file_case(session, house, applicant_actor(), evidence=without)
    return Play(session, house, filed.number)


def test_filing_confirms_receipt_and_states_the_fiction(play: Play) -> None:
    case = play.case
    assert case.state == "completeness_check"
    assert case.row["fiktion"]["kind"] == "CONTINUING"
    (letter,) = play.letters("N01")
    assert letter.state == "released"
    assert letter.rule_id == "R01"
    blatt = play.session.get(Blatt, letter.blatt_id)
    pdf = play.house.blobs.get(blatt.blob_sha256)
    assert pdf.startswith(b"%PDF")
    assert blatt.sheet_no == 6  # after the five uploads


def test_the_request_names_the_missing_degree(play: Play, clerk: Actor) -> None:
    assert play.item("K1").ask_applicant
    play.step(clerk, "nachfordern")
    (letter,) = play.letters("N02")
    names = " ".join(i["name"] for i in letter.content["fields"]["items"])
    assert "Hochschulabschluss" in names
    assert letter.state == "released"
    assert any(f["kind"] == "nachforderung" for f in play.case.row["fristen"])


def test_between_the_thresholds_the_ba_is_asked_and_silence_is_consent(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_review(play, clerk)
    assert {p["kind"] for p in play.case.row["beteiligungen"]} == {"BA", "BVA"}
    play.step(clerk, "beteiligen")
    assert play.part("BA")["due_on"] == "2026-12-07"
    clock.advance(timedelta(days=14))
    jobs.sweep_fristen(play.session, play.house)
    assert play.part("BA")["state"] == "requested"
    clock.advance(timedelta(days=1))
    jobs.sweep_fristen(play.session, play.house)
    assert play.part("BA")["state"] == "deemed_consented"


def test_information_missing_ends_the_clock_and_a_completed_request_starts_a_new_one(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_review(play, clerk)
    play.step(clerk, "beteiligen")
    clock.advance(timedelta(days=10))
    play.answer(clerk, "BA", "info_missing", note="Arbeitszeit")
    clock.advance(timedelta(days=30))
    jobs.sweep_fristen(play.session, play.house)
    assert play.part("BA")["state"] == "needs_info"
    play.answer(clerk, "BA", "completed")
    assert play.part("BA")["state"] == "requested"
    assert play.part("BA")["round"] == 2
    assert play.part("BA")["due_on"] > play.house.today.isoformat()


def test_an_old_degree_outside_the_shortage_occupations_is_not_enough(
    session: Session, house: House
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), degree_on="01.06.2020")
    item = Play(session, house, filed.number).item("K2")
    assert item.status is Status.NOT_MET
    assert "45.934,20" in item.why
    assert "50.700,00" in item.why


def test_a_clerk_grants_and_the_card_is_handed_over(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    done = play.step(clerk, "bewilligen")
    assert done.state == "granted"
    (n08,) = play.letters("N08")
    assert (n08.state, n08.rule_id, n08.final_signer_id) == ("released", "R05a", clerk.user_id)
    play.step(clerk, "karte_bestellen", data={"fb_serial": "D3-000001", "fb_seal": "17"})
    form = play.session.scalars(select(FormIssue)).one()
    assert "§ 81 Abs. 5a" in (form.entry_81_5a or "")
    assert play.session.scalars(select(CardOrder)).one().state == "ordered"
    play.note(clerk, "card_arrived")
    assert play.case.state == "card_ready"
    play.note(clerk, "identity_checked")
    play.note(clerk, "old_papers_withdrawn")
    play.step(clerk, "aushaendigen", data={"sheet_serial": "D11-7"})
    assert play.case.state == "issued"
    assert play.case.vorgang["closed_at"] is not None


def test_a_trainee_needs_a_second_signer(
    play: Play, clerk: Actor, trainee: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    done = play.step(trainee, "bewilligen")
    assert done.state == "decision_ready"
    assert done.pending_letter is not None
    with pytest.raises(Conflict):
        play.step(clerk, "bewilligen")
    signed = unterschrift.sign(play.session, play.house, clerk, done.pending_letter)
    assert signed is not None
    assert signed.state == "granted"
    assert play.case.row["vorgang"]["progress"].get("pending") is None


def test_the_refusal_is_heard_signed_by_two_served_and_final_by_the_clock(
    session: Session, house: House, clerk: Actor, lead: Actor, clock: FixedClock
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), degree_on="01.06.2020")
    play = Play(session, house, filed.number)
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "vollstaendig")
    with pytest.raises(StepNotAllowed):
        play.step(clerk, "ablehnen", reason="zu wenig Gehalt")
    play.step(clerk, "anhoeren", reason="Das Gehalt reicht nicht.")
    assert play.letters("N07")[0].state == "released"
    with pytest.raises(StepNotAllowed):
        play.step(clerk, "ablehnen", reason="Das Gehalt erreicht die Grenze nicht.")
    clock.advance(timedelta(days=32))
    jobs.sweep_fristen(session, house)
    done = play.step(clerk, "ablehnen", reason="Das Gehalt erreicht die Grenze nicht.")
    assert done.pending_letter is not None
    signed = unterschrift.sign(session, house, lead, done.pending_letter)
    assert signed is not None
    assert signed.state == "refused"
    (n12,) = play.letters("N12")
    assert (n12.mark, n12.channel, n12.remedy) == ("hand", "pzu", "klage_1_monat")
    today = house.today
    with pytest.raises(Conflict):
        service.record_dispatch(session, house, clerk, n12.id, on=today)
    from abh.documents.dispatch import confirm_hand_signed

    confirm_hand_signed(session, house, lead, n12.id)
    assert play.case.row["fiktion"]["ended_on"] is None
    service.record_dispatch(session, house, clerk, n12.id, on=today, served_on=today)
    assert play.case.row["fiktion"]["ended_on"] == today.isoformat()
    assert play.case.facts.remedy.action_until is not None
    clock.advance(timedelta(days=45))
    jobs.sweep_fristen(session, house)
    assert play.case.state == "refused_final"


def test_two_clerks_the_second_sees_a_conflict(play: Play, clerk: Actor, lead: Actor) -> None:
    seen = play.version
    play.step(clerk, "nachfordern")
    with pytest.raises(Conflict):
        service.take_step(
            play.session, play.house, lead, play.case.id, "nachfordern", expected_version=seen
        )
