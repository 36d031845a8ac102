"""What other authorities answer, and what that does to their clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.workflows import beteiligung as parts
from abh.workflows import uhren
from abh.workflows.aenderung import noted, open_case
from abh.workflows.beteiligung_worte import CHANNELS
from abh.workflows.definition import Power
from abh.workflows.dossier import Case, part_of
from abh.workflows.effects import LAW_OF_PART, request_participation
from abh.workflows.recht import LawKey
from abh.workflows.steps import (
    StepDone,
    load_case,
)
from abh.workflows.tables import Beteiligung, CaseFinding


def answer_participation(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    beteiligung_id: int,
    answer: str,
    *,
    on: date,
    note: str = "",
    valid_until: date | None = None,
    expected_version: int | None,
) -> StepDone:
    """Record what the other authority said on day ``on``.

    ``answer`` is ``consent``, ``refuse``, ``info_missing`` (ends the clock without consent,
    § 36(2) BeschV, or lets it stand) or ``completed`` (the completed request starts a new clock,
    or lets the old one run on). ``StepNotAllowed`` when silence was consent already;
    ``InvalidInput`` for a day that cannot be.
    """
    case = open_case(session, house, actor, vorgang_id, expected_version, Power.REVIEW)
    row = _row_of(case, beteiligung_id)
    if on > house.today:
        raise InvalidInput([FieldProblem("on", "Der Tag liegt in der Zukunft.")])
    part = part_of(row)
    if answer == "completed":
        end = uhren.length(house.law, LAW_OF_PART[row["kind"]], on).end
        resumed = parts.complete(part, on, end)
        until = resumed.due if part.rest_days is not None else None
        request_participation(session, house, case.id, row, on, until=until)
    else:
        acts: Mapping[str, Callable[[], parts.Beteiligung]] = {
            "consent": lambda: parts.answer(part, on, consent=True, note=note),
            "refuse": lambda: parts.answer(part, on, consent=False, note=note),
            "info_missing": lambda: parts.info_missing(part, on, note),
        }
        if answer not in acts:
            raise InvalidInput([FieldProblem("answer", "Diese Antwort gibt es nicht.")])
        store_part(session, house, case.id, beteiligung_id, acts[answer]())
    if row["kind"] == "BVA" and answer == "consent":
        until = valid_until or uhren.length(house.law, LawKey.SICHERHEITSABFRAGE, on).end
        session.execute(
            insert(CaseFinding).values(
                vorgang_id=case.id,
                key="security_valid_until",
                value=until.isoformat(),
                found_by=actor.user_id,
                found_at=house.now(),
            )
        )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    label = f"Antwort {part.kind.label}: {ANSWERS[answer]}"
    return noted(
        session,
        house,
        actor,
        fresh,
        "beteiligung",
        label,
        part.kind.norm,
        note,
        {},
        {"kind": row["kind"], "answer": answer, "on": on.isoformat()},
    )


ANSWERS = {
    "consent": "zugestimmt",
    "refuse": "abgelehnt",
    "info_missing": "Angaben fehlen",
    "completed": "Anfrage vervollständigt",
}


# States in which a request is out, so that its receipt can be proved.
_OUT = frozenset({parts.PartState.REQUESTED, parts.PartState.OVERDUE, parts.PartState.NEEDS_INFO})


def record_receipt(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    beteiligung_id: int,
    *,
    channel: str,
    on: date,
    receipt: str,
    expected_version: int | None,
) -> StepDone:
    """Record on which way the request went and what proves that it arrived on day ``on``.

    ``channel`` is a key of ``beteiligung_worte.CHANNELS``. Raises ``InvalidInput`` with every
    problem, ``Conflict`` where no request is out or the case changed. Locks the case.
    """
    case = open_case(session, house, actor, vorgang_id, expected_version, Power.REVIEW)
    row = _row_of(case, beteiligung_id)
    part = part_of(row)
    if part.state not in _OUT or part.requested_on is None:
        raise Conflict(f"{part.kind.label}: gerade ist keine Anfrage unterwegs.")
    problems = []
    if channel not in CHANNELS:
        problems.append(FieldProblem("channel", "Diesen Weg gibt es nicht."))
    if on > house.today:
        problems.append(FieldProblem("received_on", "Der Tag liegt in der Zukunft."))
    elif on < part.requested_on:
        text = f"Der Tag liegt vor der Anfrage vom {part.requested_on:%d.%m.%Y}."
        problems.append(FieldProblem("received_on", text))
    if len(receipt.strip()) < 3:
        problems.append(FieldProblem("receipt", "Was beweist den Zugang?"))
    if problems:
        raise InvalidInput(problems)
    session.execute(
        update(Beteiligung)
        .where(Beteiligung.id == beteiligung_id)
        .values(channel=channel, receipt=receipt.strip(), receipt_on=on)
    )
    fresh = load_case(session, house, vorgang_id=vorgang_id)
    return noted(
        session,
        house,
        actor,
        fresh,
        "beteiligung_zugang",
        f"Zugang bei {part.kind.label} nachgewiesen ({CHANNELS[channel]})",
        part.kind.norm,
        receipt,
        {},
        {"kind": row["kind"], "channel": channel, "on": on.isoformat()},
    )


def _row_of(case: Case, beteiligung_id: int) -> Mapping[str, Any]:
    row = next((r for r in case.row["beteiligungen"] if r["id"] == beteiligung_id), None)
    if row is None:
        raise NotFound("Diese Beteiligung gibt es in dem Vorgang nicht.")
    found: Mapping[str, Any] = row
    return found


def store_part(
    session: Session, house: House, vorgang_id: int, row_id: int, part: parts.Beteiligung
) -> None:
    """Write a participation as the pure rules left it; its clock ends when nothing is due."""
    session.execute(
        update(Beteiligung).where(Beteiligung.id == row_id).values(**part_columns(part))
    )
    if part_is_settled(part):
        uhren.stop_clocks(session, vorgang_id, now=house.now(), beteiligung_id=row_id)


def part_columns(part: parts.Beteiligung) -> dict[str, Any]:
    """Return the columns of a participation as the pure rules left it."""
    return {
        "state": part.state.value,
        "due_on": part.due,
        "answered_on": part.answered_on,
        "note": part.note,
        "rest_days": part.rest_days,
    }


def part_is_settled(part: parts.Beteiligung) -> bool:
    """Whether nothing of it is due any more, so that its clock ends."""
    return part.due is None or part.is_answered
