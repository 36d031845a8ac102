"""Checks the rows of a sheet by the schemas that check forms; every error at its cell (pure)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from abh.fastlane.spalten import DECLARED, Art, Spalte, columns
from abh.fastlane.tabelle import Fehler, Zeile
from abh.kernel import names
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.geld import parse_euro
from abh.kernel.rechtsstand import Rechtsstand
from abh.sprachen import SOURCE
from abh.workflows import registry
from abh.workflows.dossier import case_of
from abh.workflows.schemas import load_antrag, missing_problems, to_antrag_json
from abh.workflows.widerspruch import contradictions

_YES = {"ja": True, "yes": True, "x": True, "nein": False, "no": False}
_NO_POWER = "Ohne schriftliche Vollmacht der Person können Sie diesen Antrag nicht stellen."


@dataclass(frozen=True, slots=True)
class Firma:
    """The employer of all rows, as the application names it."""

    name: str
    register_no: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Geprueft:
    """A row after the check: the application where it is sound, else every error."""

    row: Zeile
    antrag: Mapping[str, Any] | None
    errors: tuple[Fehler, ...]


def check_row(verfahren: str, row: Zeile, firma: Firma, law: Rechtsstand, today: date) -> Geprueft:
    """Return the application of a row, or all that is wrong with it, each at its cell."""
    known = {column.key: column for column in columns(verfahren)}
    raw, faults = raw_of(verfahren, row.cells, known, firma)
    errors = [*row.faults, *faults]
    broken = {error.key for error in errors}
    if raw.pop(DECLARED) is not True and DECLARED not in broken:
        errors.append(Fehler(DECLARED, _NO_POWER))
    problems = missing_problems(raw)
    antrag: dict[str, Any] | None = None
    try:
        antrag = load_antrag(raw)
    except InvalidInput as error:
        problems += list(error.problems)
    else:
        problems += impossible(antrag, law, today)
    for problem in problems:
        key = _column_of(problem.field, known)
        if key not in broken:
            broken.add(key)
            errors.append(Fehler(key, problem.message))
    order = list(known)
    errors.sort(key=lambda e: order.index(e.key) if e.key in known else -1)
    return Geprueft(row, None if errors else antrag, tuple(errors))


def raw_of(
    verfahren: str, cells: Mapping[str, str], known: Mapping[str, Spalte], firma: Firma
) -> tuple[dict[str, Any], list[Fehler]]:
    """Return the raw application of the cells for ``load_antrag``, and cells that say nothing."""
    person: dict[str, Any] = {
        key.removeprefix("person."): "" for key in known if key.startswith("person.")
    }
    person |= {"nationalities": [], "language": SOURCE}
    angaben: dict[str, Any] = {}
    raw: dict[str, Any] = {
        "verfahren": verfahren,
        "person": person,
        "angaben": angaben,
        "employer": firma.name,
        "employer_register_no": firma.register_no,
        "employer_email": firma.email,
        DECLARED: None,
    }
    faults = []
    for key, text in cells.items():
        column = known.get(key)
        if column is None or not text:
            continue
        value, fault = _value(column, text)
        if fault:
            faults.append(Fehler(key, fault))
            continue
        room, _, name = key.rpartition(".")
        place = {"person": person, "angaben": angaben}.get(room, raw)
        place[name] = value
    return raw, faults


def _value(column: Spalte, text: str) -> tuple[Any, str]:
    """Return the cell as the schema reads it, and what is wrong with it."""
    declared = column.key.startswith("angaben.")
    if column.key == "person.nationalities":
        return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()], ""
    if column.art is Art.JA_NEIN:
        flag = _YES.get(text.casefold())
        return flag, "" if flag is not None else "Bitte ja oder nein eintragen."
    if column.choices is not None:
        return _choice(column.choices, text)
    if column.art is Art.ZAHL:
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            return None, "Bitte eine ganze Zahl eintragen."
        return int(text), ""
    if declared and column.art is Art.TAG:
        return _iso(text)
    if declared and column.art is Art.BETRAG:
        try:
            return str(parse_euro(text, column.key)), ""
        except InvalidInput as error:
            return None, error.problems[0].message
    return text, ""


def _choice(choices: Mapping[str, str], text: str) -> tuple[str | None, str]:
    wanted = text.casefold()
    for words, value in choices.items():
        if wanted in (words.casefold(), value.casefold()):
            return value, ""
    return None, "Bitte aus der Liste wählen."


def _iso(text: str) -> tuple[str | None, str]:
    try:
        day, month, year = (int(part) for part in text.split("."))
        return date(year, month, day).isoformat(), ""
    except ValueError:
        return None, "Dieses Datum gibt es nicht (TT.MM.JJJJ)."


def impossible(antrag: Mapping[str, Any], law: Rechtsstand, today: date) -> list[FieldProblem]:
    """Return what cannot be true together, as the filing itself would refuse it."""
    verfahren = registry.newest(antrag["verfahren"])
    birth = antrag["person"]["birth_date"]
    person = {
        **{key: antrag["person"][key] for key in ("family_name", "given_names", "street", "city")},
        "nationalities": antrag["person"]["nationalities"],
        "birth_year": birth.year,
        "birth_month": birth.month,
        "birth_day": birth.day,
    }
    vorgang = {
        "verfahren": verfahren.key,
        "version": verfahren.version,
        "received_on": today.isoformat(),
        "antrag": to_antrag_json(antrag),
        "progress": {},
    }
    nothing: list[Any] = []
    row = {
        "vorgang": vorgang, "person": person, "company": None, "findings": {}, "waivers": nothing,
        "evidence": nothing, "beteiligungen": nothing, "fristen": nothing, "fees": nothing,
    }  # fmt: skip
    found = []
    for problem in contradictions(verfahren, case_of(row, law, today).facts):
        name = problem.field
        path = f"angaben.{name}" if name in verfahren.angaben_by_key else name
        path = "person.birth_date" if name == "birth_date" else path
        found.append(FieldProblem(path, problem.message))
    return found


def _column_of(field: str, known: Mapping[str, Spalte]) -> str:
    """Return the column of a path of the schema; parts of a list belong to its column."""
    while field and field not in known:
        field = field.rpartition(".")[0]
    return field


def content_hash(secret: bytes, antrag: Mapping[str, Any]) -> bytes:
    """Return what names an application by all it says; keyed, so that nobody can guess it."""
    person = {key: str(value) for key, value in sorted(antrag["person"].items())}
    said = json.dumps([person, to_antrag_json(antrag), antrag["verfahren"]], sort_keys=True)
    return _keyed(secret, said)


def identity_hash(secret: bytes, antrag: Mapping[str, Any]) -> bytes:
    """Return what names procedure and person: search form of the name, and the birth date."""
    person = antrag["person"]
    name = names.search_form(f"{person['given_names']} {person['family_name']}".strip())
    return _keyed(secret, f"{antrag['verfahren']}\n{name}\n{person['birth_date'].stored()}")


def _keyed(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, b"firm filing\n" + text.encode("utf-8"), hashlib.sha256).digest()
