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
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.db import as_json
from abh.documents.house import House
from abh.kernel.errors import DomainError
from abh.workflows import einzug
from abh.workflows.anfragen import part_columns, part_is_settled, store_part
from abh.workflows.beteiligung import Beteiligung, due
from abh.workflows.definition import Step
from abh.workflows.dossier import Case, case_of, part_of
from abh.workflows.intake import notify_letters
from abh.workflows.machine import due_steps
from abh.workflows.planung import plan_participations
from abh.workflows.repository import case_rows
from abh.workflows.rueckgabe import CLOCKS
from abh.workflows.steps import (
    MOST_AUTOMATIC,
    StepDone,
    advance,
    carry_out,
    change_progress,
    note_step,
)
from abh.workflows.tables import CaseFrist, Vorgang
from abh.workflows.zeilen import Rows

log = logging.getLogger(__name__)

EXPIRED_STEP = "frist_abgelaufen"
_PART = text(
    """
UPDATE beteiligung b
   SET state = r.state, due_on = r.due_on, answered_on = r.answered_on, note = r.note,
       rest_days = r.rest_days
  FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, state text, due_on date,
       answered_on date, note text, rest_days int)
 WHERE b.id = r.id
"""
)
_EXPIRE = text("UPDATE frist SET status = 'expired', ended_at = :now WHERE id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Ablauf:
    """A case with what is over in it: rows of clocks, and participations as they turn."""

    case: Case
    over: tuple[Mapping[str, Any], ...]
    turned: tuple[tuple[Mapping[str, Any], Beteiligung], ...]
    # The case once that is written, one version on, and the automatic steps due in it.
    after: Case
    following: tuple[Step, ...]

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
    today = house.today
    for row in case_rows(session, ids):
        one = _read(row, house, today)
        if one is not None:
            (apart if _goes_apart(one) else together).append(one)
    return _together(session, house, together) + sum(_apart(session, house, one) for one in apart)


def _read(row: Mapping[str, Any], house: House, today: date) -> Ablauf | None:
    """Return what is over; nothing where another sweeper was here between search and lock.

    The facts are read once, from the case as it will be: what is over changes clocks and
    participations only, and the line that says it looks at neither.
    """
    day = today.isoformat()
    over = tuple(
        clock for clock in row["fristen"] if clock["status"] == "running" and clock["due_on"] < day
    )
    if not over:
        return None
    try:
        parts = ((part, part_of(part)) for part in row["beteiligungen"])
        turned = tuple((part, to) for part, before in parts if (to := due(before, today)) != before)
        after = case_of(_row_after(row, over, turned), house.law, today)
        case = Case(row, after.verfahren, after.facts)
        following = due_steps(after.verfahren, after.state, after.facts)
    except DomainError as error:
        _waits(int(row["vorgang"]["id"]), error)
        return None
    return Ablauf(case, over, turned, after, tuple(following))


def _waits(vorgang_id: int, error: DomainError) -> None:
    log.warning("clocks of case %d wait: %s", vorgang_id, type(error).__name__)


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


def _goes_apart(one: Ablauf) -> bool:
    """Whether the case may make a letter: by its next step, or for papers that did not come."""
    letter = bool(one.following) and one.following[0].letter is not None
    return letter or any(clock["kind"] in CLOCKS for clock in one.over)


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
    _advance(session, house, group, rows)


def _turn(
    session: Session, house: House, turned: Sequence[tuple[Mapping[str, Any], Beteiligung]]
) -> None:
    """Write participations as ``store_part`` does, many with two statements."""
    if not turned:
        return
    values = [{"id": part["id"], **part_columns(to)} for part, to in turned]
    session.execute(_PART, {"rows": as_json(values)})
    settled = [part["id"] for part, to in turned if part_is_settled(to)]
    session.execute(
        update(CaseFrist)
        .where(CaseFrist.beteiligung_id.in_(settled), CaseFrist.status.in_(("running", "stopped")))
        .values(status="ended", ended_at=house.now())
        .execution_options(synchronize_session=False)
    )


def _advance(session: Session, house: House, group: Sequence[Ablauf], rows: Rows) -> None:
    """Take the automatic steps that follow, as ``steps.advance`` does for one case."""
    made: list[int] = []
    cases = [one.after for one in group]
    known = {one.after.id: one.following for one in group}
    for _ in range(MOST_AUTOMATIC):
        planned = {case.id for case in cases if plan_participations(session, case)}
        cases = _anew(
            session, house, [(one.id, None if one.id in planned else one) for one in cases]
        )
        done: list[StepDone] = []
        for case in cases:
            following = known.get(case.id) if case.id not in planned else None
            if following is None:
                following = tuple(due_steps(case.verfahren, case.state, case.facts))
            if following:
                if following[0].letter:
                    rows.write(session)
                done.append(carry_out(session, house, SYSTEM, case, following[0], rows=rows))
        rows.write(session)
        if not done:
            break
        made += [letter for one in done for letter in one.letters]
        cases = _anew(session, house, [(one.case_id, one.after) for one in done])
        known = {}
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
    session.execute(_EXPIRE, {"ids": list(clocks), "now": house.now()})


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
    reminded = einzug.follow(session, house, one.after, one.over)
    if reminded is not None:
        version, made = reminded
        notify_letters(session, house, made)
    done = advance(session, house, StepDone(case.id, case.state, version))
    notify_letters(session, house, done.letters)
