"""Removes contents that no sheet, letter or draft needs any more; the store comes after the commit.

What is noted here was unused when it was noted. It is looked at again before it goes, because the
same content may have been filed by somebody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.documents.store import StoreUnavailable
from abh.documents.tables_akte import BlobRemoval

_NOTE = text(
    """
INSERT INTO blob_removal (sha256, noted_at, run_id) SELECT unnest(CAST(:shas AS text[])), :now, :run
ON CONFLICT (sha256) DO UPDATE SET noted_at = excluded.noted_at, run_id = excluded.run_id,
  removed_at = NULL
"""
)
# Drafts and post lie in rooms above; their contents are contents of this store all the same.
_USED = text(
    """
SELECT EXISTS (SELECT 1 FROM blatt WHERE blob_sha256 = :sha)
    OR EXISTS (SELECT 1 FROM letter WHERE pdf_sha256 = :sha)
    OR EXISTS (SELECT 1 FROM antrag_draft d, jsonb_array_elements(d.uploads) u
                WHERE u ->> 'sha256' = :sha)
    OR EXISTS (SELECT 1 FROM post_item WHERE sha256 = :sha)
    OR EXISTS (SELECT 1 FROM post_part WHERE sha256 = :sha)
    OR EXISTS (SELECT 1 FROM post_model WHERE sha256 = :sha)
    OR EXISTS (SELECT 1 FROM mandate WHERE proof_sha256 = :sha)
    OR EXISTS (SELECT 1 FROM mandate_request WHERE proof_sha256 = :sha)
    OR EXISTS (SELECT 1 FROM company_registration WHERE proof_sha256 = :sha)
    OR EXISTS (SELECT 1 FROM emergency_evidence WHERE sha256 = :sha)
"""
)


def note_unused(
    session: Session, shas: Iterable[str], *, now: datetime, run_id: int | None = None
) -> None:
    """Note contents for removal; one that is noted already gets the newer day."""
    wanted = sorted(set(shas))
    if wanted:
        session.execute(_NOTE, {"shas": wanted, "now": now, "run": run_id})


def sweep_contents(session: Session, clock: Any, limit: int = 200) -> int:
    """Remove what was noted and is unused; the job ``akte.inhalte``. Returns how many went.

    What is used again is forgotten, what is too young waits. A store that is away ends the sweep:
    the rest is tried by the next one.
    """
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    shas = session.scalars(
        select(BlobRemoval.sha256)
        .where(BlobRemoval.removed_at.is_(None))
        .order_by(BlobRemoval.noted_at, BlobRemoval.sha256)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    gone = 0
    for sha in shas:
        if _used(session, sha):
            session.execute(delete(BlobRemoval).where(BlobRemoval.sha256 == sha))
            continue
        try:
            removed = clock.blobs.remove(sha, partial(_unused, session, sha))
        except StoreUnavailable:
            break
        if removed:
            session.execute(
                update(BlobRemoval).where(BlobRemoval.sha256 == sha).values(removed_at=clock.now())
            )
            gone += 1
    return gone


def _used(session: Session, sha: str) -> bool:
    return bool(session.scalar(_USED, {"sha": sha}))


def _unused(session: Session, sha: str) -> bool:
    return not _used(session, sha)
