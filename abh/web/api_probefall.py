"""``POST /api/v1/probefall``: what would come of an application; nothing stored, nothing logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request
from marshmallow import RAISE, Schema, fields, validate
from werkzeug.exceptions import TooManyRequests

from abh.access.policy import PUBLIC, policy
from abh.web import session as web
from abh.web.api import blueprint
from abh.web.api_schemas import ItemSchema, ReasonSchema
from abh.web.bremse import Brake
from abh.workflows.probefall import amt_of, frage, probefall, to_json

# A what-if costs some ten milliseconds; a portal asks once a visitor, not thousands of times.
BRAKE = Brake(120, timedelta(minutes=10), timedelta(minutes=1))


class QuestionSchema(Schema):
    """A what-if: facts by the words of the handbook (or keys of the API), and the day asked."""

    class Meta:
        unknown = RAISE

    verfahren = fields.String(required=True, validate=validate.Length(min=1, max=10))
    version = fields.Integer(load_default=None, allow_none=True, strict=True)
    tag = fields.Date(load_default=None, allow_none=True)
    zustand = fields.String(load_default="", validate=validate.Length(max=100))
    wohnort = fields.String(load_default="", validate=validate.Length(max=200))
    angaben = fields.Dict(keys=fields.String(), load_default=dict)
    lebenslauf = fields.Dict(keys=fields.String(), load_default=dict)


class ProcedureSchema(Schema):
    """Which version of which Verfahren answered."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    norm = fields.String(required=True)


class EffectSchema(Schema):
    """What the application does to the stay until the decision, in words."""

    kind = fields.String(required=True)
    case = fields.String(required=True)
    norm = fields.String(required=True)
    since = fields.String(required=True, allow_none=True)
    words = fields.String(required=True)
    work_words = fields.String(required=True)
    spoken = fields.String(required=True)
    title_end = fields.String(required=True, allow_none=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)
    work_allowed = fields.Boolean(required=True)
    order_possible = fields.Boolean(required=True)


class ConsentSchema(Schema):
    """An authority to be asked; ``due``: the last day of its period if asked today."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    stand = fields.String(required=True)
    silence = fields.String(required=True)
    due = fields.String(required=True, allow_none=True)


class FeeSchema(Schema):
    """A fee in EUR with reduction and exemption; ``when`` is empty for what is due at once."""

    law_key = fields.String(required=True)
    label = fields.String(required=True)
    amount = fields.String(required=True, allow_none=True)
    norm = fields.String(required=True)
    reduced = fields.String(required=True)
    waived = fields.String(required=True)
    waived_norm = fields.String(required=True)
    when = fields.String(required=True)


class RequirementSchema(ItemSchema):
    """A line of the checklist with who can settle it."""

    mandatory = fields.Boolean(required=True)
    source = fields.String(required=True)
    ask_applicant = fields.Boolean(required=True)


class LetterSchema(Schema):
    """A letter: form in law, row of the signature table, remedy."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    outcome = fields.String(required=True)
    form = fields.String(required=True)
    act = fields.Boolean(required=True)
    rule = fields.String(required=True)
    signature = fields.String(required=True)
    four_eyes = fields.Boolean(required=True)
    remedy = fields.String(required=True)
    remedy_text = fields.String(required=True)
    remedy_norm = fields.String(required=True)


class OutcomeSchema(Schema):
    """A way the case may end: possible, still open, or excluded and why."""

    step = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    stand = fields.String(required=True)
    by = fields.String(required=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)
    first = fields.List(fields.Nested(ReasonSchema), required=True)
    letters = fields.List(fields.Nested(LetterSchema), required=True)


class LengthSchema(Schema):
    """How long the title would run; ``until`` null is unlimited."""

    until = fields.String(required=True, allow_none=True)
    why = fields.String(required=True)
    norm = fields.String(required=True)


