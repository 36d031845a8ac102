"""What a clerk types on the case page, and how it becomes what the services take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from abh.appointments.visits import NEEDS
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.geld import parse_euro
from abh.web import session as web
from abh.web.i18n import gettext as _
from abh.web.pages.rahmen import read_day
from abh.workflows import fuehrung
from abh.workflows.angaben import AngabeKind
from abh.workflows.definition import Effect, Step, Verfahren
from abh.workflows.dossier import FINDINGS, Case, findings_of
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.vordruck import SEAL, SERIAL, form_of

# Findings about a job, offered below all others only where the title is one for work.
_OF_WORK = frozenset(
    {
        "salary_year",
        "isco",
        "job_start",
        "job_months",
        "job_permanent",
        "job_adequate",
        "degree_recognised",
        "degree_on",
        "degree_german",
        "it_experience_years",
        "keeps_job",
        "preliminary_consent_until",
        "exclusion_19f",
    }
)
_KNOWN = {one.name for one in fields(Facts)} | {"visa_fits"}
_KIND_OF_ANGABE = {
    AngabeKind.JA_NEIN: "flag",
    AngabeKind.TAG: "day",
    AngabeKind.TEXT: "text",
    AngabeKind.ZAHL: "whole",
    AngabeKind.BETRAG: "number",
    AngabeKind.WAHL: "choice",
}
_KIND_OF_READER = {
    "_bool": "flag",
    "_day": "day",
    "_text": "text",
    "_int": "whole",
    "_decimal": "number",
}
# Letters whose sentences of decision the official may word, and those that may apply at once.
_ENFORCED = frozenset({"N13", "ausweisung", "ruecknahme_widerruf", "nachtraegliche_beschraenkung"})
_BURDENS = _ENFORCED | {"N28", "N29"}
_DAYS = frozenset({"until", "appears_on"})
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
    choices: Mapping[str, str] = field(default_factory=dict)


def loose_findings(verfahren: Verfahren) -> tuple[str, ...]:
    """Return the findings that belong to no requirement and are offered below all."""
    beside = {key for requirement in verfahren.checklist for key in requirement.reads}
    return tuple(
        key
        for key in findings_of(verfahren)
        if key not in beside
        and (key in _KNOWN or key in verfahren.angaben_by_key)
        and (key not in _OF_WORK or verfahren.about_job)
    )


def kind_of(verfahren: Verfahren, key: str) -> str:
    """Return how a finding is typed: flag, day, text, whole, number, choice, title, exclusion."""
    if key == EXCLUSION:
        return "exclusion"
    declared = verfahren.angaben_by_key.get(key)
    if declared is not None:
        return _KIND_OF_ANGABE[declared.kind]
    return _KIND_OF_READER.get(FINDINGS[key].read.__name__, "title")


def shown(case: Case, key: str) -> str:
    """Return what is believed now about ``key``, as the form shows it; "" for unknown."""
    if key in case.verfahren.angaben_by_key:
        value = case.facts.angabe(key)
    else:
        value = getattr(case.facts.entry if key == "visa_fits" else case.facts, key)
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
        kind, declared = findings_of(case.verfahren).get(key), case.verfahren.angaben_by_key
        if kind is None:
            continue
        choices = _choices(case, key) if key in declared else {}
        typed = kind_of(case.verfahren, key)
        out.append(FindingField(key, kind.label, typed, shown(case, key), found, choices))
    return out


def _choices(case: Case, key: str) -> Mapping[str, str]:
    """Return what can be chosen; of the variants those that this office has, and the present."""
    known = case.verfahren.angaben_by_key[key].choices
    if case.verfahren.key != fuehrung.VERFAHREN or key != fuehrung.VARIANTE:
        return known
    house = web.house()
    led = fuehrung.variants(house.profile, case.facts.received_on or house.today)
    return {one: words for one, words in known.items() if one in (*led, shown(case, key))}


def changed_findings(
    case: Case, typed: Mapping[str, str], *, or_none: bool = False
) -> dict[str, Any]:
    """Return JSON values of the findings that were typed differently from what is believed.

    An emptied field takes the finding back (None). Raises ``InvalidInput`` with every problem,
    also when nothing changed, unless ``or_none``.
    """
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    known = findings_of(case.verfahren)
    for key, raw in typed.items():
        if key not in known or raw.strip() == shown(case, key):
            continue
        try:
            values[key] = _value(case.verfahren, key, raw.strip())
        except InvalidInput as error:
            problems += error.problems
    if not values and not problems and not or_none:
        first = next((key for key in typed if key in known), "")
        problems.append(FieldProblem(first, _("Es ist nichts geändert.")))
    if problems:
        raise InvalidInput(problems)
    return values


def _value(verfahren: Verfahren, key: str, text: str) -> Any:
    kind = kind_of(verfahren, key)
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
    if form_of(step):
        fields += [SERIAL, SEAL]
    if Effect.OFFER_APPOINTMENT in step.effects:
        fields.append("visit")
    if step.letter == "N06" and step.outcome == "erscheinen":
        fields += ["appears_on", "appears_at"]
    if step.decision is not None and step.letter in _BURDENS:
        fields.append("tenor")
    if step.letter in _ENFORCED:
        fields.append("immediate")
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
        elif name == "visit":
            data["visit"] = _visit(typed)
        elif name in _DAYS:
            day = read_day(typed.get(name, ""), name)
            if day is not None:
                data[name] = day.isoformat()
        elif typed.get(name, "").strip():
            data[name] = typed[name].strip()
    return data


def _visit(typed: MultiDict[str, str]) -> dict[str, Any]:
    """Return who comes and for what else, as the step takes it."""
    persons = typed.get("persons", "")
    return {
        "also": [key for key in dict.fromkeys(typed.getlist("also")) if key],
        "persons": int(persons) if persons.isdecimal() and len(persons) <= 2 else 1,
        "interpreter": typed.get("interpreter") == "1",
        "needs": [key for key in NEEDS if key in typed.getlist("needs")],
    }
