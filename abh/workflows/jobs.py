"""Sweepers of the cases: clocks that have run out, and what follows from them by itself."""

from __future__ import annotations

import logging

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import DomainError
from abh.workflows.beteiligung import due
from abh.workflows.dossier import part_of
from abh.workflows.intake import notify_letters
from abh.workflows.service import store_part
from abh.workflows.steps import StepDone, advance, change_progress, load_case, note_step
from abh.workflows.tables import AntragDraft, CaseFrist, Vorgang

log = logging.getLogger(__name__)


def sweep_fristen(session: Session, clock: Clock, limit: int = 100) -> int:
    """Expire clocks whose last day has passed and take the steps that follow; returns how many.

    A period runs to the end of its last day, so it expires on the day after. Rows are taken with
    SKIP LOCKED and cases in the order of their keys, so that several sweepers do not meet; running
    twice changes nothing. ``clock`` is the house of the process, whose law it needs.
    """
    house = _house(clock)
    cases = session.scalars(
        select(Vorgang.id)
        .where(
            Vorgang.id.in_(
                select(CaseFrist.vorgang_id)
                .where(CaseFrist.status == "running", CaseFrist.due_on < house.today)
                .order_by(CaseFrist.due_on)
                .limit(limit)
            )
        )
        .order_by(Vorgang.id)
        .with_for_update(skip_locked=True)
    ).all()
    return sum(_expire_apart(session, house, vorgang_id) for vorgang_id in cases)


def _expire_apart(session: Session, house: House, vorgang_id: int) -> int:
    """Expire the clocks of one case in a savepoint: its fault must not stop all other clocks."""
    try:
        with session.begin_nested():
            return int(_expire(session, house, vorgang_id))
    except DomainError as error:
        log.warning("clocks of case %d wait: %s", vorgang_id, type(error).__name__)
        return 0


def _expire(session: Session, house: House, vorgang_id: int) -> bool:
    case = load_case(session, house, vorgang_id=vorgang_id)
    over = [
        row
        for row in case.row["fristen"]
        if row["status"] == "running" and row["due_on"] < house.today.isoformat()
    ]
    if not over:
        # Another sweeper was here between our search and our lock: one line in the log is enough.
        return False
    session.execute(
        update(CaseFrist)
        .where(CaseFrist.id.in_([row["id"] for row in over]))
        .values(status="expired", ended_at=house.now())
    )
    results = {}
    for row in case.row["beteiligungen"]:
        before = part_of(row)
        after = due(before, house.today)
        if after != before:
            store_part(session, house, vorgang_id, row["id"], after)
            results[row["kind"]] = after.state.value
    step = note_step(
        "frist_abgelaufen",
        "Frist abgelaufen: " + ", ".join(row["label"] for row in over),
        "; ".join(dict.fromkeys(row["norm"] for row in over)),
        (),
    )
    version = change_progress(
        session,
        house,
        SYSTEM,
        case,
        step,
        reason="",
        parts={},
        notes={
            "label": step.label,
            "fristen": [row["kind"] for row in over],
            **({"beteiligungen": results} if results else {}),
        },
    )
    done = advance(session, house, StepDone(vorgang_id, case.state, version))
    notify_letters(session, house, done.letters)
    return True


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    return clock


def sweep_drafts(session: Session, clock: Clock, limit: int = 500) -> int:
    """Delete drafts of applications that were never sent, a day after the last change."""
    gone = session.execute(
        delete(AntragDraft).where(
            AntragDraft.id.in_(
                select(AntragDraft.id).where(AntragDraft.expires_at < clock.now()).limit(limit)
            )
        )
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
