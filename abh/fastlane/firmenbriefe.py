"""Letters of the office to a company, as far as the mandate covers decisions.

Only those addressed to this very company (``Letter.company_id``): what the office writes to the
person is never shown here, whatever the mandate says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from abh.documents.akte import sheet_content
from abh.documents.house import House
from abh.documents.letters import letter_kind
from abh.documents.tables import Letter
from abh.fastlane.briefmeldung import note_opened
from abh.fastlane.zugang import REFUSED, Acting, mandate_clause, note_looks, require_covered
from abh.kernel.errors import NotFound
from abh.workflows.tables import Vorgang

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


@dataclass(frozen=True, slots=True)
class Briefzeile:
    """A letter to the company in a list over all cases."""

    id: int
    number: str
    key: str
    label: str
    released_at: datetime
    vorgang_id: int


def letters_after(
    session: Session, who: Acting, *, clock: House, after: int, limit: int
) -> list[Briefzeile]:
    """Return letters to the company in cases whose mandate covers ``SCOPE``, in order of release.

    At most ``limit`` that were released after the letter ``after`` (0, or one that is gone: from
    the first); not by rising id, because a letter that waits for a second signature comes late.
    The look at their cases is recorded.
    """
    released = func.coalesce(Letter.released_at, Letter.created_at)
    known = session.execute(
        select(released, Letter.id).where(Letter.id == after, *released_to(who.company_id))
    ).one_or_none()
    rows = session.execute(
        select(
            *(Letter.id, Letter.key, Letter.released_at, Letter.created_at),
            *(Vorgang.number, Letter.vorgang_id),
        )
        .join(Vorgang, Vorgang.id == Letter.vorgang_id)
        .where(
            *released_to(who.company_id),
            mandate_clause(who, SCOPE, day=clock.today),
            *([tuple_(released, Letter.id) > tuple_(*known)] if known else []),
        )
        .order_by(released, Letter.id)
        .limit(limit)
    ).all()
    cases = list(dict.fromkeys(row.vorgang_id for row in rows))
    note_looks(session, who, cases, what="fastlane.list", now=clock.now())
    return [
        Briefzeile(
            row.id,
            row.number,
            row.key,
            letter_kind(row.key).title,
            row.released_at or row.created_at,
            row.vorgang_id,
        )
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
    note_opened(session, who, letter_id)
    _sheet, data = sheet_content(session, house.blobs, row.blatt_id)
    return row.key, data
