"""What is entered for a mandate: whose, for which company, what it covers, until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from abh.kernel.errors import FieldProblem, InvalidInput

SCOPES = {
    "state": "Stand des Verfahrens",
    "tasks": "wer am Zug ist und bis wann",
    "appointments": "Termine",
    "decisions": "dass entschieden ist",
}
_NEEDED: dict[str, Any] = {
    "required": "Bitte angeben.",
    "null": "Bitte angeben.",
    "invalid": "Bitte prüfen.",
}


class MandateSchema(Schema):
    """A power of attorney (§ 14 VwVfG NRW); it always ends."""

    class Meta:
        unknown = EXCLUDE

    company_id = fields.Integer(required=True, error_messages=_NEEDED)
    person_id = fields.Integer(required=True, error_messages=_NEEDED)
    scope = fields.List(
        fields.String(validate=validate.OneOf(SCOPES, error="Bitte aus der Liste wählen.")),
        required=True,
        validate=validate.Length(min=1, error="Bitte mindestens einen Umfang wählen."),
        error_messages=_NEEDED,
    )
    valid_from = fields.Date(required=True, error_messages=_NEEDED)
    valid_until = fields.Date(required=True, error_messages=_NEEDED)

    @validates_schema
    def check_period(self, data: Mapping[str, Any], **_: Any) -> None:
        """An end before the beginning is a slip."""
        if data["valid_until"] < data["valid_from"]:
            raise ValidationError("Das Ende liegt vor dem Beginn.", "valid_until")


def load_mandate(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked mandate; raises ``InvalidInput`` with every problem."""
    try:
        loaded = dict(MandateSchema().load(data))
    except ValidationError as error:
        problems = [FieldProblem(name, text) for name, text in _flat(error.normalized_messages())]
        raise InvalidInput(problems) from error
    loaded["scope"] = sorted(set(loaded["scope"]))
    return loaded


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in messages.items():
        path = f"{prefix}.{name}" if prefix else str(name)
        found += (
            _flat(value, path) if isinstance(value, Mapping) else [(path, str(t)) for t in value]
        )
    return found
