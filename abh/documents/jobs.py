"""The delivery of print orders: what the printer says is what the office believes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.documents.beglaubigung import printed_pdf
from abh.documents.codes import letter_code
from abh.documents.house import House
from abh.documents.neuzustellung import renewed_address
from abh.documents.print_types import PrintFailed
from abh.documents.printing import (
    DUPLEX,
    SIMPLEX,
    Paper,
    PrintResult,
    Tray,
    find_job,
    job_name,
    look,
    submit,
    tray_of,
)
from abh.documents.sammeldruck import merge_for_print
from abh.documents.store import StoreUnavailable
from abh.documents.tables import FormIssue, Letter, PrintJob
from abh.documents.vordruck_platz import places_of
from abh.kernel.clock import Clock
from abh.kernel.errors import ConfigurationError, DomainError
from abh.office.tables import Printer
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.service import enqueue

# A short job is waited for; the worker has others to deliver while a long one prints.
PATIENCE, POLL = 3.0, 0.2
# Then the printer is asked again after 2 s, 4 s, … 60 s, for about eight hours.
MOST_LOOKS = 480
_STATES = {"queued": "sent", "printing": "printing", "jammed": "jammed", "completed": "completed"}


@dataclass(frozen=True, slots=True)
class _Order:
    """A print job with everything that is needed to carry it out."""

    job: PrintJob
    uri: str
    name: str
    tray: Tray
    sides: str
    vorgang_id: int | None
    content: Callable[[], bytes]


def print_letter(
    session: Session, payload: dict[str, Any], ctx: HandlerContext
) -> dict[str, Any] | None:
    """Print what a print job orders, or ask its printer again; the handler of kind ``print``.

    The job's name at the printer is that of the order, so that after a crash the printer is asked
    first and nothing is printed twice. A job that still runs is looked at again by a message of
    its own. Raises ``DeliveryFailed``.
    """
    row = session.execute(
        select(PrintJob, Printer)
        .join(Printer, Printer.id == PrintJob.printer_id)
        .where(PrintJob.id == payload["print_job"])
    ).one_or_none()
    if row is None:
        raise DeliveryFailed("Diesen Druckauftrag gibt es nicht.", permanent=True)
    job = row.PrintJob
    if job.state == "completed":
        return None
    # After a failure somebody decided to try anew; else the printer has the job already.
    number = int(job.printer_job) if job.printer_job and job.state != "failed" else None
    try:
        order = _order(session, job, row.Printer, ctx)
        if number is None:
            number = _send(order, again=ctx.attempt > 1)
        result = _watch(order, number)
    except PrintFailed as error:
        raise DeliveryFailed(
            str(error), permanent=not error.retry, record=_failure(job, error, number)
        ) from error
    return _report(session, order, result, ctx)


def _read(content: Callable[[], bytes]) -> bytes:
    """Return what is to be printed; a store that gives nothing is said in the case as well."""
    try:
        return content()
    except StoreUnavailable as error:
        raise PrintFailed(str(error), key="speicher", retry=True) from error
    except PrintFailed:
        raise
    except DomainError as error:
        raise PrintFailed(str(error), key="inhalt", retry=False) from error


def _order(session: Session, job: PrintJob, printer: Printer, ctx: HandlerContext) -> _Order:
    paper = Paper(job.paper)
    tray = tray_of(printer.trays, paper)
    sides = DUPLEX if printer.duplex and paper is Paper.LETTER else SIMPLEX
    uri = printer_uri(printer, ctx)
    if job.form_issue_id is not None:
        issue = session.get_one(FormIssue, job.form_issue_id)
        name = job_name(issue.entries["reference"], "Vordruck", job.id)
        lines = [(str(label), str(value)) for label, value in issue.entries["druck"]]
        places = places_of(issue.form) if paper is Paper.FORM else {}
        title = f"Eintragungen für den Vordruck {issue.form} {issue.serial_no}"
        return _Order(
            job, uri, name, tray, SIMPLEX, issue.vorgang_id,
            lambda: _house(ctx.clock).renderer.form_entries(lines, title=title, places=places),
        )  # fmt: skip
    letter = session.get_one(Letter, job.letter_id)
    if letter.pdf_sha256 is None:
        text = "Der Druckauftrag gehört zu keinem gezeichneten Brief."
        raise DeliveryFailed(text, permanent=True)
    if job.bundle is not None:
        name = job_name("", "Stapel", job.id)
        return _Order(
            job, uri, name, tray, sides, None,
            lambda: _bundle(session, ctx, job.bundle or 0, duplex=sides == DUPLEX),
        )  # fmt: skip
    code = letter_code(letter.id, _house(ctx.clock).secret) if paper is Paper.LABEL else ""
    recipient = renewed_address(session, letter) or letter.content["recipient"]
    name = job_name(letter.content["reference"], letter.key, job.id)
    content = (
        (lambda: _house(ctx.clock).renderer.label(recipient, tray.media, code))
        if paper is Paper.LABEL
        else (lambda: printed_pdf(session, ctx.store, letter))
    )
    return _Order(job, uri, name, tray, sides, letter.vorgang_id, content)


def _send(order: _Order, *, again: bool) -> int:
    known = find_job(order.uri, order.name) if again else None
    if known is not None:
        return known.job_id
    pdf = _read(order.content)
    return submit(order.uri, pdf, order.name, tray=order.tray, sides=order.sides)


def _bundle(session: Session, ctx: HandlerContext, bundle: int, *, duplex: bool) -> bytes:
    """Return the letters of a bundle as one PDF, in the order in which they were chosen."""
    members = session.scalars(
        select(Letter)
        .join(PrintJob, PrintJob.letter_id == Letter.id)
        .where(PrintJob.bundle == bundle)
        .order_by(PrintJob.id)
    )
    pdf, _starts = merge_for_print(
        (printed_pdf(session, ctx.store, letter) for letter in members), duplex=duplex
    )
    return pdf


def _watch(order: _Order, number: int) -> PrintResult:
    ends = time.monotonic() + PATIENCE
    while True:
        result = look(order.uri, number, order.name)
        if result.state in ("completed", "jammed") or time.monotonic() > ends:
            return result
        time.sleep(POLL)


def _report(
    session: Session, order: _Order, result: PrintResult, ctx: HandlerContext
) -> dict[str, Any]:
    job, now = order.job, ctx.clock.now()
    job.state = _STATES[result.state]
    job.message = result.message
    job.printer_job = str(result.job_id)
    job.reported_at = now
    if result.state == "completed":
        job.completed_at = now
    elif job.looks >= MOST_LOOKS:
        job.state = "failed"
        job.message = "Der Drucker wird seit Stunden nicht fertig. Bitte am Drucker nachsehen."
    else:
        job.looks += 1
    _tell_bundle(session, job)
    if job.state not in ("completed", "failed"):
        enqueue(
            session,
            "print",
            f"print:{job.id}:{job.looks}",
            {"print_job": job.id},
            now=now,
            not_before=now + timedelta(seconds=min(2 ** min(job.looks, 6), 60)),
            vorgang_id=order.vorgang_id,
        )
    return {"printer_job": result.job_id, "state": result.state}


def _tell_bundle(session: Session, job: PrintJob) -> None:
    """Write into the other letters of a bundle what the printer said of their common job."""
    if job.bundle is None:
        return
    session.flush()
    session.execute(
        update(PrintJob)
        .where(PrintJob.bundle == job.bundle, PrintJob.id != job.id)
        .values(
            state=job.state,
            message=job.message,
            printer_job=job.printer_job,
            reported_at=job.reported_at,
            completed_at=job.completed_at,
        )
    )


def _failure(job: PrintJob, error: PrintFailed, sent: int | None) -> Callable[[Session], None]:
    """Return what writes a failure into the print job, where the case shows it."""
    job_id, bundle, state = job.id, job.bundle, job.state
    number = error.job_id if error.job_id is not None else sent
    if not error.retry:
        state = "failed"
    elif state == "failed":
        state = "waiting"
    known = str(number) if number is not None else None

    def record(session: Session) -> None:
        session.execute(
            update(PrintJob)
            .where(PrintJob.id == job_id if bundle is None else PrintJob.bundle == bundle)
            .values(state=state, message=str(error), printer_job=known)
        )

    return record


def printer_uri(printer: Printer, ctx: HandlerContext) -> str:
    """Return where to print; a relative ``file:`` folder of the office file lies in ``var_dir``.

    With the setting ``printers = "file"`` every printer is a folder, so that no demo prints.
    """
    uri = printer.uri
    if ctx.settings.printers == "file" and not uri.startswith("file:"):
        uri = f"file:print/{printer.key}"
    if uri.startswith("file:") and not uri.startswith("file:/"):
        return (ctx.settings.var_dir / uri.removeprefix("file:")).as_uri()
    return uri


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise ConfigurationError("Der Drucker braucht das eingerichtete Haus.")
    return clock
