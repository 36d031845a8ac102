"""The wire to a printer: IPP 2.0 over HTTP (sole importer of pyipp)."""

from __future__ import annotations

import http.client
import re
import ssl
import struct
from typing import Any
from urllib.parse import urlsplit

from pyipp.enums import IppOperation, IppStatus
from pyipp.exceptions import IPPError
from pyipp.parser import parse
from pyipp.serializer import encode_dict

from abh.documents.print_types import JobState, JobStatus, PrintFailed

_IPP_PORT = 631
_BUSY = {
    IppStatus.ERROR_BUSY,
    IppStatus.ERROR_NOT_ACCEPTING_JOBS,
    IppStatus.ERROR_SERVICE_UNAVAILABLE,
    IppStatus.ERROR_TEMPORARY,
    IppStatus.ERROR_DEVICE,
    IppStatus.ERROR_TOO_MANY_JOBS,
}
# RFC 8010, 3.5.2: value tags of collections.
_INTEGER, _BEGIN, _END, _KEYWORD, _MEMBER = 0x21, 0x34, 0x37, 0x44, 0x4A
_END_OF_ATTRIBUTES = b"\x03"
# PWG 5101.1 self-describing media size, e.g. iso_a4_210x297mm.
_MEDIA = re.compile(r"[a-z0-9][a-z0-9_.-]*_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)")
_HUNDREDTHS = {"mm": 100, "in": 2540}


