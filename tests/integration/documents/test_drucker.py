"""Printers that jam, lie, answer twice, forget, or have trays: what the case is told."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pyipp.enums import IppJobState, IppOperation
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents import dispatch, jobs
from abh.documents.house import House
from abh.documents.ipp import IppPrinter as Wire
from abh.documents.printing import (
    DUPLEX,
    Paper,
    PrintFailed,
    Tray,
    find_job,
    job_name,
    look,
    submit,
    tray_of,
)  # fmt: skip
from abh.documents.stapeldruck import order_bundle
from abh.documents.store import unavailable
from abh.documents.tables import Letter, PrintJob
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput
from abh.office.tables import Printer
from abh.outbox.delivery import deliver_next
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.tables import OutboxMessage
from abh.settings import Settings
from tests import factories
from tests.integration.documents.conftest import IppPrinter
from tests.integration.documents.fake_printer import FakePrinter, fake_printer, job

PDF = factories.a_pdf("Brief")
NAME = job_name("ABH-2026-0001234", "N08", 7)


@pytest.fixture
def fake() -> Iterator[FakePrinter]:
    """A printer that says what the test wants."""
    with fake_printer() as printer:
        yield printer


# What a printer of flesh and paper accepts.


def test_tray_kind_of_paper_and_both_sides_reach_the_printer(ipp_printer: IppPrinter) -> None:
    tray = Tray("iso_a4_210x297mm", "by-pass-tray", "stationery-letterhead")
    number = submit(ipp_printer.uri, PDF, NAME, tray=tray, sides=DUPLEX)
    wanted = {"job-id": number, "requested-attributes": ["media-col", "sides"]}
    told = Wire(ipp_printer.uri, 10)._ask(IppOperation.GET_JOB_ATTRIBUTES, wanted)["jobs"][0]
    assert told["sides"] == DUPLEX
    assert told["media-col"]["media-source"] == "by-pass-tray"
    assert told["media-col"]["media-type"] == "stationery-letterhead"
    assert told["media-col"]["media-size"] == {"x-dimension": 21000, "y-dimension": 29700}


def test_a_label_size_that_the_printer_lacks_is_refused(ipp_printer: IppPrinter) -> None:
    with pytest.raises(PrintFailed) as failed:
        submit(ipp_printer.uri, PDF, NAME, tray=Tray("om_label_89x36mm", "main", "labels"))
    assert (failed.value.key, failed.value.retry) == ("papier", False)


def test_a_form_is_never_taken_from_the_letter_tray() -> None:
    assert tray_of({}, Paper.LETTER) == Tray()
    for paper in (Paper.FORM, Paper.LABEL):
        with pytest.raises(PrintFailed) as failed:
            tray_of({"letter": {"source": "main"}}, paper)
        assert failed.value.key == "fach"
    assert tray_of({"form": {"source": "manual"}}, Paper.FORM).source == "manual"


def test_a_paper_without_a_size_is_refused_before_anything_is_sent(fake: FakePrinter) -> None:
    with pytest.raises(PrintFailed):
        submit(fake.uri, PDF, NAME, tray=Tray("irgendwas", "main"))
    assert fake.printed == 0


# What a printer says that is not so.


def test_a_jam_is_named_in_words_and_is_no_failure(fake: FakePrinter) -> None:
    fake.troubles = ["media-jam-error", "toner-low-warning"]
    number = submit(fake.uri, PDF, NAME)
    assert (look(fake.uri, number, NAME).state, look(fake.uri, number, NAME).message) == (
        "jammed", "Papierstau",
    )  # fmt: skip
    fake.troubles = ["none"]
    assert look(fake.uri, number, NAME).state == "printing"
    fake.jobs[0]["job-state"] = IppJobState.STOPPED
    assert look(fake.uri, number, NAME).state == "jammed"
    fake.jobs[0]["job-state"] = IppJobState.PENDING
    assert look(fake.uri, number, NAME).state == "queued"
    fake.jobs[0]["job-state"] = IppJobState.COMPLETED
    assert look(fake.uri, number, NAME).state == "completed"


def test_a_job_completed_with_errors_is_not_called_printed(fake: FakePrinter) -> None:
    number = submit(fake.uri, PDF, NAME)
    lie = {"job-state": IppJobState.COMPLETED, "job-state-reasons": ["job-completed-with-errors"]}
    fake.jobs[0] |= lie
    with pytest.raises(PrintFailed) as failed:
        look(fake.uri, number, NAME)
    assert (failed.value.key, failed.value.job_id) == ("fehlerhaft", number)


def test_a_printer_that_speaks_of_another_job_is_not_believed(fake: FakePrinter) -> None:
    number = submit(fake.uri, PDF, NAME)
    fake.jobs[0] |= {"job-name": "ABH-2026-0009999 N12 1", "job-state": IppJobState.COMPLETED}
    with pytest.raises(PrintFailed) as failed:
        look(fake.uri, number, NAME)
    assert failed.value.key == "antwort"


@pytest.mark.parametrize(
    "said", [[], [{"job-state": 5}], [job(1, NAME), job(2, NAME)]], ids=["none", "nameless", "two"]
)
def test_an_answer_that_names_no_job_or_two_asks_for_a_look(
    fake: FakePrinter, said: list[dict[str, object]]
) -> None:
    fake.on_send = said
    with pytest.raises(PrintFailed) as failed:
        submit(fake.uri, PDF, NAME)
    assert (failed.value.key, failed.value.retry) == ("antwort", False)


def test_an_answer_that_is_no_ipp_is_a_failure_and_no_print(fake: FakePrinter) -> None:
    fake.garbage = True
    with pytest.raises(PrintFailed) as failed:
        submit(fake.uri, PDF, NAME)
    assert failed.value.key == "antwort"


def test_a_job_that_the_printer_took_twice_counts_once_and_as_printed(fake: FakePrinter) -> None:
    fake.jobs = [
        job(3, NAME, IppJobState.ABORTED), job(4, NAME, IppJobState.COMPLETED),
        job(5, NAME, IppJobState.PENDING), job(5, NAME, IppJobState.PENDING),
    ]  # fmt: skip
    found = find_job(fake.uri, NAME)
    assert found is not None
    assert (found.job_id, found.state) == (4, "completed")
    fake.jobs = [job(3, NAME, IppJobState.ABORTED)]
    assert find_job(fake.uri, NAME) is None


def test_a_printer_that_was_switched_off_and_forgot_is_named(fake: FakePrinter) -> None:
    with pytest.raises(PrintFailed) as failed:
        look(fake.uri, 17, NAME)
    assert (failed.value.key, failed.value.retry) == ("unbekannt", False)


# What stands in the case.


@pytest.fixture
def engine(office_engine: Engine) -> Engine:
    """All sessions of these tests see the imported office."""
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    """The Düsseldorf office with a store of its own."""
    return factories.make_house(session, clock, tmp_path / "store", whole=True)


@pytest.fixture
def clerk(session: Session) -> Actor:
    """A clerk of SG1."""
    return factories.staff(session, "SG1", rank="SB")


@pytest.fixture
def ordered(session: Session, house: House, clerk: Actor, fake: FakePrinter) -> PrintJob:
    """A letter ordered at a printer that can lie."""
    factories.file_case(session, house, applicant_actor())
    letter = session.scalars(select(Letter)).one()
    printer = session.scalars(select(Printer).order_by(Printer.key)).first()
    assert printer is not None
    printer.uri = fake.uri
    job_id = dispatch.order_print(session, house, clerk, letter.id, printer.id)
    return session.get_one(PrintJob, job_id)


def _context(house: House, settings: Settings, attempt: int = 1) -> HandlerContext:
    object.__setattr__(settings, "printers", "ipp")
    return HandlerContext(clock=house, settings=settings, store=house.blobs, attempt=attempt)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a printer that never ends."""
    monkeypatch.setattr(jobs, "PATIENCE", 0.0)


