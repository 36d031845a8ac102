"""Facts of the running business that somebody records: payments, cards, court."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.tables import CardOrder
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.workflows.aenderung import noted, open_case
from abh.workflows.definition import Power
from abh.workflows.facts import CourtOutcome
from abh.workflows.steps import (
    StepDone,
    load_case,
)
from abh.workflows.tables import Fee


def settle_fee(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    fee_id: int,
    *,
    payment: str = "",
    waiver_norm: str = "",
    expected_version: int | None,
) -> StepDone:
    """Record that a fee is paid (how), or waived with its norm (§§ 52-53 AufenthV)."""
    case = open_case(
        session, house, actor, vorgang_id, expected_version, Power.COUNTER, Power.REVIEW
    )
    if bool(payment.strip()) == bool(waiver_norm.strip()):
        raise InvalidInput([FieldProblem("payment", "Bitte Zahlungsart oder Norm des Erlasses.")])
    status = "paid" if payment.strip() else "waived"
    changed = session.execute(
        update(Fee)
        .where(Fee.id == fee_id, Fee.vorgang_id == case.id, Fee.status == "due")
        .values(
            status=status,
            payment=payment.strip(),
            waiver_norm=waiver_norm.strip(),
            settled_at=house.now(),
            settled_by=actor.user_id,
        )
        .returning(Fee.label, Fee.norm)
    ).one_or_none()
    if changed is None:
        raise Conflict("Diese Gebühr ist schon erledigt.")
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    word = "bezahlt" if status == "paid" else "erlassen"
    return noted(
        session,
        house,
        actor,
        fresh,
        "gebuehr",
        f"{changed.label}: {word}",
        waiver_norm or changed.norm,
        "",
        {},
        {"fee": fee_id, "status": status},
    )


@dataclass(frozen=True, slots=True)
class NoteKind:
    """A fact of the running business that somebody records: which part, field, power, label."""

    part: str
    field: str
    label: str
    norm: str
    powers: tuple[Power, ...]
    kind: str = "flag"


NOTES: Mapping[str, NoteKind] = {
    "statement_weighed": NoteKind(
        "hearing", "statement_weighed", "Stellungnahme gewürdigt", "§ 28 VwVfG NRW", (Power.DECIDE,)
    ),
    "card_arrived": NoteKind(
        "card", "arrived_on", "Karte eingetroffen", "§ 60a AufenthV", (Power.COUNTER,), "today"
    ),
    "card_rejected": NoteKind(
        "card", "rejected_code", "Herstellung abgelehnt", "§ 78 AufenthG", (Power.COUNTER,), "text"
    ),
    "identity_checked": NoteKind(
        "card",
        "identity_checked",
        "Identität bei der Ausgabe geprüft",
        "§ 78 AufenthG",
        (Power.COUNTER,),
    ),
    "old_papers_withdrawn": NoteKind(
        "card",
        "old_papers_withdrawn",
        "Alte Papiere eingezogen",
        "§ 81 Abs. 5 AufenthG",
        (Power.COUNTER,),
    ),
    "action_filed": NoteKind(
        "remedy",
        "action_filed_on",
        "Klage eingegangen",
        "§ 74 VwGO",
        (Power.LEGAL, Power.DECIDE),
        "today",
    ),
    "extension_asked": NoteKind(
        "request",
        "extension_asked",
        "Um Fristverlängerung gebeten",
        "§ 31 Abs. 7 VwVfG NRW",
        (Power.APPLICANT, Power.REVIEW, Power.INTAKE),
    ),
    "court_outcome": NoteKind(
        "remedy", "outcome", "Ausgang bei Gericht", "§ 113 VwGO", (Power.LEGAL,), "outcome"
    ),
}


def note(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    key: str,
    *,
    value: str = "",
    expected_version: int | None,
) -> StepDone:
    """Record a fact of the running business (``NOTES``); automatic steps follow from it."""
    kind = NOTES.get(key)
    if kind is None:
        raise NotFound("Diesen Vermerk gibt es nicht.")
    case = open_case(session, house, actor, vorgang_id, expected_version, *kind.powers)
    if kind.kind == "today":
        content: Any = house.today
    elif kind.kind == "text":
        content = value.strip()
        if not content:
            raise InvalidInput([FieldProblem("value", "Bitte ausfüllen.")])
    elif kind.kind == "outcome":
        if value not in CourtOutcome.__members__:
            raise InvalidInput([FieldProblem("value", "Bitte einen Ausgang wählen.")])
        content = CourtOutcome[value]
    else:
        content = True
    part = replace(getattr(case.facts, kind.part), **{kind.field: content})
    if key == "card_arrived":
        session.execute(
            update(CardOrder)
            .where(CardOrder.vorgang_id == case.id, CardOrder.state == "ordered")
            .values(state="arrived", arrived_on=house.today)
        )
    if key == "card_rejected":
        session.execute(
            update(CardOrder)
            .where(CardOrder.vorgang_id == case.id, CardOrder.state == "ordered")
            .values(state="rejected")
        )
    return noted(
        session, house, actor, case, key, kind.label, kind.norm, value, {kind.part: part}, {}
    )
