"""The contract of the JSON API: what comes in, what goes out."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from abh.documents.zeichnung_types import Channel, Rank, Remedy, Risk
from abh.workflows import registry
from abh.workflows.schemas import AntragSchema

# Every kind of evidence that some Verfahren asks for.
KINDS = sorted({kind for verfahren in registry.PUBLISHED for kind in verfahren.evidence_labels})


class DocumentSchema(Schema):
    """A file, base64; what it is is judged by its content."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(KINDS, error="Diese Art von Unterlage gibt es nicht."),
    )
    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    content = fields.String(required=True, metadata={"format": "byte"})


class ApplicationSchema(AntragSchema):
    """An application, as the form sends it, with its documents."""

    documents = fields.List(
        fields.Nested(DocumentSchema), load_default=list, validate=validate.Length(max=30)
    )


class SessionSchema(Schema):
    """Who is logged in, and the form token that changing calls send."""

    name = fields.String(required=True)
    csrf_token = fields.String(required=True)


class FiledSchema(Schema):
    """What the applicant gets at once."""

    number = fields.String(required=True)
    status_url = fields.URL(required=True)
    confirmation_url = fields.URL(required=True)


class ReasonSchema(Schema):
    """Why something is not possible, with its norm."""

    text = fields.String(required=True)
    norm = fields.String(required=True)
    key = fields.String(required=True)


class ItemSchema(Schema):
    """A line of the checklist."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    status = fields.String(required=True)
    why = fields.String(required=True)
    evidence_missing = fields.List(fields.String(), required=True)


class SentenceSchema(Schema):
    """A sentence with the norm it rests on."""

    text = fields.String(required=True)
    norm = fields.String(required=True)


class ParticipationSchema(Schema):
    """Another authority asked in the case: how it stands, on which way, with which proof."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    state = fields.String(required=True)
    round = fields.Integer(required=True)
    channel = fields.String(required=True)
    requested_on = fields.Date(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    answered_on = fields.Date(required=True, allow_none=True)
    reminded_on = fields.Date(required=True, allow_none=True)
    receipt = fields.String(required=True)
    receipt_on = fields.Date(required=True, allow_none=True)
    sentences = fields.List(fields.Nested(SentenceSchema), required=True)


class CaseSchema(Schema):
    """A case as its Sachgebiet sees it."""

    number = fields.String(required=True)
    procedure = fields.String(required=True)
    procedure_version = fields.Integer(required=True)
    state = fields.String(required=True)
    state_label = fields.String(required=True)
    version = fields.Integer(required=True)
    person = fields.String(required=True)
    unit = fields.String(required=True)
    received_on = fields.Date(required=True)
    closed = fields.Boolean(required=True)
    checklist = fields.List(fields.Nested(ItemSchema), required=True)
    clocks = fields.List(fields.Dict(), required=True)
    participations = fields.List(fields.Nested(ParticipationSchema), required=True)


class ListQuerySchema(Schema):
    """A page of the desk list; ``after`` is ``next`` of the page before."""

    class Meta:
        unknown = RAISE

    state = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=60))
    mine = fields.Boolean(load_default=False)
    after = fields.String(
        load_default="", validate=validate.Regexp(r"\A(\d{4}-\d{2}-\d{2}_\d{1,18})?\Z")
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class CaseLineSchema(Schema):
    """A line of the desk list, first what suffers harm first."""

    number = fields.String(required=True)
    procedure = fields.String(required=True)
    state = fields.String(required=True)
    person = fields.String(required=True)
    received_on = fields.Date(required=True)
    harm_on = fields.Date(required=True)
    harm_key = fields.String(required=True)
    next_due = fields.Date(required=True, allow_none=True)
    version = fields.Integer(required=True)


class CaseListSchema(Schema):
    """A page of cases; ``next`` is empty on the last."""

    cases = fields.List(fields.Nested(CaseLineSchema), required=True)
    next = fields.String(required=True)


class StepRequestSchema(Schema):
    """A step to take, with the version of the case that was seen."""

    class Meta:
        unknown = RAISE

    expected_version = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=2_000_000_000)
    )
    reason = fields.String(load_default="", validate=validate.Length(max=5000))
    data = fields.Dict(keys=fields.String(), load_default=dict)


