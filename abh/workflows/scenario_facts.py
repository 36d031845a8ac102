"""Turns the German facts of a scenario file into ``Facts``; an unknown word is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from abh.kernel.errors import ConfigurationError
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.beteiligung import PART_KINDS, PART_LABELS, Beteiligung
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import law_of
from abh.workflows.facts import (
    CourtOutcome,
    Facts,
    PartialDate,
    SecurityAnswer,
    TitleKind,
    UhrStand,
)
from abh.workflows.recht import LawNumber, LawValues

_STANDS = {"läuft": "running", "steht": "stopped", "abgelaufen": "expired", "beendet": "ended"}
_PART_STATES = {label: state for state, label in PART_LABELS.items()}


def _title(value: Any) -> TitleKind:
    return TitleKind(value)


def _birth(value: Any) -> PartialDate:
    parts = [int(part) for part in str(value).split("-")]
    known = [part or None for part in parts[1:]] + [None, None]
    return PartialDate(parts[0], known[0], known[1])


def _parts(value: Any) -> tuple[Beteiligung, ...]:
    return tuple(
        Beteiligung(
            kind=PART_KINDS[row["stelle"]],
            state=_PART_STATES[row["stand"]],
            due=row.get("frist"),
            answered_on=row.get("beantwortet_am"),
        )
        for row in value or ()
    )


def _law(value: Any) -> LawValues:
    numbers = {
        "gehaltsgrenze": "threshold_regular",
        "gehaltsgrenze_niedrig": "threshold_reduced",
        "abschluss_hoechstalter_jahre": "degree_max_age_years",
        "mindestdauer_monate": "job_min_months",
        "it_erfahrung_jahre": "it_experience_min_years",
        "it_zeitraum_jahre": "it_experience_period_years",
    }
    groups = {"engpassberufe": "shortage_isco", "it_berufe": "it_isco"}
    since = value.get("ab", date(2026, 1, 1))
    fields: dict[str, Any] = {
        target: LawNumber(Decimal(str(value[word])), "§ 18g AufenthG", since)
        for word, target in numbers.items()
        if word in value
    }
    fields |= {t: tuple(str(g) for g in value[w]) for w, t in groups.items() if w in value}
    return LawValues(**fields)


def _clocks(value: Any) -> dict[str, UhrStand]:
    return {
        key: UhrStand(due=row.get("bis"), status=_STANDS[row.get("stand", "läuft")])
        for key, row in value.items()
    }


def _same(value: Any) -> Any:
    return value


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


# German word -> (field, reader). A dot reaches into a nested part of the facts.
WORDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "stichtag": ("stichtag", _same),
    "heute": ("today", _same),
    "eingang": ("received_on", _same),
    "name_angegeben": ("name_given", _same),
    "anschrift_angegeben": ("address_given", _same),
    "geburt": ("birth", _birth),
    "staatsangehoerigkeiten": ("nationalities", tuple),
    "identitaet_geklaert": ("identity_clarified", _same),
    "pass_bis": ("passport_until", _same),
    "doppelt_zu": ("duplicate_of", str),
    "zustaendig": ("competent", _same),
    "titel": ("title_kind", _title),
    "titel_bis": ("title_until", _same),
    "rechtmaessig_bis": ("lawful_until", _same),
    "asylantrag_am": ("asylum_submitted_on", _same),
    "verlaengerung_langer_titel": ("long_title_extension", _same),
    "fortgeltung_angeordnet_am": ("continuation_ordered_on", _same),
    "visum_passt": ("entry.visa_fits", _same),
    "einreise_am": ("entry.on", _same),
    "beantragt": ("applied_title", str),
    "behaelt_arbeitsplatz": ("keeps_job", _same),
    "arbeitgeber": ("employer", str),
    "jahresgehalt": ("salary_year", _decimal),
    "isco": ("isco", str),
    "arbeitsbeginn": ("job_start", _same),
    "vertragsmonate": ("job_months", _same),
    "unbefristet": ("job_permanent", _same),
    "angemessen": ("job_adequate", _same),
    "abschluss_anerkannt": ("degree_recognised", _same),
    "abschluss_am": ("degree_on", _same),
    "abschluss_deutsch": ("degree_german", _same),
    "it_erfahrung": ("it_experience_years", _decimal),
    "vorabzustimmung_bis": ("preliminary_consent_until", _same),
    "ausweisungsinteresse": ("expulsion_interest", _same),
    "einreiseverbot": ("entry_ban", _same),
    "ausschluss_19f": ("exclusion_19f", _same),
    "sicherheitsabfrage": ("security", SecurityAnswer),
    "sicherheitsabfrage_gueltig_bis": ("security_valid_until", _same),
    "ermittlungsverfahren": ("investigation_pending", _same),
    "biometrie_am": ("biometrics_on", _same),
    "biometrie_verwendbar": ("biometrics_usable", _same),
    "erscheinen_noetig_wegen": ("presence_needed_for", str),
    "versaeumte_termine": ("no_shows", int),
    "termin_versaeumt": ("missed_appointment", _same),
    "nachweise": ("evidence", dict),
    "erlassen": ("waivers", dict),
    "beteiligungen": ("participations", _parts),
    "nachgefordert_am": ("request.sent_on", _same),
    "frist_bis": ("request.until", _same),
    "erinnert_am": ("request.reminded_on", _same),
    "verlaengerung_erbeten": ("request.extension_asked", _same),
    "neue_unterlagen": ("request.documents_received", int),
    "angehoert_am": ("hearing.sent_on", _same),
    "anhoerung_bis": ("hearing.until", _same),
    "stellungnahme_am": ("hearing.statement_received_on", _same),
    "stellungnahme_gewuerdigt": ("hearing.statement_weighed", _same),
    "entscheidet": ("decision.official", str),
    "zweite_unterschrift": ("decision.second_official", str),
    "zweite_unterschrift_noetig": ("decision.needs_second", _same),
    "begruendet": ("decision.reasons_written", _same),
    "gebuehr_bezahlt": ("fee_paid", _same),
    "gebuehr_erlassen": ("fee_waived_reason", str),
    "kartendaten_gueltig": ("card.data_valid", _same),
    "kartenfehler": ("card.rejected_code", str),
    "karte_eingetroffen_am": ("card.arrived_on", _same),
    "abholung_bis": ("card.collect_until", _same),
    "abholung_erinnert_am": ("card.reminded_on", _same),
    "identitaet_bei_ausgabe": ("card.identity_checked", _same),
    "altes_eingezogen": ("card.old_papers_withdrawn", _same),
    "bekanntgabe": ("remedy.notified_on", _same),
    "klagefrist_bis": ("remedy.action_until", _same),
    "klage_am": ("remedy.action_filed_on", _same),
    "klage_ausgang": ("remedy.outcome", CourtOutcome),
    "mobilitaet": ("mobility.applies", _same),
    "mobilitaet_bis": ("mobility.decide_by", _same),
    "mobilitaet_verlaengert": ("mobility.extended", _same),
    "mobilitaet_arbeit_vermerkt": ("mobility.work_noted", _same),
    "mitgliedstaat_unterrichtet": ("mobility.member_state_notified", _same),
    "ruecknahme_am": ("withdrawal_on", _same),
    "erledigt_weil": ("ended_because", str),
    "kraft_gesetzes_erledigt": ("ended_by_law", str),
    "neue_behoerde": ("moved_to", str),
    "uhren": ("uhren", _clocks),
    "rechtsstand": ("law", _law),
}


def _overlaid(values: LawValues, given: LawValues) -> LawValues:
    blank = LawValues()
    told = {
        field.name: getattr(given, field.name)
        for field in fields(LawValues)
        if getattr(given, field.name) != getattr(blank, field.name)
    }
    return replace(values, **told)


def facts_from(
    words: Mapping[str, Any], source: str, verfahren: Verfahren, law: Rechtsstand
) -> Facts:
    """Return the facts; raises ``ConfigurationError`` with all unknown words and bad values.

    Beside ``WORDS`` the keys of the facts the Verfahren declares are words. Values of law come
    from ``law`` on the Stichtag, unless ``rechtsstand`` gives others.
    """
    flat: dict[str, Any] = {}
    angaben: dict[str, Any] = {}
    declared = verfahren.angaben_by_key
    nested: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for word, value in words.items():
        if word in declared:
            if value is not None:
                try:
                    angaben[word] = declared[word].read(value)
                except ValueError as problem:
                    problems.append(f"„{word}: {value}“ ist nicht lesbar ({problem})")
            continue
        if word not in WORDS:
            problems.append(f"„{word}“ ist kein Wort für Szenarien")
            continue
        target, reader = WORDS[word]
        try:
            read = reader(value)
        except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
            problems.append(f"„{word}: {value}“ ist nicht lesbar ({problem})")
            continue
        part, _, name = target.partition(".")
        if name:
            nested.setdefault(part, {})[name] = read
        else:
            flat[part] = read
    if problems:
        raise ConfigurationError(f"{source}: " + "; ".join(problems))
    if "stichtag" not in flat:
        raise ConfigurationError(f"{source}: der Stichtag fehlt")
    flat.setdefault("today", flat["stichtag"])
    values = law_of(verfahren, law, flat["stichtag"])
    given = flat.get("law")
    flat["law"] = values if given is None else _overlaid(values, given)
    flat["angaben"] = angaben
    facts = Facts(**flat)
    return replace(facts, **{p: replace(getattr(facts, p), **v) for p, v in nested.items()})
