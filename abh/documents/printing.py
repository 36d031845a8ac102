"""Prints on a workplace printer by IPP and reports what the printer says, not the queue."""

from __future__ import annotations

import http.client
import re
import ssl
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pyipp.enums import IppJobState, IppOperation, IppStatus
from pyipp.exceptions import IPPError
from pyipp.parser import parse
from pyipp.serializer import encode_dict

from abh.kernel.errors import DomainError, Reason

A4 = "iso_a4_210x297mm"
DUPLEX = "two-sided-long-edge"
SIMPLEX = "one-sided"
# Case number, letter key and an optional running number: a queue shows no names of people.
_JOB_NAME = re.compile(r"ABH-\d{4}-\d{7} [A-Za-z0-9_]{2,40}( \d{1,9})?")
_IPP_PORT = 631
_BUSY = {
    IppStatus.ERROR_BUSY,
    IppStatus.ERROR_NOT_ACCEPTING_JOBS,
    IppStatus.ERROR_SERVICE_UNAVAILABLE,
    IppStatus.ERROR_TEMPORARY,
    IppStatus.ERROR_DEVICE,
    IppStatus.ERROR_TOO_MANY_JOBS,
}
_ENDED = {IppJobState.COMPLETED, IppJobState.CANCELED, IppJobState.ABORTED}


class PrintFailed(DomainError):
    """The letter is not on paper; ``retry`` says whether trying again later can help."""

    title = "Der Brief wurde nicht gedruckt."
    hint = "Bitte den Drucker prüfen; der Brief liegt unverändert in der Akte."

    def __init__(self, text: str, *, key: str, retry: bool, job_id: int | None = None) -> None:
        super().__init__(text, reasons=[Reason(text, key=key)])
        self.key = key
        self.retry = retry
        self.job_id = job_id


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What the printer reported: its job number (0 for a folder) and the job's last state."""

    job_id: int
    state: str


def job_name(case_number: str, letter_key: str, number: int | None = None) -> str:
    """Return the name a job has in the queue: never a person's name."""
    name = f"{case_number} {letter_key}" + ("" if number is None else f" {number}")
    return _checked(name)


def print_pdf(
    uri: str,
    pdf: bytes,
    name: str,
    *,
    media: str = A4,
    sides: str = SIMPLEX,
    timeout: float = 60.0,
    poll: float = 0.2,
) -> PrintResult:
    """Print ``pdf`` and return when the printer reports the job completed.

    ``uri`` is ``ipp:``, ``ipps:`` or, for the demo, ``file:`` with a folder; ``name`` comes from
    ``job_name``; times are in seconds. Raises ``PrintFailed``: refused (bad media, format), busy,
    unreachable, aborted or canceled, or still running after ``timeout`` (then ``job_id`` is set
    and the job must be looked at before it is sent again).
    """
    _checked(name)
    if uri.startswith("file:"):
        return _to_folder(uri, pdf, name)
    started = time.monotonic()
    printer = _Printer(uri, timeout)
    job_id = printer.send(pdf, name, media, sides)
    while True:
        state, reasons = printer.state_of(job_id)
        if state == IppJobState.COMPLETED:
            return PrintResult(job_id, "completed")
        if state in _ENDED:
            word = state.name.lower()
            raise PrintFailed(
                f"Der Drucker hat den Auftrag {job_id} abgebrochen ({word}: {reasons}).",
                key=word,
                retry=False,
                job_id=job_id,
            )
        if time.monotonic() - started > timeout:
            raise PrintFailed(
                f"Der Drucker hat den Auftrag {job_id} nach {timeout:.0f} Sekunden noch nicht "
                f"fertig ({state.name.lower()}: {reasons}). Bitte am Drucker nachsehen, bevor neu "
                "gedruckt wird.",
                key="zeit_abgelaufen",
                retry=False,
                job_id=job_id,
            )
        time.sleep(poll)


def find_job(uri: str, name: str, *, timeout: float = 10.0) -> PrintResult | None:
    """Return the newest job of that name that the printer remembers, or None.

    A worker that died after sending asks first, so that no letter is printed twice.
    """
    _checked(name)
    if uri.startswith("file:"):
        return PrintResult(0, "completed") if _file_of(uri, name).is_file() else None
    jobs = _Printer(uri, timeout).jobs()
    same = [job for job in jobs if job.get("job-name") == name]
    if not same:
        return None
    newest = max(same, key=lambda job: int(job["job-id"]))
    return PrintResult(int(newest["job-id"]), IppJobState(newest["job-state"]).name.lower())


