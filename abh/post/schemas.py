"""What a clerk enters at the counter for an item of post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons.schemas import PlainText
from abh.post.triage import PARTS

CHANNELS = {
    "paper": "Papier",
    "email": "E-Mail",
    "portal": "Portal",
    "counter": "am Schalter abgegeben",
}
KINDS = {
    "application": "Antrag",
    "documents": "Unterlagen",
    "statement": "Stellungnahme",
    "inquiry": "Anfrage zum Stand",
    "ba_answer": "Antwort der Bundesagentur für Arbeit",
    "complaint": "Beschwerde",
    "lawyer": "Schreiben einer Rechtsanwältin oder eines Rechtsanwalts",
    "court": "Gericht",
    "employer": "Meldung eines Arbeitgebers",
    "returned": "zurückgekommene Sendung",
    "other": "Sonstiges",
}
_NEEDED: dict[str, Any] = {
    "required": "Bitte angeben.",
    "null": "Bitte angeben.",
    "invalid": "Bitte prüfen.",
}


class PostItemSchema(Schema):
    """One inbound item with its stamp date."""

    class Meta:
        unknown = EXCLUDE

    received_on = fields.Date(
        required=True, error_messages={**_NEEDED, "invalid": "Dieses Datum gibt es nicht."}
    )
    channel = fields.String(
        required=True,
        validate=validate.OneOf(CHANNELS, error="Bitte aus der Liste wählen."),
        error_messages=_NEEDED,
    )
    kind = fields.String(
        required=True,
        validate=validate.OneOf(KINDS, error="Bitte aus der Liste wählen."),
        error_messages=_NEEDED,
    )
    subject = PlainText(
        required=True,
        validate=validate.Length(min=1, max=200, error="Bitte 1 bis 200 Zeichen angeben."),
        error_messages=_NEEDED,
    )
    unit_key = fields.String(required=True, error_messages=_NEEDED)
    sender = PlainText(
        load_default="", validate=validate.Length(max=200, error="Höchstens 200 Zeichen.")
    )
    birth = PlainText(load_default="")
    quoted_number = PlainText(
        load_default="", validate=validate.Length(max=40, error="Höchstens 40 Zeichen.")
    )
    body = fields.String(
        load_default="", validate=validate.Length(max=20_000, error="Höchstens 20.000 Zeichen.")
    )
    harm = fields.Dict(keys=fields.String(validate=validate.OneOf(PARTS)), values=fields.Date())
    person_id = fields.Integer(load_default=None, allow_none=True)
    vorgang_id = fields.Integer(load_default=None, allow_none=True)


def load_item(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked item; raises ``InvalidInput`` with every problem."""
    # HTML forms send "" for a choice that was left open.
    raw = {key: value for key, value in data.items() if value != ""}
    try:
        return dict(PostItemSchema().load(raw))
    except ValidationError as error:
        problems = [
            FieldProblem(str(name), str(text))
            for name, texts in error.normalized_messages().items()
            for text in texts
        ]
        raise InvalidInput(problems) from error
