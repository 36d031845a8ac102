"""The second signature from the folder: it takes the decision that waits for the letter.

What a family was promised at once waits at once: one signature decides all of its cases, in one
transaction, and a letter that is sent back takes the others with it (§ 81(6) AufenthG).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.errors import NotAllowed, NotFound, Reason, StepNotAllowed
from abh.workflows.decision import check, with_decision
from abh.workflows.definition import Power, Step
from abh.workflows.dossier import Case
from abh.workflows.facts import DecisionDraft
from abh.workflows.powers import powers_of
from abh.workflows.steps import (
    StepDone,
    advance,
    carry_out,
    change_progress,
    check_scope,
    lock_case,
    need_power,
    note_step,
)
from abh.workflows.tables import Vorgang

Pending = Mapping[str, Any]


def signed_along(session: Session, letter_id: int) -> tuple[int, ...]:
    """Return the other letters that a signature under this one would sign, oldest first."""
    case_id = session.scalar(select(Letter.vorgang_id).where(Letter.id == letter_id))
    if case_id is None:
        return ()
    mine = _pending(session, [case_id]).get(case_id, {})
    if mine.get("letter") != letter_id:
        return ()
    group = _pending(session, _members(case_id, mine))
    return tuple(
        sorted(
            int(one["letter"])
            for key, one in group.items()
            if key != case_id and _is_joint(one, mine)
        )
    )


def sign(session: Session, house: House, actor: Actor, letter_id: int) -> StepDone | None:
    """Give the final signature to a letter from the folder; takes the decision that waits for it.

    Where the cases of a family wait together, all their letters are signed and all decisions
    taken, or none; what came of all is in the one ``StepDone``. Returns ``None`` for a letter that
    no decision waits for. Locks the cases, by key, before the letters. Raises ``StepNotAllowed``
    when a guard refuses meanwhile: then neither a signature nor a letter exists.
    """
    case_id = _case_of(session, letter_id)
    members = _members(case_id, _pending(session, [case_id]).get(case_id, {}))
    cases = [lock_case(session, house, one, expected_version=None) for one in sorted(members)]
    leading = next(case for case in cases if case.id == case_id)
    check_scope(actor, leading)
    pending = _of(leading)
    if pending.get("letter") != letter_id:
        letters.sign(session, house, actor, letter_id)
        return None
    if Power.DECIDE not in powers_of(actor):
        raise NotAllowed("Zum Mitentscheiden fehlt Ihnen die Befugnis.")
    # Whoever left meanwhile (withdrawn, moved away) keeps the others from nothing.
    joint = [case for case in cases if case is leading or _is_joint(_of(case), pending)]
    taken = _ready(actor, joint)
    done = [_take(session, house, actor, *one) for one in taken]
    after = {one.case_id: advance(session, house, one) for one in done}
    every = tuple(letter for one in after.values() for letter in one.letters)
    return replace(after[case_id], letters=every)


def send_back(
    session: Session, house: House, actor: Actor, letter_id: int, comment: str
) -> StepDone | None:
    """Return a letter from the folder; the decisions that waited together are open again."""
    case_id = _case_of(session, letter_id)
    members = _members(case_id, _pending(session, [case_id]).get(case_id, {}))
    cases = [lock_case(session, house, one, expected_version=None) for one in sorted(members)]
    leading = next(case for case in cases if case.id == case_id)
    check_scope(actor, leading)
    need_power(actor, Power.DECIDE, Power.SIGN_SECOND)
    pending = _of(leading)
    if pending.get("letter") != letter_id:
        letters.send_back(session, house, actor, letter_id, comment)
        return None
    found = None
    for case in cases:
        if case is not leading and not _is_joint(_of(case), pending):
            continue
        done = _reopen(session, house, actor, case, comment)
        found = done if case is leading else found
    return found


def _reopen(session: Session, house: House, actor: Actor, case: Case, comment: str) -> StepDone:
    pending = _of(case)
    letters.send_back(session, house, actor, int(pending["letter"]), comment)
    step = note_step("zurueckgegeben", "Entwurf zurückgegeben", "Zeichnungsordnung", ())
    version = change_progress(
        session,
        house,
        actor,
        case,
        step,
        reason=comment,
        parts={"pending": None},
        notes={
            "label": step.label,
            "letter": pending["letter"],
            "returned_to": pending.get("official_id"),
        },
    )
    return StepDone(case.id, case.state, version)


def _ready(actor: Actor, cases: Sequence[Case]) -> list[tuple[Case, Step, Pending]]:
    """Return each case with its decision as this signature would take it; all reasons at once."""
    ready: list[tuple[Case, Step, Pending]] = []
    refused: list[Reason] = []
    for case in cases:
        check_scope(actor, case)
        pending = dict(_of(case))
        step = case.verfahren.step(pending["step"])
        if step is None:
            raise NotFound(pending["step"])
        draft = DecisionDraft(
            official=pending["official"],
            second_official=actor.name,
            needs_second=True,
            reasons_written=bool(pending["reason"].strip()),
        )
        decided = with_decision(case, draft)
        decided.vorgang["progress"].pop("pending")
        try:
            check(decided, step, actor, pending["reason"])
        except StepNotAllowed as error:
            if len(cases) == 1:
                raise
            refused += [_named(case, one) for one in error.reasons]
        ready.append((decided, step, pending))
    if refused:
        raise StepNotAllowed("zusammen_entscheiden", cases[0].state, refused)
    return ready


def _take(
    session: Session, house: House, actor: Actor, case: Case, step: Step, pending: Pending
) -> StepDone:
    letters.sign(session, house, actor, pending["letter"])
    return carry_out(
        session,
        house,
        actor,
        case,
        step,
        reason=pending["reason"],
        data=pending["data"],
        letter=pending["letter"],
    )


def _case_of(session: Session, letter_id: int) -> int:
    letter = session.get(Letter, letter_id)
    if letter is None or letter.vorgang_id is None:
        raise NotFound(f"Brief {letter_id}")
    return letter.vorgang_id


def _pending(session: Session, case_ids: Sequence[int]) -> dict[int, Pending]:
    """Return what waits for a second signature in these cases, without a lock."""
    rows = session.execute(
        select(Vorgang.id, Vorgang.progress).where(Vorgang.id.in_(list(case_ids)))
    )
    return {row.id: row.progress["pending"] for row in rows if row.progress.get("pending")}


def _members(case_id: int, pending: Pending) -> list[int]:
    return sorted({case_id, *pending.get("together", ())})


def _of(case: Case) -> Pending:
    return case.vorgang["progress"].get("pending") or {}


def _is_joint(one: Pending, other: Pending) -> bool:
    together = one.get("together") or []
    return len(together) > 1 and together == (other.get("together") or [])


def _named(case: Case, reason: Reason) -> Reason:
    return Reason(f"{case.number} ({case.full_name}): {reason.text}", reason.norm, reason.key)
