"""What an application may say: form, API and paper share this contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.geld import parse_euro
from abh.persons.schemas import PersonSchema, PlainText
from abh.workflows import registry
from abh.workflows.angaben import to_json as angabe_json
from abh.workflows.angaben import within_days
from abh.workflows.facts import TitleKind

BLUE_CARD = "P02"
_NEEDED = {"required": "Bitte angeben.", "null": "Bitte angeben.", "invalid": "Bitte prüfen."}


class GermanDate(fields.Date):
    """A day as ``TT.MM.JJJJ`` or ISO; empty is None where that is allowed."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, date):
            return value
        text = str(value).strip()
        if not text:
            if self.required:
                raise ValidationError("Bitte angeben.")
            return None
        parts = text.split(".")
        try:
            if len(parts) == 3:
                return within_days(date(int(parts[2]), int(parts[1]), int(parts[0])))
            return within_days(date.fromisoformat(text))
        except ValueError as error:
            raise ValidationError("Dieses Datum gibt es nicht (TT.MM.JJJJ).") from error


class Euro(fields.Field[Decimal]):
    """An amount in EUR as people write it; empty is None."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, int | Decimal):
            return Decimal(value)
        text = str(value).strip()
        if not text:
            return None
        try:
            return parse_euro(text, attr or "betrag")
        except InvalidInput as error:
            raise ValidationError([p.message for p in error.problems]) from error
        except InvalidOperation as error:
            raise ValidationError("Das ist kein Betrag.") from error


def _line(most: int = 200) -> PlainText:
    return PlainText(
        load_default="", validate=validate.Length(max=most, error=f"Höchstens {most} Zeichen.")
    )


class AntragSchema(Schema):
    """An application for a title. What is missing here is asked for later, not refused.

    ``verfahren`` says for which; ``angaben`` are the facts it declares beyond the common ones.

    Only name, birth date, nationality and address are needed, because a request that can be
    recognised is an application (§ 81(1) AufenthG).
    """

    class Meta:
        unknown = EXCLUDE

    person = fields.Nested(PersonSchema, required=True)
    title_kind = fields.String(
        load_default="UNKNOWN",
        validate=validate.OneOf(TitleKind.__members__, error="Bitte aus der Liste wählen."),
    )
    title_until = GermanDate(load_default=None, allow_none=True)
    entry_on = GermanDate(load_default=None, allow_none=True)
    lawful_until = GermanDate(load_default=None, allow_none=True)
    passport_until = GermanDate(load_default=None, allow_none=True)
    employer = _line()
    employer_register_no = _line(60)
    employer_email = _line()
    job_title = _line()
    job_place = _line()
    isco = fields.String(
        load_default="",
        validate=validate.Regexp(r"^([0-9]{1,4})?$", error="Bis zu vier Ziffern (ISCO-08)."),
    )
    weekly_hours = _line(20)
    salary_year = Euro(load_default=None, allow_none=True)
    job_start = GermanDate(load_default=None, allow_none=True)
    job_months = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=480, error="Zwischen 1 und 480 Monaten."),
        error_messages={"invalid": "Bitte eine Zahl von Monaten angeben."},
    )
    job_permanent = fields.Boolean(load_default=False)
    keeps_job = fields.Boolean(load_default=False)
    degree_name = _line()
    degree_on = GermanDate(load_default=None, allow_none=True)
    verfahren = fields.String(load_default=BLUE_CARD)
    angaben = fields.Dict(keys=fields.String(), load_default=dict)

    @validates_schema(skip_on_field_errors=False)
    def check_angaben(self, data: Mapping[str, Any], **_: Any) -> None:
        """The declared facts of the Verfahren; unknown ones are named, not dropped."""
        key = data.get("verfahren", BLUE_CARD)
        if key not in registry.known_keys():
            raise ValidationError("Dieses Verfahren gibt es hier nicht.", "verfahren")
        declared = registry.newest(key).angaben_by_key
        faults: dict[str, list[str]] = {}
        for name, raw in (data.get("angaben") or {}).items():
            if name not in declared:
                faults[name] = ["Danach fragt dieses Verfahren nicht."]
                continue
            try:
                data["angaben"][name] = declared[name].read(raw)
            except (ValueError, TypeError):
                faults[name] = [f"Nicht lesbar; erwartet wird: {declared[name].kind.value}."]
        if faults:
            raise ValidationError({"angaben": faults})

    @validates_schema(skip_on_field_errors=False)
    def check_address(self, data: Mapping[str, Any], **_: Any) -> None:
        """Without an address no letter arrives and no competence is known."""
        # A part that is not there was refused already, with its own message.
        person = data.get("person") or {}
        faults = {
            key: ["Bitte angeben."]
            for key in ("street", "postcode", "city")
            if not person.get(key, "refused")
        }
        if faults:
            raise ValidationError({"person": faults})

    @validates_schema(skip_on_field_errors=False)
    def check_salary(self, data: Mapping[str, Any], **_: Any) -> None:
        """A salary of nothing or of millions is a slip."""
        salary = data.get("salary_year")
        if salary is not None and not Decimal(1) <= salary <= Decimal(10_000_000):
            raise ValidationError("Bitte das Bruttojahresgehalt in Euro angeben.", "salary_year")


def load_antrag(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked application; raises ``InvalidInput`` with every problem by field path."""
    try:
        loaded: dict[str, Any] = AntragSchema().load(_without_blanks(raw))
    except ValidationError as error:
        raise InvalidInput(list(_problems(error.messages_dict))) from error
    return loaded


