"""From the rows of a case to the facts its rules look at (pure; ``repository`` reads the rows)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, get_type_hints

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.beteiligung import PART_KINDS, Beteiligung, PartState
from abh.workflows.beteiligung_worte import Weg
from abh.workflows.definition import Verfahren
from abh.workflows.facts import (
    Card,
    DecisionDraft,
    Entry,
    Facts,
    Hearing,
    Mobility,
    PartialDate,
    Remedy,
    Request,
    SecurityAnswer,
    TitleKind,
)
from abh.workflows.recht import LawKey, LawValues, law_values
from abh.workflows.registry import get as get_verfahren
from abh.workflows.uhrstand import stand_of


def _bool(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("ja oder nein")
    return raw


def _day(raw: Any) -> date:
    return date.fromisoformat(raw)


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError("Text")
    return raw


def _int(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueError("ganze Zahl")
    return raw


def _decimal(raw: Any) -> Decimal:
    return Decimal(str(raw))


@dataclass(frozen=True, slots=True)
class FindingKind:
    """A fact the office may find out or correct: its German name and how its JSON is read."""

    label: str
    read: Callable[[Any], Any]


# Field of ``Facts`` to what a clerk may record. Facts that follow from rows are not in it.
FINDINGS: Mapping[str, FindingKind] = {
    "competent": FindingKind("Örtlich zuständig", _bool),
    "moved_to": FindingKind("Zuständige Behörde nach Wegzug", _text),
    "identity_clarified": FindingKind("Identität und Staatsangehörigkeit geklärt", _bool),
    "passport_until": FindingKind("Pass gültig bis", _day),
    "title_kind": FindingKind("Titel bei Antragstellung", lambda raw: TitleKind[raw]),
    "title_until": FindingKind("Titel gültig bis", _day),
    "lawful_until": FindingKind("Rechtmäßiger Aufenthalt bis", _day),
    "visa_fits": FindingKind("Mit dem erforderlichen Visum eingereist", _bool),
    "expulsion_interest": FindingKind("Ausweisungsinteresse", _bool),
    "entry_ban": FindingKind("Einreise- und Aufenthaltsverbot", _bool),
    "exclusion_19f": FindingKind("Ausschlussgrund nach § 19f AufenthG", _text),
    "salary_year": FindingKind("Bruttojahresgehalt in Euro", _decimal),
    "isco": FindingKind("Beruf (ISCO-08)", _text),
    "job_start": FindingKind("Arbeitsbeginn", _day),
    "job_months": FindingKind("Dauer der Beschäftigung in Monaten", _int),
    "job_permanent": FindingKind("Unbefristet", _bool),
    "job_adequate": FindingKind("Beschäftigung der Qualifikation angemessen", _bool),
    "degree_recognised": FindingKind("Hochschulabschluss anerkannt oder vergleichbar", _bool),
    "degree_on": FindingKind("Abschluss erworben am", _day),
    "degree_german": FindingKind("Hochschulabschluss in Deutschland erworben", _bool),
    "it_experience_years": FindingKind("Einschlägige IT-Erfahrung in Jahren", _decimal),
    "keeps_job": FindingKind("Behält die bisherige Beschäftigung", _bool),
    "preliminary_consent_until": FindingKind("Vorabzustimmung der BA gültig bis", _day),
    "investigation_pending": FindingKind("Ermittlungsverfahren anhängig", _bool),
    "biometrics_on": FindingKind("Biometrie aufgenommen am", _day),
    "biometrics_usable": FindingKind("Biometrie verwendbar", _bool),
    "presence_needed_for": FindingKind("Persönliches Erscheinen nötig wegen", _text),
    "security_valid_until": FindingKind("Sicherheitsabfrage gültig bis", _day),
    "return_bars_checked": FindingKind("Abschiebungshindernisse geprüft", _bool),
    "ended_because": FindingKind("Erledigt, weil", _text),
    "withdrawal_on": FindingKind("Antrag zurückgenommen am", _day),
    "asylum_submitted_on": FindingKind("Asylantrag gestellt am", _day),
    "long_title_extension": FindingKind(
        "Verlängerung eines Titels von insgesamt mehr als sechs Monaten beantragt", _bool
    ),
    "continuation_ordered_on": FindingKind("Fortgeltung des Titels angeordnet am", _day),
}

_PROGRESS: Mapping[str, type[Any]] = {
    "request": Request,
    "hearing": Hearing,
    "decision": DecisionDraft,
    "card": Card,
    "remedy": Remedy,
    "mobility": Mobility,
}


@cache
def findings_of(verfahren: Verfahren) -> Mapping[str, FindingKind]:
    """Return every fact a clerk may record in a case of this Verfahren, by key."""
    declared = {one.key: FindingKind(one.label, one.read) for one in verfahren.angaben}
    return {**FINDINGS, **declared}


def check_finding(verfahren: Verfahren, key: str, raw: Any) -> Any:
    """Return the value as the rules see it; raises ``InvalidInput`` naming the field."""
    kind = findings_of(verfahren).get(key)
    if kind is None:
        raise InvalidInput([FieldProblem(key, "Diese Feststellung gibt es nicht.")])
    if raw is None:
        return None
    try:
        return kind.read(raw)
    except (ValueError, ArithmeticError, KeyError, TypeError) as error:
        raise InvalidInput([FieldProblem(key, f"{kind.label}: nicht lesbar.")]) from error


# Evaluating annotations costs more than everything else about reading a case.
_hints_of = cache(get_type_hints)


def from_json(cls: type[Any], raw: Mapping[str, Any]) -> Any:
    """Build a facts dataclass from its JSON form; unknown keys are a ``KeyError``."""
    hints = _hints_of(cls)  # type: ignore[arg-type]
    values = {}
    for key, value in raw.items():
        hint = hints[key]
        if value is not None and isinstance(value, str):
            if date in getattr(hint, "__args__", (hint,)):
                value = date.fromisoformat(value)
            elif isinstance(hint, type) and issubclass(hint, StrEnum):
                value = hint[value]
        values[key] = value
    return cls(**values)


def to_json(value: Any) -> dict[str, Any]:
    """Return the JSON form of a facts dataclass; defaults are left out."""
    out: dict[str, Any] = {}
    blank = type(value)()
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if item == getattr(blank, field.name):
            continue
        if isinstance(item, StrEnum):
            item = item.name
        elif isinstance(item, date):
            item = item.isoformat()
        out[field.name] = item
    return out


def part_of(row: Mapping[str, Any]) -> Beteiligung:
    """Return a participation as the pure rules see it."""
    return Beteiligung(
        kind=PART_KINDS[row["kind"]],
        state=PartState(row["state"]),
        requested_on=_maybe(row["requested_on"]),
        due=_maybe(row["due_on"]),
        answered_on=_maybe(row["answered_on"]),
        round=row["round"],
        note=row["note"],
        rest_days=row["rest_days"],
    )


def weg_of(row: Mapping[str, Any]) -> Weg:
    """Return how the request of a participation went out and what proves its receipt."""
    return Weg(
        channel=row["channel"],
        reminded_on=_maybe(row["reminded_on"]),
        receipt=row["receipt"],
        receipt_on=_maybe(row["receipt_on"]),
    )


def _maybe(raw: str | None) -> date | None:
    return date.fromisoformat(raw) if raw else None


def _security(parts: tuple[Beteiligung, ...]) -> SecurityAnswer:
    state = next((p.state for p in reversed(parts) if p.kind.key == "BVA"), None)
    if state is None or state is PartState.PLANNED:
        return SecurityAnswer.NOT_ASKED
    if state is PartState.CONSENTED:
        return SecurityAnswer.CLEAR
    return SecurityAnswer.FINDINGS if state is PartState.REFUSED else SecurityAnswer.ASKED


@dataclass(frozen=True, slots=True)
class Case:
    """A case as one read gave it: its rows as mappings, its procedure and its facts."""

    row: Mapping[str, Any]
    verfahren: Verfahren
    facts: Facts

    @property
    def vorgang(self) -> Mapping[str, Any]:
        """The row of the case itself; dates and instants are ISO strings."""
        return self.row["vorgang"]

    @property
    def person(self) -> Mapping[str, Any]:
        """The row of the person."""
        return self.row["person"]

    @property
    def id(self) -> int:
        """The case's key in the database."""
        return int(self.vorgang["id"])

    @property
    def number(self) -> str:
        """The number that people quote."""
        return str(self.vorgang["number"])

    @property
    def state(self) -> str:
        """The key of the state."""
        return str(self.vorgang["state"])

    @property
    def full_name(self) -> str:
        """Given names and family name; one of them may be missing."""
        return f"{self.person['given_names']} {self.person['family_name']}".strip()

    @property
    def state_since(self) -> datetime:
        """When the case came into its state."""
        return datetime.fromisoformat(self.vorgang["state_since"])

    def with_vorgang(self, **changes: Any) -> Case:
        """Return the case with changed columns that no fact is read from (state, version …)."""
        row = {**self.row, "vorgang": {**self.vorgang, **changes}}
        return dataclasses.replace(self, row=row)


