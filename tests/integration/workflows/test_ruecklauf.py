"""Returned mail, reprints and the custody of forms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents import vordrucke
from abh.documents.codes import letter_code
from abh.documents.dispatch import attach_deed, confirm_hand_signed, order_print
from abh.documents.house import House
from abh.documents.jobs import print_letter
from abh.documents.neuzustellung import renewed_address
from abh.documents.printing import Paper, PrintFailed
from abh.documents.tables import Blatt, Dispatch, FormIssue, FormStock, Letter, PrintJob
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.office.tables import Printer
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.workflows import jobs, service, unterschrift
from abh.workflows.anschrift import record_address
from abh.workflows.ruecklauf import letter_by_code, record_returned
from abh.workflows.tables import CaseFrist, VorgangStep
from tests import factories
from tests.integration.workflows.play import OFFICE_CHECKS, Play


@pytest.fixture
def refused(
    session: Session, house: House, clerk: Actor, lead: Actor, clock: FixedClock
) -> tuple[Play, Letter]:
    """A refusal that was served by deed today."""
    filed = factories.file_case(session, house, applicant_actor(), degree_on="01.06.2020")
    play = Play(session, house, filed.number)
    play.find(clerk, **OFFICE_CHECKS)
    play.step(clerk, "vollstaendig")
    play.step(clerk, "anhoeren", reason="Das Gehalt reicht nicht.")
    clock.advance(timedelta(days=32))
    jobs.sweep_fristen(session, house)
    done = play.step(clerk, "ablehnen", reason="Das Gehalt erreicht die Grenze nicht.")
    unterschrift.sign(session, house, lead, done.pending_letter)
    (letter,) = play.letters("N12")
    confirm_hand_signed(session, house, lead, letter.id)
    today = house.today
    service.record_dispatch(session, house, clerk, letter.id, on=today, served_on=today)
    return play, letter


def _found_at(
    session: Session, house: House, clerk: Actor, play: Play, source: str, **changes: str
) -> None:
    case = play.case
    known = {name: case.person[name] for name in ("street", "postcode", "city")}
    record_address(
        session, house, clerk, case.id, {**known, **changes}, source, expected_version=play.version
    )


def _running(session: Session, play: Play) -> set[str]:
    return set(
        session.scalars(
            select(CaseFrist.kind).where(
                CaseFrist.vorgang_id == play.case.id, CaseFrist.status == "running"
            )
        )
    )


def test_returned_mail_stops_the_action_period_and_the_fiction_goes_on(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    assert {"klage", "klage_warnung"} <= _running(session, play)
    found = letter_by_code(session, house, letter_code(letter.id, house.secret))
    assert found.id == letter.id
    record_returned(
        session, house, clerk, letter.id, on=house.today, reason="Empfänger unbekannt verzogen"
    )
    assert not {"klage", "klage_warnung"} & _running(session, play)
    assert play.case.row["fiktion"]["ended_on"] is None
    gone = session.scalars(select(Dispatch).where(Dispatch.letter_id == letter.id)).one()
    assert (gone.notified_earliest, gone.notified_latest) == (None, None)
    assert "nicht bekannt gegeben" in gone.arithmetic[-1]
    assert letter.state == "released"
    _found_at(session, house, clerk, play, "auskunft", street="Neue Gasse 3")
    again = service.record_dispatch(
        session, house, clerk, letter.id, on=house.today, served_on=house.today
    )
    assert again is not None
    assert {"klage", "klage_warnung"} <= _running(session, play)
    assert play.case.row["fiktion"]["ended_on"] is not None


def test_what_came_back_leaves_again_only_to_an_address_that_somebody_asked_for(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    assert renewed_address(session, letter) is None
    printer = session.scalars(select(Printer.id)).first() or 0
    record_returned(session, house, clerk, letter.id, on=house.today, reason="verzogen")
    assert play.case.person["address_doubted_on"] == house.today.isoformat()
    refusals = (
        lambda: service.record_dispatch(session, house, clerk, letter.id, on=house.today),
        lambda: order_print(session, house, clerk, letter.id, printer, paper=Paper.LABEL),
    )
    for refusal in refusals:
        with pytest.raises(Conflict, match="Anschrift ermitteln"):
            refusal()
    for source, typed in (("geraten", {}), ("person", {"city": " "})):
        with pytest.raises(InvalidInput):
            _found_at(session, house, clerk, play, source, **typed)
    _found_at(session, house, clerk, play, "auskunft", street="Neue Gasse 3", city="Köln")
    assert play.case.person["address_doubted_on"] is None
    assert renewed_address(session, letter) == (
        letter.content["recipient"][0], "Neue Gasse 3", f"{play.case.person['postcode']} Köln"
    )  # fmt: skip
    assert order_print(session, house, clerk, letter.id, printer, paper=Paper.LABEL)
    service.record_dispatch(session, house, clerk, letter.id, on=house.today)
    newest = select(Dispatch.address).where(Dispatch.letter_id == letter.id)
    address = session.scalars(newest.order_by(Dispatch.id.desc())).first()
    assert (address or "").endswith(f"Neue Gasse 3, {play.case.person['postcode']} Köln")


def test_an_address_that_is_right_after_all_is_confirmed_and_the_log_says_so(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    record_returned(session, house, clerk, letter.id, on=house.today, reason="nicht abgeholt")
    _found_at(session, house, clerk, play, "mitteilung")
    last = session.execute(
        select(VorgangStep.facts, VorgangStep.norm).where(
            VorgangStep.vorgang_id == play.case.id, VorgangStep.step == "anschrift"
        )
    ).one()
    assert (last.facts["label"], last.norm) == ("Anschrift bestätigt", "§ 72 AufenthV")
    today = house.today
    service.record_dispatch(session, house, clerk, letter.id, on=today, served_on=today)
    assert {"klage", "klage_warnung"} <= _running(session, play)


def test_returned_mail_is_refused_twice_without_reason_and_before_it_left(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    play, letter = refused
    today = house.today
    for day, reason in ((today, " "), (today + timedelta(days=1), "x"), (date(2020, 1, 1), "x")):
        with pytest.raises(InvalidInput):
            record_returned(session, house, clerk, letter.id, on=day, reason=reason)
    (hearing,) = play.letters("N07")
    with pytest.raises(Conflict):
        record_returned(session, house, clerk, hearing.id, on=today, reason="unbekannt")
    record_returned(session, house, clerk, letter.id, on=today, reason="unbekannt")
    with pytest.raises(Conflict):
        record_returned(session, house, clerk, letter.id, on=today, reason="unbekannt")
    for code in ("", "0" * 16, "abc"):
        with pytest.raises(NotFound):
            letter_by_code(session, house, code)


def test_a_deed_belongs_to_the_file_of_its_letter(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    _, letter = refused
    sheet = session.scalars(select(Blatt.id).where(Blatt.akte_id == letter.akte_id)).first()
    attach_deed(session, house, clerk, letter.id, sheet or 0)
    gone = session.scalars(select(Dispatch).where(Dispatch.letter_id == letter.id)).one()
    assert gone.deed_blatt_id == sheet
    with pytest.raises(Conflict):
        attach_deed(session, house, clerk, letter.id, 10**9)


def test_printing_again_needs_a_reason_and_not_while_one_waits(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter]
) -> None:
    _, letter = refused
    printer = session.scalars(select(Printer.id)).first() or 0
    job = order_print(session, house, clerk, letter.id, printer)
    with pytest.raises(Conflict):
        order_print(session, house, clerk, letter.id, printer)
    session.get_one(PrintJob, job).state = "completed"
    with pytest.raises(InvalidInput) as refused_again:
        order_print(session, house, clerk, letter.id, printer)
    assert [p.field for p in refused_again.value.problems] == ["reason"]
    again = order_print(session, house, clerk, letter.id, printer, reason="Papierstau")
    assert session.get_one(PrintJob, again).reason == "Papierstau"


@pytest.mark.parametrize(("retry", "state"), [(False, "failed"), (True, "waiting")])
def test_what_the_printer_said_stands_in_the_case(
    session: Session, house: House, clerk: Actor, refused: tuple[Play, Letter],
    monkeypatch: pytest.MonkeyPatch, retry: bool, state: str,
) -> None:  # fmt: skip
    _, letter = refused
    printer = session.scalars(select(Printer.id)).first() or 0
    job = order_print(session, house, clerk, letter.id, printer)

    def jam(*args: object, **kwargs: object) -> None:
        raise PrintFailed("Papierstau in Fach 2.", key="aborted", retry=retry, job_id=9)

    monkeypatch.setattr("abh.documents.jobs.submit", jam)
    monkeypatch.setattr("abh.documents.jobs.printer_uri", lambda printer, ctx: "ipp://x")
    ctx = HandlerContext(clock=house, settings=None, store=house.blobs)  # type: ignore[arg-type]
    with pytest.raises(DeliveryFailed) as failed, session.begin_nested():
        print_letter(session, {"print_job": job}, ctx)
    assert failed.value.record is not None
    failed.value.record(session)
    row = session.get_one(PrintJob, job)
    session.refresh(row)
    assert (row.state, row.message, row.printer_job) == (state, "Papierstau in Fach 2.", "9")


def test_numbered_forms_are_received_issued_and_spoiled_and_never_vanish(
    session: Session, house: House, clerk: Actor, lead: Actor, refused: tuple[Play, Letter]
) -> None:
    play, _ = refused
    serials = vordrucke.serial_range("K0000998", "K0001002")
    assert serials[2] == "K0001000"
    assert vordrucke.receive(session, house, lead, "D3", serials, "SG1") == 5
    with pytest.raises(Conflict, match="K0000998"):
        vordrucke.receive(session, house, lead, "D3", serials[:1], "SG1")
    with pytest.raises(NotAllowed):
        vordrucke.receive(session, house, clerk, "D3", ["K1"], "SG1")
    vordrucke.spoil(session, house, clerk, "D3", "K0000998", "Fehldruck")
    with pytest.raises(Conflict, match="Fehldruck"):
        vordrucke.check_issuable(session, "D3", "K0000998")
    issue = FormIssue(
        vorgang_id=play.case.id, form="D3", serial_no="K0000999", seal_no="17",
        issued_on=house.today, issued_by=clerk.user_id or 0,
    )  # fmt: skip
    session.add(issue)
    session.flush()
    vordrucke.issued(session, house, clerk, issue.id)
    with pytest.raises(Conflict, match="ausgegeben"):
        vordrucke.spoil(session, house, clerk, "D3", "K0000999", "zu spät")
    with pytest.raises(NotFound):
        vordrucke.check_issuable(session, "D3", "K9999999")
    assert vordrucke.check_issuable(session, "D2a", "X1") is None
    assert vordrucke.stock(session, "SG1") == [
        ("D3", "SG1", "issued", 1), ("D3", "SG1", "spoiled", 1), ("D3", "SG1", "stock", 3),
    ]  # fmt: skip
    assert session.scalars(select(FormStock.id).where(FormStock.form == "D3")).all()
    with pytest.raises(InvalidInput):
        vordrucke.spoil(session, house, clerk, "D3", "K0001000", " ")


@pytest.mark.parametrize(
    ("first", "last"), [("K1", "K2"), ("K001", "A002"), ("K002", "K001"), ("K0001", "K9999")]
)
def test_a_delivery_with_a_slip_in_its_numbers_is_refused(first: str, last: str) -> None:
    with pytest.raises(InvalidInput):
        vordrucke.serial_range(first, last)