def missing_problems(raw: Mapping[str, Any]) -> list[FieldProblem]:
    """Return what an application cannot do without and is empty (§ 81(1) AufenthG).

    The schema looks at fields together only when each is fine; people are told all at once.
    """
    person = raw["person"]
    problems = []
    if not (person["family_name"].strip() or person["given_names"].strip()):
        text = "Bitte Vor- oder Familiennamen angeben."
        problems.append(FieldProblem("person.family_name", text))
    problems += [
        FieldProblem(f"person.{name}", "Bitte angeben.")
        for name in ("birth_date", "nationalities", "street", "postcode", "city")
        if not (person[name].strip() if isinstance(person[name], str) else person[name])
    ]
    return problems


def _without_blanks(raw: Mapping[str, Any]) -> dict[str, Any]:
    # HTML forms send "" for what was left open; numbers and flags then take their default.
    blank = {"job_months", "job_permanent", "keeps_job", "title_kind"}
    out = {k: v for k, v in raw.items() if not (k in blank and v == "")}
    person = out.get("person")
    if isinstance(person, Mapping) and person.get("sex") == "":
        out["person"] = {k: v for k, v in person.items() if k != "sex"}
    return out


def to_antrag_json(antrag: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON form that the case keeps: what was applied for, without the person."""
    verfahren = registry.newest(antrag["verfahren"])
    out: dict[str, Any] = {"applied_title": verfahren.titel or verfahren.name}
    out |= {key: angabe_json(value) for key, value in antrag["angaben"].items()}
    chosen = next((v for v in verfahren.varianten if v.key == out.get("variante")), None)
    if chosen is not None and chosen.title:
        out["applied_title"] = chosen.title
    for key, value in antrag.items():
        if key in ("person", "verfahren", "angaben") or value in (None, ""):
            continue
        if isinstance(value, date):
            out[key] = value.isoformat()
        elif isinstance(value, Decimal):
            out[key] = str(value)
        else:
            out[key] = value
    return out


def _problems(messages: Any, path: str = "") -> list[FieldProblem]:
    if isinstance(messages, dict):
        return [
            problem
            for name, value in messages.items()
            for problem in _problems(
                value, path if name == "_schema" else f"{path}.{name}" if path else str(name)
            )
        ]
    return [FieldProblem(path, str(message)) for message in messages]
