"""Stand-in documents of the demo: one small PDF per kind, shared by all sheets of that kind.

Past letters and proofs are rows; because the store is addressed by content, a handful of files
serves any number of sheets and every sheet of the demo can be opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from abh.kernel.ids import content_hash
from abh.workflows.definition import Verfahren


@dataclass(frozen=True, slots=True)
class Sheet:
    """A stand-in document with its hash."""

    title: str
    data: bytes
    sha256: str


@cache
def stand_in(title: str) -> Sheet:
    """Return a PDF of one page that says what it stands for; the same title, the same bytes."""
    lines = [title, "", "Demodokument: erfundener Inhalt, kein echtes Schriftstück."]
    text = " ".join(f"({_escaped(line)}) Tj T*" for line in lines).encode("cp1252", "replace")
    stream = b"BT /F1 14 Tf 20 TL 70 760 Td " + text + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    data = _assembled(objects)
    return Sheet(title, data, content_hash(data))


def stand_ins(verfahren: Verfahren) -> dict[str, Sheet]:
    """Return a stand-in for every kind of proof and every letter of a procedure, by key."""
    titles = {**verfahren.evidence_labels, **verfahren.letters}
    return {key: stand_in(title) for key, title in titles.items()}


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _assembled(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