class StepDoneSchema(Schema):
    """The case after the step."""

    state = fields.String(required=True)
    version = fields.Integer(required=True)
    letters = fields.List(fields.Integer(), required=True)
    waits_for_signature = fields.Integer(required=True, allow_none=True)


class StepSchema(Schema):
    """A step out of the present state: possible, or why not."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    norm = fields.String(required=True)
    allowed = fields.Boolean(required=True)
    needs_reason = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)


class StepListSchema(Schema):
    """All steps out of the present state, for the version that was looked at."""

    version = fields.Integer(required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)


class SignatureQuestionSchema(Schema):
    """Who wants to sign which letter; days are ISO, amounts EUR."""

    class Meta:
        unknown = RAISE

    letter_key = fields.String(required=True, validate=validate.Length(min=1, max=40))
    channel = fields.Enum(Channel, by_value=True, required=True)
    outcome = fields.String(load_default="")
    amount = fields.Decimal(load_default=None, allow_none=True, allow_nan=False)
    signer_rank = fields.Enum(Rank, load_default=None, allow_none=True)
    signer_in_training = fields.Boolean(load_default=False)
    preparer_in_training = fields.Boolean(load_default=False)
    same_person = fields.Boolean(load_default=True)
    same_unit = fields.Boolean(load_default=True)
    excluded = fields.Boolean(load_default=False)
    has_mandate = fields.Boolean(load_default=True)
    mandate_limit = fields.Decimal(load_default=None, allow_none=True, allow_nan=False)
    mandate_from = fields.Date(load_default=None, allow_none=True)
    mandate_until = fields.Date(load_default=None, allow_none=True)
    cosigned_by = fields.List(fields.String(), load_default=list)
    has_cosigned = fields.Boolean(load_default=False)
    # Whoever stands in for somebody absent: their own rank and the name of the absent person.
    own_rank = fields.Enum(Rank, load_default=None, allow_none=True)
    acting_for = fields.String(load_default="", validate=validate.Length(max=100))
    has_reasons = fields.Boolean(load_default=True)
    risk = fields.Enum(Risk, by_value=True, load_default=None, allow_none=True)
    qes = fields.Boolean(load_default=False)
    portal_consent = fields.Boolean(load_default=False)
    portal_authenticated = fields.Boolean(load_default=False)
    seal_wanted = fields.Boolean(load_default=False)
    seal_no = fields.String(load_default="", validate=validate.Length(max=40))
    suffix = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    chosen_remedy = fields.Enum(Remedy, by_value=True, load_default=None, allow_none=True)
    manual_text = fields.Boolean(load_default=False)
    own_pdf = fields.Boolean(load_default=True)
    signature_image = fields.Boolean(load_default=False)
    changed_after_signature = fields.Boolean(load_default=False)
    stichtag = fields.Date(load_default=None, allow_none=True)


class SignatureAnswerSchema(Schema):
    """What the signature table says."""

    permitted = fields.Boolean(required=True)
    rule = fields.String(required=True)
    mark = fields.String(required=True)
    suffix = fields.String(required=True)
    seal = fields.String(required=True)
    cosigners = fields.List(fields.String(), required=True)
    channels = fields.List(fields.String(), required=True)
    remedy = fields.String(required=True)
    four_eyes = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)


class FieldErrorSchema(Schema):
    """A field that was refused."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class ProblemSchema(Schema):
    """An error (RFC 9457, ``application/problem+json``)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    hint = fields.String()
    incident = fields.String()
    reasons = fields.List(fields.Nested(ReasonSchema))
    errors = fields.List(fields.Nested(FieldErrorSchema))
