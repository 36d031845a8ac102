"""Deciding: a named official, the signature table, and the second pair of eyes where it asks.

A decision the official may sign alone is taken at once. Else it is prepared: the letter is frozen
in the signature folder, and the step is taken in the transaction in which the second person signs
(``unterschrift``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.letters import letter_kind
from abh.kernel.errors import (
    Conflict,
    NotFound,
    Reason,
    SignatureRefused,
    StepNotAllowed,
)
from abh.workflows import briefe, briefworte
from abh.workflows.definition import Step
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing
from abh.workflows.facts import DecisionDraft
from abh.workflows.machine import evaluate
from abh.workflows.powers import powers_of
from abh.workflows.steps import (
    StepDone,
    carry_out,
    change_progress,
    note_step,
)

# Reasons that a second signer heals; any other means that this person must not act at all.
HEALED_BY_SECOND = frozenset(
    {"einarbeitung", "rang_zu_niedrig", "vier_augen", "betrag_zu_hoch", "mitzeichnung_fehlt"}
)
# Guards that ask for another person beside the one who decides.
_WANTS_SECOND = frozenset({"zweitzeichnung", "vier_augen"})
# Stands in for the second signature while everything else is checked.
_SOMEBODY = "(zweite Person)"


@dataclass(frozen=True, slots=True)
class Signing:
    """Who must sign a decision: what keeps this person from signing alone, and who is needed.

    ``fatal`` are reasons that no second signer heals, ``reasons`` all of them; ``second``: somebody
    else must sign, by the signature table or by a guard of the step (a waiver, four eyes).
    """

    outcome: str
    reasons: tuple[Reason, ...]
    fatal: tuple[Reason, ...]
    second: bool


def signing_of(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    step: Step,
    *,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> Signing:
    """Say who must sign the decision ``step`` with its letter, without taking it."""
    key = step.letter or ""
    outcome = briefworte.outcome_of_grant(case, data or {}) if key == "N08" else step.outcome
    refused = tuple(
        letters.could_issue(
            session,
            house,
            actor,
            key,
            outcome,
            channel=briefe.way_of(case, step, key, outcome),
            unit_key=case.vorgang["unit_key"],
            person_id=case.person["id"],
            preparer_id=letters.decider_before(session, case.id, actor)
            if letter_kind(key).form
            else None,
        )
    )
    draft = DecisionDraft(official=actor.name, reasons_written=bool(reason.strip()))
    alone = with_decision(case, draft)
    found = evaluate(case.verfahren, case.state, step.key, alone.facts, powers_of(actor))
    wanted = any(one.key in _WANTS_SECOND for one in found.reasons)
    fatal = tuple(one for one in refused if one.key not in HEALED_BY_SECOND)
    return Signing(outcome, refused, fatal, bool(refused) or wanted)


def decide(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    step: Step,
    *,
    reason: str,
    data: Mapping[str, Any],
    second: bool = False,
    together: Sequence[int] = (),
) -> StepDone:
    """Take a decision, or prepare it for the second signer (``StepDone.pending_letter``).

    ``second`` has it prepared even where this person could sign alone, so that several decisions
    wait for the same signer; ``together`` are the keys of all those cases, which one signature
    then decides (``unterschrift.sign``). Raises ``StepNotAllowed`` with all reasons,
    ``SignatureRefused`` when this person may have no part in it (exclusion, foreign unit, no
    mandate), ``Conflict`` when one is prepared already.
    """
    if case.vorgang["progress"].get("pending"):
        raise Conflict("Eine Entscheidung liegt schon zur Zeichnung in der Unterschriftsmappe.")
    key = step.letter or ""
    draft = DecisionDraft(official=actor.name, reasons_written=bool(reason.strip()))
    if not key:
        return carry_out(
            session, house, actor, with_decision(case, draft), step, reason=reason, data=data
        )
    who = signing_of(session, house, actor, case, step, reason=reason, data=data)
    if who.fatal or (who.reasons and letter_kind(key).form):
        # A prescribed form is written by hand of the one who signs it; it waits in no folder.
        raise SignatureRefused(reasons=who.fatal or who.reasons)
    if not (who.second or second) or letter_kind(key).form:
        return carry_out(
            session, house, actor, with_decision(case, draft), step, reason=reason, data=data
        )
    draft = replace(draft, needs_second=True)
    refused = who.reasons
    hopeful = with_decision(case, replace(draft, second_official=_SOMEBODY))
    check(hopeful, step, actor, reason)
    doing = _doing(session, house, actor, hopeful, step, reason, data)
    order = briefe.order_of(doing, key)
    if order is None:
        raise NotFound(f"Zu „{step.label}“ gibt es keinen Brief.")
    letter = letters.prepare(session, house, actor, order)
    pending = {
        "step": step.key,
        "letter": letter.id,
        "reason": reason,
        "data": dict(data),
        "official": actor.name,
        "official_id": actor.user_id,
        "together": sorted(together),
    }
    version = change_progress(
        session,
        house,
        actor,
        case,
        note_step(f"{step.key}_vorbereitet", f"{step.label} vorbereitet", step.norm, step.by),
        reason=reason,
        parts={"pending": pending},
        notes={
            "label": f"{step.label} vorbereitet",
            "letter": letter.id,
            "weil": [r.key for r in refused],
        },
    )
    return StepDone(case.id, case.state, version, pending_letter=letter.id)


def with_decision(case: Case, draft: DecisionDraft) -> Case:
    """Return the case as it is when ``draft`` says who decides."""
    return replace(case, facts=replace(case.facts, decision=draft))


def check(case: Case, step: Step, actor: Actor, reason: str) -> None:
    """Raise ``StepNotAllowed`` with every reason why the decision cannot be taken as it stands."""
    found = evaluate(case.verfahren, case.state, step.key, case.facts, powers_of(actor))
    if found.reasons:
        raise StepNotAllowed(step.key, case.state, found.reasons)
    if step.needs_reason and not reason.strip():
        text = f"„{step.label}“ braucht eine schriftliche Begründung."
        raise StepNotAllowed(
            step.key, case.state, [Reason(text, norm="§ 39 VwVfG NRW", key="begruendung")]
        )


def _doing(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    step: Step,
    reason: str,
    data: Mapping[str, Any],
) -> Doing:
    return Doing(
        session=session,
        house=house,
        actor=actor,
        case=case,
        step=step,
        now=house.now(),
        today=house.today,
        reason=reason.strip(),
        data=data,
        progress=dict(case.vorgang["progress"]),
    )
