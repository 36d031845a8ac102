"""Prints on a workplace printer and reports what the printer says, not the queue."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from abh.documents.print_types import JobState, JobStatus, PrintFailed

if TYPE_CHECKING:
    from abh.documents.ipp import IppPrinter

__all__ = ["A4", "DUPLEX", "SIMPLEX", "Paper", "PrintFailed", "PrintResult", "Tray", "find_job",
    "job_name", "look", "print_pdf", "submit", "tray_of"]  # fmt: skip

A4 = "iso_a4_210x297mm"
DUPLEX = "two-sided-long-edge"
SIMPLEX = "one-sided"
# Case number, letter key and an optional running number: a queue shows no names of people.
_CASE_NUMBER = re.compile(r"ABH-\d{4}-\d{7}")
_JOB_NAME = re.compile(r"ABH(-\d{4}-\d{7})? [A-Za-z0-9_]{2,40}( \d{1,9})?")
_GONE_WRONG = {JobState.CANCELED: "abgebrochen", JobState.ABORTED: "verworfen"}
# A job that ended "completed" with one of these is not on paper as it should be.
_NOT_CLEAN = frozenset(
    {"job-completed-with-errors", "aborted-by-system", "job-canceled-at-device",
     "job-canceled-by-operator", "job-canceled-by-user", "document-format-error"}
)  # fmt: skip
# IPP keywords (RFC 8011, 5.4.12) that keep paper from coming out, in words for the desk.
_TROUBLES: Mapping[str, str] = {
    "media-jam": "Papierstau",
    "media-empty": "Papier leer",
    "media-needed": "Papier fehlt",
    "cover-open": "Klappe offen",
    "door-open": "Klappe offen",
    "interlock-open": "Klappe offen",
    "input-tray-missing": "Papierfach fehlt",
    "output-area-full": "Ausgabefach voll",
    "output-tray-missing": "Ausgabefach fehlt",
    "toner-empty": "Toner leer",
    "marker-supply-empty": "Toner leer",
    "paused": "Drucker angehalten",
    "shutdown": "Drucker schaltet ab",
    "stopped-partly": "Drucker steht",
    "timed-out": "Drucker antwortet dem Server nicht",
    "connecting-to-device": "Drucker antwortet dem Server nicht",
}
_SEVERITY = re.compile(r"-(?:report|warning|error)$")


class Paper(StrEnum):
    """What a print needs: the office's letter paper, a prescribed form, or a label."""

    LETTER = "letter"
    FORM = "form"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Tray:
    """Where one kind of paper lies: IPP ``media-source``, ``media-type`` and size."""

    media: str = A4
    source: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What the printer reported: its job number (0 for a folder) and the job's state.

    ``state`` is ``queued``, ``printing``, ``jammed`` or ``completed``; ``message`` says why it
    stands.
    """

    job_id: int
    state: str
    message: str = ""


def job_name(case_number: str, letter_key: str, number: int | None = None) -> str:
    """Return the name a job has in the queue: never a person's name.

    A letter to somebody without a case has another reference ("Termin A017"); its job is named by
    its key and number alone.
    """
    case = case_number if _CASE_NUMBER.fullmatch(case_number) else "ABH"
    return _checked(f"{case} {letter_key}" + ("" if number is None else f" {number}"))


def tray_of(trays: Mapping[str, Any], paper: Paper) -> Tray:
    """Return where ``paper`` lies in a printer of the office file; raises ``PrintFailed``.

    A printer without trays has A4 in front; labels and forms need a tray of their own, because a
    form under lock must never be taken for letter paper.
    """
    found = trays.get(paper.value)
    if found is None:
        if paper is Paper.LETTER:
            return Tray()
        word = "Etiketten" if paper is Paper.LABEL else "Vordrucke"
        text = f"An diesem Drucker gibt es kein Fach für {word}."
        raise PrintFailed(text, key="fach", retry=False)
    return Tray(found.get("media", A4), found.get("source", ""), found.get("kind", ""))


def submit(
    uri: str, pdf: bytes, name: str, *, tray: Tray | None = None, sides: str = SIMPLEX,
    timeout: float = 60.0,
) -> int:  # fmt: skip
    """Give ``pdf`` to the printer and return the number of its job, 0 for a folder.

    ``uri`` is ``ipp:``, ``ipps:`` or, for the demo, ``file:`` with a folder; ``name`` comes from
    ``job_name``; seconds. Raises ``PrintFailed``: refused, busy, unreachable, or an answer that
    cannot be (then the printer has to be looked at).
    """
    _checked(name)
    if uri.startswith("file:"):
        return _to_folder(uri, pdf, name)
    where = tray or Tray()
    return _printer(uri, timeout).send(
        pdf, name, media=where.media, sides=sides, source=where.source, kind=where.kind
    )


def look(uri: str, job_id: int, name: str, *, timeout: float = 10.0) -> PrintResult:
    """Return how a job stands, as the printer says it now.

    Raises ``PrintFailed`` when it was aborted, is unknown, is not ours, or ended with errors.
    """
    if uri.startswith("file:"):
        return PrintResult(0, "completed")
    printer = _printer(uri, timeout)
    status = printer.status_of(job_id)
    if status.name and status.name != name:
        text = f"Der Drucker führt unter Nummer {job_id} einen anderen Auftrag. Bitte nachsehen."
        raise PrintFailed(text, key="antwort", retry=False, job_id=job_id)
    return _result(printer, status)


def print_pdf(
    uri: str,
    pdf: bytes,
    name: str,
    *,
    media: str = A4,
    sides: str = SIMPLEX,
    tray: Tray | None = None,
    timeout: float = 60.0,
    poll: float = 0.2,
) -> PrintResult:
    """Print ``pdf`` and return when the printer reports the job completed; times in seconds.

    Raises ``PrintFailed`` as ``submit`` and ``look`` do, also while it still runs after
    ``timeout`` (then ``job_id`` is set and the job must be looked at before it is sent again).
    """
    started = time.monotonic()
    job_id = submit(uri, pdf, name, tray=tray or Tray(media), sides=sides, timeout=timeout)
    while True:
        result = look(uri, job_id, name, timeout=timeout)
        if result.state == "completed":
            return result
        if time.monotonic() - started > timeout:
            raise PrintFailed(
                f"Der Drucker hat den Auftrag {job_id} nach {timeout:.0f} Sekunden noch nicht "
                f"fertig ({result.message or result.state}). Bitte am Drucker nachsehen, bevor neu "
                "gedruckt wird.",
                key="zeit_abgelaufen",
                retry=False,
                job_id=job_id,
            )
        time.sleep(poll)


def find_job(uri: str, name: str, *, timeout: float = 10.0) -> PrintResult | None:
    """Return the job of that name that the printer remembers, or None.

    A worker that died after sending asks first, so that no letter is printed twice. Where a
    printer took the same job twice, one that is printed counts, else one that still runs; jobs
    that came to nothing are None.
    """
    _checked(name)
    if uri.startswith("file:"):
        return PrintResult(0, "completed") if _file_of(uri, name).is_file() else None
    printer = _printer(uri, timeout)
    same = [job for job in printer.jobs() if job.name == name and job.state not in _GONE_WRONG]
    if not same:
        return None
    printed = [job for job in same if job.state is JobState.COMPLETED]
    return _result(printer, max(printed or same, key=lambda job: job.job_id))


def _printer(uri: str, timeout: float) -> IppPrinter:
    # Here, because the library brings a web client along: every process would load it at its start.
    from abh.documents.ipp import IppPrinter

    return IppPrinter(uri, timeout)


def _result(printer: IppPrinter, status: JobStatus) -> PrintResult:
    if status.state in _GONE_WRONG or _NOT_CLEAN & set(status.reasons):
        word = _GONE_WRONG.get(status.state, "mit Fehlern beendet")
        why = ", ".join(status.reasons) or status.state.name.lower()
        raise PrintFailed(
            f"Der Drucker hat den Auftrag {status.job_id} {word} ({why}).",
            key=status.state.name.lower() if status.state in _GONE_WRONG else "fehlerhaft",
            retry=False,
            job_id=status.job_id,
        )
    if status.state is JobState.COMPLETED:
        return PrintResult(status.job_id, "completed")
    words = [word for reason in printer.troubles() if (word := _trouble(reason))]
    if words or status.state is JobState.STOPPED:
        message = ", ".join(dict.fromkeys(words)) or "Drucker steht"
        return PrintResult(status.job_id, "jammed", message)
    state = "printing" if status.state is JobState.PROCESSING else "queued"
    return PrintResult(status.job_id, state)


def _trouble(reason: str) -> str:
    """Return the words for a reason that stops paper; "" for a mere warning or report."""
    if reason.endswith(("-report", "-warning")):
        return ""
    plain = _SEVERITY.sub("", reason)
    known = _TROUBLES.get(plain, "")
    return known or (reason if reason.endswith("-error") else "")


def _checked(name: str) -> str:
    if not _JOB_NAME.fullmatch(name):
        raise PrintFailed(
            "Ein Druckauftrag heißt nach Aktenzeichen und Brief, damit in der Warteschlange keine "
            "Namen stehen.",
            key="auftragsname",
            retry=False,
        )
    return name


def _file_of(uri: str, name: str) -> Path:
    return Path(unquote(urlsplit(uri).path)) / f"{name.replace(' ', '_')}.pdf"


def _to_folder(uri: str, pdf: bytes, name: str) -> int:
    """Write the sheet that a printer would put out; the same job again changes nothing."""
    target = _file_of(uri, name)
    draft = target.with_suffix(".neu")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(pdf)
        draft.replace(target)
    except OSError as error:
        raise PrintFailed(
            f"Der Druckordner ist nicht beschreibbar ({error.strerror}).",
            key="ordner",
            retry=True,
        ) from error
    return 0
