"""Where a case turns: back, aside, or to an end nobody wished for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from abh import wiring
from abh.access.actor import Actor, applicant_actor
from abh.appointments import counter
from abh.appointments.tables import Booking, Invitation
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.tables import CardOrder, FormIssue, Letter, SigningExclusion
from abh.kernel.clock import FixedClock
from abh.kernel.errors import (
    InvalidInput,
    NotAllowed,
    SignatureRefused,
    StepNotAllowed,
)
from abh.office.tables import Desk
from abh.outbox import signals
from abh.workflows import jobs, service, unterschrift
from abh.workflows.checklist import Status
from abh.workflows.tables import Beteiligung, CaseFrist, Vorgang, VorgangStep
from tests import factories
from tests.integration.workflows.play import (
    OFFICE_CHECKS,
    Play,
    to_consent,
    to_decision,
    to_review,
)


@pytest.fixture
def play(session: Session, house: House) -> Play:
    """A filed application without the degree certificate."""
    without = [k for k in factories.EVIDENCE if k != "hochschulabschluss"]
    filed = factories.file_case(session, house, applicant_actor(), evidence=without)
    return Play(session, house, filed.number)


@pytest.fixture
def listening():
    """The signals connected as in every process."""
    before = dict(signals._listeners)
    wiring.connect_signals()
    yield
    signals.connect(before)


def running(play: Play) -> set[str]:
    return {f["kind"] for f in play.case.row["fristen"] if f["status"] == "running"}


def test_a_withdrawal_ends_clocks_fiction_and_an_unsigned_decision(
    play: Play, clerk: Actor, trainee: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    pending = play.step(trainee, "bewilligen").pending_letter
    assert pending is not None
    play.find(clerk, withdrawal_on=play.house.today.isoformat())
    assert play.step(clerk, "zuruecknehmen").state == "withdrawn"
    assert running(play) == set()
    assert play.case.row["fiktion"]["ended_on"] == play.house.today.isoformat()
    assert play.letters("N14")[0].outcome == "ruecknahme"
    play.session.expire_all()
    assert play.session.get_one(Letter, pending).state == "void"
    assert letters.waiting_for_signature(play.session, "SG1") == []
    assert "pending" not in play.case.vorgang["progress"]


def test_an_applicant_cannot_withdraw_what_was_not_declared(play: Play) -> None:
    with pytest.raises(StepNotAllowed) as refused:
        play.step(applicant_actor(), "zuruecknehmen")
    assert {r.key for r in refused.value.reasons} == {"zurueckgenommen"}


def test_a_case_of_another_town_is_handed_over_with_its_fiction_alive(
    session: Session, house: House, clerk: Actor
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), person__city="Neuss")
    play = Play(session, house, filed.number)
    assert play.case.state == "jurisdiction_check"
    with pytest.raises(StepNotAllowed):
        play.step(clerk, "abgeben")
    play.find(clerk, competent=False, moved_to="Rhein-Kreis Neuss\nOberstraße 91\n41460 Neuss")
    assert play.step(clerk, "abgeben").state == "transferred"
    (n04,) = play.letters("N04")
    assert n04.content["fields"]["authority_lines"][2] == "41460 Neuss"
    assert running(play) == set()
    assert play.case.row["fiktion"]["ended_on"] is None


def test_rejected_evidence_reopens_the_requirement_and_the_request_says_why(
    play: Play, clerk: Actor
) -> None:
    passport = next(e for e in play.case.row["evidence"] if e["kind"] == "pass")
    with pytest.raises(InvalidInput):
        _judge(play, clerk, passport["id"], accepted=False, remark=" ")
    play.find(clerk, **OFFICE_CHECKS)
    assert play.item("B1").status is Status.MET
    _judge(play, clerk, passport["id"], accepted=False, remark="Seite 2 ist unleserlich")
    assert play.item("B1").ask_applicant
    play.step(clerk, "nachfordern")
    rows = play.letters("N02")[0].content["fields"]["items"]
    assert any("Seite 2 ist unleserlich" in row["why"] for row in rows)


def _judge(play: Play, actor: Actor, evidence_id: int, **kw):
    return service.judge_evidence(
        play.session,
        play.house,
        actor,
        play.case.id,
        evidence_id,
        expected_version=play.version,
        **kw,
    )


def test_a_new_request_counts_anew_what_arrived(play: Play, clerk: Actor) -> None:
    play.step(clerk, "nachfordern")
    _upload(play, "krankenversicherung")
    assert play.case.state == "completeness_check"
    assert "nachforderung" not in running(play)
    play.step(clerk, "nachfordern")
    assert play.case.facts.request.documents_received == 0
    assert play.case.state == "awaiting_applicant"


def _upload(play: Play, *kinds: str) -> None:
    service.add_documents(
        play.session,
        play.house,
        applicant_actor(),
        play.case.id,
        factories.uploads(kinds),
        received_on=play.house.today,
    )


def test_a_deadline_is_extended_only_when_somebody_asked(play: Play, clerk: Actor) -> None:
    play.step(clerk, "nachfordern")
    first = play.case.facts.request.until
    assert first is not None
    later = first + timedelta(days=14)
    with pytest.raises(StepNotAllowed):
        play.step(clerk, "frist_verlaengern", data={"until": later.isoformat()})
    play.note(applicant_actor(), "extension_asked")
    play.step(clerk, "frist_verlaengern", data={"until": later.isoformat()})
    assert play.case.facts.request.until == later
    clocks = [f for f in play.case.row["fristen"] if f["kind"] == "nachforderung"]
    assert [f["status"] for f in sorted(clocks, key=lambda f: f["id"])] == ["ended", "running"]


def test_after_request_and_reminder_the_file_as_it_is_decides(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "nachfordern")
    until = play.case.facts.request.until
    assert until is not None
    clock.advance(timedelta(days=(until - play.house.today).days))
    assert jobs.sweep_fristen(play.session, play.house) == 0
    clock.advance(timedelta(days=1))
    jobs.sweep_fristen(play.session, play.house)
    assert play.case.state == "awaiting_applicant"
    assert play.case.facts.request.reminded_on == play.house.today
    assert "automatisch" in {n.outcome for n in play.letters("N03")}
    clock.advance(timedelta(days=60))
    jobs.sweep_fristen(play.session, play.house)
    assert play.case.state == "in_review"
    assert jobs.sweep_fristen(play.session, play.house) == 0
    play.step(clerk, "anhoeren", reason="Der Hochschulabschluss ist nicht nachgewiesen.")
    assert play.case.state == "hearing"


def test_a_refusal_of_the_agency_leads_to_the_hearing(play: Play, clerk: Actor) -> None:
    to_review(play, clerk)
    play.step(clerk, "beteiligen")
    play.answer(clerk, "BA", "refuse", note="ungünstigere Bedingungen")
    assert play.case.state == "awaiting_third_party"
    done = play.step(clerk, "nach_versagung_anhoeren", reason="Die Zustimmung ist versagt.")
    assert done.state == "hearing"
    assert play.item("BA").status is Status.NOT_MET
    _upload(play, "stellungnahme")
    assert play.case.facts.hearing.statement_received_on == play.house.today
    assert play.step(clerk, "stellungnahme_pruefen").state == "in_review"
    assert "anhoerung" not in running(play)


def test_the_answered_question_of_the_agency_is_not_asked_again(play: Play, clerk: Actor) -> None:
    to_review(play, clerk)
    play.step(clerk, "beteiligen")
    play.answer(clerk, "BA", "info_missing", note="Wöchentliche Arbeitszeit")
    play.step(clerk, "angaben_beim_arbeitgeber_nachfordern")
    (_, asked) = play.letters("N02")
    assert "Wöchentliche Arbeitszeit" in {i["name"] for i in asked.content["fields"]["items"]}
    play.answer(clerk, "BA", "completed")
    assert play.part("BA")["note"] == ""


def _missed(play: Play, clerk: Actor, day_offset: int) -> None:
    """Book a place for the case, let its time pass, and close it as missed."""
    session, house = play.session, play.house
    invitation = session.scalars(
        select(Invitation)
        .where(Invitation.vorgang_id == play.case.id, Invitation.cancelled_at.is_(None))
        .order_by(Invitation.id.desc())
    ).first()
    assert invitation is not None
    desk = session.scalars(select(Desk.id).where(Desk.unit_key == "SG1").order_by(Desk.id)).first()
    booked = session.execute(
        insert(Booking)
        .values(
            unit_key="SG1",
            desk_id=desk,
            day=house.today - timedelta(days=1),
            cells=func.int4range(96 + 4 * day_offset, 100 + 4 * day_offset),
            lane="einladung",
            service_key=invitation.service_key,
            person_id=play.case.person["id"],
            vorgang_id=play.case.id,
            invitation_id=invitation.id,
            status="booked",
            created_at=house.now(),
        )
        .returning(Booking.id)
    ).scalar_one()
    counter.close(session, clerk, booked, "no_show", clock=house)


def test_the_second_missed_appointment_opens_the_hearing(
    play: Play, clerk: Actor, clock: FixedClock, listening: None
) -> None:
    to_consent(play, clerk, clock)
    play.step(clerk, "zum_termin_einladen")
    _missed(play, clerk, 0)
    assert (play.case.state, play.case.facts.no_shows) == ("appointment_pending", 1)
    assert not play.case.facts.missed_appointment  # invited anew
    assert len(play.letters("N06")) == 2
    with pytest.raises(StepNotAllowed):
        play.step(clerk, "wegen_versaeumnis_anhoeren", reason="Zweimal nicht erschienen.")
    _missed(play, clerk, 1)
    assert (play.case.facts.no_shows, play.case.facts.missed_appointment) == (2, True)
    assert len(play.letters("N06")) == 2
    done = play.step(clerk, "wegen_versaeumnis_anhoeren", reason="Zweimal nicht erschienen.")
    assert done.state == "hearing"
    keys = play.session.scalars(
        select(VorgangStep.step).where(VorgangStep.vorgang_id == play.case.id)
    ).all()
    assert keys.count("termin_versaeumt") == 2
    assert keys.count("neu_einladen") == 1


def test_a_waived_fee_counts_as_settled_with_its_norm(play: Play, clerk: Actor) -> None:
    fee = play.case.row["fees"][0]
    for wrong in ({}, {"payment": "bar", "waiver_norm": "§ 53 AufenthV"}):
        with pytest.raises(InvalidInput):
            _settle(play, clerk, fee["id"], **wrong)
    _settle(play, clerk, fee["id"], waiver_norm="§ 53 Abs. 2 AufenthV")
    facts = play.case.facts
    assert (facts.fee_paid, facts.fee_waived_reason) == (False, "§ 53 Abs. 2 AufenthV")


def _settle(play: Play, actor: Actor, fee_id: int, **kw):
    return service.settle_fee(
        play.session,
        play.house,
        actor,
        play.case.id,
        fee_id,
        expected_version=play.version,
        **kw,
    )


def test_a_rejected_card_is_ordered_again_without_a_second_paper(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    play.step(clerk, "bewilligen")
    with pytest.raises(InvalidInput), play.session.begin_nested():
        play.step(clerk, "karte_bestellen")
    play.step(clerk, "karte_bestellen", data={"fb_serial": "D3-1", "fb_seal": "17"})
    play.note(clerk, "card_rejected", "Lichtbild")
    assert play.case.state == "granted"
    assert play.step(clerk, "karte_bestellen").state == "card_in_production"
    orders = play.session.scalars(select(CardOrder.state).order_by(CardOrder.id)).all()
    assert orders == ["rejected", "ordered"]
    assert play.session.scalar(select(func.count(FormIssue.id))) == 1
    play.note(clerk, "card_arrived")
    assert play.case.state == "card_ready"
    play.note(clerk, "identity_checked")
    play.note(clerk, "old_papers_withdrawn")
    play.step(clerk, "aushaendigen", data={"sheet_serial": "D11-7"})
    last = play.session.scalars(select(CardOrder).order_by(CardOrder.id.desc())).first()
    assert last is not None
    assert (last.state, last.handed_over_on) == ("handed_over", play.house.today)
    assert running(play) == set()


def test_a_serial_number_used_before_is_a_message(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    play.step(clerk, "bewilligen")
    play.session.execute(
        insert(FormIssue).values(
            vorgang_id=0,
            form="D3",
            serial_no="D3-1",
            issued_on=play.house.today,
            issued_by=clerk.user_id,
        )
    )
    with pytest.raises(InvalidInput) as refused:
        play.step(clerk, "karte_bestellen", data={"fb_serial": "D3-1", "fb_seal": "17"})
    assert refused.value.problems[0].field == "fb_serial"


def test_a_note_in_a_closed_case_does_not_move_the_day_it_closed(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    play.find(clerk, withdrawal_on=play.house.today.isoformat())
    play.step(clerk, "zuruecknehmen")
    closed = play.case.vorgang["closed_at"]
    clock.advance(timedelta(days=5))
    _upload(play, "pass")
    assert play.case.vorgang["closed_at"] == closed


def test_a_late_application_suspends_and_does_not_continue(session: Session, house: House) -> None:
    filed = factories.file_case(session, house, applicant_actor(), title_until="20.11.2026")
    row = Play(session, house, filed.number).case.row["fiktion"]
    assert row["kind"] != "CONTINUING"
    assert row["kind"] in ("SUSPENDED", "NONE")


def test_a_schengen_visa_gives_no_fiction_and_so_no_paper(
    session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    filed = factories.file_case(
        session,
        house,
        applicant_actor(),
        title_kind="SCHENGEN_VISUM",
        evidence=[k for k in factories.EVIDENCE if k != "hochschulabschluss"],
    )
    play = Play(session, house, filed.number)
    assert play.case.row["fiktion"]["kind"] == "NONE"
    to_decision(play, clerk, clock)
    play.step(clerk, "bewilligen")
    assert play.step(clerk, "karte_bestellen").state == "card_in_production"
    assert session.scalar(select(func.count(FormIssue.id))) == 0


def test_a_corrected_title_renews_the_fiction_and_the_list(play: Play, clerk: Actor) -> None:
    assert play.case.row["fiktion"]["kind"] == "CONTINUING"
    play.find(clerk, title_kind="SCHENGEN_VISUM")
    assert play.case.row["fiktion"]["kind"] == "NONE"
    play.find(clerk, title_kind="NATIONALES_VISUM", title_until="2026-12-01")
    assert play.case.row["fiktion"]["kind"] == "CONTINUING"
    assert play.case.vorgang["title_until"] == "2026-12-01"
    assert play.case.vorgang["harm_on"] == "2026-12-01"


@pytest.mark.parametrize("born", ["00.00.1996", "00.05.1996", "17.05.1996"])
def test_a_birth_date_without_day_or_month_is_filed_and_confirmed(
    session: Session, house: House, born: str
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), person__birth_date=born)
    play = Play(session, house, filed.number)
    assert play.case.facts.birth is not None
    assert play.case.facts.birth.year == 1996
    assert play.letters("N01")[0].state == "released"


def test_whoever_is_excluded_neither_signs_nor_prepares(
    play: Play, clerk: Actor, trainee: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    pending = play.step(trainee, "bewilligen").pending_letter
    assert pending is not None
    play.session.execute(
        insert(SigningExclusion).values(
            user_id=clerk.user_id, person_id=play.case.person["id"], ground="§ 20 VwVfG NRW"
        )
    )
    with pytest.raises(SignatureRefused) as refused:
        unterschrift.sign(play.session, play.house, clerk, pending)
    assert refused.value.reasons
    colleague = factories.staff(play.session, "SG1", rank="SB", nth=1)
    unterschrift.send_back(play.session, play.house, colleague, pending, "bitte neu")
    with pytest.raises(SignatureRefused):
        play.step(clerk, "bewilligen")


def test_another_unit_may_not_touch_the_case(play: Play, clerk: Actor) -> None:
    stranger = factories.staff(play.session, "SG2", rank="SB")
    for act in (
        lambda: play.step(stranger, "nachfordern"),
        lambda: play.find(stranger, competent=False),
        lambda: _settle(play, stranger, play.case.row["fees"][0]["id"], payment="bar"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert play.case.state == "completeness_check"


def test_a_receipt_before_the_title_existed_is_a_message(session: Session, house: House) -> None:
    with pytest.raises(InvalidInput) as refused:
        factories.file_case(
            session, house, applicant_actor(), received_on=house.today.replace(year=2019)
        )
    assert refused.value.problems[0].field == "received_on"


def test_one_faulty_case_does_not_stop_the_clocks_of_the_others(
    session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    broken, sound = (
        Play(
            session,
            house,
            factories.file_case(
                session,
                house,
                applicant_actor(),
                person__family_name=name,
                evidence=("pass",),
            ).number,
        )
        for name in ("Erste", "Zweite")
    )
    for play in (broken, sound):
        play.step(clerk, "nachfordern")
    session.execute(update(Vorgang).where(Vorgang.id == broken.case.id).values(version=99))
    clock.advance(timedelta(days=60))
    assert jobs.sweep_fristen(session, house) >= 1
    assert sound.case.facts.request.reminded_on == house.today
    left = select(CaseFrist.status).where(
        CaseFrist.vorgang_id.in_(select(Vorgang.id).where(Vorgang.version == 99)),
        CaseFrist.kind == "nachforderung",
    )
    assert session.scalars(left).all() == ["running"]


def test_a_granted_case_no_longer_counts_the_action_for_failure_to_act(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    assert play.case.vorgang["harm_key"] != "entschieden"
    play.step(clerk, "bewilligen")
    assert play.case.vorgang["harm_key"] == "entschieden"
    assert not any(kind.startswith("vwgo75") for kind in running(play))


def test_after_the_visit_the_link_books_no_second_one(
    play: Play, clerk: Actor, clock: FixedClock
) -> None:
    to_decision(play, clerk, clock)
    (invitation,) = play.session.scalars(
        select(Invitation).where(Invitation.vorgang_id == play.case.id)
    )
    play.session.refresh(invitation)
    assert invitation.cancelled_at is not None


def test_a_participation_only_planned_ends_with_the_case_and_the_log_says_so(
    play: Play, clerk: Actor
) -> None:
    to_review(play, clerk)
    play.step(clerk, "beteiligen")
    play.answer(clerk, "BVA", "consent")
    play.answer(clerk, "BA", "consent")
    assert play.case.state == "in_review"
    play.session.execute(
        insert(Beteiligung).values(vorgang_id=play.case.id, kind="BVA", state="planned", round=0)
    )
    play.find(clerk, withdrawal_on=play.house.today.isoformat())
    play.step(clerk, "zuruecknehmen")
    assert [p["state"] for p in play.case.row["beteiligungen"]] == ["consented", "consented"]
    logged = play.session.scalar(
        select(VorgangStep.facts).where(
            VorgangStep.vorgang_id == play.case.id, VorgangStep.step == "zuruecknehmen"
        )
    )
    assert logged is not None
    assert logged["beteiligung_entfallen"] == ["BVA"]
