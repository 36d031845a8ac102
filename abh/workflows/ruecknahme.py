"""Taking an application back: the declaration of its applicant and the step that follows."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.machine import evaluate
from abh.workflows.powers import powers_of
from abh.workflows.service import take_step
from abh.workflows.steps import StepDone, check_scope, lock_case, need_power
from abh.workflows.tables import CaseFinding

STEP = "zuruecknehmen"


def can_withdraw(case: Case, actor: Actor) -> bool:
    """Say whether the application can be taken back now, but for the declaration itself."""
    found = evaluate(case.verfahren, case.state, STEP, case.facts, powers_of(actor))
    return {reason.key for reason in found.reasons} <= {"zurueckgenommen"}


def withdraw(
    session: Session, house: House, actor: Actor, vorgang_id: int, *, expected_version: int | None
) -> StepDone:
    """Record that the applicant takes the application back today, and end the case (§ 9 VwVfG).

    Raises ``StepNotAllowed`` after the decision, ``Conflict`` when the case has changed.
    """
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    need_power(actor, Power.APPLICANT, Power.INTAKE, Power.REVIEW)
    session.execute(
        insert(CaseFinding).values(
            vorgang_id=case.id,
            key="withdrawal_on",
            value=house.today.isoformat(),
            remark="erklärt über den Statuslink" if actor.kind == "applicant" else "",
            found_by=actor.user_id,
            found_at=house.now(),
        )
    )
    return take_step(
        session, house, actor, case.id, STEP, expected_version=int(case.vorgang["row_version"])
    )