@dataclass(frozen=True)
class _Store:
    """A store that does what the test says."""

    get: Callable[[str], bytes]


def _deliver(session: Session, row: PrintJob, ctx: HandlerContext) -> None:
    try:
        with session.begin_nested():
            jobs.print_letter(session, {"print_job": row.id}, ctx)
    except DeliveryFailed as error:
        assert error.record is not None
        error.record(session)
    session.refresh(row)


def test_printing_jam_and_done_stand_in_the_case_as_the_printer_says_them(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob
) -> None:
    ctx = _context(house, settings)
    _deliver(session, ordered, ctx)
    assert (ordered.state, ordered.printer_job, fake.printed) == ("printing", "1", 1)
    fake.troubles = ["media-empty-error"]
    _deliver(session, ordered, ctx)
    assert (ordered.state, ordered.message) == ("jammed", "Papier leer")
    fake.troubles = ["none"]
    fake.jobs[0]["job-state"] = IppJobState.COMPLETED
    _deliver(session, ordered, ctx)
    assert (ordered.state, ordered.message, fake.printed) == ("completed", "", 1)
    keys = session.scalars(
        select(OutboxMessage.dedup_key).where(OutboxMessage.kind == "print")
    ).all()
    assert sorted(keys) == [f"print:{ordered.id}", f"print:{ordered.id}:1", f"print:{ordered.id}:2"]


def test_the_worker_asks_again_by_itself_until_the_paper_is_out(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob,
    sessions: Callable[..., Session], clock: FixedClock,
) -> None:  # fmt: skip
    session.flush()
    handlers = {"print": jobs.print_letter, "mail": lambda *_: None}
    ctx = _context(house, settings)
    while deliver_next(sessions, handlers, ctx):  # type: ignore[arg-type]
        pass
    session.refresh(ordered)
    assert ordered.state == "printing"
    fake.jobs[0]["job-state"] = IppJobState.COMPLETED
    clock.advance(timedelta(minutes=2))
    while deliver_next(sessions, handlers, ctx):  # type: ignore[arg-type]
        pass
    session.refresh(ordered)
    assert (ordered.state, fake.printed) == ("completed", 1)


