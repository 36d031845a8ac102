"""Taking a step: load, guards, state with version, log, audit, effects; one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, text, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.appointments.service import withdraw_invitation
from abh.documents import service as letters
from abh.documents.house import House
from abh.kernel.errors import Conflict, NotAllowed, Reason
from abh.workflows import briefe, uhren, verbund, zugriff
from abh.workflows.definition import Power, Step
from abh.workflows.dossier import Case, case_of
from abh.workflows.effects import BIOMETRICS, QUIET, Doing, run_effects
from abh.workflows.machine import due_steps, fire
from abh.workflows.planung import drop_planned, harm_day, plan_participations, settled_states
from abh.workflows.powers import powers_of
from abh.workflows.repository import case_row
from abh.workflows.tables import Vorgang, VorgangStep
from abh.workflows.verfahren.zustaende import DECIDED_STATES
from abh.workflows.zeilen import Rows

# Statements on tables, not on mapped classes: nobody holds these rows as objects, and the
# bookkeeping for those who might costs as much as the statements.
_vorgang: Table = Vorgang.__table__  # type: ignore[assignment]
_MOVE = (
    update(_vorgang)
    .where(_vorgang.c.id == bindparam("b_id"), _vorgang.c.row_version == bindparam("b_version"))
    .values(
        state=bindparam("b_state"),
        state_since=bindparam("b_since"),
        row_version=_vorgang.c.row_version + 1,
        closed_at=bindparam("b_closed"),
        progress=bindparam("b_progress"),
        harm_on=bindparam("b_harm_on"),
        harm_key=bindparam("b_harm_key"),
    )
)
LOG = insert(VorgangStep.__table__).inline()  # type: ignore[arg-type]
_LOCK = text("SELECT 1 FROM vorgang WHERE id = :id FOR NO KEY UPDATE")
# A request to somebody is settled when the case leaves the state in which it waits for them.
_CLOCK_OF_STATE = {"awaiting_applicant": "nachforderung", "hearing": "anhoerung"}
# A decision that is before a court, or can still be brought there.
DISPUTED = frozenset({"refused", "appeal_pending"})
# A cascade of automatic steps longer than this is a mistake in the Verfahren, not a case.
MOST_AUTOMATIC = 8


@dataclass(frozen=True, slots=True)
class StepDone:
    """What came of a step: the case as it stands now and the letters it made."""

    case_id: int
    state: str
    row_version: int
    letters: tuple[int, ...] = ()
    # The letter that waits for another signer; the step itself is taken when that person signs.
    pending_letter: int | None = None
    # The case after the step where that is known without reading it again.
    after: Case | None = field(default=None, compare=False, repr=False)


def load_case(
    session: Session,
    house: House,
    *,
    vorgang_id: int | None = None,
    number: str | None = None,
    token_hash: bytes | None = None,
) -> Case:
    """Return a case with its facts of today; raises ``NotFound``. One statement, no lock."""
    row = case_row(session, vorgang_id=vorgang_id, number=number, token_hash=token_hash)
    return case_of(row, house.law, house.today)


def lock_case(
    session: Session, house: House, vorgang_id: int, *, expected_version: int | None
) -> Case:
    """Lock the row of a case until the transaction ends and return the case as it is then.

    Always the first lock of a change: file, letters and places come after it, so that two changes
    wait for each other and never deadlock. Raises ``NotFound``; ``Conflict`` when the case is no
    longer at ``expected_version`` (None: whoever acts has seen no version, such as the system).
    """
    if expected_version is None:
        # Two statements: after a wait the second sees everything the other one committed.
        session.execute(_LOCK, {"id": vorgang_id})
        return load_case(session, house, vorgang_id=vorgang_id)
    row = case_row(session, vorgang_id=vorgang_id, lock=True)
    case = case_of(row, house.law, house.today)
    check_version(case, expected_version)
    return case


def check_scope(actor: Actor, case: Case) -> None:
    """Raise ``NotAllowed`` for staff of another Sachgebiet, ``NotFound`` for whoever must not know
    the case (``zugriff``); applicants come by their own link."""
    zugriff.check(actor, case.verfahren.key, case.vorgang["unit_key"], case.number)


def check_version(case: Case, expected: int | None) -> None:
    """Raise ``Conflict`` when the case is no longer at the version the actor saw."""
    current = int(case.vorgang["row_version"])
    if expected is not None and expected != current:
        raise Conflict(
            f"Der Vorgang {case.number} wurde seit Ihrem Aufruf geändert.",
            expected=expected,
            current=current,
        )


def carry_out(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    step: Step,
    *,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    letter: int | None = None,
    rows: Rows | None = None,
) -> StepDone:
    """Fire the step on a loaded case, with its rows; no automatic steps follow here.

    ``letter`` is one that is signed already (a decision); else the step's letter is made here.
    ``rows`` keeps state and log for its owner to write (the system's steps only).
    """
    now = house.now()
    state = fire(case.verfahren, case.state, step.key, case.facts, powers_of(actor), reason=reason)
    doing = Doing(
        session=session,
        house=house,
        actor=actor,
        case=case,
        step=step,
        now=now,
        today=house.today,
        reason=reason.strip(),
        data=data or {},
        progress=deepcopy(case.vorgang["progress"]),
    )
    left = state != case.state
    if left:
        _leave(doing, state)
    run_effects(doing)
    settled = verbund.settle_others(session, house, actor, case, state) if left else ()
    if settled:
        doing.notes["vorgaenge_erledigt"] = len(settled)
    version = _record(doing, state, rows)
    made = (letter,) if letter is not None else briefe.letters_of_step(doing)
    after = _after(doing, state, version, made)
    for one in settled:
        made += _settle(session, house, one)
    return StepDone(case.id, state, version, made, after=after)


def _settle(session: Session, house: House, settled: verbund.Settled) -> tuple[int, ...]:
    """End a case that lost its object, or leave a note where a clerk must look; its letters.

    The row is locked. A refusal in dispute belongs to the court, a card or paper must be taken
    back: such states have no automatic step, so only the note comes.
    """
    ende = settled.ende
    case = load_case(session, house, vorgang_id=settled.id)
    appealed = case.state in DISPUTED
    label = "Erledigt, Rechtsbehelf läuft" if appealed else "Gegenstand entfallen"
    text = f"{ende.reason} ({ende.norm})."
    if appealed:
        text += " Bitte gegenüber dem Gericht für erledigt erklären (§ 161 Abs. 2 VwGO)."
    version = change_progress(
        session,
        house,
        SYSTEM,
        case,
        note_step("gegenstand_entfallen", label, ende.norm, ()),
        reason=text,
        parts={"ended_by_law": f"{ende.reason} ({ende.norm})."},
        notes={"label": label},
    )
    return advance(session, house, StepDone(case.id, case.state, version)).letters


def _after(doing: Doing, state: str, version: int, made: tuple[int, ...]) -> Case | None:
    """Return the case after a step that changed nothing the rules look at, else None.

    Nobody else can have changed it either: the version it was loaded with still held when the
    row was written, and the row is locked now.
    """
    step, case = doing.step, doing.case
    here = case.verfahren.state(state)
    ended = here is None or here.terminal
    if ended or not QUIET.issuperset(step.effects) or step.decision or made:
        return None
    if step.key in case.verfahren.steps_with_rows:
        return None
    if doing.progress != case.vorgang["progress"]:
        return None
    since = doing.now if state != case.state else case.state_since
    return case.with_vorgang(state=state, state_since=since.isoformat(), row_version=version)


def _record(doing: Doing, state: str, rows: Rows | None) -> int:
    """Write state and log, or leave them to the owner of ``rows``; returns the new version."""
    if rows is None:
        version = move(doing, state)
        _log(doing, state, version)
        return version
    version = int(doing.case.vorgang["row_version"]) + 1
    rows.moves.append(_moved(doing, state))
    rows.lines.append(_line(doing, state, version))
    rows.entries.append({"at": doing.now, **_entry(doing, state, version)})
    return version


def move(doing: Doing, state: str) -> int:
    """Write state and progress under the version the case was loaded with; returns the new one.

    Raises ``Conflict`` when another transaction changed the case meanwhile.
    """
    values = _moved(doing, state)
    version: int = values["b_version"]
    moved = doing.session.execute(_MOVE, values)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(
            f"Der Vorgang {doing.case.number} wurde eben von jemand anderem geändert.",
            expected=version,
        )
    return version + 1


def _moved(doing: Doing, state: str) -> dict[str, Any]:
    case = doing.case
    here = case.verfahren.state(state)
    harm_on, harm_key = harm_day(case.facts, state, settled_states(case.verfahren))
    return {
        "b_id": case.id,
        "b_version": int(case.vorgang["row_version"]),
        "b_state": state,
        "b_since": doing.now if state != case.state else case.state_since,
        "b_closed": _closed_at(doing, closing=here is not None and here.terminal),
        "b_progress": doing.progress,
        "b_harm_on": harm_on,
        "b_harm_key": harm_key,
    }


def _closed_at(doing: Doing, *, closing: bool) -> datetime | None:
    """A note in a closed case (its last letter left) does not move the day on which it closed."""
    before = doing.case.vorgang["closed_at"]
    if not closing:
        return None
    return datetime.fromisoformat(before) if before else doing.now


def _leave(doing: Doing, state: str) -> None:
    """End what belongs to the state that is left: clocks, link, plans, an unsigned decision."""
    case = doing.case
    here = case.verfahren.state(state)
    if here is not None and here.terminal:
        uhren.stop_clocks(doing.session, case.id, now=doing.now)
    elif case.state in _CLOCK_OF_STATE:
        uhren.stop_clocks(
            doing.session, case.id, now=doing.now, kinds=[_CLOCK_OF_STATE[case.state]]
        )
    if case.state == "appointment_pending":
        # Who has been here, or is heard instead, shall not book a second visit by the old link.
        withdraw_invitation(
            doing.session,
            doing.actor,
            vorgang_id=case.id,
            service_key=BIOMETRICS,
            clock=doing.house,
        )
    if state in DECIDED_STATES or (here is not None and here.terminal):
        dropped = drop_planned(doing.session, case)
        if dropped:
            doing.notes["beteiligung_entfallen"] = dropped
    pending = doing.progress.pop("pending", None)
    if pending is not None:
        letters.void(
            doing.session,
            doing.house,
            doing.actor,
            pending["letter"],
            f"Überholt durch: {doing.step.label}",
        )
        doing.notes["entwurf_verworfen"] = pending["letter"]


def _log(doing: Doing, state: str, version: int) -> None:
    doing.session.execute(LOG, _line(doing, state, version))
    audit.record(doing.session, doing.actor, now=doing.now, **_entry(doing, state, version))


def _line(doing: Doing, state: str, version: int) -> dict[str, Any]:
    return {
        "vorgang_id": doing.case.id,
        "seq": version,
        "step": doing.step.key,
        "from_state": doing.case.state,
        "to_state": state,
        "at": doing.now,
        "actor_id": doing.actor.user_id,
        "actor_name": doing.actor.name,
        "norm": doing.step.norm,
        "reason": doing.reason,
        "facts": doing.notes,
    }


def _entry(doing: Doing, state: str, version: int) -> dict[str, Any]:
    case = doing.case
    return {
        "action": "vorgang.step",
        "entity": "vorgang",
        "entity_id": case.id,
        "vorgang_id": case.id,
        "person_id": case.person["id"],
        "facts": {"step": doing.step.key, "from": case.state, "to": state, "version": version},
    }


def advance(session: Session, house: House, done: StepDone) -> StepDone:
    """Take the automatic steps that are due now, as the system; plan participations in review.

    Called at the end of every change of a case, by the one who changed it.
    """
    made = list(done.letters)
    for _ in range(MOST_AUTOMATIC):
        case = done.after or load_case(session, house, vorgang_id=done.case_id)
        if plan_participations(session, case):
            case = load_case(session, house, vorgang_id=done.case_id)
        steps = due_steps(case.verfahren, case.state, case.facts)
        if not steps:
            break
        taken = carry_out(session, house, SYSTEM, case, steps[0])
        made.extend(taken.letters)
        done = replace(taken, pending_letter=done.pending_letter)
    return replace(done, letters=tuple(made))


def change_progress(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    step: Step,
    *,
    reason: str,
    parts: Mapping[str, Any],
    notes: Mapping[str, Any],
    rows: Rows | None = None,
) -> int:
    """Change running business without leaving the state, logged like a step; the new version.

    ``parts`` are dataclasses of ``workflows.facts`` by name, or plain JSON values; ``rows`` as in
    ``carry_out``.
    """
    doing = Doing(
        session=session,
        house=house,
        actor=actor,
        case=case,
        step=step,
        now=house.now(),
        today=house.today,
        reason=reason.strip(),
        data={},
        progress=deepcopy(case.vorgang["progress"]),
        notes=dict(notes),
    )
    for name, value in parts.items():
        if value is None:
            doing.progress.pop(name, None)
        elif hasattr(value, "__dataclass_fields__"):
            doing.put(name, value)
        else:
            doing.progress[name] = value
    return _record(doing, case.state, rows)


def note_step(key: str, label: str, norm: str, powers: tuple[Power, ...]) -> Step:
    """Return a step that only leaves a line in the log (a finding, an answer, a payment)."""
    return Step(key, (), "", by=powers, norm=norm, label=label)


def need_power(actor: Actor, *powers: Power) -> None:
    """Raise ``NotAllowed`` unless the actor holds one of the powers of a case."""
    if not powers_of(actor) & set(powers):
        reason = Reason("Dafür fehlt Ihnen die Befugnis in diesem Vorgang.", key="access.power")
        raise NotAllowed(reason.text, reasons=[reason])


__all__ = [
    "StepDone",
    "advance",
    "carry_out",
    "change_progress",
    "check_scope",
    "check_version",
    "load_case",
    "lock_case",
    "move",
    "need_power",
    "note_step",
]
