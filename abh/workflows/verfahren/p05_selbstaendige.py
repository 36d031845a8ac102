"""P05: self-employment and liberal professions (§ 21 AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import KAMMER
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    ClockRule,
    Effect,
    Entscheidung,
    FeeRule,
    PartRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import selbstaendig as s
from abh.workflows.guards.regeln import alle, angegeben, ja, nicht, plus, variante, wenn
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("unternehmen", "Unternehmen", "§ 21 Abs. 1 AufenthG"),
    Variante("vertrag", "völkerrechtliche Vergünstigung", "§ 21 Abs. 2 AufenthG"),
    Variante(
        "absolvent",
        "Hochschulabsolventen und Forscher",
        "§ 21 Abs. 2a AufenthG",
        entscheidung=Entscheidung.SOLL,
    ),
    Variante("stipendium", "Gründungsstipendium", "§ 21 Abs. 2b AufenthG"),
    Variante(
        "freiberuf",
        "freier Beruf",
        "§ 21 Abs. 5 AufenthG",
        "Aufenthaltserlaubnis zur freiberuflichen Tätigkeit",
    ),
    Variante(
        "nebentaetigkeit",
        "selbständige Tätigkeit neben einem anderen Titel",
        "§ 21 Abs. 6 AufenthG",
        "Erlaubnis der selbständigen Tätigkeit",
    ),
)
VARIANTE = wahl(
    "variante",
    "Art der selbständigen Tätigkeit",
    {one.key: one.label for one in VARIANTEN},
    "§ 21 AufenthG",
)
MOST, STIPENDIUM, FREIBERUF = (
    "selbstaendig.hoechstdauer",
    "selbstaendig.hoechstdauer.stipendium",
    "selbstaendig.hoechstdauer.freiberuf",
)


def _zeile(
    key: str, label: str, norm: str, when: Bedingung, rule: Rule, *papers: str
) -> Requirement:
    evidence = (papers,) if papers else ()
    return Requirement(key, label, norm, wenn(when, rule, s.ANDERS), evidence=evidence)


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(living=fk.UNTERHALT, anspruch=gem.NIE, variante=angegeben(VARIANTE)),
    gem.ermessen_zeile(s.KANN),
    _zeile(
        "E1",
        "Interesse oder Bedürfnis",
        "§ 21 Abs. 1 Satz 1 Nr. 1 AufenthG",
        s.UNTERNEHMEN,
        ja(s.INTERESSE, "Ein Interesse oder Bedürfnis besteht.", "Es besteht kein Interesse."),
        "geschaeftsplan",
    ),
    _zeile(
        "E2",
        "Positive Auswirkungen",
        "§ 21 Abs. 1 Satz 1 Nr. 2 AufenthG",
        s.UNTERNEHMEN,
        ja(s.AUSWIRKUNG, "Positive Auswirkungen sind zu erwarten.", "Sie sind nicht zu erwarten."),
    ),
    _zeile(
        "E3",
        "Finanzierung",
        "§ 21 Abs. 1 Satz 1 Nr. 3 AufenthG",
        s.UNTERNEHMEN,
        ja(s.FINANZIERUNG, "Die Finanzierung ist gesichert.", "Sie ist nicht gesichert."),
        "finanzierung",
    ),
    _zeile(
        "E4",
        "Völkerrechtliche Vergünstigung",
        "§ 21 Abs. 2 AufenthG",
        variante("vertrag"),
        ja(s.VERGUENSTIGUNG, "Eine Vergünstigung besteht.", "Eine Vergünstigung besteht nicht."),
    ),
    _zeile(
        "E5",
        "Studium oder Forschung im Inland",
        "§ 21 Abs. 2a AufenthG",
        variante("absolvent"),
        alle(
            ja(s.ABSOLVENT, "Studium oder Forschung liegen vor.", "Sie liegen nicht vor."),
            ja(s.ZUSAMMENHANG, "Die Tätigkeit hängt damit zusammen.", "Ein Zusammenhang fehlt."),
        ),
        "hochschulabschluss",
    ),
    Requirement(
        "E6",
        "Fachkraft mit Gründungsstipendium",
        "§ 21 Abs. 2b AufenthG",
        s.STIPENDIUM,
        evidence=(("stipendium",),),
    ),
    Requirement(
        "E7",
        "Erlaubnis zur Ausübung des Berufs",
        "§ 21 Abs. 5 Satz 2, Abs. 6 AufenthG",
        s.ERLAUBNIS,
        evidence=(("berufserlaubnis",),),
    ),
    _zeile(
        "E7a",
        "Freier Beruf",
        "§ 21 Abs. 5 Satz 1 AufenthG, § 18 Abs. 1 Nr. 1 EStG",
        variante("freiberuf"),
        ja(s.FREIER_BERUF, "Die Tätigkeit ist freiberuflich.", "Sie ist nicht freiberuflich."),
        "auftraege",
    ),
    Requirement(
        "E8",
        "Altersversorgung ab 45 Jahren",
        "§ 21 Abs. 3 AufenthG",
        wenn(nicht(s.NEBEN), s.altersversorgung, s.ANDERS),
        waiver_norm="§ 21 Abs. 3 AufenthG (soll)",
    ),
    Requirement("E9", "Anderer Titel bleibt bestehen", "§ 21 Abs. 6 AufenthG", s.NEBEN_TITEL),
    Requirement(
        "KAM",
        "Stellungnahme der fachkundigen Stellen",
        "§ 21 Abs. 1 Satz 3, Abs. 5 Satz 3 AufenthG",
        s.KAMMER_REGEL,
        source=Source.THIRD_PARTY,
    ),
    Requirement(
        "ZW",
        "Wechsel des Zwecks erlaubt",
        "§ 16f Abs. 3, § 17 Abs. 3 AufenthG",
        fk.zweck_frei(s.NEBEN, gem.NIE),
        waiver_norm="§ 16f Abs. 3 Satz 1, § 17 Abs. 3 Satz 2 AufenthG (in der Regel)",
    ),
)


def dauer(f: Facts) -> date | None:
    """The last day by variant: the scholarship, the other title, or the longest of the law."""
    key = {"stipendium": STIPENDIUM, "freiberuf": FREIBERUF}.get(f.variante, MOST)
    most = f.law.zahl(key)
    longest = plus(f.stichtag, most) if most is not None else None
    if f.variante == "stipendium":
        return fk.fruehestes(longest, f.angabe(s.STIPENDIUM_BIS.key))
    return fk.fruehestes(longest, f.title_until) if f.variante == "nebentaetigkeit" else longest


CLOCK_KAMMER = ClockRule(
    "KAMMER",
    "Stellungnahme der fachkundigen Stellen",
    "§ 21 Abs. 1 Satz 3 AufenthG",
    ("beteiligung.wiedervorlage",),
    starts="Anfrage, wenn die Stellen zu fragen sind",
    ends="Erinnerung oder Abschluss der Beteiligungen",
    start_steps=("beteiligen",),
    end_steps=("beteiligungen_abschliessen", "stellungnahme_anmahnen"),
    anchor=lambda f: f.today if s.KAMMER_OFFEN(f) else None,
    effect="Die Stellungnahme wird angemahnt; ihr Schweigen ersetzt sie nicht",
)
ANMAHNEN = Step(
    "stellungnahme_anmahnen",
    ("awaiting_third_party",),
    SAME_STATE,
    by=(Power.SYSTEM, Power.REVIEW),
    norm="§ 21 Abs. 1 Satz 3 AufenthG",
    label="Stellungnahme der fachkundigen Stellen anmahnen",
    guards=(
        bausteine.bedingung(
            "kammer_offen",
            s.KAMMER_OFFEN,
            "§ 21 Abs. 1 Satz 3 AufenthG",
            "Die Stellungnahme liegt vor oder ist nicht zu erwarten.",
        ),
        bausteine.uhr_abgelaufen(CLOCK_KAMMER),
    ),
    letter="N16",
    effects=(Effect.REMIND_PARTICIPATIONS,),
    automatic=True,
)

P05_V1 = Verfahren(
    key="P05",
    version=1,
    name="Aufenthaltserlaubnis zur selbständigen Tätigkeit",
    norm="§ 21 AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(*gem.title_rows(CHECKLIST, ba=False), ANMAHNEN),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Der Titel erlaubt, ein Unternehmen zu führen oder einen freien Beruf auszuüben. "
        "Entschieden wird meist nach Ermessen und nach Anhörung der Kammern."
    ),
    titel="Aufenthaltserlaubnis zur selbständigen Tätigkeit",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.KANN,
    angaben=(
        VARIANTE,
        *gem.ANGABEN,
        a.ERMESSEN,
        a.ERMESSEN_GRUENDE,
        a.BISHERIGER_ZWECK,
        a.REGLEMENTIERT,
        a.BERUFSERLAUBNIS,
        a.ALTERSVERSORGUNG,
        *s.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(s.ALTER, STIPENDIUM, FREIBERUF),
    gebuehren=gem.fees_except(
        s.NEBEN, FeeRule("gebuehr.selbstaendig.nebentaetigkeit", "Änderung der Nebenbestimmung")
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(
        PartRule(KAMMER, "§ 21 Abs. 1 Satz 3 AufenthG", s.MIT_KAMMER),
        *gem.beteiligte(),
    ),
    laufzeit=TitleRule("§ 21 Abs. 2b, 4 AufenthG", MOST, "Dauer nach der Art der Tätigkeit", dauer),
    clocks=(CLOCK_75, CLOCK_KLAGE, CLOCK_KAMMER, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "dauer_freiberuf",
            "Für Freiberufler gilt die Höchstdauer des § 21 Abs. 4 nicht; drei Jahre sind eine "
            "Vorgabe des Amts.",
            "§ 21 Abs. 5 Satz 4 AufenthG",
        ),
        VolatileMark(
            "alter_45",
            "„Älter als 45 Jahre“ wird hier als Vollendung des 45. Lebensjahres gelesen.",
            "§ 21 Abs. 3 AufenthG",
        ),
        VolatileMark(
            "gebuehr_nebentaetigkeit",
            "Die Gebühr für die Erlaubnis neben einem anderen Titel ist zu bestätigen.",
            "§ 47 Abs. 1 Nr. 3 AufenthV",
        ),
    ),
    evidence_labels=gem.nachweise(
        geschaeftsplan="Geschäftsplan mit Lebenslauf",
        finanzierung="Nachweis des Kapitals oder Kreditzusage",
        auftraege="Absichtserklärungen oder Verträge von Auftraggebern",
        hochschulabschluss="Urkunde über den Hochschulabschluss",
        stipendium="Zusage des Gründungsstipendiums",
        berufserlaubnis="Berufsausübungserlaubnis oder Zusage",
    ),
)

PUBLISHED = ((P05_V1, "758ff74a12ab40c2"),)
