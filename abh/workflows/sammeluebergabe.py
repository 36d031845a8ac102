"""Hand-overs in bulk: preview of the count, a pause to undo, a result for each case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import (
    Conflict,
    FieldProblem,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from abh.office import service as office
from abh.outbox import sammellauf
from abh.workflows.leitungslisten import Choice, ids_of
from abh.workflows.tables_lauf import CaseRun, CaseRunRow
from abh.workflows.uebergaben import SHORTEST_REASON, Aim, hand_over
from abh.workflows.zugriff import hidden_in

# Time in which a slip of the hand is taken back before anything is done.
UNDO: Final = timedelta(seconds=10)
MOST: Final = 1_000
MOST_SHOWN: Final = 200
_ROWS = text(
    """
SELECT r.vorgang_id, r.outcome, r.detail, v.number, v.verfahren, b.display_name AS before,
       a.display_name AS after, v.unit_key
  FROM case_run_row r JOIN vorgang v ON v.id = r.vorgang_id
  LEFT JOIN app_user b ON b.id = r.owner_id LEFT JOIN app_user a ON a.id = v.owner_id
 WHERE r.run_id = :id AND v.verfahren <> ALL(:hidden)
 ORDER BY r.outcome <> 'skipped', r.vorgang_id LIMIT :most
"""
)


@dataclass(frozen=True, slots=True)
class Result:
    """A run with its rows: what was done, what was passed over and why."""

    run: CaseRun
    counts: sammellauf.Counts
    rows: Sequence[Mapping[str, Any]]


def order(
    session: Session,
    actor: Actor,
    unit_key: str,
    choice: Choice,
    aim: Aim,
    reason: str,
    *,
    expected: int,
    day: date,
    clock: Clock,
) -> CaseRun:
    """Order a hand-over of all cases of a choice; it is carried out when the time to undo is over.

    ``expected`` is the count of the preview: another count meanwhile is a ``Conflict``. Raises
    ``InvalidInput`` for a missing reason or aim, ``NotAllowed`` for who does not lead the unit.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    if actor.user_id is None:
        raise NotAllowed("Nur Personen können Übergaben anordnen.")
    _check(session, unit_key, aim, reason)
    owners = ids_of(session, actor, unit_key, choice, day=day, limit=MOST + 1)
    if len(owners) != expected:
        raise Conflict(f"Inzwischen sind es {len(owners)} Vorgänge; bitte noch einmal ansehen.")
    if not owners:
        raise InvalidInput([FieldProblem("reason", "Auf diese Auswahl passt nichts.")])
    if len(owners) > MOST:
        raise InvalidInput([FieldProblem("reason", f"Höchstens {MOST} Vorgänge auf einmal.")])
    run = CaseRun(
        unit_key=unit_key,
        to_user=aim.user,
        to_unit=aim.unit,
        reason=reason.strip(),
        ordered_by=actor.user_id,
        ordered_at=clock.now(),
        run_at=clock.now() + UNDO,
    )
    session.add(run)
    session.flush()
    session.execute(
        insert(CaseRunRow),
        [{"run_id": run.id, "vorgang_id": key, "owner_id": own} for key, own in owners.items()],
    )
    _log(session, actor, "vorgang.bulk", run.id, clock, count=len(owners), unit=unit_key)
    return run


def _check(session: Session, unit_key: str, aim: Aim, reason: str) -> None:
    problems = []
    if len(reason.strip()) < SHORTEST_REASON:
        problems.append(FieldProblem("reason", "Bitte den Grund in Worten angeben."))
    if aim.user is not None:
        user = session.get(AppUser, aim.user)
        if user is None or not user.active or user.unit_key != unit_key:
            problems.append(FieldProblem("to", "Bitte jemanden aus dem Sachgebiet wählen."))
    if aim.unit and (aim.unit == unit_key or all(u.key != aim.unit for u in office.units(session))):
        problems.append(FieldProblem("to", "Bitte ein anderes Sachgebiet wählen."))
    if problems:
        raise InvalidInput(problems)


def undo(session: Session, actor: Actor, run_id: int, *, clock: Clock) -> None:
    """Take a run back before any of it was carried out; ``Conflict`` afterwards."""
    _run(session, actor, run_id)
    sammellauf.take_back(session, CaseRun, run_id, clock.now())
    _log(session, actor, "vorgang.bulk_undo", run_id, clock)


def result(session: Session, actor: Actor, run_id: int) -> Result:
    """Return a run with at most 200 of its rows, those passed over first. Three statements."""
    run = _run(session, actor, run_id)
    params = {"id": run_id, "most": MOST_SHOWN, "hidden": hidden_in(actor, run.unit_key)}
    rows = [dict(row) for row in session.execute(_ROWS, params).mappings()]
    counts = sammellauf.counts(session, CaseRunRow, CaseRunRow.run_id, run_id)
    return Result(run, counts, rows)


def newest(session: Session, actor: Actor, unit_key: str, limit: int = 10) -> list[CaseRun]:
    """Return the newest runs of a unit."""
    require(actor, Power.UNIT_LEAD, unit_key)
    query = select(CaseRun).where(CaseRun.unit_key == unit_key).order_by(CaseRun.id.desc())
    return list(session.scalars(query.limit(limit)))


def _run(session: Session, actor: Actor, run_id: int) -> CaseRun:
    run = session.get(CaseRun, run_id)
    if run is None:
        raise NotFound("Diese Sammelübergabe gibt es nicht.")
    require(actor, Power.UNIT_LEAD, run.unit_key)
    return run


def carry_out(session: Session, clock: Clock, limit: int = 50) -> int:
    """Hand over up to ``limit`` cases of a run whose time to undo is over; returns how many.

    Each case has a savepoint of its own; what cannot be handed over is passed over with its reason,
    among them what changed hands since the run was ordered. ``clock`` is the house of the process.
    """
    if not isinstance(clock, House):
        raise TypeError("hand-overs need a furnished house as their clock")
    run = sammellauf.next_due(session, CaseRun, clock.now())
    if run is None:
        return 0
    rows = session.scalars(
        select(CaseRunRow)
        .where(CaseRunRow.run_id == run.id, CaseRunRow.outcome == "")
        .order_by(CaseRunRow.vorgang_id)
        .limit(limit)
    ).all()
    actor = actor_of_user(session.get_one(AppUser, run.ordered_by))
    sammellauf.carry_out_rows(session, rows, lambda row: _one(session, clock, actor, run, row))
    if len(rows) < limit:
        run.done_at = clock.now()
        _log(session, SYSTEM, "vorgang.bulk_done", run.id, clock)
    return len(rows)


_OWNER = text("SELECT owner_id FROM vorgang WHERE id = :id FOR NO KEY UPDATE")


def _one(session: Session, house: House, actor: Actor, run: CaseRun, row: CaseRunRow) -> None:
    owner = session.scalar(_OWNER, {"id": row.vorgang_id})
    if owner != row.owner_id:
        raise Conflict("Hat seit der Anordnung schon jemand anderes übernommen.")
    aim = Aim(run.to_user, run.to_unit)
    hand_over(session, house, actor, row.vorgang_id, aim, run.reason, expected_version=None)


def _log(
    session: Session, actor: Actor, action: str, run_id: int, clock: Clock, **facts: Any
) -> None:
    audit.record(session, actor, action, "case_run", run_id, now=clock.now(), facts=facts)
