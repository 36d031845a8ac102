"""What a clerk types on the case page, and how it becomes what the services take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.geld import parse_euro
from abh.web.i18n import gettext as _
from abh.web.pages.rahmen import read_day
from abh.workflows.definition import Effect, Step
from abh.workflows.dossier import FINDINGS, Case
from abh.workflows.facts import Facts, TitleKind

# Which facts the office finds out for which requirement; what is in none is offered below all.
FINDINGS_OF: Mapping[str, tuple[str, ...]] = {
    "B1": ("passport_until",),
    "B2": ("identity_clarified",),
    "B4": ("expulsion_interest",),
    "B6": ("visa_fits",),
    "B7": ("security_valid_until",),
    "B8": ("entry_ban",),
    "B10": ("biometrics_on", "biometrics_usable"),
    "K1": ("degree_recognised", "degree_on"),
    "K2": ("salary_year", "isco"),
    "K3": ("it_experience_years",),
    "K4": ("job_adequate",),
    "K5": ("job_start", "job_months", "job_permanent"),
    "K6": ("exclusion_19f",),
    "BA": ("preliminary_consent_until",),
}
_KNOWN = {field.name for field in fields(Facts)} | {"visa_fits"}
OTHER_FINDINGS = tuple(
    key
    for key in FINDINGS
    if key in _KNOWN and not any(key in keys for keys in FINDINGS_OF.values())
)
_KIND_OF_READER = {
    "_bool": "flag",
    "_day": "day",
    "_text": "text",
    "_int": "whole",
    "_decimal": "number",
}
EXCLUSION = "exclusion_19f"
NO_EXCLUSION = "keiner"


@dataclass(frozen=True, slots=True)
class FindingField:
    """One input of a finding: its kind, its label and what is believed now."""

    key: str
    label: str
    kind: str
    shown: str
    found: str = ""


def kind_of(key: str) -> str:
    """Return how a finding is typed: flag, day, text, whole, number, title or exclusion."""
    if key == EXCLUSION:
        return "exclusion"
    return _KIND_OF_READER.get(FINDINGS[key].read.__name__, "title")


def shown(case: Case, key: str) -> str:
    """Return what is believed now about ``key``, as the form shows it; "" for unknown."""
    source = case.facts.entry if key == "visa_fits" else case.facts
    value = getattr(source, key)
    if value is None:
        return ""
    if key == EXCLUSION:
        return value or NO_EXCLUSION
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, TitleKind):
        return value.name
    return str(value).replace(".", ",") if isinstance(value, Decimal) else str(value)


def fields_for(case: Case, keys: tuple[str, ...]) -> list[FindingField]:
    """Return the inputs for ``keys`` with what is believed now and who found it."""
    out = []
    for key in keys:
        known = case.row["findings"].get(key)
        by = (known.get("by") or _("Automatik")) if known else ""
        remark = known.get("remark") if known else ""
        found = ": ".join(part for part in (by, remark) if part)
        out.append(FindingField(key, FINDINGS[key].label, kind_of(key), shown(case, key), found))
    return out


def changed_findings(case: Case, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return JSON values of the findings that were typed differently from what is believed.

    An emptied field takes the finding back (None). Raises ``InvalidInput`` with every problem,
    also when nothing changed.
    """
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for key, raw in typed.items():
        if key not in FINDINGS or raw.strip() == shown(case, key):
            continue
        try:
            values[key] = _value(key, raw.strip())
        except InvalidInput as error:
            problems += error.problems
    if not values and not problems:
        first = next((key for key in typed if key in FINDINGS), "")
        problems.append(FieldProblem(first, _("Es ist nichts geändert.")))
    if problems:
        raise InvalidInput(problems)
    return values


def _value(key: str, text: str) -> Any:
    kind = kind_of(key)
    if not text:
        return None
    if kind == "flag":
        return text == "ja"
    if kind == "day":
        day = read_day(text, key)
        return day.isoformat() if day else None
    if kind == "exclusion":
        return "" if text.casefold() == NO_EXCLUSION else text
    if kind == "whole":
        if not text.isdecimal():
            raise InvalidInput([FieldProblem(key, _("Bitte eine ganze Zahl angeben."))])
        return int(text)
    if kind == "number":
        return str(_number(key, text))
    return text


def _number(key: str, text: str) -> Decimal:
    if key == "salary_year":
        return parse_euro(text, key)
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise InvalidInput([FieldProblem(key, _("Bitte eine Zahl angeben."))]) from error


def step_fields(step: Step) -> tuple[str, ...]:
    """Return what a step asks for besides its reason, by names of its data."""
    fields: list[str] = []
    if step.letter == "N02":
        fields.append("items")
    if {Effect.START_DEADLINE, Effect.START_HEARING, Effect.EXTEND_DEADLINE} & set(step.effects):
        fields.append("until")
    if step.letter == "N08" or Effect.ORDER_CARD in step.effects:
        fields.append("provisions")
    if Effect.RECORD_FICTION_PAPER in step.effects:
        fields += ["fb_serial", "fb_seal"]
    if Effect.RECORD_SUPPLEMENT_SHEET in step.effects:
        fields.append("sheet_serial")
    return tuple(fields)


def step_data(step: Step, typed: MultiDict[str, str]) -> dict[str, Any]:
    """Return the data of a step from what was typed; raises ``InvalidInput`` for a wrong day."""
    data: dict[str, Any] = {}
    for name in step_fields(step):
        if name == "items":
            data["items"] = typed.getlist("items")
            # The Bundesagentur may have asked for something that is on no checklist of ours.
            if not data["items"] and any(guard.key == "etwas_fehlt" for guard in step.guards):
                text = _("Bitte mindestens eine Unterlage auswählen.")
                raise InvalidInput([FieldProblem("items", text)])
        elif name == "until":
            day = read_day(typed.get("until", ""), "until")
            if day is not None:
                data["until"] = day.isoformat()
        elif typed.get(name, "").strip():
            data[name] = typed[name].strip()
    return data
