"""The door of this room for a case that exists: steps, findings, waivers, and what rooms beside do.

Every function is one change under the version the actor saw, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.workflows import fuehrung, kosten, uhrwerk
from abh.workflows.aenderung import noted, open_case
from abh.workflows.anfragen import ANSWERS, answer_participation, record_receipt, store_part
from abh.workflows.decision import decide
from abh.workflows.definition import Power
from abh.workflows.dossier import FINDINGS, Case, case_of, check_finding, findings_of
from abh.workflows.nachweise import Upload, add_documents, file_evidence, judge_evidence
from abh.workflows.steps import (
    StepDone,
    advance,
    carry_out,
    check_scope,
    load_case,
    lock_case,
)
from abh.workflows.tables import CaseFinding, Waiver
from abh.workflows.vermerke import NOTES, NoteKind, note, settle_fee
from abh.workflows.versand import letters_of, record_dispatch
from abh.workflows.widerspruch import contradictions
from abh.workflows.wirkung import renew

__all__ = [
    "ANSWERS",
    "FINDINGS",
    "NOTES",
    "NoteKind",
    "Upload",
    "add_documents",
    "answer_participation",
    "file_evidence",
    "judge_evidence",
    "letters_of",
    "note",
    "record_dispatch",
    "record_findings",
    "record_receipt",
    "settle_fee",
    "store_part",
    "take_step",
    "waive",
]


def take_step(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    step_key: str,
    *,
    expected_version: int | None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> StepDone:
    """Take a step of the case and all automatic steps that follow from it.

    ``expected_version`` is the version the actor saw; ``Conflict`` when somebody was faster (None
    only for the system). ``StepNotAllowed`` with every reason, ``InvalidInput`` for ``data``. A
    decision whose letter the actor may not sign alone is prepared: the case stays in its state
    until the second signer signs. The row of the case is locked until the transaction ends.
    """
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    step = case.verfahren.step(step_key)
    if step is None:
        raise NotFound(f"Den Schritt „{step_key}“ gibt es in diesem Verfahren nicht.")
    given = dict(data or {})
    if step.decision is not None:
        done = decide(session, house, actor, case, step, reason=reason, data=given)
    else:
        done = carry_out(session, house, actor, case, step, reason=reason, data=given)
    return advance(session, house, done)


def record_findings(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    values: Mapping[str, Any],
    *,
    expected_version: int | None,
    remark: str = "",
) -> StepDone:
    """Record what the office found out (JSON values by key of
    ``dossier.findings_of``).

    ``None`` takes a finding back. Effect and clocks that rest on a corrected fact are computed
    anew; the log keeps both values. Raises ``InvalidInput`` naming every wrong value and all that
    contradicts what is known.
    """
    case = open_case(
        session, house, actor, vorgang_id, expected_version, Power.REVIEW, Power.COUNTER
    )
    problems: list[FieldProblem] = []
    for key, raw in values.items():
        try:
            check_finding(case.verfahren, key, raw)
        except InvalidInput as error:
            problems.extend(error.problems)
    received = case.facts.received_on or house.today
    problems += fuehrung.problems(house.profile, case.verfahren.key, values, received)
    if problems:
        raise InvalidInput(problems)
    before = {key: case.row["findings"].get(key, {}).get("value") for key in values}
    told = {key: case.vorgang["antrag"].get(key) for key in values}
    problems = contradictions(case.verfahren, _supposed(case, house, values).facts, values)
    if problems:
        raise InvalidInput(problems)
    now = house.now()
    if values:
        session.execute(
            insert(CaseFinding),
            [
                {
                    "vorgang_id": case.id,
                    "key": key,
                    "value": raw,
                    "remark": remark.strip(),
                    "found_by": actor.user_id,
                    "found_at": now,
                }
                for key, raw in values.items()
            ],
        )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    renew(session, fresh, frozenset(values))
    uhrwerk.reanchor(session, house, fresh)
    charged = kosten.reassess(session, case.facts, fresh)
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    labels = ", ".join(findings_of(case.verfahren)[key].label for key in values)
    if charged:
        labels += "; Gebühr neu berechnet"
    return noted(
        session,
        house,
        actor,
        fresh,
        "feststellung",
        f"Festgestellt: {labels}",
        "§ 24 VwVfG NRW",
        remark,
        {},
        {
            "keys": sorted(values),
            "werte": {
                key: {"vorher": told[key] if before[key] is None else before[key], "jetzt": raw}
                for key, raw in values.items()
            },
        },
    )


def _supposed(case: Case, house: House, values: Mapping[str, Any]) -> Case:
    """Return the case as it would be with these findings; nothing is written."""
    findings = {**case.row["findings"], **{key: {"value": raw} for key, raw in values.items()}}
    return case_of({**case.row, "findings": findings}, house.law, house.today)


def waive(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    requirement: str,
    reason: str,
    *,
    expected_version: int | None,
) -> StepDone:
    """Do without a requirement, with a written reason of at least ten characters.

    Raises ``InvalidInput`` where the Verfahren names no norm that permits it.
    """
    case = open_case(session, house, actor, vorgang_id, expected_version, Power.DECIDE)
    found = next((r for r in case.verfahren.checklist if r.key == requirement), None)
    problems = []
    if found is None or not found.waiver_norm:
        problems.append(FieldProblem("requirement", "Davon lässt das Gesetz nicht absehen."))
    if len(reason.strip()) < 10:
        problems.append(FieldProblem("reason", "Bitte begründen Sie das in einem Satz."))
    if problems or found is None:
        raise InvalidInput(problems)
    if requirement in case.facts.waivers:
        raise Conflict("Davon ist schon abgesehen worden.")
    session.execute(
        insert(Waiver).values(
            vorgang_id=case.id,
            requirement=requirement,
            reason=reason.strip(),
            granted_by=actor.user_id,
            granted_at=house.now(),
        )
    )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    return noted(
        session,
        house,
        actor,
        fresh,
        "absehen",
        f"Abgesehen von: {found.label}",
        found.waiver_norm,
        reason,
        {},
        {"requirement": requirement},
    )
