"""Clocks that are over: expired in batches, and one by one where something follows from it.

Most clocks only leave a line in the log (a warning of § 75 VwGO, a period without consequence).
Such cases are written together. Where a participation turns or a step follows, and where writing
together failed, each case has a savepoint of its own: its fault must not stop all other clocks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM
from abh.documents.house import House
from abh.kernel.errors import DomainError
from abh.workflows.anfragen import store_part
from abh.workflows.beteiligung import Beteiligung, due
from abh.workflows.definition import Step
from abh.workflows.dossier import Case, case_of, part_of
from abh.workflows.facts import Facts
from abh.workflows.intake import notify_letters
from abh.workflows.machine import due_steps
from abh.workflows.planung import PLANNING_STATES, to_plan
from abh.workflows.repository import case_rows
from abh.workflows.steps import LOG, StepDone, advance, change_progress, note_step
from abh.workflows.tables import CaseFrist, Vorgang
from abh.workflows.uhrstand import stand_of

log = logging.getLogger(__name__)

EXPIRED_STEP = "frist_abgelaufen"


@dataclass(frozen=True, slots=True)
class Ablauf:
    """A case with what is over in it: rows of clocks, and participations as they turn."""

    case: Case
    over: tuple[Mapping[str, Any], ...]
    turned: tuple[tuple[Mapping[str, Any], Beteiligung], ...]

    @property
    def step(self) -> Step:
        """The line of the log that says it."""
        label = "Frist abgelaufen: " + ", ".join(row["label"] for row in self.over)
        norm = "; ".join(dict.fromkeys(row["norm"] for row in self.over))
        return note_step(EXPIRED_STEP, label, norm, ())

    @property
    def notes(self) -> dict[str, Any]:
        """What the log keeps of it."""
        notes: dict[str, Any] = {
            "label": self.step.label,
            "fristen": [row["kind"] for row in self.over],
        }
        if self.turned:
            notes["beteiligungen"] = {row["kind"]: part.state.value for row, part in self.turned}
        return notes


def expire_due(session: Session, house: House, limit: int) -> int:
    """Expire what is over in the cases of at most ``limit`` clocks; returns how many cases.

    Cases are locked with SKIP LOCKED below the limit, so that several sweepers share what is due
    and never wait for each other.
    """
    return _expire_cases(session, house, _lock_due(session, house, limit))


def _lock_due(session: Session, house: House, limit: int) -> list[int]:
    locked = session.scalars(
        select(Vorgang.id)
        .join(CaseFrist, CaseFrist.vorgang_id == Vorgang.id)
        .where(CaseFrist.status == "running", CaseFrist.due_on < house.today)
        .order_by(CaseFrist.due_on, CaseFrist.id)
        .limit(limit)
        .with_for_update(of=Vorgang, skip_locked=True, key_share=True)
    )
    return sorted(set(locked))


def _expire_cases(session: Session, house: House, ids: Sequence[int]) -> int:
    """Read locked cases anew: another sweeper may have been here between search and lock."""
    if not ids:
        return 0
    found = [one for row in case_rows(session, ids) if (one := _read(row, house)) is not None]
    plain: list[Ablauf] = []
    apart: list[Ablauf] = []
    for one in found:
        (plain if _is_plain(one) else apart).append(one)
    together = len(plain)
    if plain and not _together(session, house, plain):
        together, apart = 0, found
    return together + sum(_apart(session, house, one) for one in apart)


def _read(row: Mapping[str, Any], house: House) -> Ablauf | None:
    """Return what is over; nothing where another sweeper was here between search and lock."""
    try:
        case = case_of(row, house.law, house.today)
    except DomainError as error:
        _waits(int(row["vorgang"]["id"]), error)
        return None
    over = tuple(
        clock
        for clock in row["fristen"]
        if clock["status"] == "running" and clock["due_on"] < house.today.isoformat()
    )
    if not over:
        return None
    parts = ((part, part_of(part)) for part in row["beteiligungen"])
    turned = tuple(
        (part, after) for part, before in parts if (after := due(before, house.today)) != before
    )
    return Ablauf(case, over, turned)


def _waits(vorgang_id: int, error: DomainError) -> None:
    log.warning("clocks of case %d wait: %s", vorgang_id, type(error).__name__)


def _is_plain(one: Ablauf) -> bool:
    """Whether nothing follows but a line in the log: no answer, no step, nobody to be asked."""
    if one.turned:
        return False
    case, facts = one.case, _expired(one)
    plans = case.state in PLANNING_STATES and to_plan(case.verfahren, facts)
    return not plans and not due_steps(case.verfahren, case.state, facts)


def _expired(one: Ablauf) -> Facts:
    """The facts once its clocks are expired; the rules see clocks in ``uhren`` alone."""
    over = {row["id"] for row in one.over}
    clocks = [
        {**row, "status": "expired"} if row["id"] in over else row
        for row in one.case.row["fristen"]
    ]
    return replace(one.case.facts, uhren=stand_of(clocks))


def _together(session: Session, house: House, plain: Sequence[Ablauf]) -> bool:
    """Write many plain cases with four statements; False if that failed and nothing is written."""
    try:
        with session.begin_nested():
            _write(session, house, plain)
    except DomainError as error:
        log.warning("clocks of %d cases go one by one: %s", len(plain), type(error).__name__)
        return False
    return True


def _write(session: Session, house: House, plain: Sequence[Ablauf]) -> None:
    now = house.now()
    _expire(session, house, [row["id"] for one in plain for row in one.over])
    # The rows are locked and were read after that, so the version cannot have moved.
    session.execute(
        update(Vorgang)
        .where(Vorgang.id.in_([one.case.id for one in plain]))
        .values(row_version=Vorgang.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    steps, entries = [], []
    for one in plain:
        case, version = one.case, int(one.case.vorgang["row_version"]) + 1
        step = one.step
        steps.append(
            {
                "vorgang_id": case.id,
                "seq": version,
                "step": step.key,
                "from_state": case.state,
                "to_state": case.state,
                "at": now,
                "actor_id": SYSTEM.user_id,
                "actor_name": SYSTEM.name,
                "norm": step.norm,
                "reason": "",
                "facts": one.notes,
            }
        )
        entries.append(
            {
                "at": now,
                "action": "vorgang.step",
                "entity": "vorgang",
                "entity_id": case.id,
                "vorgang_id": case.id,
                "person_id": case.person["id"],
                "facts": {
                    "step": step.key,
                    "from": case.state,
                    "to": case.state,
                    "version": version,
                },
            }
        )
    session.execute(LOG, steps)
    audit.record_all(session, SYSTEM, entries)


def _expire(session: Session, house: House, clocks: Sequence[int]) -> None:
    session.execute(
        update(CaseFrist)
        .where(CaseFrist.id.in_(clocks))
        .values(status="expired", ended_at=house.now())
        .execution_options(synchronize_session=False)
    )


def _apart(session: Session, house: House, one: Ablauf) -> int:
    """Expire the clocks of one case in a savepoint, with all that follows; 0 if it was refused."""
    try:
        with session.begin_nested():
            _follow(session, house, one)
    except DomainError as error:
        _waits(one.case.id, error)
        return 0
    return 1


def _follow(session: Session, house: House, one: Ablauf) -> None:
    case = one.case
    _expire(session, house, [row["id"] for row in one.over])
    for row, after in one.turned:
        store_part(session, house, case.id, row["id"], after)
    version = change_progress(
        session, house, SYSTEM, case, one.step, reason="", parts={}, notes=one.notes
    )
    done = advance(session, house, StepDone(case.id, case.state, version))
    notify_letters(session, house, done.letters)
