"""Letters of the office to a company, as far as the mandate covers decisions.

Only those addressed to this very company (``Letter.company_id``): what the office writes to the
person is never shown here, whatever the mandate says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from abh.documents.akte import sheet_content
from abh.documents.house import House
from abh.documents.letters import letter_kind
from abh.documents.tables import Letter
from abh.fastlane.zugang import REFUSED, Acting, note_looks, require_covered
from abh.kernel.errors import NotFound

SCOPE = "decisions"
MOST = 50


@dataclass(frozen=True, slots=True)
class Firmenbrief:
    """A letter that was released to the company."""

    id: int
    key: str
    label: str
    released_at: datetime


def released_to(company_id: int) -> list[ColumnElement[bool]]:
    """Return the conditions on ``Letter`` rows that a company may read, its mandate apart."""
    return [
        Letter.company_id == company_id,
        Letter.state.in_(("released", "dispatched")),
        Letter.blatt_id.is_not(None),
    ]


def letters_of(session: Session, who: Acting, vorgang_id: int) -> Sequence[Firmenbrief]:
    """Return the letters of a case to the company, newest first; the caller asked for ``SCOPE``."""
    rows = session.execute(
        select(Letter.id, Letter.key, Letter.released_at, Letter.created_at)
        .where(Letter.vorgang_id == vorgang_id, *released_to(who.company_id))
        .order_by(Letter.id.desc())
        .limit(MOST)
    )
    return [
        Firmenbrief(row.id, row.key, letter_kind(row.key).title, row.released_at or row.created_at)
        for row in rows
    ]


def letter_file(
    session: Session, house: House, who: Acting, number: str, letter_id: int
) -> tuple[str, bytes]:
    """Return a letter as key and PDF; the look is recorded and told to the person.

    Raises ``NotFound`` in the same words for a case without mandate, one whose mandate leaves
    decisions out, and a letter to somebody else.
    """
    case = require_covered(session, who, number, SCOPE, clock=house, day=house.today)
    row: Any = session.execute(
        select(Letter.key, Letter.blatt_id).where(
            Letter.id == letter_id, Letter.vorgang_id == case.id, *released_to(who.company_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(REFUSED)
    note_looks(session, who, [case.id], what="fastlane.letter", now=house.now())
    _sheet, data = sheet_content(session, house.blobs, row.blatt_id)
    return row.key, data