class _Printer:
    """One printer spoken to by IPP 2.0 over HTTP."""

    def __init__(self, uri: str, timeout: float) -> None:
        parts = urlsplit(uri)
        if parts.scheme not in ("ipp", "ipps") or not parts.hostname:
            raise PrintFailed(f"Keine Druckeradresse: {uri}", key="adresse", retry=False)
        self.uri = uri
        self.timeout = timeout
        self.secure = parts.scheme == "ipps"
        self.host = parts.hostname
        self.port = parts.port or _IPP_PORT
        self.path = parts.path or "/"

    def send(self, pdf: bytes, name: str, media: str, sides: str) -> int:
        """Submit a Print-Job and return its number."""
        answer = self._ask(
            IppOperation.PRINT_JOB,
            {
                "job-name": name,
                "document-format": "application/pdf",
                # Without fidelity a printer may drop media and sides in silence.
                "ipp-attribute-fidelity": True,
            },
            {"media": media, "sides": sides},
            pdf,
        )
        jobs = answer["jobs"]
        if not jobs:
            raise PrintFailed("Der Drucker nennt keinen Auftrag.", key="antwort", retry=False)
        return int(jobs[0]["job-id"])

    def state_of(self, job_id: int) -> tuple[IppJobState, str]:
        """Return state and reasons of a job, as the printer sees them now."""
        answer = self._ask(
            IppOperation.GET_JOB_ATTRIBUTES,
            {"job-id": job_id, "requested-attributes": ["job-state", "job-state-reasons"]},
        )
        job = answer["jobs"][0]
        reasons = job.get("job-state-reasons", "")
        text = ", ".join(reasons) if isinstance(reasons, list) else str(reasons)
        return IppJobState(job["job-state"]), text

    def jobs(self) -> list[dict[str, Any]]:
        """Return the open and the remembered jobs."""
        wanted = ["job-id", "job-name", "job-state"]
        return [
            job
            for which in ("not-completed", "completed")
            for job in self._ask(
                IppOperation.GET_JOBS, {"which-jobs": which, "requested-attributes": wanted}
            )["jobs"]
        ]

    def _ask(
        self,
        operation: IppOperation,
        attributes: dict[str, Any],
        job: dict[str, Any] | None = None,
        data: bytes | None = None,
    ) -> dict[str, Any]:
        message: dict[str, Any] = {
            "version": (2, 0),
            "operation": operation,
            "operation-attributes-tag": {
                "attributes-charset": "utf-8",
                "attributes-natural-language": "de",
                "printer-uri": self.uri,
                "requesting-user-name": "abh",
                **attributes,
            },
        }
        if job:
            message["job-attributes-tag"] = job
        if data is not None:
            message["data"] = data
        answer = self._post(encode_dict(message))
        self._judge(answer["status-code"])
        return answer

    def _post(self, body: bytes) -> dict[str, Any]:
        if self.secure:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.timeout, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            connection.request("POST", self.path, body, {"Content-Type": "application/ipp"})
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise PrintFailed(
                f"Der Drucker {self.host} ist nicht erreichbar ({error}).",
                key="nicht_erreichbar",
                retry=True,
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise PrintFailed(
                f"Der Drucker {self.host} antwortet mit HTTP {response.status}.",
                key="http",
                retry=response.status >= http.client.INTERNAL_SERVER_ERROR,
            )
        try:
            answer: dict[str, Any] = parse(raw)
        except (IPPError, struct.error, ValueError, KeyError, IndexError) as error:
            raise PrintFailed(
                "Die Antwort des Druckers ist unlesbar.", key="antwort", retry=False
            ) from error
        return answer

    def _judge(self, code: int) -> None:
        if code < IppStatus.ERROR_BAD_REQUEST:
            return
        if code in _BUSY:
            raise PrintFailed(
                f"Der Drucker {self.host} ist beschäftigt oder gestört (0x{code:04x}).",
                key="beschaeftigt",
                retry=True,
            )
        if code in (IppStatus.ERROR_ATTRIBUTES_OR_VALUES, IppStatus.ERROR_CONFLICTING):
            raise PrintFailed(
                f"Der Drucker {self.host} hat dieses Papier oder diese Seitenart nicht "
                f"(0x{code:04x}).",
                key="papier",
                retry=False,
            )
        raise PrintFailed(
            f"Der Drucker {self.host} lehnt den Auftrag ab (0x{code:04x}).",
            key="abgelehnt",
            retry=False,
        )


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


def _to_folder(uri: str, pdf: bytes, name: str) -> PrintResult:
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
    return PrintResult(0, "completed")
