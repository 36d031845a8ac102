"""Clocks that are over: expired in batches, with the steps that follow from them.

The cases of a batch are read with one statement and written together in one savepoint, each kind
of row in one round trip; steps that follow go in turns, so that many cases take their first step
together, then their second. A case that is refused must not stop all other clocks: the batch is
taken back and halved until that case is alone. A case that makes a letter has a savepoint of its
own from the start, because a letter made twice costs more than all that is saved here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.documents.house import House
from abh.kernel.errors import DomainError
from abh.workflows.anfragen import part_columns, part_is_settled, store_part
from abh.workflows.beteiligung import Beteiligung, due
from abh.workflows.definition import Step
from abh.workflows.dossier import Case, case_of, part_of
from abh.workflows.intake import notify_letters
from abh.workflows.machine import due_steps
from abh.workflows.planung import plan_participations
from abh.workflows.repository import case_rows
from abh.workflows.steps import (
    MOST_AUTOMATIC,
    Rows,
    StepDone,
    advance,
    carry_out,
    change_progress,
    note_step,
)
from abh.workflows.tables import Beteiligung as PartRow
from abh.workflows.tables import CaseFrist, Vorgang
from abh.workflows.uhrstand import stand_of

log = logging.getLogger(__name__)

EXPIRED_STEP = "frist_abgelaufen"
_part: Table = PartRow.__table__  # type: ignore[assignment]
_PART = update(_part).where(_part.c.id == bindparam("b_id"))


@dataclass(frozen=True, slots=True)
class Ablauf:
    """A case with what is over in it: rows of clocks, and participations as they turn."""

    case: Case
    over: tuple[Mapping[str, Any], ...]
    turned: tuple[tuple[Mapping[str, Any], Beteiligung], ...]
    # The case once that is written, one version on.
    after: Case

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
    together: list[Ablauf] = []
    apart: list[Ablauf] = []
    for row in case_rows(session, ids):
        one = _read(row, house)
        if one is not None:
            (apart if _makes_letter(one.after) else together).append(one)
    return _together(session, house, together) + sum(_apart(session, house, one) for one in apart)


def _read(row: Mapping[str, Any], house: House) -> Ablauf | None:
    """Return what is over; nothing where another sweeper was here between search and lock."""
    try:
        case = case_of(row, house.law, house.today)
        over = tuple(
            clock
            for clock in row["fristen"]
            if clock["status"] == "running" and clock["due_on"] < house.today.isoformat()
        )
        if not over:
            return None
        parts = ((part, part_of(part)) for part in row["beteiligungen"])
        turned = tuple(
            (part, to) for part, before in parts if (to := due(before, house.today)) != before
        )
        after = _case_after(case, over, turned, house)
    except DomainError as error:
        _waits(int(row["vorgang"]["id"]), error)
        return None
    return Ablauf(case, over, turned, after)


def _waits(vorgang_id: int, error: DomainError) -> None:
    log.warning("clocks of case %d wait: %s", vorgang_id, type(error).__name__)


def _case_after(
    case: Case,
    over: Sequence[Mapping[str, Any]],
    turned: Sequence[tuple[Mapping[str, Any], Beteiligung]],
    house: House,
) -> Case:
    """Return the case as it will be read once this is written; nobody else can change it."""
    row = _row_after(case.row, over, turned)
    if turned:
        return case_of(row, house.law, house.today)
    # Of all facts only ``uhren`` is read from clocks; reading the others anew costs the most.
    return Case(row, case.verfahren, replace(case.facts, uhren=stand_of(row["fristen"])))


def _row_after(
    row: Mapping[str, Any],
    over: Sequence[Mapping[str, Any]],
    turned: Sequence[tuple[Mapping[str, Any], Beteiligung]],
) -> Mapping[str, Any]:
    ended = {part["id"] for part, after in turned if part_is_settled(after)}
    expired = {clock["id"] for clock in over}
    changed = {part["id"]: part_columns(after) for part, after in turned}
    return {
        **row,
        "vorgang": {**row["vorgang"], "row_version": int(row["vorgang"]["row_version"]) + 1},
        "fristen": [
            {**clock, "status": "expired"}
            if clock["id"] in expired
            else {**clock, "status": "ended"}
            if clock["beteiligung_id"] in ended and clock["status"] in ("running", "stopped")
            else clock
            for clock in row["fristen"]
        ],
        "beteiligungen": [
            {**part, **_as_json(changed[part["id"]])} if part["id"] in changed else part
            for part in row["beteiligungen"]
        ],
    }


def _as_json(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in columns.items()}


def _makes_letter(case: Case) -> bool:
    """Whether the step that follows now carries a letter."""
    steps = due_steps(case.verfahren, case.state, case.facts)
    return bool(steps) and steps[0].letter is not None


def _together(session: Session, house: House, group: Sequence[Ablauf]) -> int:
    """Write cases in one savepoint; where one is refused, in halves. Returns how many."""
    if not group:
        return 0
    if len(group) == 1:
        return _apart(session, house, group[0])
    try:
        with session.begin_nested():
            _write(session, house, group)
    except DomainError as error:
        log.warning("clocks of %d cases are halved: %s", len(group), type(error).__name__)
        half = len(group) // 2
        return _together(session, house, group[:half]) + _together(session, house, group[half:])
    return len(group)


def _write(session: Session, house: House, group: Sequence[Ablauf]) -> None:
    rows = Rows()
    _expire(session, house, [clock["id"] for one in group for clock in one.over])
    _turn(session, house, [pair for one in group for pair in one.turned])
    for one in group:
        change_progress(
            session, house, SYSTEM, one.case, one.step, reason="", parts={}, notes=one.notes,
            rows=rows,
        )  # fmt: skip
    rows.write(session)
    _advance(session, house, [one.after for one in group], rows)


def _turn(
    session: Session, house: House, turned: Sequence[tuple[Mapping[str, Any], Beteiligung]]
) -> None:
    """Write participations as ``store_part`` does, many with two statements."""
    if not turned:
        return
    session.execute(_PART, [{"b_id": part["id"], **part_columns(to)} for part, to in turned])
    settled = [part["id"] for part, to in turned if part_is_settled(to)]
    session.execute(
        update(CaseFrist)
        .where(CaseFrist.beteiligung_id.in_(settled), CaseFrist.status.in_(("running", "stopped")))
        .values(status="ended", ended_at=house.now())
        .execution_options(synchronize_session=False)
    )


def _advance(session: Session, house: House, cases: Sequence[Case], rows: Rows) -> None:
    """Take the automatic steps that follow, as ``steps.advance`` does for one case."""
    made: list[int] = []
    for _ in range(MOST_AUTOMATIC):
        planned = {case.id for case in cases if plan_participations(session, case)}
        cases = _anew(
            session, house, [(one.id, None if one.id in planned else one) for one in cases]
        )
        done: list[StepDone] = []
        for case in cases:
            following = due_steps(case.verfahren, case.state, case.facts)
            if following:
                if following[0].letter:
                    rows.write(session)
                done.append(carry_out(session, house, SYSTEM, case, following[0], rows=rows))
        rows.write(session)
        if not done:
            break
        made += [letter for one in done for letter in one.letters]
        cases = _anew(session, house, [(one.case_id, one.after) for one in done])
    notify_letters(session, house, made)


def _anew(session: Session, house: House, cases: Sequence[tuple[int, Case | None]]) -> list[Case]:
    """Return the cases, those that are not known read with one statement."""
    unknown = [vorgang_id for vorgang_id, case in cases if case is None]
    known = [case for _, case in cases if case is not None]
    if not unknown:
        return known
    read = [case_of(row, house.law, house.today) for row in case_rows(session, unknown)]
    return [*known, *read]


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
