"""The delivery of print orders: what the printer says is what the office believes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.documents.beglaubigung import printed_pdf
from abh.documents.printing import PrintFailed, PrintResult, find_job, job_name, print_pdf
from abh.documents.tables import Letter, PrintJob
from abh.office.tables import Printer
from abh.outbox.handler import DeliveryFailed, HandlerContext


def print_letter(
    session: Session, payload: dict[str, Any], ctx: HandlerContext
) -> dict[str, Any] | None:
    """Print the letter of a print job at its printer; the handler of outbox kind ``print``.

    The job's name at the printer is that of the order, so that after a crash the printer is asked
    first and nothing is printed twice. Raises ``DeliveryFailed``.
    """
    row = session.execute(
        select(PrintJob, Letter, Printer)
        .join(Letter, Letter.id == PrintJob.letter_id)
        .join(Printer, Printer.id == PrintJob.printer_id)
        .where(PrintJob.id == payload["print_job"])
    ).one_or_none()
    if row is None or row.Letter.pdf_sha256 is None:
        text = "Der Druckauftrag gehört zu keinem gezeichneten Brief."
        raise DeliveryFailed(text, permanent=True)
    job, letter, printer = row.PrintJob, row.Letter, row.Printer
    name = job_name(letter.content["reference"], letter.key, job.id)
    uri = printer_uri(printer.uri, ctx)
    try:
        known = find_job(uri, name) if ctx.attempt > 1 else None
        result = known if known is not None and known.state == "completed" else None
        if result is None:
            result = print_pdf(uri, printed_pdf(session, ctx.store, letter), name)
    except PrintFailed as error:
        raise DeliveryFailed(
            str(error), permanent=not error.retry, record=_failure(job.id, error)
        ) from error
    return _completed(job, result, ctx)


def _failure(job_id: int, error: PrintFailed) -> Callable[[Session], None]:
    """Return what writes a failure into the print job, where the case shows it."""
    state = "waiting" if error.retry else "failed"
    number = str(error.job_id) if error.job_id is not None else None

    def record(session: Session) -> None:
        session.execute(
            update(PrintJob)
            .where(PrintJob.id == job_id)
            .values(state=state, message=str(error), printer_job=number)
        )

    return record


def printer_uri(uri: str, ctx: HandlerContext) -> str:
    """Return where to print; a relative ``file:`` folder of the office file lies in ``var_dir``."""
    if uri.startswith("file:") and not uri.startswith("file:/"):
        return (ctx.settings.var_dir / uri.removeprefix("file:")).as_uri()
    return uri


def _completed(job: PrintJob, result: PrintResult, ctx: HandlerContext) -> dict[str, Any]:
    job.state = "completed"
    job.message = ""
    job.printer_job = str(result.job_id)
    job.completed_at = ctx.clock.now()
    return {"printer_job": result.job_id, "state": result.state}
