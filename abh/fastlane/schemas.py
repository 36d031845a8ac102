"""What a company may say: at the door, about its people, its machines and their mandates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons.schemas import EmailField, PlainText

SCOPES = {
    "state": "Stand des Verfahrens",
    "tasks": "wer am Zug ist und bis wann",
    "appointments": "Termine",
    "decisions": "dass entschieden ist, und Briefe des Amtes an die Firma",
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


KINDS = {"employer": "Arbeitgeber", "agency": "Kanzlei oder Relocation-Dienst"}
ROLES = {"admin": "Verwaltung", "hr": "Personal", "read": "nur lesen"}
# What a machine may do; what it sees is limited by the mandates as for people.
TOKEN_SCOPES = {
    "cases": "Vorgänge und Aufgaben lesen",
    "appointments": "Termine lesen",
    "documents": "Unterlagen schicken",
    "letters": "Briefe an die Firma lesen",
    "export": "Vorgänge als Tabelle abrufen",
}
_ONE = "Bitte aus der Liste wählen."


def _line(most: int) -> PlainText:
    check = validate.Length(min=1, max=most, error=f"Bitte 1 bis {most} Zeichen angeben.")
    return PlainText(required=True, validate=check, error_messages=_NEEDED)


def _address() -> EmailField:
    # The address is the name of the login, hence its signs and length.
    signs = validate.Regexp(
        r"(?i)[a-z0-9][a-z0-9._@+-]{1,63}\Z", error="Bitte höchstens 64 Zeichen, ohne Umlaute."
    )

    def check(value: str | None) -> None:
        if not value:
            raise ValidationError(_NEEDED["required"])
        signs(value)

    return EmailField(required=True, validate=check, error_messages=_NEEDED)


class RegistrationSchema(Schema):
    """What a company says of itself; all of it is held against the proof by a clerk."""

    class Meta:
        unknown = EXCLUDE

    kind = fields.String(
        required=True, validate=validate.OneOf(KINDS, error=_ONE), error_messages=_NEEDED
    )
    name = _line(200)
    register_court = _line(80)
    register_no = _line(40)
    street = _line(120)
    postcode = _line(12)
    city = _line(120)
    contact_name = _line(120)
    contact_email = _address()
    contact_phone = PlainText(
        load_default="", validate=validate.Length(max=40, error="Höchstens 40 Zeichen.")
    )
    sites = fields.List(
        _line(80), load_default=[], validate=validate.Length(max=30, error="Höchstens 30 Orte.")
    )


class InvitationSchema(Schema):
    """Whom a company invites, and what that person may do."""

    class Meta:
        unknown = EXCLUDE

    email = _address()
    role = fields.String(
        required=True, validate=validate.OneOf(ROLES, error=_ONE), error_messages=_NEEDED
    )
    site_ids = fields.List(fields.Integer(), load_default=[])


class TokenSchema(Schema):
    """A machine: its name, what it may do, for how many days."""

    class Meta:
        unknown = EXCLUDE

    name = _line(60)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(TOKEN_SCOPES, error=_ONE)),
        required=True,
        validate=validate.Length(min=1, error="Bitte mindestens ein Recht wählen."),
        error_messages=_NEEDED,
    )
    days = fields.Integer(
        required=True,
        validate=validate.Range(1, 365, error="Bitte 1 bis 365 Tage."),
        error_messages=_NEEDED,
    )


class MandateRequestSchema(Schema):
    """Whose case a company asks to see; number and birth date must belong together."""

    class Meta:
        unknown = EXCLUDE

    number = _line(40)
    birth_date = PlainText(required=True, error_messages=_NEEDED)
    scope = MandateSchema._declared_fields["scope"]
    valid_until = fields.Date(required=True, error_messages=_NEEDED)
    site_id = fields.Integer(load_default=None, allow_none=True)


def load(schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked values; raises ``InvalidInput`` with every problem."""
    try:
        return dict(schema.load(data))
    except ValidationError as error:
        problems = [FieldProblem(name, text) for name, text in _flat(error.normalized_messages())]
        raise InvalidInput(problems) from error


def load_mandate(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked mandate; raises ``InvalidInput`` with every problem."""
    loaded = load(MandateSchema(), data)
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
