"""Templates of invented applications: what the facts of a case of each procedure are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from abh.configfiles import load_yaml_file
from abh.settings import ROOT
from abh.workflows.angaben import AngabeKind
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import FINDINGS
from abh.workflows.facts import Entry, Facts
from abh.workflows.recht import LawValues

FILE = ROOT / "config" / "demo" / "vorlagen.yaml"
REFUSAL = "ablehnung"
# Facts every application has room for; the rest of ``FINDINGS`` the office finds out.
_TOLD = frozenset(
    {
        "passport_until",
        "title_kind",
        "title_until",
        "lawful_until",
        "entry_on",
        "salary_year",
        "isco",
        "job_start",
        "job_months",
        "job_permanent",
        "degree_on",
        "it_experience_years",
        "keeps_job",
    }
)
_DAYS = frozenset(
    {
        "passport_until",
        "title_until",
        "lawful_until",
        "entry_on",
        "job_start",
        "degree_on",
        "security_valid_until",
        "asylum_submitted_on",
        "preliminary_consent_until",
    }
)


@dataclass(frozen=True)
class Vorlage:
    """One variant of a procedure with all facts; days count from the day of the check.

    ``fails``: a requirement is not met. ``born`` counts the days of age as a negative number,
    ``nationality`` is given only where the variant hangs on it.
    """

    key: str
    told: Mapping[str, Any]
    told_days: Mapping[str, int]
    found: Mapping[str, Any]
    found_days: Mapping[str, int]
    evidence: tuple[str, ...]
    born: int = -11_000
    employer: bool = False
    nationality: tuple[str, ...] = ()
    fails: bool = field(default=False)

    def antrag(self, anchor: date) -> dict[str, Any]:
        """Return what the applicant tells, as the case keeps it."""
        return {**self.told, **days(self.told_days, anchor)}

    def findings(self, anchor: date) -> dict[str, Any]:
        """Return what the office finds out."""
        return {**self.found, **days(self.found_days, anchor)}


@cache
def _day(anchor: date, offset: int) -> str:
    return (anchor + timedelta(days=offset)).isoformat()


def days(offsets: Mapping[str, int], anchor: date) -> dict[str, str]:
    """Return the days of the offsets in their ISO form."""
    return {key: _day(anchor, offset) for key, offset in offsets.items()}


@cache
def _raw(path: Path) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = load_yaml_file(path)
    return raw


def covered() -> frozenset[str]:
    """Return the procedures that have templates."""
    return frozenset(_raw(FILE))


def vorlagen(verfahren: Verfahren) -> tuple[Vorlage, ...]:
    """Return the templates of a procedure, the first one first; raises ``KeyError`` without any."""
    variants = _raw(FILE)[verfahren.key]
    base = next(iter(variants.values()))
    return tuple(_vorlage(verfahren, key, base, raw) for key, raw in variants.items())


def _vorlage(
    verfahren: Verfahren, key: str, base: Mapping[str, Any], raw: Mapping[str, Any]
) -> Vorlage:
    facts = {
        name: value
        for name, value in {**base["angaben"], **raw["angaben"]}.items()
        if value is not None
    }
    rest = {name: value for name, value in {**base, **raw}.items() if value is not None}
    declared = verfahren.angaben_by_key
    told = {name for name in facts if name in _TOLD} | {
        name for name in facts if name in declared and declared[name].by_applicant
    }
    dated = {name for name in facts if name in _DAYS} | {
        name for name in facts if name in declared and declared[name].kind is AngabeKind.TAG
    }
    unknown = set(facts) - set(declared) - set(FINDINGS) - {"entry_on"}
    if unknown:
        raise ValueError(f"{verfahren.key} {key}: {sorted(unknown)} kennt das Verfahren nicht")

    def part(names: Iterable[str]) -> dict[str, Any]:
        return {name: facts[name] for name in facts if name in names}

    return Vorlage(
        key=key,
        told=part(told - dated),
        told_days=part(told & dated),
        found=part(set(facts) - told - dated),
        found_days=part(dated - told),
        evidence=tuple(rest.get("nachweise", ())),
        born=rest.get("geboren", -11_000),
        employer=bool(rest.get("arbeitgeber")),
        nationality=tuple(rest.get("staat", ())),
        fails=key == REFUSAL,
    )


def facts_of(
    verfahren: Verfahren,
    antrag: Mapping[str, Any],
    law: LawValues,
    today: date,
    received: date,
    **known: Any,
) -> Facts:
    """Return the facts the rules see of what an application (and findings) say on ``today``.

    ``known`` are fields of ``Facts`` that nobody says in an application.
    """
    declared = verfahren.angaben_by_key
    values = {k: FINDINGS[k].read(v) for k, v in antrag.items() if k in FINDINGS}
    entry = Entry(
        on=date.fromisoformat(antrag["entry_on"]) if "entry_on" in antrag else None,
        visa_fits=values.pop("visa_fits", None),
    )
    return Facts(
        stichtag=today,
        today=today,
        received_on=received,
        entry=entry,
        employer=str(antrag.get("employer", "")),
        applied_title=str(antrag.get("applied_title", "")),
        angaben={k: declared[k].read(v) for k, v in antrag.items() if k in declared},
        law=law,
        **values,
        **known,
    )