def case_of(row: Mapping[str, Any], law: Rechtsstand, today: date) -> Case:
    """Return the case with its facts on ``today``, which is also the Stichtag.

    The law on the day of the last decision of the authority counts for entitlements that are
    applied for (BVerwG, standing case law); so thresholds are read for today, not for receipt.
    """
    vorgang = row["vorgang"]
    verfahren = get_verfahren(vorgang["verfahren"], vorgang["version"])
    return Case(row=row, verfahren=verfahren, facts=_facts(row, verfahren, law, today))


@lru_cache(maxsize=1024)
def law_of(verfahren: Verfahren, law: Rechtsstand, day: date) -> LawValues:
    """Return the values of law that the rules of this Verfahren see on ``day``."""
    common = {
        LawKey.GEBUEHR_MINDERJAEHRIGE.value,
        LawKey.SCHUTZ24_FORTGELTUNG.value,
        LawKey.PERSONALAUSWEIS_ALTER.value,
    }
    keys = verfahren.all_law_keys() | common
    return law_values(lambda key: law.value(key, day), sorted(keys))


def _facts(row: Mapping[str, Any], verfahren: Verfahren, law: Rechtsstand, today: date) -> Facts:
    vorgang, person = row["vorgang"], row["person"]
    values: dict[str, Any] = {}
    angaben: dict[str, Any] = {}
    declared = verfahren.angaben_by_key
    for source in (
        vorgang["antrag"],
        {key: finding["value"] for key, finding in row["findings"].items()},
    ):
        for key, raw in source.items():
            if raw is None:
                continue
            if key in FINDINGS:
                values[key] = FINDINGS[key].read(raw)
            elif key in declared:
                angaben[key] = declared[key].read(raw)
    parts = tuple(part_of(p) for p in row["beteiligungen"])
    entry = Entry(
        on=_maybe(vorgang["antrag"].get("entry_on")), visa_fits=values.pop("visa_fits", None)
    )
    progress = vorgang["progress"]
    evidence: dict[str, int] = {}
    for item in row["evidence"]:
        if item["accepted"] is not False:
            evidence[item["kind"]] = evidence.get(item["kind"], 0) + 1
    fees = row["fees"]
    waived = [f["waiver_norm"] for f in fees if f["status"] == "waived"]
    settled = bool(fees) and all(f["status"] != "due" for f in fees)
    return Facts(
        stichtag=today,
        today=today,
        received_on=_maybe(vorgang["received_on"]),
        name_given=bool(person["family_name"] or person["given_names"]),
        address_given=bool(person["street"] and person["city"]),
        birth=PartialDate(person["birth_year"], person["birth_month"], person["birth_day"]),
        nationalities=tuple(person["nationalities"]),
        entry=entry,
        applied_title=applied_title(verfahren, vorgang),
        employer=(row["company"] or {}).get("name", "") or vorgang["antrag"].get("employer", ""),
        security=_security(parts),
        evidence=evidence,
        waivers={w["requirement"]: w["reason"] for w in row["waivers"]},
        participations=parts,
        duplicate_of=str(progress.get("duplicate_of", "")),
        ended_by_law=str(progress.get("ended_by_law", "")),
        no_shows=int(progress.get("no_shows", 0)),
        missed_appointment=bool(progress.get("missed_appointment", False)),
        fee_paid=settled and not waived,
        fee_waived_reason="; ".join(waived) if settled and waived else "",
        angaben=angaben,
        uhren=stand_of(row["fristen"]),
        law=law_of(verfahren, law, today),
        **{name: from_json(cls, progress.get(name, {})) for name, cls in _PROGRESS.items()},
        **values,
    )


def applied_title(verfahren: Verfahren, vorgang: Mapping[str, Any]) -> str:
    """Return what was applied for, in words."""
    said = str(vorgang["antrag"].get("applied_title", ""))
    return said or verfahren.titel or verfahren.name
