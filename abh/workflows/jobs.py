"""Sweepers of the cases: clocks that have run out, and what follows from them by itself."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from abh.documents.entsorgung import note_unused
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.workflows.tables import AntragDraft
from abh.workflows.uhrablauf import expire_due


def sweep_fristen(session: Session, clock: Clock, limit: int = 100) -> int:
    """Expire clocks whose last day has passed and take the steps that follow; returns how many.

    A period runs to the end of its last day, so it expires on the day after. Rows are taken with
    SKIP LOCKED and cases in the order of their keys, so that several sweepers do not meet; running
    twice changes nothing. ``clock`` is the house of the process, whose law it needs.
    """
    return expire_due(session, _house(clock), limit)


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    return clock


def sweep_drafts(session: Session, clock: Clock, limit: int = 500) -> int:
    """Delete drafts of applications that were never sent, a day after the last change.

    Their uploads are noted for removal from the store.
    """
    gone = session.scalars(
        delete(AntragDraft)
        .where(
            AntragDraft.id.in_(
                select(AntragDraft.id).where(AntragDraft.expires_at < clock.now()).limit(limit)
            )
        )
        .returning(AntragDraft.uploads)
    ).all()
    shas = [str(upload["sha256"]) for uploads in gone for upload in uploads]
    note_unused(session, shas, now=clock.now())
    return len(gone)
