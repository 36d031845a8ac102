"""Takes in uploaded files: what they are is decided by content, and every refusal says why."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import filetype

from abh.documents.virenscan import Scanner
from abh.kernel.errors import Reason, UploadRefused
from abh.kernel.ids import content_hash

_PROBE = Path(__file__).with_name("upload_probe.py")
_ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_MESSAGES = {
    "leer": "„{name}“ ist leer (0 Byte). Bitte wählen Sie die Datei noch einmal aus.",
    "zu_gross": "„{name}“ ist {size} groß; möglich sind {limit}. Bitte verkleinern Sie die Datei "
    "oder teilen Sie sie auf.",
    "falscher_typ": "„{name}“ ist kein PDF, JPEG oder PNG. Bitte speichern Sie das Dokument als "
    "PDF oder machen Sie ein Foto davon.",
    "verschluesselt": "„{name}“ ist mit einem Passwort geschützt. Bitte speichern Sie das PDF ohne "
    "Passwort und laden Sie es noch einmal hoch.",
    "beschaedigt": "„{name}“ ist beschädigt oder unvollständig. Bitte erstellen Sie die Datei neu.",
    "zu_viele_seiten": "„{name}“ hat mehr als {pages} Seiten. Bitte teilen Sie das Dokument auf.",
    "bombe": "„{name}“ wird beim Öffnen übermäßig groß. Bitte erstellen Sie die Datei neu, zum "
    "Beispiel mit „Als PDF drucken“.",
    "zu_komplex": "„{name}“ ist zu verschachtelt aufgebaut. Bitte erstellen Sie die Datei neu, zum "
    "Beispiel mit „Als PDF drucken“.",
    "aktive_inhalte": "„{name}“ enthält Programmcode. Bitte erstellen Sie das PDF mit „Als PDF "
    "drucken“ neu.",
    "eingebettete_dateien": "„{name}“ enthält weitere Dateien. Bitte laden Sie diese einzeln hoch "
    "und erstellen Sie das PDF mit „Als PDF drucken“ neu.",
    "dateiname": "Der Name der Datei enthält unzulässige Zeichen. Bitte benennen Sie sie um.",
}


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What an upload may cost; sizes in bytes, ``pixels`` per picture, ``seconds`` of CPU.

    ``max_unpacked`` is for everything but pictures, ``max_content`` for what all pages draw,
    ``max_page_content`` for what one does: of more than that no page is drawn in the time a clerk
    waits.
    """

    max_bytes: int = 20 * 1024 * 1024
    max_pages: int = 200
    max_unpacked: int = 300 * 1024 * 1024
    max_content: int = 64 * 1024 * 1024
    max_page_content: int = 16 * 1024 * 1024
    max_objects: int = 200_000
    max_parts: int = 2_000_000
    max_pixels: int = 60_000_000
    memory: int = 1024 * 1024 * 1024
    seconds: int = 15


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """A file that may be filed; ``pages`` is None for pictures."""

    mime: str
    pages: int | None
    sha256: str
    safe_name: str


def inspect_upload(
    name: str,
    data: bytes,
    limits: UploadLimits | None = None,
    *,
    scanner: Scanner | None,
) -> AcceptedFile:
    """Return what ``data`` is, judged by its content and not by ``name``.

    Raises ``UploadRefused`` with one reason: its ``key`` is stable, its text is for the sender.
    PDFs with programs or embedded files are refused, not cleaned: the file in the Akte must be
    the one that the applicant sent. ``scanner`` (None: none is set up) looks first, so that
    nothing else opens an infected file; ``ScannerSilent`` when it does not answer.
    """
    limits = limits or UploadLimits()
    shown = _shown(name)
    if "\0" in name or any(unicodedata.category(c) == "Cc" for c in name):
        raise _refused("dateiname", shown, limits)
    if not data:
        raise _refused("leer", shown, limits)
    if len(data) > limits.max_bytes:
        raise _refused("zu_gross", shown, limits, size=len(data))
    if scanner is not None:
        scanner.check(shown, data)
    kind = filetype.guess(data)
    mime = kind.mime if kind else ""
    if mime not in _ENDINGS:
        raise _refused("falscher_typ", shown, limits)
    answer = _probe(data, mime, limits)
    if key := answer.get("refused"):
        raise _refused(str(key), shown, limits)
    pages = answer["pages"]
    return AcceptedFile(
        mime=mime,
        pages=None if pages is None else int(str(pages)),
        sha256=content_hash(data),
        safe_name=safe_name(name, mime),
    )


def safe_name(name: str, mime: str) -> str:
    """Return a file name without path, control or shell characters, with its true ending."""
    plain = unicodedata.normalize("NFC", PurePosixPath(name.replace("\\", "/")).name)
    stem = re.sub(r"\.(pdf|jpe?g|png|heic|heif|webp|tiff?)$", "", plain, flags=re.IGNORECASE)
    stem = "".join(c if c.isalnum() or c in " -_.,()+'" else "_" for c in stem)
    stem = stem.strip(" ._-")[:100].rstrip()
    return (stem or "dokument") + _ENDINGS[mime]


def _probe(data: bytes, mime: str, limits: UploadLimits) -> dict[str, object]:
    numbers = {
        "pages": limits.max_pages,
        "unpacked": limits.max_unpacked,
        "content": limits.max_content,
        "page_content": limits.max_page_content,
        "objects": limits.max_objects,
        "parts": limits.max_parts,
        "pixels": limits.max_pixels,
        "memory": limits.memory,
        "seconds": limits.seconds,
    }
    command = [sys.executable, "-I", str(_PROBE), json.dumps(numbers), mime]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=limits.seconds * 4, env={}, check=True
        )
        answer: dict[str, object] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        # The probe died of its own limits (memory, CPU, stack): the file is hostile or hopeless.
        return {"refused": "zu_komplex"}
    return answer


def _refused(key: str, name: str, limits: UploadLimits, size: int = 0) -> UploadRefused:
    text = _MESSAGES[key].format(
        name=name, size=_mb(size), limit=_mb(limits.max_bytes), pages=limits.max_pages
    )
    return UploadRefused(text, reasons=[Reason(text, key=key)])


def _shown(name: str) -> str:
    plain = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    return plain[:80] or "Datei"


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB".replace(".", ",").replace(",0 ", " ")
