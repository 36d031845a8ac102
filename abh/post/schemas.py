"""What a clerk enters at the counter for an item of post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons.schemas import PlainText

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
    "inquiry": "Anfrage",
    "ba_answer": "Antwort der Bundesagentur für Arbeit",
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