def test_a_worker_that_died_after_sending_adopts_its_job_instead_of_printing_again(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob
) -> None:
    _deliver(session, ordered, _context(house, settings))
    # The commit was lost with the worker; the printer still prints.
    ordered.printer_job, ordered.state = None, "waiting"
    session.flush()
    _deliver(session, ordered, _context(house, settings, attempt=2))
    assert (ordered.state, ordered.printer_job, fake.printed) == ("printing", "1", 1)


def test_what_the_printer_lost_is_printed_again_only_with_a_reason(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob,
    clerk: Actor,
) -> None:  # fmt: skip
    ctx = _context(house, settings)
    _deliver(session, ordered, ctx)
    with pytest.raises(Conflict):
        dispatch.order_print(session, house, clerk, ordered.letter_id or 0, ordered.printer_id)
    fake.jobs = []
    _deliver(session, ordered, ctx)
    assert ordered.state == "failed"
    assert "kennt diesen Auftrag nicht" in ordered.message
    with pytest.raises(InvalidInput):
        dispatch.order_print(session, house, clerk, ordered.letter_id or 0, ordered.printer_id)
    # Somebody looked and lets the order run anew.
    _deliver(session, ordered, ctx)
    assert (ordered.state, fake.printed) == ("printing", 2)


def test_a_printer_that_is_off_keeps_the_order_waiting(
    session: Session, house: House, settings: Settings, ordered: PrintJob
) -> None:
    printer = session.get_one(Printer, ordered.printer_id)
    printer.uri = "ipp://127.0.0.1:9/ipp/print"
    _deliver(session, ordered, _context(house, settings))
    assert ordered.state == "waiting"
    assert "nicht erreichbar" in ordered.message


def test_a_label_is_printed_from_its_tray_and_does_not_count_as_the_letter(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob,
    clerk: Actor,
) -> None:  # fmt: skip
    letter = ordered.letter_id or 0
    label = dispatch.order_print(
        session, house, clerk, letter, ordered.printer_id, paper=Paper.LABEL
    )
    row = session.get_one(PrintJob, label)
    printer = session.get_one(Printer, ordered.printer_id)
    assert "label" in printer.trays
    fake.jobs = []
    _deliver(session, row, _context(house, settings))
    assert (row.state, fake.printed) == ("printing", 1)


def test_a_bundle_is_one_job_and_each_letter_says_what_became_of_it(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob,
    clerk: Actor,
) -> None:  # fmt: skip
    factories.file_case(session, house, applicant_actor(), person__family_name="Zweite")
    letters = session.scalars(select(Letter.id).order_by(Letter.id)).all()
    count, against = order_bundle(session, house, clerk, letters, ordered.printer_id)
    assert (count, list(against)) == (1, [letters[0]])
    assert "liegt schon beim Drucker" in against[letters[0]]
    session.delete(ordered)
    session.flush()
    session.execute(update(PrintJob).values(state="failed"))
    assert order_bundle(session, house, clerk, letters, ordered.printer_id) == (2, {})
    first, second = session.scalars(select(PrintJob).where(PrintJob.bundle.is_not(None))).all()
    ctx = _context(house, settings)
    fake.troubles = ["media-jam-error"]
    _deliver(session, first, ctx)
    session.refresh(second)
    assert (fake.printed, fake.jobs[0]["job-name"]) == (1, f"ABH Stapel {first.id}")
    assert (second.state, second.message, second.printer_job) == ("jammed", "Papierstau", "1")
    fake.troubles = ["none"]
    fake.jobs[0]["job-state"] = IppJobState.COMPLETED
    _deliver(session, first, ctx)
    session.refresh(second)
    assert (first.state, second.state, second.completed_at) == (
        "completed", "completed", first.completed_at,
    )  # fmt: skip
    assert second.completed_at is not None


def test_a_letter_that_the_store_does_not_give_is_said_in_the_case_and_not_printed(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob
) -> None:
    ctx = _context(house, settings)
    letter = session.get_one(Letter, ordered.letter_id)
    path = house.blobs.path(letter.pdf_sha256)  # type: ignore[attr-defined]
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:-1])
    _deliver(session, ordered, ctx)
    assert (ordered.state, fake.printed) == ("failed", 0)
    assert "anderen Inhalt" in ordered.message
    path.write_bytes(whole)

    def broken(sha256: str) -> bytes:
        raise unavailable(OSError(errno.EIO, "Eingabe/Ausgabe"))

    away = HandlerContext(clock=house, settings=settings, store=_Store(broken))
    _deliver(session, ordered, away)
    assert (ordered.state, fake.printed) == ("waiting", 0)
    assert "antwortet nicht" in ordered.message
    _deliver(session, ordered, ctx)
    assert (ordered.state, fake.printed) == ("printing", 1)


def test_a_letter_to_somebody_without_a_case_is_printed_under_a_name_without_one(
    session: Session, house: House, settings: Settings, fake: FakePrinter, ordered: PrintJob
) -> None:
    letter = session.get_one(Letter, ordered.letter_id)
    letter.content = {**letter.content, "reference": "Termin A017"}
    session.flush()
    _deliver(session, ordered, _context(house, settings))
    assert (ordered.state, fake.jobs[0]["job-name"]) == ("printing", f"ABH N01 {ordered.id}")
