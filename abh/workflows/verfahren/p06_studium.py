"""P06: study, language course, school, search for a place (§§ 16b, 16f, 17), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import HOCHSCHULE, PartState
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    Befreiung,
    Effect,
    Entscheidung,
    PartRule,
    Power,
    State,
    Step,
    TitleRule,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
    Words,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import bausteine
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import studium as s
from abh.workflows.guards.regeln import angegeben, ist, plus
from abh.workflows.verfahren import gem_ausbildung as bildung
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)

KANN, SOLL = Entscheidung.KANN, Entscheidung.SOLL
SUCHTITEL = "Aufenthaltserlaubnis zur Suche eines Ausbildungs- oder Studienplatzes"
VARIANTEN = (
    Variante("studium", "Vollzeitstudium", "§ 16b Abs. 1 AufenthG"),
    Variante(
        "bedingt",
        "bedingte Zulassung oder Teilzeitstudium",
        "§ 16b Abs. 5 Nr. 1 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "vorbereitung",
        "Sprachkurs oder Praktikum vor dem Studium",
        "§ 16b Abs. 5 Nr. 2 und 3 AufenthG",
        "Aufenthaltserlaubnis zur Studienvorbereitung",
        entscheidung=KANN,
    ),
    Variante(
        "schutz",
        "Studium international Schutzberechtigter",
        "§ 16b Abs. 7 AufenthG",
        entscheidung=SOLL,
    ),
    Variante(
        "sprachkurs",
        "Sprachkurs ohne Studium",
        "§ 16f Abs. 1 AufenthG",
        "Aufenthaltserlaubnis zum Sprachkurs",
        KANN,
    ),
    Variante(
        "austausch",
        "Schüleraustausch",
        "§ 16f Abs. 1 AufenthG",
        "Aufenthaltserlaubnis zum Schüleraustausch",
        KANN,
    ),
    Variante(
        "schule",
        "Schulbesuch",
        "§ 16f Abs. 2 AufenthG",
        "Aufenthaltserlaubnis zum Schulbesuch",
        SOLL,
    ),
    Variante(
        "ausbildungsplatzsuche",
        "Suche eines Ausbildungsplatzes",
        "§ 17 Abs. 1 AufenthG",
        SUCHTITEL,
        KANN,
    ),
    Variante("studienbewerbung", "Studienbewerbung", "§ 17 Abs. 2 AufenthG", SUCHTITEL, KANN),
)
VARIANTE = wahl(
    "variante",
    "Art der Bildung",
    {one.key: one.label for one in VARIANTEN},
    "§§ 16b, 16f, 17 AufenthG",
)
DAUER, KURS, PLATZ = "studium.dauer", "sprachkurs.hoechstdauer", "platzsuche.dauer"

CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=s.LIVING,
        anspruch=s.STUDIUM,
        living_norm="§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 Satz 5 und 6 AufenthG",
        living_papers=("sperrkonto", "stipendium", "verpflichtungserklaerung", "einkommen"),
        variante=angegeben(VARIANTE),
    ),
    gem.ermessen_zeile(s.KANN),
    Requirement(
        "S1",
        "Zulassung oder Aufnahme",
        "§ 16b Abs. 1, 5 und 7, § 16f AufenthG",
        s.AUFNAHME,
        evidence=(("zulassung", "immatrikulation"),),
    ),
    Requirement("S2", "Sprache des Studiums", "§ 16b Abs. 1 Satz 4 AufenthG", s.SPRACHE),
    Requirement(
        "S3",
        "Studienziel noch erreichbar",
        "§ 16b Abs. 2 Satz 4 AufenthG",
        s.FORTSCHRITT,
        evidence=(("leistungsuebersicht",),),
    ),
    Requirement(
        "S4",
        "Kein Ausschlussgrund",
        "§ 19f Abs. 1, 3 und 4 AufenthG",
        s.AUSSCHLUSS,
        source=Source.OFFICE,
    ),
    Requirement(
        "S5",
        "Wechsel des Zwecks erlaubt",
        "§ 16f Abs. 3, § 17 Abs. 3 AufenthG",
        s.ZWECK,
        waiver_norm="§ 16f Abs. 3 Satz 1, § 17 Abs. 3 Satz 2 AufenthG (in der Regel)",
    ),
    Requirement("S6", "Studium im anderen Mitgliedstaat", "§ 16b Abs. 7 AufenthG", s.SCHUTZ),
    Requirement("S7", "Schule und Klasse", "§ 16f Abs. 2 AufenthG", s.SCHULE),
    Requirement("S8", "Suche eines Ausbildungsplatzes", "§ 17 Abs. 1 AufenthG", s.PLATZSUCHE),
    Requirement("S9", "Studienbewerbung", "§ 17 Abs. 2 AufenthG", s.BEWERBUNG),
)


def ende(f: Facts) -> date | None:
    """The last day by variant; study up to two years, never beyond its end."""
    key = DAUER if s.NACH_16B(f) else PLATZ if s.SUCHE(f) else KURS
    most = f.law.zahl(key)
    until: date | None = f.angabe(s.STUDIUM_BIS.key)
    longest = plus(f.stichtag, most) if most is not None else None
    if until is None or s.SUCHE(f):
        return longest
    return until if longest is None else min(until, longest)


def _titelende(f: Facts) -> date | None:
    return gem.title_until(P06_V1, f)


CLOCK_TITEL = gem.titelende("TITELENDE", _titelende)
CLOCK_SUCHE = bildung.suche_clock("studium.suche", "§ 16b Abs. 6 AufenthG")

ANFRAGE = State(
    "progress_inquiry",
    "Anfrage bei der Hochschule",
    Words(
        "Ihr Antrag wird geprüft. Wir fragen Ihre Hochschule.",
    ),
    Turn.THIRD_PARTY,
)


ANTWORT = bausteine.stelle_antwortet(
    HOCHSCHULE,
    PartState.CONSENTED,
    PartState.REFUSED,
    label="Die Hochschule hat geantwortet",
    norm="§ 16b Abs. 2 Satz 5 AufenthG",
)


def _fortschritt_rows() -> tuple[Step, ...]:
    """§ 16b(2) S. 5: where the progress is in doubt the institution is asked."""
    norm = "§ 16b Abs. 2 Satz 5 AufenthG"
    return (
        Step(
            "hochschule_fragen",
            ("in_review",),
            "progress_inquiry",
            by=(Power.REVIEW,),
            norm=norm,
            label="Hochschule zum Studienfortschritt fragen",
            guards=(
                bausteine.angabe_ist(s.ZWEIFEL, True, "Der Fortschritt ist zweifelhaft", norm),
            ),
            letter="N16",
            effects=(Effect.REQUEST_PARTICIPATIONS,),
        ),
        Step(
            "hochschule_hat_geantwortet",
            ("progress_inquiry",),
            "in_review",
            by=(Power.REVIEW,),
            norm=norm,
            label="Antwort der Hochschule vermerken",
            guards=(
                ANTWORT,
                bausteine.angabe_bekannt(s.ERREICHBAR, "Der Fortschritt ist bewertet", norm),
            ),
        ),
        Step(
            "nach_anfrage_anhoeren",
            ("progress_inquiry",),
            "hearing",
            by=(Power.DECIDE,),
            norm="§ 16b Abs. 2 Satz 4 AufenthG, § 28 VwVfG NRW",
            label="Nach der Antwort der Hochschule anhören",
            guards=(
                ANTWORT,
                bausteine.angabe_ist(s.ERREICHBAR, False, "Das Ziel ist nicht erreichbar", norm),
            ),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
    )


P06_V1 = Verfahren(
    key="P06",
    version=1,
    name="Aufenthaltserlaubnis zum Studium",
    norm="§§ 16b, 16f, 17 AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=(*bildung.STATES, ANFRAGE),
    steps=(
        *gem.title_rows(CHECKLIST, ba=False, also_from=("progress_inquiry",)),
        *_fortschritt_rows(),
        *gem.after_issue_rows(CLOCK_TITEL, "search_window"),
        *bildung.suche_rows(CLOCK_SUCHE, s.NACH_16B, "§ 16b Abs. 6 AufenthG"),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Der Titel erlaubt ein Studium mit seiner Vorbereitung, einen Sprachkurs, den Schulbesuch "
        "oder die Suche nach einem Platz. Im Studium darf an 140 Tagen im Jahr gearbeitet werden."
    ),
    titel="Aufenthaltserlaubnis zum Studium",
    varianten=VARIANTEN,
    angaben=(
        VARIANTE,
        *(one for one in gem.ANGABEN if one is not a.BEDARF),
        a.ERMESSEN,
        a.ERMESSEN_GRUENDE,
        a.BISHERIGER_ZWECK,
        a.DEUTSCH,
        *s.ANGABEN,
        *bildung.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(*s.LAW, KURS, PLATZ),
    gebuehren=gem.FEES,
    befreiungen=(
        Befreiung(
            "Stipendium aus öffentlichen Mitteln",
            "§ 52 Abs. 5 AufenthV",
            ist(s.STIPENDIUM),
            nur=(
                "gebuehr.titel.erteilung",
                "gebuehr.titel.verlaengerung",
                "gebuehr.fiktionsbescheinigung",
            ),
        ),
        FREI_SOZIALLEISTUNGEN,
        FREI_ASSOZIATION,
    ),
    beteiligungen=(
        PartRule(HOCHSCHULE, "§ 16b Abs. 2 Satz 5 AufenthG", s.FORTSCHRITT_ZWEIFELHAFT),
        *gem.beteiligte(),
    ),
    laufzeit=TitleRule(
        "§ 16b Abs. 2, § 17 AufenthG", DAUER, "Dauer nach der Art der Bildung und ihrem Ende", ende
    ),
    clocks=(CLOCK_75, CLOCK_KLAGE, CLOCK_TITEL, CLOCK_SUCHE, CLOCK_RUECKGABE),
    volatile=(
        gem.MARKE_BEDARF,
        VolatileMark(
            "dauer_sprachkurs",
            "Für Sprachkurs, Austausch und Schule nennt das Gesetz keine Dauer; ein Jahr ist eine "
            "Vorgabe des Amts.",
            "§ 16f AufenthG",
        ),
    ),
    evidence_labels=gem.nachweise(
        "einkommen",
        zulassung="Zulassung oder Aufnahmebestätigung",
        immatrikulation="Immatrikulationsbescheinigung",
        leistungsuebersicht="Leistungsübersicht der Hochschule",
        sperrkonto="Sperrkonto",
        stipendium="Stipendienzusage",
        verpflichtungserklaerung="Verpflichtungserklärung",
    ),
)

PUBLISHED = ((P06_V1, "8f200beb753034fb"),)
