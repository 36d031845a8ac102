"""How the sheets of a file are sorted: of which kind each is, and which newer one replaced it.

A sheet is never overwritten. What somebody hands in again for the same purpose is a new sheet, and
the sheets of one kind in one case are its versions, in the order of their numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.documents.tables import Blatt

LETTER, PROOF, POST, OTHER = "brief", "nachweis", "post", "sonstiges"
_PROOFS = text(
    """
SELECT DISTINCT ON (e.blatt_id) e.blatt_id, e.kind, e.vorgang_id, e.accepted
  FROM evidence e WHERE e.blatt_id = ANY(:ids) ORDER BY e.blatt_id, e.id
"""
)
_READERS = text(
    """
SELECT a.at, a.actor_name FROM audit_entry a
 WHERE a.vorgang_id = :case AND a.is_read AND a.entity = 'blatt' AND a.entity_id = :sheet
 ORDER BY a.id DESC LIMIT :limit
"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sheet stands: its category, as what it is a proof, which version of how many.

    ``newest`` is the number of the sheet that replaced it, 0 for the newest itself.
    """

    category: str
    proof: str = ""
    version: int = 1
    versions: int = 1
    newest: int = 0
    rejected: bool = False


def places_of(session: Session, sheets: Sequence[Blatt]) -> Mapping[int, Place]:
    """Return the place of each sheet by its id; one statement for all."""
    by_id = {sheet.id: sheet for sheet in sheets}
    rows = session.execute(_PROOFS, {"ids": list(by_id)}).all()
    proofs = {row.blatt_id: row for row in rows}
    same: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: by_id[each.blatt_id].sheet_no):
        same[row.vorgang_id, row.kind].append(row.blatt_id)
    found = {}
    for sheet in sheets:
        proof = proofs.get(sheet.id)
        if proof is None:
            found[sheet.id] = Place(_category(sheet.origin))
            continue
        family = same[proof.vorgang_id, proof.kind]
        newest = by_id[family[-1]].sheet_no
        found[sheet.id] = Place(
            PROOF,
            proof.kind,
            family.index(sheet.id) + 1,
            len(family),
            0 if newest == sheet.sheet_no else newest,
            proof.accepted is False,
        )
    return found


def _category(origin: str) -> str:
    return {"letter": LETTER, "scan": POST, "message": POST}.get(origin, OTHER)


def readers_of(session: Session, sheet: Blatt, limit: int = 10) -> Sequence[tuple[str, str]]:
    """Return who opened a sheet last, newest first: instant (ISO) and name."""
    if sheet.vorgang_id is None:
        return ()
    given = {"case": sheet.vorgang_id, "sheet": sheet.id, "limit": limit}
    return [(row.at.isoformat(), row.actor_name) for row in session.execute(_READERS, given)]
