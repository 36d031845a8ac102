"""Families are decided at once: several grants in one transaction, all or none (§ 81(6) AufenthG).

Each case keeps its own guards, letter, fee and version. Access classes stand above the link: a case
the actor must not know is neither offered nor accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import in_scope
from abh.documents.house import House
from abh.kernel.errors import (
    FieldProblem,
    InvalidInput,
    Reason,
    SignatureRefused,
    StepNotAllowed,
)
from abh.workflows import verbund
from abh.workflows.decision import decide, signing_of
from abh.workflows.definition import Step
from abh.workflows.dossier import Case, case_of
from abh.workflows.facts import DecisionDraft
from abh.workflows.machine import evaluate
from abh.workflows.powers import powers_of
from abh.workflows.repository import case_rows
from abh.workflows.steps import StepDone, advance, check_scope, lock_case
from abh.workflows.tables import Vorgang

NORM = "§ 81 Abs. 6 AufenthG"
GRANTED = "granted"
# The letter of a grant that asks for nothing but its provisions.
GRANT_LETTER = "N08"
MOST = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case of the family: its grant and whether it can be taken now, or every reason why not.

    ``second`` says why the letter goes to the signature folder first, "" where it does not.
    """

    case: Case
    why: str
    step: Step | None
    reasons: tuple[Reason, ...]
    second: str = ""

    @property
    def ready(self) -> bool:
        """Whether the grant can be taken now."""
        return self.step is not None and not self.reasons

    @property
    def version(self) -> int:
        """The version that was looked at."""
        return int(self.case.vorgang["row_version"])


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case to decide, in the version the actor saw, with what its letter takes."""

    number: str
    version: int
    data: Mapping[str, Any] = field(default_factory=dict)


def grant_of(case: Case) -> Step | None:
    """Return the grant that leaves the present state of the case, if there is one."""
    return next(
        (
            step
            for step in case.verfahren.steps
            if step.decision == GRANTED
            and step.letter == GRANT_LETTER
            and case.state in step.source
        ),
        None,
    )


def candidates(
    session: Session, house: House, actor: Actor, case: Case, linked: Sequence[verbund.Linked]
) -> list[Candidate]:
    """Return this case and the open cases of its family, each with its grant or the reasons.

    Empty where this case stands before no grant, or nobody of the family has an open case. One
    statement more for all rows, two for each case that is ready (exclusion, mandate).
    """
    family = {one.id: one.why for one in linked if one.is_family and not one.closed}
    if not family or grant_of(case) is None:
        return []
    rows = case_rows(session, sorted(family)[:MOST])
    others = [case_of(row, house.law, house.today) for row in rows]
    own = _candidate(session, house, actor, case, "")
    return [own, *(_candidate(session, house, actor, one, family[one.id]) for one in others)]


def decide_together(
    session: Session,
    house: House,
    actor: Actor,
    leading: Case,
    chosen: Sequence[Chosen],
    *,
    reason: str = "",
) -> list[StepDone]:
    """Grant the chosen cases of the family of ``leading``; all or none, in the order they came.

    Locks all of them, by key, before the first is looked at. Raises ``InvalidInput`` for a case
    that is not of the family, ``Conflict`` for one that changed since it was seen,
    ``StepNotAllowed`` with the reasons of every case that cannot go along, ``SignatureRefused``.
    Where one needs a second signature all wait for it, and one signature then grants all.
    """
    ids = _ids(session, actor, leading, chosen)
    cases = {
        one.number: lock_case(session, house, ids[one.number], expected_version=one.version)
        for one in sorted(chosen, key=lambda one: ids[one.number])
    }
    for case in cases.values():
        check_scope(actor, case)
    steps = _grants(actor, cases, reason)
    data = {one.number: dict(one.data) for one in chosen}
    signings = {
        number: signing_of(
            session, house, actor, cases[number], step, reason=reason, data=data[number]
        )
        for number, step in steps.items()
    }
    fatal = [_named(cases[n], r) for n, who in signings.items() for r in who.fatal]
    if fatal:
        raise SignatureRefused(reasons=fatal)
    second = any(who.second for who in signings.values())
    done = []
    for one in chosen:
        taken = decide(
            session,
            house,
            actor,
            cases[one.number],
            steps[one.number],
            reason=reason,
            data=data[one.number],
            second=second,
            together=list(ids.values()),
        )
        done.append(advance(session, house, taken))
    return done


def all_letters(done: Sequence[StepDone]) -> StepDone:
    """Return what came of the first case with the letters of all, for whoever tells people."""
    return replace(done[0], letters=tuple(letter for one in done for letter in one.letters))


def _ids(session: Session, actor: Actor, leading: Case, chosen: Sequence[Chosen]) -> dict[str, int]:
    numbers = [one.number for one in chosen]
    if len(set(numbers)) != len(numbers) or not 2 <= len(numbers) <= MOST:
        text = f"Bitte zwei bis {MOST} verschiedene Vorgänge wählen."
        raise InvalidInput([FieldProblem("cases", text)])
    family = {one.number for one in verbund.linked(session, actor, leading) if one.is_family}
    strange = [n for n in numbers if n != leading.number and n not in family]
    if leading.number not in numbers:
        strange.append(leading.number)
    if strange:
        # The same words for a case that does not exist and one that must not be known.
        told = [
            f"{number} gehört nicht zu den gewählten Vorgängen der Familie." for number in strange
        ]
        raise InvalidInput([FieldProblem("cases", text) for text in told])
    rows = session.execute(select(Vorgang.number, Vorgang.id).where(Vorgang.number.in_(numbers)))
    return {str(number): int(key) for number, key in rows}


def _grants(actor: Actor, cases: Mapping[str, Case], reason: str) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    refused: list[Reason] = []
    for number, case in cases.items():
        step, reasons = _judged(actor, case)
        if step is not None and step.needs_reason and not reason.strip():
            text = "Die Entscheidung braucht eine schriftliche Begründung."
            reasons = (*reasons, Reason(text, norm="§ 39 VwVfG NRW", key="begruendung"))
        refused += [_named(case, one) for one in reasons]
        if step is not None:
            steps[number] = step
    if refused:
        first = next(iter(cases.values()))
        raise StepNotAllowed("zusammen_entscheiden", first.state, refused)
    return steps


def _judged(actor: Actor, case: Case) -> tuple[Step | None, tuple[Reason, ...]]:
    step = grant_of(case)
    if step is None:
        state = case.verfahren.state(case.state)
        text = f"Noch nicht entscheidungsreif: {state.label if state else case.state}."
        return None, (Reason(text, norm=NORM, key="zustand"),)
    if case.vorgang["progress"].get("pending"):
        text = "Eine Entscheidung liegt schon zur Zeichnung in der Unterschriftsmappe."
        return step, (Reason(text, key="zeichnung_laeuft"),)
    # Naming official and second signer is what the decision itself does.
    draft = DecisionDraft(
        official=actor.name, second_official="(offen)", needs_second=True, reasons_written=True
    )
    hopeful = replace(case.facts, decision=draft)
    found = evaluate(case.verfahren, case.state, step.key, hopeful, powers_of(actor))
    return step, found.reasons


def _candidate(session: Session, house: House, actor: Actor, case: Case, why: str) -> Candidate:
    if not in_scope(actor, case.vorgang["unit_key"]):
        text = f"Der Vorgang gehört zum Sachgebiet {case.vorgang['unit_key']}."
        return Candidate(case, why, None, (Reason(text, norm="§ 71 AufenthG", key="sachgebiet"),))
    step, reasons = _judged(actor, case)
    if step is None or reasons:
        return Candidate(case, why, step, reasons)
    who = signing_of(session, house, actor, case, step)
    told = " ".join(one.text for one in who.reasons) or "Eine zweite Person zeichnet mit."
    return Candidate(case, why, step, who.fatal, told if who.second else "")


def _named(case: Case, reason: Reason) -> Reason:
    return Reason(f"{case.number} ({case.full_name}): {reason.text}", reason.norm, reason.key)
