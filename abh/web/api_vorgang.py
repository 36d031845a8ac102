"""``/api/v1/cases/<number>``: deciding a family at once, and the authorities asked in a case."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from abh.access.policy import Power, policy
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.api import blueprint
from abh.web.api_faelle import done_of, opened
from abh.workflows import intake, service, verbund
from abh.workflows.beteiligung_worte import CHANNELS
from abh.workflows.familienentscheidung import MOST, Candidate, Chosen, candidates, decide_together
from abh.workflows.steps import check_scope, load_case


class CandidateSchema(Schema):
    """A case of the family: whether its grant can be taken now, or every reason why not."""

    number = fields.String(required=True)
    procedure = fields.String(required=True)
    person = fields.String(required=True)
    link = fields.String(required=True)
    version = fields.Integer(required=True)
    step = fields.String(required=True)
    ready = fields.Boolean(required=True)
    second_signature = fields.String(required=True)
    reasons = fields.List(fields.Nested(schemas.ReasonSchema), required=True)


class CandidateListSchema(Schema):
    """The family as it stands; empty where this case stands before no grant."""

    cases = fields.List(fields.Nested(CandidateSchema), required=True)


class ChosenSchema(Schema):
    """A case to decide, in the version that was seen."""

    class Meta:
        unknown = RAISE

    number = fields.String(required=True, validate=validate.Length(min=1, max=40))
    expected_version = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=2_000_000_000)
    )
    provisions = fields.String(load_default="", validate=validate.Length(max=5000))


class JointDecisionSchema(Schema):
    """The cases to grant in one transaction: this one and others of its family."""

    class Meta:
        unknown = RAISE

    cases = fields.List(
        fields.Nested(ChosenSchema), required=True, validate=validate.Length(min=2, max=MOST)
    )
    reason = fields.String(load_default="", validate=validate.Length(max=5000))


class JointlyDoneSchema(schemas.StepDoneSchema):
    """One case after the joint decision."""

    number = fields.String(required=True)


class JointResultSchema(Schema):
    """All cases after the joint decision, in the order they came."""

    cases = fields.List(fields.Nested(JointlyDoneSchema), required=True)


class VersionedSchema(Schema):
    """A change of a case, with the version that was seen."""

    class Meta:
        unknown = RAISE

    expected_version = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=2_000_000_000)
    )


class ParticipationAnswerSchema(VersionedSchema):
    """What the other authority said on a day; ``completed``: the missing information was sent."""

    answer = fields.String(required=True, validate=validate.OneOf(sorted(service.ANSWERS)))
    on = fields.Date(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    valid_until = fields.Date(load_default=None, allow_none=True)


class ReceiptSchema(VersionedSchema):
    """How a request went out, and what proves that it arrived."""

    channel = fields.String(required=True, validate=validate.OneOf(sorted(CHANNELS)))
    received_on = fields.Date(required=True)
    receipt = fields.String(required=True, validate=validate.Length(min=3, max=500))


@blueprint.get("/cases/<number>/joint-decision")
@policy(Power.CASE_DECIDE)
@blueprint.response(200, CandidateListSchema)
def family(number: str) -> dict[str, Any]:
    """Return the cases of the family that can be granted together, and why others cannot."""
    case = opened(number)
    who, session = web.actor(), web.reading()
    linked = verbund.linked(session, who, case)
    found = candidates(session, web.house(), who, case, linked)
    return {"cases": [_candidate(one) for one in found]}


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "number": one.case.number,
        "procedure": one.case.verfahren.key,
        "person": one.case.full_name,
        "link": one.why,
        "version": one.version,
        "step": one.step.key if one.step else "",
        "ready": one.ready,
        "second_signature": one.second,
        "reasons": one.reasons,
    }


@blueprint.post("/cases/<number>/joint-decision")
@policy(Power.CASE_DECIDE)
@blueprint.arguments(JointDecisionSchema)
@blueprint.response(200, JointResultSchema)
def decide_family(given: dict[str, Any], number: str) -> dict[str, Any]:
    """Grant several cases of a family, all or none (§ 81(6) AufenthG).

    409 with the reasons of every case that cannot go along, or when one has changed.
    """
    chosen = [
        Chosen(
            one["number"],
            one["expected_version"],
            {"provisions": one["provisions"]} if one["provisions"].strip() else {},
        )
        for one in given["cases"]
    ]
    house = web.house()
    with web.unit_of_work() as session:
        case = load_case(session, house, number=number)
        check_scope(web.actor(), case)
        done = decide_together(session, house, web.actor(), case, chosen, reason=given["reason"])
        intake.notify_letters(session, house, [letter for one in done for letter in one.letters])
    return {
        "cases": [
            {"number": picked.number, **done_of(one)}
            for picked, one in zip(chosen, done, strict=True)
        ]
    }


@blueprint.post("/cases/<number>/participations/<int:part_id>/answer")
@policy(Power.CASE_REVIEW)
@blueprint.arguments(ParticipationAnswerSchema)
@blueprint.response(200, schemas.StepDoneSchema)
def answer(given: dict[str, Any], number: str, part_id: int) -> dict[str, Any]:
    """Record what another authority answered; automatic steps follow from it."""
    house = web.house()
    with web.unit_of_work() as session:
        case = load_case(session, house, number=number)
        check_scope(web.actor(), case)
        done = service.answer_participation(
            session, house, web.actor(), case.id, part_id, given.pop("answer"), **given
        )
        intake.notify_letters(session, house, done.letters)
    return done_of(done)


@blueprint.post("/cases/<number>/participations/<int:part_id>/receipt")
@policy(Power.CASE_REVIEW)
@blueprint.arguments(ReceiptSchema)
@blueprint.response(200, schemas.StepDoneSchema)
def receipt(given: dict[str, Any], number: str, part_id: int) -> dict[str, Any]:
    """Record the way of a request and the proof of its receipt."""
    house = web.house()
    with web.unit_of_work() as session:
        case = load_case(session, house, number=number)
        check_scope(web.actor(), case)
        done = service.record_receipt(
            session, house, web.actor(), case.id, part_id, on=given.pop("received_on"), **given
        )
    return done_of(done)
