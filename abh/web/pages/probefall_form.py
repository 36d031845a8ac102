"""The form of a Probefall: which facts are asked, and what was typed as the raw question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.geld import parse_euro
from abh.web.pages.rahmen import read_day
from abh.workflows.angaben import AngabeKind
from abh.workflows.definition import Verfahren
from abh.workflows.lebenslauf import LEVELS
from abh.workflows.probefall_facts import hint_of
from abh.workflows.scenario_facts import WORDS

YES_NO = (("ja", "ja"), ("nein", "nein"))
# Common facts by the words of the scenario files, as the form groups them.
GRUPPEN: Mapping[str, Mapping[str, str]] = {
    "Antrag und Aufenthalt": {
        "eingang": "Antrag eingegangen am",
        "titel": "Bisheriger Aufenthaltstitel",
        "titel_bis": "Bisheriger Titel gültig bis",
        "rechtmaessig_bis": "Ohne Titel rechtmäßig hier bis",
        "einreise_am": "Eingereist am",
        "visum_passt": "Mit dem erforderlichen Visum eingereist",
        "asylantrag_am": "Asylantrag gestellt am",
    },
    "Person": {
        "geburt": "Geboren am",
        "staatsangehoerigkeiten": "Staatsangehörigkeiten",
        "pass_bis": "Pass gültig bis",
        "identitaet_geklaert": "Identität geklärt",
    },
    "Arbeit": {
        "arbeitgeber": "Arbeitgeber",
        "jahresgehalt": "Bruttojahresgehalt in Euro",
        "isco": "Beruf (ISCO-08)",
        "arbeitsbeginn": "Arbeitsbeginn",
        "vertragsmonate": "Dauer der Beschäftigung in Monaten",
        "unbefristet": "Unbefristet beschäftigt",
        "angemessen": "Beschäftigung der Qualifikation angemessen",
        "abschluss_anerkannt": "Abschluss anerkannt oder vergleichbar",
        "abschluss_am": "Abschluss erworben am",
        "abschluss_deutsch": "Deutscher Abschluss",
        "it_erfahrung": "Einschlägige IT-Erfahrung in Jahren",
        "vorabzustimmung_bis": "Vorabzustimmung der BA gültig bis",
        "behaelt_arbeitsplatz": "Behält die bisherige Beschäftigung",
    },
    "Prüfungen der Behörde": {
        "ausweisungsinteresse": "Ausweisungsinteresse",
        "einreiseverbot": "Einreise- und Aufenthaltsverbot",
        "ausschluss_19f": "Ausschlussgrund nach § 19f",
        "sicherheitsabfrage": "Sicherheitsabfrage",
        "sicherheitsabfrage_gueltig_bis": "Antwort gültig bis",
        "ermittlungsverfahren": "Ermittlungsverfahren anhängig",
        "biometrie_am": "Biometrie aufgenommen am",
        "biometrie_verwendbar": "Biometrie verwendbar",
        "erscheinen_noetig_wegen": "Persönliches Erscheinen nötig wegen",
    },
}
# What every what-if asks openly; the other groups are folded unless the procedure reads them.
OPEN_GROUPS = ("Antrag und Aufenthalt", "Person")
NOTHING = "-"
CLEAR_19F = ((NOTHING, "keiner"), ("besteht", "besteht"))


@dataclass(frozen=True, slots=True)
class Feld:
    """One input: ``kind`` is tag, ja_nein, zahl, betrag, wahl or text; ``choices`` of a wahl."""

    name: str
    label: str
    kind: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Gruppe:
    """Inputs under one heading."""

    title: str
    felder: tuple[Feld, ...]
    offen: bool


# For the prospects: the word of the Lebenslauf, its label, its kind.
LEBENSLAUF: tuple[Feld, ...] = (
    Feld("seit", "Bisheriger Titel seit", "tag"),
    Feld("paragraf", "Rechtsgrundlage des bisherigen Titels", "text",
         hint="zum Beispiel 18b oder 25 Abs. 2"),
    Feld("sprache", "Deutsch", "wahl", choices=tuple((x, x) for x in LEVELS if x)),
    Feld("rentenmonate", "Monate mit Rentenbeiträgen", "zahl"),
    Feld("arbeitet", "Arbeitet versicherungspflichtig", "ja_nein", choices=YES_NO),
    Feld("lebensunterhalt", "Lebensunterhalt gesichert", "ja_nein", choices=YES_NO),
    Feld("wohnraum", "Wohnraum ausreichend", "ja_nein", choices=YES_NO),
    Feld("kenntnisse", "Test Leben in Deutschland bestanden", "ja_nein", choices=YES_NO),
    Feld("bekenntnis", "Bekenntnis abgegeben", "ja_nein", choices=YES_NO),
    Feld("straffrei", "Keine Straftaten über den Grenzen", "ja_nein", choices=YES_NO),
    Feld("deutscher_abschluss", "Deutscher Berufs- oder Hochschulabschluss", "ja_nein",
         choices=YES_NO),
    Feld("kind_minderjaehrig", "Minderjähriges Kind im Haushalt", "ja_nein", choices=YES_NO),
    Feld("schutz", "Asylberechtigt oder Flüchtling", "ja_nein", choices=YES_NO),
    Feld("ehegatte_18c", "Ehe mit einer Person mit Niederlassungserlaubnis nach § 18c", "ja_nein",
         choices=YES_NO),
    Feld("beamtenverhaeltnis", "Im Beamtenverhältnis", "ja_nein", choices=YES_NO),
    Feld("ehe_deutsch_seit", "Ehe mit Deutschen seit", "tag"),
)  # fmt: skip
_KINDS: Mapping[AngabeKind, str] = {
    AngabeKind.JA_NEIN: "ja_nein",
    AngabeKind.TAG: "tag",
    AngabeKind.ZAHL: "zahl",
    AngabeKind.BETRAG: "betrag",
    AngabeKind.TEXT: "text",
    AngabeKind.WAHL: "wahl",
}


def gruppen(verfahren: Verfahren) -> tuple[Gruppe, ...]:
    """Return the inputs for a Verfahren: its own facts first, then those every case has."""
    own = tuple(
        Feld(
            a.key,
            a.label,
            _KINDS[a.kind],
            hint=" · ".join(part for part in (a.unit, a.norm) if part),
            choices=tuple(a.choices.items()) or (YES_NO if a.kind is AngabeKind.JA_NEIN else ()),
        )
        for a in verfahren.angaben
    )
    read = {key for requirement in verfahren.checklist for key in requirement.reads}
    found = [Gruppe(f"Zu {verfahren.key} {verfahren.name}", own, True)] if own else []
    for title, words in GRUPPEN.items():
        felder = tuple(_feld(word, label) for word, label in words.items())
        wanted = any(WORDS[word][0] in read for word in words)
        found.append(Gruppe(title, felder, title in OPEN_GROUPS or wanted))
    return tuple(found)


def _feld(word: str, label: str) -> Feld:
    if word == "ausschluss_19f":
        return Feld(word, label, "wahl", choices=CLEAR_19F)
    if word == "geburt":
        return Feld(word, label, "geburt", hint="TT.MM.JJJJ, unbekannter Tag oder Monat als 00")
    hint = hint_of(WORDS[word][0])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Feld(word, label, "wahl", choices=tuple((m.value, m.value) for m in hint))
    if hint is bool:
        return Feld(word, label, "ja_nein", choices=YES_NO)
    if hint is date:
        return Feld(word, label, "tag")
    if hint in (int, Decimal):
        return Feld(word, label, "zahl" if hint is int else "betrag")
    if word == "staatsangehoerigkeiten":
        return Feld(word, label, "liste", hint="Kürzel mit Komma, zum Beispiel IND, TUR")
    return Feld(word, label, "text")


def raw_question(verfahren: Verfahren, typed: Mapping[str, str], nachweise: list[str]) -> Any:
    """Return the question as ``probefall.frage`` takes it; raises ``InvalidInput`` with all."""
    problems: list[FieldProblem] = []
    angaben: dict[str, Any] = {}
    for feld in _felder(verfahren):
        text = typed.get(f"angaben.{feld.name}", "").strip()
        if not text:
            continue
        try:
            angaben[feld.name] = _value(feld, text)
        except InvalidInput as error:
            problems += error.problems
        except (ValueError, KeyError, InvalidOperation):
            problems.append(FieldProblem(f"angaben.{feld.name}", f"{feld.label}: nicht lesbar."))
    lauf = _lebenslauf(typed, angaben, problems)
    if nachweise:
        angaben["nachweise"] = dict.fromkeys(nachweise, 1)
    raw: dict[str, Any] = {
        "verfahren": verfahren.key,
        "version": verfahren.version,
        "wohnort": typed.get("wohnort", "").strip(),
        "angaben": angaben,
        "lebenslauf": lauf,
    }
    try:
        raw["tag"] = read_day(typed.get("tag", ""), "tag", needed=True)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return raw


def _lebenslauf(
    typed: Mapping[str, str], angaben: Mapping[str, Any], problems: list[FieldProblem]
) -> dict[str, Any]:
    """Return what was typed for the prospects; the present title is one section."""
    found: dict[str, Any] = {}
    for feld in LEBENSLAUF:
        name = f"lebenslauf.{feld.name}"
        text = typed.get(name, "").strip()
        try:
            if text:
                found[feld.name] = _value(feld, text, name)
        except InvalidInput as error:
            problems += error.problems
        except (ValueError, KeyError, InvalidOperation):
            problems.append(FieldProblem(name, f"{feld.label}: nicht lesbar."))
    since, paragraf = found.pop("seit", None), found.pop("paragraf", "")
    if since and angaben.get("titel"):
        section = {"titel": angaben["titel"], "von": since, "bis": angaben.get("titel_bis")}
        found["abschnitte"] = [{**section, "paragraf": paragraf}]
    return found


def _felder(verfahren: Verfahren) -> Iterator[Feld]:
    for gruppe in gruppen(verfahren):
        yield from gruppe.felder


def _value(feld: Feld, text: str, path: str = "") -> Any:
    name = path or f"angaben.{feld.name}"
    if feld.kind == "tag":
        day = read_day(text, name)
        return day.isoformat() if day else None
    if feld.kind == "geburt":
        day_, month, year = text.split(".")
        return f"{int(year):04d}-{int(month):02d}-{int(day_):02d}"
    if feld.kind == "ja_nein":
        return {"ja": True, "nein": False}[text]
    if feld.kind == "zahl":
        return int(text)
    if feld.kind == "betrag":
        return str(parse_euro(text, name))
    if feld.kind == "liste":
        return [part.strip().upper() for part in text.split(",") if part.strip()]
    return "" if text == NOTHING else text
