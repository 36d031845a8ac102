"""Correcting the day of receipt: what counts from it is computed anew, both days are kept."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.workflows import uhren, uhrwerk
from abh.workflows.aenderung import noted, open_case
from abh.workflows.definition import Power
from abh.workflows.registry import UnknownVerfahren, current
from abh.workflows.steps import StepDone, load_case
from abh.workflows.tables import Vorgang
from abh.workflows.widerspruch import receipt_contradictions
from abh.workflows.wirkung import renew

NORM = "§ 81 Abs. 3 und 4 AufenthG, § 24 VwVfG NRW"


def correct_receipt(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    received_on: date,
    *,
    reason: str,
    expected_version: int | None,
) -> StepDone:
    """Set the day of receipt (the stamp may lie before the day of entry); needs REVIEW.

    Effect of the application, the period of § 75 VwGO and every clock that counts from the receipt
    are computed anew; the log keeps both days. Raises ``InvalidInput`` for a day in the future, a
    day on which the Verfahren did not exist, or a missing reason; ``Conflict`` when the case
    changed. Locks the case.
    """
    case = open_case(session, house, actor, vorgang_id, expected_version, Power.REVIEW)
    problems = []
    if received_on > house.today:
        problems.append(FieldProblem("received_on", "Der Eingang liegt in der Zukunft."))
    if len(reason.strip()) < 10:
        problems.append(FieldProblem("reason", "Bitte begründen Sie das in einem Satz."))
    try:
        if current(case.verfahren.key, received_on) is not case.verfahren:
            text = "An diesem Tag galt eine andere Fassung des Verfahrens; bitte überleiten."
            problems.append(FieldProblem("received_on", text))
    except UnknownVerfahren:
        text = f"Am {received_on:%d.%m.%Y} gab es dieses Verfahren noch nicht."
        problems.append(FieldProblem("received_on", text))
    decided = case.state in case.verfahren.decided_states
    decided_on = case.state_since.astimezone(BERLIN).date() if decided else None
    for text in receipt_contradictions(case.facts, received_on, decided_on):
        problems.append(FieldProblem("received_on", text))
    if problems:
        raise InvalidInput(problems)
    before = str(case.vorgang["received_on"])
    session.execute(
        update(Vorgang)
        .where(Vorgang.id == case.id)
        .values(received_on=received_on)
        .execution_options(synchronize_session=False)
    )
    fresh = load_case(session, house, vorgang_id=case.id)
    renew(session, fresh, frozenset({"received_on"}))
    if any(row["kind"].startswith("vwgo75_") for row in case.row["fristen"]):
        uhren.restart_vwgo75(session, case.row, received_on, house.law, now=house.now())
    uhrwerk.reanchor(session, house, fresh)
    fresh = load_case(session, house, vorgang_id=case.id)
    label = f"Eingang berichtigt: {received_on:%d.%m.%Y}"
    notes = {"eingang_vorher": before, "eingang": received_on.isoformat()}
    return noted(session, house, actor, fresh, "eingang_berichtigt", label, NORM, reason, {}, notes)
