"""Probefall: what would come of an application, by the very code of a real case; nothing stored.

Facts with dates go in, and the day asked. Rules, checklist, fiction, fees, length, clocks, steps
and signature rules are those of the Verfahren in force on that day. Pure: no clock, no database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from abh.documents.letter_model import Office
from abh.documents.zeichnung_types import Zeichnungsordnung
from abh.kernel.errors import FieldProblem, InvalidInput, LawMissing, Reason
from abh.kernel.fristen import frist
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows import registry
from abh.workflows.angaben import within_days
from abh.workflows.aussichten import Aussicht, Punkt, aussichten, weg
from abh.workflows.beteiligung import PART_LABELS, PartKind, PartState
from abh.workflows.checklist import Item, evaluate_checklist, unsettled_items
from abh.workflows.definition import (
    FICTION_PAPER,
    POWER_LABELS,
    Effect,
    Power,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts
from abh.workflows.fiktion import Fiktion, fiktion
from abh.workflows.gebuehren import FeeLine, fees_for
from abh.workflows.laufzeit import TitleEnd, title_end
from abh.workflows.lebenslauf import Lebenslauf, lebenslauf_of
from abh.workflows.machine import possible_steps
from abh.workflows.planung import to_plan
from abh.workflows.probefall_ausgang import Ausgang, Brief, Zeichnung, ausgaenge, briefe
from abh.workflows.probefall_facts import given_facts
from abh.workflows.probefall_lauf import Uhr, lauf

BIOMETRICS_NORM = "§ 82 Abs. 5 AufenthG, § 61a Abs. 3 AufenthV"
COMPETENCE_NORM = "§ 71 AufenthG, § 3 VwVfG NRW"


@dataclass(frozen=True, slots=True)
class Amt:
    """What the house knows beside law: signature rules, letterhead, and the unit for a Verfahren.

    ``units`` maps the keys of Verfahren to key and name of the Sachgebiet; ``triage`` is where
    goes what belongs to none.
    """

    table: Sequence[Zeichnungsordnung]
    office: Office | None
    units: Mapping[str, tuple[str, str]]
    triage: tuple[str, str]
    by_title: tuple[str, ...] = ()


def amt_of(
    table: Sequence[Zeichnungsordnung], office: Office | None, profile: Mapping[str, Any]
) -> Amt:
    """Return it from an office profile with its units (``documents.house.full_profile``)."""
    units, routing = profile["units"], profile["routing"]
    names = {key: (key, str(unit["name"])) for key, unit in units.items()}
    return Amt(
        table=table,
        office=office,
        units={v: names[key] for key, unit in units.items() for v in unit["verfahren"]},
        triage=names.get(routing["triage"], (str(routing["triage"]), "")),
        by_title=tuple(routing["by_title"]),
    )


@dataclass(frozen=True, slots=True)
class Frage:
    """The question as it was understood; ``words`` are the facts given, by their German word."""

    verfahren: Verfahren
    tag: date
    facts: Facts
    words: Mapping[str, Any]
    zustand: str = ""
    wohnort: str = ""
    # what was taken for granted because nobody said it
    annahmen: tuple[str, ...] = ()
    lebenslauf: Lebenslauf = field(default_factory=Lebenslauf)


@dataclass(frozen=True, slots=True)
class Zustimmung:
    """An authority that must be asked, and what its silence means; ``due`` if asked today."""

    key: str
    label: str
    norm: str
    stand: str
    silence: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Gebuehr:
    """A fee line and when it is due; ``amount`` None where the Rechtsstand has none."""

    line: FeeLine
    when: str


@dataclass(frozen=True, slots=True)
class Auskunft:
    """A yes or no with its reason; ``answer`` None is not known."""

    answer: bool | None
    why: str
    norm: str


@dataclass(frozen=True, slots=True)
class NaechsterSchritt:
    """A step out of the state the case comes to."""

    key: str
    label: str
    norm: str
    by: str
    allowed: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Ergebnis:
    """The answer. ``missing`` are the mandatory requirements on which no grant can rest yet."""

    verfahren: Verfahren
    tag: date
    variante: str
    titel: str
    norm: str
    entscheidung: str
    wirkung: Fiktion | None
    zustimmungen: tuple[Zustimmung, ...]
    gebuehren: tuple[Gebuehr, ...]
    gebuehr_summe: Decimal
    voraussetzungen: tuple[Item, ...]
    missing: tuple[Item, ...]
    ausgaenge: tuple[Ausgang, ...]
    laufzeit: TitleEnd | None
    briefe: tuple[Brief, ...]
    uhren: tuple[Uhr, ...]
    erscheinen: Auskunft
    zustaendig: Auskunft
    einheit: tuple[str, str]
    zustand: str
    getan: tuple[str, ...]
    refused: tuple[Reason, ...]
    schritte: tuple[NaechsterSchritt, ...]
    im_auge: tuple[VolatileMark, ...]
    annahmen: tuple[str, ...]
    aussichten: tuple[Aussicht, ...]
    weg: tuple[Punkt, ...]


def frage(raw: Mapping[str, Any], law: Rechtsstand, heute: date) -> Frage:
    """Read a question: ``verfahren``, ``angaben``, and if wanted ``tag``, ``version``, ``zustand``
    (key or German name), ``wohnort`` (city of the household) and ``lebenslauf`` for the prospects.

    Raises ``InvalidInput`` with every problem at once. The version is the one in force on ``tag``.
    """
    unknown = sorted(
        set(map(str, raw))
        - {"verfahren", "angaben", "tag", "version", "zustand", "wohnort", "lebenslauf"}
    )
    problems = [FieldProblem(key, "Dieses Feld gibt es nicht.") for key in unknown]
    tag = _tag(raw.get("tag"), heute, problems)
    verfahren = _verfahren(raw, tag, problems)
    angaben = raw.get("angaben") or {}
    if not isinstance(angaben, Mapping):
        problems.append(FieldProblem("angaben", "Bitte Wörter mit Werten."))
        angaben = {}
    wohnort, zustand = raw.get("wohnort") or "", raw.get("zustand") or ""
    if not isinstance(wohnort, str) or not isinstance(zustand, str):
        problems.append(FieldProblem("wohnort", "Bitte einen Text."))
    if verfahren is None:
        raise InvalidInput(problems)
    start = ""
    if zustand:
        found = [s.key for s in verfahren.states if zustand in (s.key, s.label)]
        start = found[0] if found else ""
        if not found:
            known = ", ".join(s.label for s in verfahren.states)
            problems.append(FieldProblem("zustand", f"Diesen Zustand gibt es nicht: {known}"))
    try:
        given = given_facts(angaben, verfahren, tag, law)
    except InvalidInput as error:
        raise InvalidInput([*problems, *error.problems]) from error
    told = raw.get("lebenslauf") or {}
    if not isinstance(told, Mapping):
        problems.append(FieldProblem("lebenslauf", "Bitte Wörter mit Werten."))
    if problems:
        raise InvalidInput(problems)
    lauf = lebenslauf_of(told, given.facts)
    facts, annahmen = _angenommen(verfahren, given.facts, tag)
    wohnort = str(wohnort).strip()
    return Frage(verfahren, tag, facts, given.words, start, wohnort, annahmen, lauf)


def _angenommen(verfahren: Verfahren, facts: Facts, tag: date) -> tuple[Facts, tuple[str, ...]]:
    """Fill what every real case has by itself: a day of receipt, and what was applied for."""
    told = []
    if facts.received_on is None:
        facts = replace(facts, received_on=tag)
        told.append(f"Eingang des Antrags am {tag:%d.%m.%Y}.")
    if not facts.applied_title:
        facts = replace(facts, applied_title=verfahren.titel or verfahren.name)
    return facts, tuple(told)


def _tag(raw: Any, heute: date, problems: list[FieldProblem]) -> date:
    if raw in (None, ""):
        return heute
    try:
        return within_days(raw if isinstance(raw, date) else date.fromisoformat(str(raw)))
    except ValueError:
        problems.append(FieldProblem("tag", "Bitte ein Datum (JJJJ-MM-TT)."))
        return heute


def _verfahren(raw: Mapping[str, Any], tag: date, problems: list[FieldProblem]) -> Verfahren | None:
    key, version = raw.get("verfahren"), raw.get("version")
    try:
        if version is not None:
            return registry.get(str(key), int(version))
        return registry.current(str(key), tag)
    except (registry.UnknownVerfahren, TypeError, ValueError):
        known = ", ".join(registry.known_keys())
        text = f"Am {tag:%d.%m.%Y} gibt es dieses Verfahren nicht. Es gibt: {known}"
        problems.append(FieldProblem("verfahren", text))
        return None


def probefall(gefragt: Frage, law: Rechtsstand, amt: Amt) -> Ergebnis:
    """Return what would come of it; never raises for facts that could be read."""
    v = gefragt.verfahren
    zustaendig = _zustaendig(gefragt, amt)
    facts = gefragt.facts
    if facts.competent is None and zustaendig.answer is not None:
        facts = replace(facts, competent=zustaendig.answer)
    ran = lauf(v, facts, law, gefragt.zustand)
    facts = ran.facts
    items = evaluate_checklist(v, facts)
    zeichnung = Zeichnung(amt.table, gefragt.tag, amt.office)
    fees = _gebuehren(v, facts)
    variante = v.variante(facts)
    folgen = aussichten(gefragt.lebenslauf, law, gefragt.tag)
    return Ergebnis(
        verfahren=v,
        tag=gefragt.tag,
        variante=variante.label if variante else "",
        titel=v.title_words(facts),
        norm=v.title_norm(facts),
        entscheidung=v.bindung(facts).value,
        wirkung=_wirkung(v, facts),
        zustimmungen=_zustimmungen(v, facts, law),
        gebuehren=fees,
        gebuehr_summe=sum(
            (
                f.line.amount
                for f in fees
                if f.line.amount is not None and not f.line.waived_norm and not f.when
            ),
            Decimal(0),
        ),
        voraussetzungen=items,
        missing=unsettled_items(items),
        ausgaenge=ausgaenge(v, facts, items, zeichnung),
        laufzeit=title_end(v, facts),
        briefe=briefe(v, facts, zeichnung),
        uhren=ran.clocks,
        erscheinen=_erscheinen(v, facts),
        zustaendig=zustaendig,
        einheit=_einheit(v, amt),
        zustand=_label(v, ran.state),
        getan=tuple(step.label for step in ran.taken),
        refused=ran.refused,
        schritte=_schritte(v, ran.state, facts),
        im_auge=v.volatile,
        annahmen=gefragt.annahmen,
        aussichten=folgen,
        weg=weg(gefragt.lebenslauf, folgen, gefragt.tag),
    )


def _wirkung(v: Verfahren, facts: Facts) -> Fiktion | None:
    opening = v.step(v.opening)
    if opening is None or Effect.COMPUTE_FIKTION not in opening.effects:
        return None
    return fiktion(facts)


def _zustimmungen(v: Verfahren, facts: Facts, law: Rechtsstand) -> tuple[Zustimmung, ...]:
    known = [(p.kind, PART_LABELS[p.state], p.due) for p in facts.participations]
    planned = [
        (kind, PART_LABELS[PartState.PLANNED], _silence_end(kind, facts.today, law))
        for kind in to_plan(v, facts)
    ]
    return tuple(
        Zustimmung(
            kind.key,
            kind.label,
            kind.norm,
            stand,
            f"Schweigen gilt als Zustimmung ({kind.silence_norm})."
            if kind.silence_is_consent
            else "Schweigen bedeutet nichts.",
            due,
        )
        for kind, stand, due in (*known, *planned)
    )


def _silence_end(kind: PartKind, today: date, law: Rechtsstand) -> date | None:
    try:
        value = law.value(kind.law_key, today)
    except LawMissing:
        return None
    return frist(today, value.dauer, value.norm).end


def _gebuehren(v: Verfahren, facts: Facts) -> tuple[Gebuehr, ...]:
    found = [Gebuehr(line, "") for line in fees_for(v, facts)]
    for event in dict.fromkeys(rule.event for rule in v.gebuehren if rule.event):
        step = v.step(event)
        when = step.label if step is not None else event
        if event == FICTION_PAPER:
            when = "nur wenn eine Fiktionsbescheinigung ausgestellt wird"
        found += [Gebuehr(line, when) for line in fees_for(v, facts, event)]
    return tuple(found)


def _erscheinen(v: Verfahren, facts: Facts) -> Auskunft:
    """Whether somebody must come in person: asked of the guards of the step that invites."""
    inviting = [step for step in v.steps if Effect.OFFER_APPOINTMENT in step.effects]
    if not inviting:
        return Auskunft(False, "Dieses Verfahren lädt zu keinem Termin ein.", "")
    against = [reason for g in inviting[0].guards if (reason := g(facts)) is not None]
    if against:
        why = " ".join(reason.text for reason in against) + " Ein Besuch ist nicht nötig."
        return Auskunft(False, why, BIOMETRICS_NORM)
    why = "Lichtbild, Fingerabdrücke und Unterschrift werden bei einem Termin aufgenommen."
    if facts.presence_needed_for.strip():
        why = f"Persönliches Erscheinen ist nötig: {facts.presence_needed_for.strip()}."
    elif facts.biometrics_on is not None:
        why = "Die vorhandene Aufnahme ist nicht verwendbar, sie wird neu gemacht."
    return Auskunft(True, why, inviting[0].norm)


def _zustaendig(gefragt: Frage, amt: Amt) -> Auskunft:
    """Competence by the city of the household, as the intake affirms it."""
    told = gefragt.facts.competent
    city = amt.office.city if amt.office is not None else ""
    if told is not None:
        why = "Nach Ihren Angaben ist diese Behörde " + ("" if told else "nicht ") + "zuständig."
        return Auskunft(told, why, COMPETENCE_NORM)
    if not gefragt.wohnort or not city:
        return Auskunft(None, "Der Wohnort ist nicht angegeben.", COMPETENCE_NORM)
    if gefragt.wohnort.casefold() == city.casefold().strip():
        return Auskunft(True, f"Der Haushalt wohnt in {city}.", COMPETENCE_NORM)
    why = f"Zuständig ist die Ausländerbehörde des Wohnorts, nicht die von {city}."
    return Auskunft(False, why, COMPETENCE_NORM)


def _einheit(v: Verfahren, amt: Amt) -> tuple[str, str]:
    if v.key in amt.by_title:
        return ("", "Sachgebiet des bisherigen Titels")
    return amt.units.get(v.key, amt.triage)


def _schritte(v: Verfahren, state: str, facts: Facts) -> tuple[NaechsterSchritt, ...]:
    return tuple(
        NaechsterSchritt(
            found.step_key,
            found.label,
            found.step.norm if found.step else "",
            " oder ".join(POWER_LABELS[p] for p in found.step.by) if found.step else "",
            found.allowed,
            found.reasons,
        )
        for found in possible_steps(v, state, facts, tuple(Power))
    )


def _label(v: Verfahren, key: str) -> str:
    state = v.state(key)
    return state.label if state else key


def to_json(ergebnis: Ergebnis) -> dict[str, Any]:
    """Return the answer as JSON: days ISO, amounts as text, texts German."""
    e = ergebnis
    body = {
        f.name: plain(getattr(e, f.name))
        for f in dataclasses.fields(e)
        if f.name not in ("verfahren", "einheit", "gebuehren", "missing", "wirkung")
    }
    body["verfahren"] = {"key": e.verfahren.key, "version": e.verfahren.version} | {
        "name": e.verfahren.name,
        "norm": e.verfahren.norm,
    }
    body["einheit"] = {"key": e.einheit[0], "name": e.einheit[1]}
    body["gebuehren"] = [plain(f.line) | {"when": f.when} for f in e.gebuehren]
    body["fehlend"] = plain(e.missing)
    body["wirkung"] = plain(e.wirkung)
    return body


def plain(value: Any) -> Any:
    """Return dataclasses, days, amounts and words as JSON knows them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


__all__ = ["Amt", "Ergebnis", "Frage", "frage", "plain", "probefall", "to_json"]
