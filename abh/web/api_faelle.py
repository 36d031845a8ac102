"""``/api/v1/cases``: list, checklist, clocks and steps of the cases of your Sachgebiet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from abh.access import audit
from abh.access.policy import Power, policy
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.api import blueprint
from abh.workflows import intake, machine, repository, service
from abh.workflows.beteiligung_worte import stand
from abh.workflows.checklist import evaluate_checklist
from abh.workflows.dossier import Case, part_of, weg_of
from abh.workflows.powers import powers_of
from abh.workflows.steps import StepDone, check_scope, load_case
from abh.workflows.zugriff import hidden_in


@blueprint.get("/cases")
@policy(Power.CASE_READ)
@blueprint.arguments(schemas.ListQuerySchema, location="query")
@blueprint.response(200, schemas.CaseListSchema)
def cases(query: dict[str, Any]) -> dict[str, Any]:
    """Return open cases of your Sachgebiet, first what suffers harm first; the look is logged."""
    who, session = web.actor(), web.reading()
    after: tuple[date, int] = (date.min, 0)
    if query["after"]:
        day, _, last = query["after"].partition("_")
        try:
            after = (date.fromisoformat(day), int(last))
        except ValueError:
            raise InvalidInput([FieldProblem("after", "Diesen Tag gibt es nicht.")]) from None
    rows = repository.desk_rows(
        session,
        unit=None if query["mine"] else who.unit_key,
        owner=who.user_id if query["mine"] else None,
        state=query["state"],
        after=after,
        limit=query["limit"],
        hidden=hidden_in(who, who.unit_key),
    )
    audit.record_list(
        session, who, "api.cases", "vorgang", [row["id"] for row in rows], now=web.now()
    )
    full = len(rows) == query["limit"]
    return {
        "cases": [_line(row) for row in rows],
        "next": f"{rows[-1]['harm_on']:%Y-%m-%d}_{rows[-1]['id']}" if full else "",
    }


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{row['given_names']} {row['family_name']}".strip()
    keys = ("number", "state", "received_on", "harm_on", "harm_key", "next_due")
    return {
        **{key: row[key] for key in keys},
        "procedure": row["verfahren"],
        "person": name,
        "version": row["row_version"],
    }


def opened(number: str) -> Case:
    """Return a case of your Sachgebiet; the look is logged. Raises ``NotFound``, ``NotAllowed``."""
    who, session = web.actor(), web.reading()
    case = load_case(session, web.house(), number=number)
    check_scope(who, case)
    audit.record(
        session,
        who,
        "api.case",
        "vorgang",
        case.id,
        now=web.now(),
        vorgang_id=case.id,
        person_id=case.person["id"],
        is_read=True,
    )
    return case


@blueprint.get("/cases/<number>")
@policy(Power.CASE_READ)
@blueprint.response(200, schemas.CaseSchema)
def case_page(number: str) -> dict[str, Any]:
    """Return a case of your Sachgebiet with its checklist and clocks; the look is logged."""
    case = opened(number)
    state = case.verfahren.state(case.state)
    items = evaluate_checklist(case.verfahren, case.facts)
    return {
        "number": case.number,
        "procedure": case.verfahren.key,
        "procedure_version": case.verfahren.version,
        "state": case.state,
        "state_label": state.label if state else case.state,
        "version": case.vorgang["row_version"],
        "person": case.full_name,
        "unit": case.vorgang["unit_key"],
        "received_on": date.fromisoformat(case.vorgang["received_on"]),
        "closed": case.vorgang["closed_at"] is not None,
        "checklist": [{**_fields(item), "status": item.status.value} for item in items],
        "clocks": [
            {key: row[key] for key in ("kind", "label", "norm", "due_on", "status")}
            for row in case.row["fristen"]
        ],
        "participations": [_participation(row) for row in case.row["beteiligungen"]],
    }


def _participation(row: Mapping[str, Any]) -> dict[str, Any]:
    part, way = part_of(row), weg_of(row)
    return {
        "id": row["id"],
        "kind": row["kind"],
        "label": part.kind.label,
        "norm": part.kind.norm,
        "state": row["state"],
        "round": row["round"],
        "channel": way.channel,
        "requested_on": part.requested_on,
        "due_on": part.due,
        "answered_on": part.answered_on,
        "reminded_on": way.reminded_on,
        "receipt": way.receipt,
        "receipt_on": way.receipt_on,
        "sentences": stand(part, way),
    }


def _fields(item: Any) -> dict[str, Any]:
    return {key: getattr(item, key) for key in ("key", "label", "norm", "why", "evidence_missing")}


@blueprint.get("/cases/<number>/steps")
@policy(Power.CASE_READ)
@blueprint.response(200, schemas.StepListSchema)
def steps(number: str) -> dict[str, Any]:
    """Return every step out of the present state for you: what is possible, and why not."""
    case = opened(number)
    found = machine.possible_steps(case.verfahren, case.state, case.facts, powers_of(web.actor()))
    return {
        "version": case.vorgang["row_version"],
        "steps": [
            {
                "key": each.step_key,
                "label": each.label,
                "norm": each.step.norm if each.step else "",
                "allowed": each.allowed,
                "needs_reason": bool(each.step and each.step.needs_reason),
                "reasons": each.reasons,
            }
            for each in found
        ],
    }


@blueprint.post("/cases/<number>/steps/<step>")
@policy(Power.CASE_INTAKE, Power.CASE_REVIEW, Power.CASE_COUNTER, Power.CASE_DECIDE)
@blueprint.arguments(schemas.StepRequestSchema)
@blueprint.response(200, schemas.StepDoneSchema)
def take_step(given: dict[str, Any], number: str, step: str) -> dict[str, Any]:
    """Take a step; 409 with every reason when it is not possible or the case has changed."""
    who, house = web.actor(), web.house()
    with web.unit_of_work() as session:
        case = load_case(session, house, number=number)
        # Before anything is said of its version: that would tell that there is such a case.
        check_scope(who, case)
        done = service.take_step(
            session,
            house,
            who,
            case.id,
            step,
            expected_version=given["expected_version"],
            reason=given["reason"],
            data=given["data"],
        )
        intake.notify_letters(session, house, done.letters)
    return done_of(done)


def done_of(done: StepDone) -> dict[str, Any]:
    """Return what came of a change, for ``StepDoneSchema``."""
    return {
        "state": done.state,
        "version": done.row_version,
        "letters": list(done.letters),
        "waits_for_signature": done.pending_letter,
    }
