"""What many procedures share: participations, fees, exemptions, lengths, clocks, names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from abh.workflows.angaben import ja_nein
from abh.workflows.beteiligung import BA, BVA
from abh.workflows.definition import (
    FICTION_PAPER,
    Bedingung,
    Befreiung,
    ClockRule,
    FeeRule,
    PartRule,
    TitleRule,
)
from abh.workflows.facts import RESIDENCE_TITLES, Facts, SecurityAnswer, TitleKind
from abh.workflows.guards.regeln import IMMER, birthday, ist, nicht, plus, und
from abh.workflows.recht import LawKey

# Letters of the generic rows, with the names the pages show.
GEN_LETTERS: Mapping[str, str] = {
    "N01": "Eingangsbestätigung",
    "N02": "Nachforderung",
    "N03": "Zwischennachricht",
    "N04": "Abgabenachricht",
    "N06": "Terminangebot",
    "N07": "Anhörung",
    "N08": "Bewilligungsmitteilung",
    "N09": "Abholmitteilung",
    "N11": "Gebührenbescheid oder Quittung",
    "N12": "Ablehnungsbescheid",
    "N14": "Einstellungsmitteilung",
    "N15": "Hinweisblatt",
    "N16": "Beteiligungsersuchen",
}

# Kinds of evidence that many procedures ask for; each adds its own.
GEN_NACHWEISE: Mapping[str, str] = {
    "pass": "Pass (alle Seiten mit Einträgen)",
    "krankenversicherung": "Bescheinigung der Krankenversicherung",
    "arbeitsvertrag": "Arbeitsvertrag",
    "ezb": "Erklärung zum Beschäftigungsverhältnis",
    "einkommen": "Nachweise des Einkommens",
    "mietvertrag": "Mietvertrag oder Nachweis des Wohnraums",
    "sprachzertifikat": "Sprachzertifikat",
    "geburtsurkunde": "Geburtsurkunde",
    "heiratsurkunde": "Heiratsurkunde",
}

SOZIALLEISTUNGEN = ja_nein(
    "sozialleistungen",
    "Bezieht Leistungen nach SGB II, SGB XII oder AsylbLG",
    "§ 53 AufenthV",
)
# § 53(1) names them one by one; for all others the office may do without (§ 53(1) at the end, (2)).
FREI_SOZIALLEISTUNGEN = Befreiung(
    "Bezug von Leistungen nach SGB II, SGB XII oder AsylbLG",
    "§ 53 Abs. 1 AufenthV",
    ist(SOZIALLEISTUNGEN),
    nur=(
        "gebuehr.titel.erteilung",
        "gebuehr.titel.verlaengerung",
        "gebuehr.duldung.etikett",
        "gebuehr.duldung.vordruck",
        "gebuehr.duldung.erneuerung.etikett",
        "gebuehr.duldung.erneuerung.vordruck",
        "gebuehr.nebenbestimmung",
        "wohnsitz.gebuehr.nebenbestimmung",
        "gebuehr.integrationskurs.hinweis",
        "gebuehr.fiktionsbescheinigung",
        "gebuehr.ausweisersatz",
    ),
)
ASSOZIATION = ja_nein(
    "assoziationsberechtigt",
    "Assoziationsberechtigt nach dem ARB 1/80 oder 3/80",
    "§ 52a AufenthV",
    amt=True,
)
FREI_ASSOZIATION = Befreiung(
    "Assoziationsberechtigt nach dem ARB 1/80 oder 3/80",
    "§ 52a Abs. 3 AufenthV",
    ist(ASSOZIATION),
    nur=("gebuehr.fiktionsbescheinigung", "gebuehr.nebenbestimmung", "gebuehr.bescheinigung"),
)


def _under_id_age(f: Facts) -> bool:
    limit = f.law.zahl(LawKey.PERSONALAUSWEIS_ALTER)
    day = None if limit is None else birthday(f, int(limit.value))
    return day is not None and f.stichtag < day


JUNG = Bedingung("unter 24 Jahren", _under_id_age)


def id_card_fees(when: Bedingung) -> tuple[FeeRule, ...]:
    """The fee of the identity card where a norm refers to it; never halved."""
    return (
        FeeRule(
            "gebuehr.personalausweis",
            "Gebühr wie für den Personalausweis",
            und(when, nicht(JUNG)),
            minors_half=False,
        ),
        FeeRule(
            "gebuehr.personalausweis.jung",
            "Gebühr wie für den Personalausweis unter 24 Jahren",
            und(when, JUNG),
            minors_half=False,
        ),
    )


def held(*kinds: TitleKind) -> Bedingung:
    """The person held one of these titles when the application came."""
    names = " oder ".join(kind.value for kind in kinds)
    return Bedingung(f"bisher: {names}", lambda f: f.title_kind in kinds)


ERSTMALS = Bedingung(
    "ohne bisherigen Aufenthaltstitel für das Inland",
    lambda f: f.title_kind not in RESIDENCE_TITLES or f.title_kind is TitleKind.NATIONALES_VISUM,
)
SICHERHEIT_OFFEN = Bedingung(
    "Sicherheitsabfrage noch nicht gestellt", lambda f: f.security is SecurityAnswer.NOT_ASKED
)

SICHERHEITSABFRAGE = PartRule(BVA, "§ 73 Abs. 2 und 3 AufenthG", SICHERHEIT_OFFEN)


def ba_part(when: Bedingung = IMMER) -> PartRule:
    """The Bundesagentur must consent where ``when`` holds and no preliminary consent is valid."""
    needed = Bedingung(
        f"{when.label}, ohne gültige Vorabzustimmung",
        lambda f: when(f) and not has_preliminary_consent(f),
    )
    return PartRule(BA, "§ 39 AufenthG", needed)


def has_preliminary_consent(f: Facts) -> bool:
    """Whether a preliminary consent of the BA is valid on the Stichtag (§ 36(3) BeschV)."""
    return f.preliminary_consent_until is not None and f.preliminary_consent_until >= f.stichtag


def title_fees(extension: Bedingung, change: Bedingung | None = None) -> tuple[FeeRule, ...]:
    """Grant, extension (over three months) or change of purpose, and the fiction paper (§ 45).

    The association with Turkey: the fee of the identity card (§ 52a(2) AufenthV).
    """
    plain = nicht(ist(ASSOZIATION))
    other = (
        extension
        if change is None
        else Bedingung("Verlängerung oder Zweckwechsel", lambda f: extension(f) or change(f))
    )
    rows = [
        FeeRule("gebuehr.titel.erteilung", "Erteilung", und(plain, nicht(other))),
        FeeRule(
            "gebuehr.titel.verlaengerung",
            "Verlängerung um mehr als drei Monate",
            und(plain, extension),
        ),
    ]
    if change is not None:
        only = Bedingung(change.label, lambda f: change(f) and not extension(f))
        text = "Wechsel des Aufenthaltszwecks"
        rows.append(FeeRule("gebuehr.titel.zweckwechsel", text, und(plain, only)))
    return (*rows, *id_card_fees(ist(ASSOZIATION)), FICTION_FEE)


FICTION_FEE = FeeRule("gebuehr.fiktionsbescheinigung", "Fiktionsbescheinigung", event=FICTION_PAPER)


def job_end(f: Facts) -> date | None:
    """The last day a title for work may run: contract plus the margin of § 18(4) AufenthG."""
    if f.job_permanent or f.job_months is None:
        return None
    margin, start = f.law.zahl("titel.zuschlag"), max(f.job_start or f.stichtag, f.stichtag)
    if margin is None:
        return None
    months = f.job_months + int(margin.value)
    return plus(start, type(margin)(months, margin.norm, margin.in_force_from, "monate"))


WORK_TITLE = TitleRule(
    "§ 18 Abs. 4 AufenthG",
    "titel.hoechstdauer",
    "Dauer des Vertrags zuzüglich des Zuschlags",
    job_end,
)
WORK_LAW = ("titel.zuschlag",)

# Clocks that effects of the generic rows run; the table says it, the handbook shows it.
CLOCK_75 = ClockRule(
    "VWGO75",
    "Untätigkeitsklage wird zulässig",
    "§ 75 VwGO",
    ("untaetigkeit",),
    starts="Eingang des Antrags",
    ends="Entscheidung, Rücknahme, Einstellung oder Abgabe",
    effect="Warnung nach 8, 10 und 12 Wochen",
)
CLOCK_BA = ClockRule(
    "BA",
    "Zustimmung der Bundesagentur gilt als erteilt",
    "§ 36 Abs. 2 BeschV",
    ("ba.zustimmung",),
    starts="Anfrage oder vervollständigte Anfrage",
    ends="Antwort oder Mitteilung, dass Angaben fehlen",
    effect="Zustimmung gilt als erteilt",
)
CLOCK_KLAGE = ClockRule(
    "KLAGE",
    "Klagefrist",
    "§ 74, § 57 VwGO",
    ("klagefrist",),
    starts="Bekanntgabe der Ablehnung",
    ends="Klage oder Bestandskraft",
    effect="Bestandskraft",
)
CLOCK_RUECKGABE = ClockRule(
    "RUECKGABE",
    "Rückgabe der Papiere, deren Recht entfallen ist",
    "§ 52 VwVfG NRW",
    ("rueckgabe.frist", "rueckgabe.mahnung"),
    starts="Ende des Rechts, das ein ausgegebenes Papier beweist",
    ends="Rückgabe aller Papiere",
    effect="Erinnerung mit neuer Frist; danach Vermerk, dass das Papier fehlt (Meldung an das AZR)",
)
GEN_CLOCKS = (CLOCK_75, CLOCK_KLAGE, CLOCK_RUECKGABE)
