"""P09: Chancenkarte (§§ 20a, 20b AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Entscheidung,
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
from abh.workflows.guards import chancenkarte as s
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import punkte as p
from abh.workflows.guards.regeln import IMMER, angegeben, plus
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante(
        "fachkraft", "Suche als Fachkraft", "§ 20a Abs. 3 Nr. 1 AufenthG", "Such-Chancenkarte"
    ),
    Variante(
        "punkte", "Suche nach Punkten", "§ 20a Abs. 3 Nr. 2, § 20b AufenthG", "Such-Chancenkarte"
    ),
    Variante("folge", "Folge-Chancenkarte", "§ 20a Abs. 5 Satz 2 AufenthG", "Folge-Chancenkarte"),
)
VARIANTE = wahl(
    "variante",
    "Art der Chancenkarte",
    {one.key: one.label for one in VARIANTEN},
    "§ 20a AufenthG",
)
SUCHDAUER, FOLGEDAUER = "chancenkarte.such.dauer", "chancenkarte.folge.dauer"


def _zeile(key: str, label: str, norm: str, rule: Rule, *papers: str) -> Requirement:
    return Requirement(key, label, norm, rule, evidence=(papers,) if papers else ())


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.UNTERHALT,
        anspruch=gem.NIE,
        living_norm="§ 20a Abs. 4 Satz 1, § 2 Abs. 3 AufenthG",
        living_waiver="",
        living_papers=("sperrkonto", "verpflichtungserklaerung", "arbeitsvertrag", "einkommen"),
        variante=angegeben(VARIANTE),
    ),
    gem.ermessen_zeile(IMMER),
    _zeile(
        "Q1",
        "Fachkraft",
        "§ 20a Abs. 3 Nr. 1, § 18 Abs. 3 AufenthG",
        s.FACHKRAFT_REGEL,
        "abschluss",
    ),
    Requirement(
        "PKT",
        "Punktzahl",
        "§ 20a Abs. 3 Nr. 2, § 20b AufenthG",
        s.PUNKTE_REGEL,
        source=Source.OFFICE,
    ),
    _zeile(
        "Q2",
        "Ausländischer Abschluss",
        "§ 20a Abs. 4 Satz 3 Nr. 1, Satz 4 AufenthG",
        s.ABSCHLUSS_REGEL,
        "abschluss",
    ),
    _zeile(
        "Q3",
        "Deutsch A1 oder Englisch B2",
        "§ 20a Abs. 4 Satz 3 Nr. 2 AufenthG",
        s.SPRACHE,
        "sprachzertifikat",
    ),
    _zeile(
        "Q4",
        "Im Inland nur aus einem Titel zu Ausbildung oder Erwerbstätigkeit",
        "§ 20a Abs. 4 Satz 2 AufenthG",
        s.INLAND,
    ),
    Requirement(
        "Q5",
        "Zeit seit der letzten Such-Chancenkarte",
        "§ 20a Abs. 5 Satz 7 AufenthG",
        s.ERNEUT,
        source=Source.OFFICE,
    ),
    _zeile(
        "W1",
        "Antrag während der Such-Chancenkarte",
        "§ 20a Abs. 5 Satz 2 und 6 AufenthG",
        s.FOLGEKARTE,
    ),
    _zeile(
        "W2",
        "Angebot für eine qualifizierte Beschäftigung",
        "§ 20a Abs. 5 Satz 2 AufenthG",
        s.ARBEIT,
        "arbeitsvertrag",
        "ezb",
    ),
    Requirement(
        "W3",
        "Kein anderer Titel zur Erwerbstätigkeit",
        "§ 20a Abs. 5 Satz 3 AufenthG",
        s.KEIN_ANDERER,
        source=Source.OFFICE,
    ),
    *gem.ba_zeilen(s.FOLGE),
    Requirement(
        "ZW",
        "Wechsel des Zwecks erlaubt",
        "§ 16f Abs. 3, § 17 Abs. 3 AufenthG",
        fk.zweck_frei(gem.NIE, gem.NIE),
        waiver_norm="§ 16f Abs. 3 Satz 1, § 17 Abs. 3 Satz 2 AufenthG (in der Regel)",
    ),
)


def dauer(f: Facts) -> date | None:
    """One year for the search; the following card up to two, never beyond job and consent."""
    most = f.law.zahl(FOLGEDAUER if s.FOLGE(f) else SUCHDAUER)
    longest = plus(f.stichtag, most) if most is not None else None
    if not s.FOLGE(f):
        return longest
    job = None
    if not f.job_permanent and f.job_months is not None and most is not None:
        start = max(f.job_start or f.stichtag, f.stichtag)
        job = plus(start, type(most)(f.job_months, most.norm, most.in_force_from, "monate"))
    return fk.fruehestes(longest, job, f.angabe(a.BA_BIS.key))


BERECHNET = State(
    "points_calculated",
    "Punkte berechnet",
    Words("Ihr Antrag wird geprüft."),
    Turn.OFFICE,
)


def _punkte_rows() -> tuple[Step, ...]:
    """The engine computes, an official confirms (§ 35a VwVfG NRW)."""
    norm = "§ 20b Abs. 2 AufenthG"
    return (
        Step(
            "punkte_berechnen",
            ("in_review",),
            "points_calculated",
            by=(Power.SYSTEM, Power.REVIEW),
            norm=norm,
            label="Punkte berechnen",
            guards=(s.punkte_offen,),
            automatic=True,
        ),
        Step(
            "punkte_bestaetigen",
            ("points_calculated",),
            "in_review",
            by=(Power.DECIDE,),
            norm=norm,
            label="Punktzahl bestätigen",
            guards=(s.punkte_bestaetigt,),
        ),
    )


P09_V1 = Verfahren(
    key="P09",
    version=1,
    name="Chancenkarte",
    norm="§§ 20a, 20b AufenthG",
    in_force_from=date(2024, 6, 1),
    initial="draft",
    states=(*GEN_STATES, BERECHNET),
    steps=(
        *gem.title_rows(CHECKLIST, ba=True, also_from=("points_calculated",)),
        *_punkte_rows(),
    ),
    checklist=CHECKLIST,
    zweck=(
        "Die Chancenkarte erlaubt, in Deutschland Arbeit oder eine Maßnahme zur Anerkennung zu "
        "suchen, als Fachkraft oder mit genug Punkten. Über sie wird nach Ermessen entschieden."
    ),
    titel="Chancenkarte",
    grant_outcome="chancenkarte",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.KANN,
    angaben=(
        VARIANTE,
        *gem.ANGABEN,
        a.ERMESSEN,
        a.ERMESSEN_GRUENDE,
        a.BISHERIGER_ZWECK,
        a.DEUTSCH,
        a.BESCHAEFTIGUNGSENDE,
        a.NEUES_ANGEBOT,
        a.QUALIFIZIERT,
        a.BA_FREI,
        a.BA_BIS,
        a.VERSAGUNG_40,
        a.VERSICHERUNGSMONATE,
        a.ERLAUBT_SEIT,
        *s.ANGABEN,
        *p.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(*p.LAW, *fk.BA_LAW, SUCHDAUER),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(s.FOLGE),
    laufzeit=TitleRule("§ 20a Abs. 5 AufenthG", FOLGEDAUER, "Dauer nach der Art der Karte", dauer),
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_KLAGE, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "alter_punkte",
            "„Nicht älter als 35“ wird hier bis zum Tag vor dem 36. Geburtstag gelesen, ebenso 40.",
            "§ 20b Abs. 1 Satz 1 Nr. 9 und 10 AufenthG",
        ),
        VolatileMark(
            "fiktion_folgekarte",
            "Bis zur Entscheidung über die Folge-Chancenkarte ist nur die künftige Beschäftigung "
            "erlaubt; die Fiktionsbescheinigung muss das sagen.",
            "§ 20a Abs. 5 Satz 4 AufenthG",
        ),
    ),
    evidence_labels=gem.nachweise(
        "arbeitsvertrag",
        "ezb",
        "einkommen",
        "sprachzertifikat",
        abschluss="Abschluss mit Bestätigung der Anerkennung",
        sperrkonto="Sperrkonto",
        verpflichtungserklaerung="Verpflichtungserklärung",
    ),
)

PUBLISHED = ((P09_V1, "b6939d3097f774a2"),)