class IppPrinter:
    """One printer, or one queue of a CUPS server, by its ``ipp:`` or ``ipps:`` address."""

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

    def send(
        self, pdf: bytes, name: str, *, media: str, sides: str, source: str = "", kind: str = ""
    ) -> int:
        """Submit a Print-Job and return its number.

        ``source`` is the tray (IPP media-source), ``kind`` the paper (media-type); with one of
        them the paper is asked for by ``media-col``, else by its size alone. Raises
        ``PrintFailed``, also for an answer that names no job or more than one.
        """
        job = {"sides": sides} if source or kind else {"media": media, "sides": sides}
        extra = media_col(media, source, kind) if source or kind else b""
        answer = self._ask(
            IppOperation.PRINT_JOB,
            {
                "job-name": name,
                "document-format": "application/pdf",
                # Without fidelity a printer may drop media and sides in silence.
                "ipp-attribute-fidelity": True,
            },
            job,
            pdf,
            extra,
        )
        numbers = {number for job in answer["jobs"] if (number := _number(job)) is not None}
        if len(numbers) != 1:
            said = "keinen Auftrag" if not numbers else "mehr als einen Auftrag"
            raise PrintFailed(
                f"Der Drucker {self.host} nennt {said} für einen Brief. Bitte am Drucker "
                "nachsehen, bevor neu gedruckt wird.",
                key="antwort",
                retry=False,
                job_id=min(numbers, default=None),
            )
        return numbers.pop()

    def status_of(self, job_id: int) -> JobStatus:
        """Return what the printer says of a job now; raises ``PrintFailed``.

        Key ``unbekannt``: it knows no such job (any more); ``antwort``: it spoke of another one.
        """
        wanted = ["job-id", "job-name", "job-state", "job-state-reasons"]
        answer = self._ask(
            IppOperation.GET_JOB_ATTRIBUTES, {"job-id": job_id, "requested-attributes": wanted}
        )
        found = [status for job in answer["jobs"] if (status := _status(job)) is not None]
        if len(found) != 1 or found[0].job_id != job_id:
            raise PrintFailed(
                f"Der Drucker {self.host} antwortet auf die Frage nach Auftrag {job_id} mit etwas "
                "anderem. Bitte am Drucker nachsehen.",
                key="antwort",
                retry=False,
                job_id=job_id,
            )
        return found[0]

    def troubles(self) -> tuple[str, ...]:
        """Return the reasons for which the printer itself stands or complains."""
        wanted = ["printer-state", "printer-state-reasons"]
        printers = self._ask(IppOperation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": wanted})[
            "printers"
        ]
        return _words(printers[0].get("printer-state-reasons")) if printers else ()

    def jobs(self) -> list[JobStatus]:
        """Return the open and the remembered jobs."""
        wanted = ["job-id", "job-name", "job-state", "job-state-reasons"]
        rows = [
            _status(job)
            for which in ("not-completed", "completed")
            for job in self._ask(
                IppOperation.GET_JOBS, {"which-jobs": which, "requested-attributes": wanted}
            )["jobs"]
        ]
        return [row for row in rows if row is not None]

    def _ask(
        self,
        operation: IppOperation,
        attributes: dict[str, Any],
        job: dict[str, Any] | None = None,
        data: bytes | None = None,
        extra: bytes = b"",
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
        # The library cannot write collections: they follow the last attribute of the job.
        head = encode_dict(message).removesuffix(_END_OF_ATTRIBUTES)
        answer = self._post(b"".join((head, extra, _END_OF_ATTRIBUTES, data or b"")))
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
            text = f"Der Drucker {self.host} ist beschäftigt oder gestört (0x{code:04x})."
            raise PrintFailed(text, key="beschaeftigt", retry=True)
        if code in (IppStatus.ERROR_ATTRIBUTES_OR_VALUES, IppStatus.ERROR_CONFLICTING):
            text = (
                f"Der Drucker {self.host} hat dieses Papier, dieses Fach oder diese Seitenart "
                f"nicht (0x{code:04x})."
            )
            raise PrintFailed(text, key="papier", retry=False)
        if code == IppStatus.ERROR_NOT_FOUND:
            text = f"Der Drucker {self.host} kennt diesen Auftrag nicht (mehr)."
            raise PrintFailed(text, key="unbekannt", retry=False)
        text = f"Der Drucker {self.host} lehnt den Auftrag ab (0x{code:04x})."
        raise PrintFailed(text, key="abgelehnt", retry=False)


def media_col(media: str, source: str = "", kind: str = "") -> bytes:
    """Return the attribute ``media-col`` (PWG 5100.7): size, tray and kind of the paper.

    Raises ``PrintFailed`` for a ``media`` that does not say its size.
    """
    size = _MEDIA.fullmatch(media)
    if size is None:
        raise PrintFailed(f"Das Papier „{media}“ nennt keine Größe.", key="papier", retry=False)
    unit = _HUNDREDTHS[size[3]]
    width, height = (round(float(size[n]) * unit) for n in (1, 2))
    members = [
        *_member("media-size", _BEGIN, b""),
        *_member("x-dimension", _INTEGER, struct.pack(">i", width)),
        *_member("y-dimension", _INTEGER, struct.pack(">i", height)),
        _value(_END, b"", b""),
    ]
    for name, word in (("media-source", source), ("media-type", kind)):
        if word:
            members += _member(name, _KEYWORD, word.encode("ascii"))
    return b"".join((_value(_BEGIN, b"media-col", b""), *members, _value(_END, b"", b"")))


def _member(name: str, tag: int, value: bytes) -> tuple[bytes, bytes]:
    return _value(_MEMBER, b"", name.encode("ascii")), _value(tag, b"", value)


def _value(tag: int, name: bytes, value: bytes) -> bytes:
    return b"".join(
        (bytes([tag]), struct.pack(">h", len(name)), name, struct.pack(">h", len(value)), value)
    )


def _number(job: dict[str, Any]) -> int | None:
    number = job.get("job-id")
    return number if isinstance(number, int) and number > 0 else None


def _status(job: dict[str, Any]) -> JobStatus | None:
    number, state = _number(job), job.get("job-state")
    if number is None or state not in list(JobState):
        return None
    known = JobState(int(state))
    reasons = _words(job.get("job-state-reasons"))
    return JobStatus(number, str(job.get("job-name", "")), known, reasons)


def _words(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [value]
    return tuple(str(word) for word in words if word and word != "none")
