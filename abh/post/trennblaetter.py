"""Separator sheets for a Sachgebiet, checked before they are printed."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from abh.documents.trennblatt import Separator, sheet
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.office import service as office
from abh.post.schemas import KINDS


def pdf_of(session: Session, secret: bytes, unit_key: str, kind: str, day: str) -> bytes:
    """Return a separator sheet as PDF; ``day`` is the stamp as YYYY-MM-DD, or "".

    Raises ``InvalidInput`` for an unknown kind or day, ``NotFound`` for an unknown Sachgebiet.
    """
    unit = office.unit(session, unit_key)
    if kind and kind not in KINDS:
        raise InvalidInput([FieldProblem("kind", "Bitte aus der Liste wählen.")])
    try:
        stamp = date.fromisoformat(day) if day else None
    except ValueError as error:
        problem = FieldProblem("received_on", "Dieses Datum gibt es nicht.")
        raise InvalidInput([problem]) from error
    lines = [
        f"{unit.key} {unit.name}",
        KINDS[kind] if kind else "Art: wird erkannt",
        f"Eingangsstempel: {stamp:%d.%m.%Y}" if stamp else "Eingang: Tag des Scans",
        "Vor jeden Brief ein Blatt legen. Mehrfach verwendbar.",
    ]
    return sheet(Separator(unit.key, kind, stamp), "\n".join(lines), secret)
