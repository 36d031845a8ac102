"""What a form, an API call or a file may say about a person or a company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import email_validator
import phonenumbers
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from abh.kernel import names
from abh.kernel.birthdate import PartialDate, parse_birth_date
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons import nationalities
from abh.sprachen import LANGUAGES

_MISSING: dict[str, Any] = {
    "required": "Bitte angeben.",
    "null": "Bitte angeben.",
    "invalid": "Bitte Text angeben.",
}
_CONTROL = {chr(number) for number in range(32)} | {"\x7f"}


class PlainText(fields.String):
    """One line of text in NFC without control characters (PostgreSQL refuses NUL)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = names.normalise(super()._deserialize(value, attr, data, **kwargs))
        if any(sign in _CONTROL for sign in text):
            raise ValidationError("Steuerzeichen sind nicht zulässig.")
        return text


class NameField(PlainText):
    """A part of a name by DIN 91379, normalised to NFC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        problems = names.check(text, attr or "name")
        if problems:
            raise ValidationError([problem.message for problem in problems])
        return text


class BirthDateField(fields.Field[PartialDate]):
    """A birth date as ``TT.MM.JJJJ``, unknown parts as 00."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> PartialDate:
        if isinstance(value, PartialDate):
            return value
        if not isinstance(value, str):
            raise ValidationError("Bitte als TT.MM.JJJJ angeben.")
        try:
            return parse_birth_date(value)
        except InvalidInput as error:
            raise ValidationError([problem.message for problem in error.problems]) from error


class NationalityField(PlainText):
    """An alpha-3 code."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = super()._deserialize(value, attr, data, **kwargs).upper()
        if code not in nationalities.codes():
            raise ValidationError(f"„{code}“ ist kein Länderkürzel aus drei Buchstaben.")
        return code


class EmailField(PlainText):
    """An e-mail address by its form; whether it exists only a mail can tell. Empty is None."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return None
        try:
            return email_validator.validate_email(text, check_deliverability=False).normalized
        except email_validator.EmailNotValidError as error:
            raise ValidationError("Das ist keine gültige E-Mail-Adresse.") from error


class PhoneField(PlainText):
    """A telephone number, stored internationally; without country code it is German."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return None
        try:
            number = phonenumbers.parse(text, "DE")
        except phonenumbers.NumberParseException as error:
            raise ValidationError("Das ist keine gültige Telefonnummer.") from error
        if not phonenumbers.is_possible_number(number):
            raise ValidationError("Das ist keine gültige Telefonnummer.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _line(most: int = 200, **kwargs: Any) -> PlainText:
    check = validate.Length(max=most, error=f"Höchstens {most} Zeichen.")
    return PlainText(load_default="", validate=check, error_messages=_MISSING, **kwargs)


class PersonSchema(Schema):
    """A person; one part of the name may be missing, several nationalities are usual."""

    class Meta:
        unknown = EXCLUDE

    family_name = NameField(load_default="", validate=validate.Length(max=120))
    given_names = NameField(load_default="", validate=validate.Length(max=120))
    birth_date = BirthDateField(required=True, error_messages=_MISSING)
    birth_place = _line(120)
    sex = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(("m", "f", "d", "x"), error="Bitte m, f, d oder x angeben."),
    )
    nationalities = fields.List(
        NationalityField(),
        required=True,
        validate=validate.Length(
            min=1, max=6, error="Bitte eine bis sechs Staatsangehörigkeiten angeben."
        ),
        error_messages={**_MISSING, "invalid": "Bitte eine Liste angeben."},
    )
    street = _line()
    postcode = _line(12)
    city = _line(120)
    email = EmailField(load_default=None, allow_none=True)
    phone = PhoneField(load_default=None, allow_none=True)
    language = fields.String(
        load_default="de",
        validate=validate.OneOf(LANGUAGES, error="Diese Sprache wird nicht angeboten."),
    )

    # Also where fields are at fault: people are told everything at once. What is not in ``data``
    # was refused already.
    @validates_schema(skip_on_field_errors=False)
    def check_name(self, data: Mapping[str, Any], **_: Any) -> None:
        """A name of one part is a name; none is not."""
        if not any(data.get(name, "refused") for name in ("family_name", "given_names")):
            raise ValidationError("Bitte Vor- oder Familiennamen angeben.", "family_name")

    @validates_schema(skip_on_field_errors=False)
    def check_nationalities(self, data: Mapping[str, Any], **_: Any) -> None:
        """Each once; stateless is the absence of any other (Art. 1 StlÜbk)."""
        given = data.get("nationalities") or []
        if len(set(given)) < len(given):
            raise ValidationError("Jede Staatsangehörigkeit nur einmal angeben.", "nationalities")
        if nationalities.STATELESS in given and len(given) > 1:
            raise ValidationError(
                "Staatenlos und eine Staatsangehörigkeit schließen sich aus.", "nationalities"
            )


class CompanySchema(Schema):
    """An employer."""

    class Meta:
        unknown = EXCLUDE

    name = PlainText(
        required=True,
        validate=validate.Length(min=1, max=200, error="Bitte 1 bis 200 Zeichen angeben."),
        error_messages=_MISSING,
    )
    register_no = _line(80)
    street = _line()
    postcode = _line(12)
    city = _line(120)
    email = EmailField(load_default=None, allow_none=True)


def load_person(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked values of a person; raises ``InvalidInput`` with every problem at once."""
    return _load(PersonSchema(), data)


def load_address(data: Mapping[str, Any]) -> dict[str, str]:
    """Return street, postcode and city, all of them needed; raises ``InvalidInput``."""
    found = _load(PersonSchema(only=("street", "postcode", "city")), data)
    words = {"street": "Straße und Hausnummer", "postcode": "Postleitzahl", "city": "Ort"}
    missing = [
        FieldProblem(name, f"{word} fehlt.") for name, word in words.items() if not found[name]
    ]
    if missing:
        raise InvalidInput(missing)
    return {name: str(found[name]) for name in words}


def load_company(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked values of a company; raises ``InvalidInput`` with every problem at once."""
    return _load(CompanySchema(), data)


def _load(schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(schema.load(data))
    except ValidationError as error:
        raise InvalidInput(list(_problems(error.messages_dict))) from error


def _problems(messages: Mapping[Any, Any], prefix: str = "") -> list[FieldProblem]:
    found = []
    for key, value in messages.items():
        path = prefix if key == "_schema" else f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            found += _problems(value, path)
        else:
            found += [FieldProblem(path, str(text)) for text in value]
    return found