class ClockSchema(Schema):
    """A clock with its last day and the arithmetic."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    stand = fields.String(required=True)
    starts = fields.String(required=True)
    ends = fields.String(required=True)
    effect = fields.String(required=True)
    begins_on = fields.String(required=True, allow_none=True)
    due = fields.String(required=True, allow_none=True)
    arithmetic = fields.List(fields.String(), required=True)


class AnswerPartSchema(Schema):
    """Yes, no, or not known, with the reason."""

    answer = fields.Boolean(required=True, allow_none=True)
    why = fields.String(required=True)
    norm = fields.String(required=True)


class UnitSchema(Schema):
    """The Sachgebiet."""

    key = fields.String(required=True)
    name = fields.String(required=True)


class NextStepSchema(Schema):
    """A step out of the state the case comes to by itself."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    by = fields.String(required=True)
    allowed = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)


class MarkSchema(Schema):
    """Law that is about to change or not verified."""

    key = fields.String(required=True)
    text = fields.String(required=True)
    norm = fields.String(required=True)
    check_by = fields.String(required=True, allow_none=True)


class LackSchema(Schema):
    """A condition of a prospect that is missing, or (``bekannt`` false) that nobody knows."""

    text = fields.String(required=True)
    norm = fields.String(required=True)
    bekannt = fields.Boolean(required=True)


class ProspectSchema(Schema):
    """A title to come: from which day, why, and what is missing."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    lage = fields.String(required=True)
    ab = fields.String(required=True, allow_none=True)
    rechnung = fields.List(fields.String(), required=True)
    fehlt = fields.List(fields.Nested(LackSchema), required=True)


class PointSchema(Schema):
    """A point of the way from entry to naturalisation."""

    tag = fields.String(required=True)
    text = fields.String(required=True)
    norm = fields.String(required=True)
    kommt = fields.Boolean(required=True)


class AnswerSchema(Schema):
    """The answer to a what-if."""

    verfahren = fields.Nested(ProcedureSchema, required=True)
    tag = fields.String(required=True)
    annahmen = fields.List(fields.String(), required=True)
    variante = fields.String(required=True)
    titel = fields.String(required=True)
    norm = fields.String(required=True)
    entscheidung = fields.String(required=True)
    wirkung = fields.Nested(EffectSchema, required=True, allow_none=True)
    zustimmungen = fields.List(fields.Nested(ConsentSchema), required=True)
    gebuehren = fields.List(fields.Nested(FeeSchema), required=True)
    gebuehr_summe = fields.String(required=True)
    voraussetzungen = fields.List(fields.Nested(RequirementSchema), required=True)
    fehlend = fields.List(fields.Nested(RequirementSchema), required=True)
    ausgaenge = fields.List(fields.Nested(OutcomeSchema), required=True)
    laufzeit = fields.Nested(LengthSchema, required=True, allow_none=True)
    briefe = fields.List(fields.Nested(LetterSchema), required=True)
    uhren = fields.List(fields.Nested(ClockSchema), required=True)
    erscheinen = fields.Nested(AnswerPartSchema, required=True)
    zustaendig = fields.Nested(AnswerPartSchema, required=True)
    einheit = fields.Nested(UnitSchema, required=True)
    zustand = fields.String(required=True)
    getan = fields.List(fields.String(), required=True)
    refused = fields.List(fields.Nested(ReasonSchema), required=True)
    schritte = fields.List(fields.Nested(NextStepSchema), required=True)
    im_auge = fields.List(fields.Nested(MarkSchema), required=True)
    aussichten = fields.List(fields.Nested(ProspectSchema), required=True)
    weg = fields.List(fields.Nested(PointSchema), required=True)


@blueprint.post("/probefall")
@policy(PUBLIC)
@blueprint.arguments(QuestionSchema)
@blueprint.response(200, AnswerSchema)
def what_if(given: dict[str, Any]) -> dict[str, Any]:
    """Say what would come of an application on these facts; nothing is stored."""
    address, now = request.remote_addr or "", web.now()
    if pause := BRAKE.pause_for(address, now):
        raise TooManyRequests(retry_after=int(pause.total_seconds()))
    BRAKE.count(address, now)
    house = web.house()
    amt = amt_of(house.zeichnung, house.office, house.profile)
    return to_json(probefall(frage(given, house.law, web.today()), house.law, amt))
