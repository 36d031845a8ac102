"""Proves that the files lose nothing: every sheet's content is read and hashed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.documents.akte import Blobs
from abh.documents.store import BlobDamaged, StoreUnavailable
from abh.kernel.errors import NotFound

_CHUNK = 1_000
_CONTENTS = text(
    """
SELECT blob_sha256 AS sha, min(akte_id) AS akte, min(sheet_no) AS sheet, count(*) AS sheets
  FROM blatt WHERE blob_sha256 > :after GROUP BY blob_sha256 ORDER BY blob_sha256 LIMIT :limit
"""
)
# Sheet numbers without gaps but those a deletion run explains; no letter out of the house whose
# sheet is another file.
_GAPS = text(
    """
SELECT a.number, a.last_sheet, count(b.id) AS sheets, coalesce(max(b.sheet_no), 0) AS highest,
       cardinality(a.removed_sheets) AS removed
  FROM akte a LEFT JOIN blatt b ON b.akte_id = a.id GROUP BY a.id
HAVING count(b.id) + cardinality(a.removed_sheets) <> a.last_sheet
    OR greatest(coalesce(max(b.sheet_no), 0), (SELECT max(n) FROM unnest(a.removed_sheets) n))
       <> a.last_sheet
    OR bool_or(b.sheet_no = ANY(a.removed_sheets))
 ORDER BY a.number LIMIT 1000
"""
)
_LETTERS = text(
    """
SELECT l.id, l.key FROM letter l LEFT JOIN blatt b ON b.id = l.blatt_id
 WHERE l.state IN ('released', 'dispatched') AND b.blob_sha256 IS DISTINCT FROM l.pdf_sha256
 ORDER BY l.id LIMIT 1000
"""
)


@dataclass(frozen=True, slots=True)
class Verified:
    """How many contents were read, and every fault as a sentence."""

    contents: int
    faults: tuple[str, ...]


def verify_files(
    session: Session, blobs: Blobs, *, progress: Callable[[int], None] = lambda done: None
) -> Verified:
    """Read and hash every content of the files; names what is lost, changed or out of order.

    Memory stays flat; ``progress`` hears how many contents were read.
    """
    done = 0
    faults: list[str] = []
    for sha, akte, sheet, sheets in _contents(session):
        try:
            blobs.get(sha)
        except NotFound:
            faults.append(_named("fehlt", sha, akte, sheet, sheets))
        except BlobDamaged:
            faults.append(_named("wurde verändert", sha, akte, sheet, sheets))
        except StoreUnavailable as error:
            faults.append(_named(f"ist nicht lesbar ({error})", sha, akte, sheet, sheets))
        done += 1
        progress(done)
    for row in session.execute(_GAPS):
        faults.append(
            f"Akte {row.number}: {row.sheets} Blätter, letztes {row.highest}, gelöscht "
            f"{row.removed}, gezählt {row.last_sheet}."
        )
    for row in session.execute(_LETTERS):
        faults.append(f"Brief {row.id} ({row.key}): Das Blatt hat einen anderen Inhalt.")
    return Verified(done, tuple(faults))


def _contents(session: Session) -> Iterator[tuple[str, int, int, int]]:
    after = ""
    while True:
        rows = session.execute(_CONTENTS, {"after": after, "limit": _CHUNK}).all()
        yield from ((row.sha, row.akte, row.sheet, row.sheets) for row in rows)
        if len(rows) < _CHUNK:
            return
        after = rows[-1].sha


def _named(what: str, sha: str, akte: int, sheet: int, sheets: int) -> str:
    more = f" (und {sheets - 1} weitere)" if sheets > 1 else ""
    return f"Akte {akte}, Blatt {sheet}{more}: Der Inhalt {sha[:12]}… {what}."
