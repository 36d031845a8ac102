"""P13: parents and other relatives (§ 28(1) no. 3, §§ 36, 36a AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import AV, GESUNDHEIT, JUGENDAMT
from abh.workflows.checklist import Finding, Requirement, Rule, Source
from abh.workflows.definition import (
    Entscheidung,
    PartRule,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards import eltern as el
from abh.workflows.guards import familie as fam
from abh.workflows.guards.regeln import alle, ja, nein, nicht, oder, plus, variante, wenn
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
)
from abh.workflows.verfahren.gen_pruefliste import KURSPFLICHT_VERLETZT
from abh.workflows.verfahren.zustaende import GEN_STATES

KANN = Entscheidung.KANN
VARIANTEN = (
    Variante(
        "deutsch",
        "Sorgeberechtigter Elternteil eines deutschen Kindes",
        "§ 28 Abs. 1 Satz 1 Nr. 3 AufenthG",
    ),
    Variante(
        "deutsch_ohne_sorge",
        "Elternteil eines deutschen Kindes ohne Personensorge",
        "§ 28 Abs. 1 Satz 4 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "deutsch_volljaehrig",
        "Verlängerung nach der Volljährigkeit des deutschen Kindes",
        "§ 28 Abs. 3 Satz 2 AufenthG",
    ),
    Variante("schutz", "Eltern eines unbegleiteten Kindes mit Schutz", "§ 36 Abs. 1 AufenthG"),
    Variante(
        "subsidiaer",
        "Eltern eines subsidiär schutzberechtigten Kindes",
        "§ 36a Abs. 1 Satz 2 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "haerte",
        "Sonstige Angehörige bei außergewöhnlicher Härte",
        "§ 36 Abs. 2 AufenthG",
        entscheidung=KANN,
    ),
    Variante(
        "fachkraft",
        "Eltern und Schwiegereltern einer Fachkraft",
        "§ 36 Abs. 3 AufenthG",
        entscheidung=KANN,
    ),
)
DEUTSCH = variante("deutsch", "deutsch_ohne_sorge", "deutsch_volljaehrig")
SUBSIDIAER, FACHKRAFT = variante("subsidiaer"), variante("fachkraft")
ANSPRUCH = variante("deutsch", "deutsch_volljaehrig", "schutz")
OHNE_UNTERHALT = oder(
    variante("deutsch", "deutsch_ohne_sorge", "deutsch_volljaehrig", "schutz", "subsidiaer"),
    FACHKRAFT,
)
OHNE_WOHNRAUM = oder(DEUTSCH, variante("schutz", "subsidiaer"))


def _bezug() -> Rule:
    rule: Rule = wenn(FACHKRAFT, el.fachkraft, "siehe 36A.")
    rule = wenn(variante("haerte"), el.haerte, rule)
    rule = wenn(oder(variante("schutz"), SUBSIDIAER), el.kind_mit_schutz, rule)
    rule = wenn(variante("deutsch_volljaehrig"), el.erwachsenes_kind, rule)
    rule = wenn(variante("deutsch_ohne_sorge"), alle(el.kind_minderjaehrig, el.gemeinschaft), rule)
    return wenn(variante("deutsch"), alle(el.kind_minderjaehrig, el.sorge), rule)


def _zulaessig(f: Facts) -> Finding:
    barred = fam.nachzug_zulaessig(f)
    if barred is not None:
        return barred
    title = f.angabe(fam.TITEL_STAMMBERECHTIGT.key)
    words = fam.TITEL_STAMMBERECHTIGT.words(title)
    if f.variante == "schutz" and title not in fam.SCHUTZ:
        return basis.not_met(f"Titel: {words}. Nötig ist ein Titel mit Schutz.")
    return basis.met(f"Titel: {words}.")


def _aufenthalt() -> Rule:
    german_child = ja(
        fam.STAMMBERECHTIGT_IM_INLAND,
        "Das deutsche Kind lebt im Bundesgebiet.",
        "Das deutsche Kind lebt nicht im Bundesgebiet.",
        "§ 28 Abs. 1 Satz 1 AufenthG",
    )
    rule: Rule = wenn(nicht(SUBSIDIAER), _zulaessig, "siehe 36A.")
    return wenn(DEUTSCH, german_child, rule)


CHECKLIST: tuple[Requirement, ...] = (
    *gt.base_requirements(
        gt.living(
            wenn(
                nicht(OHNE_UNTERHALT),
                fam.einkommen_reicht,
                "nach § 28 Abs. 1 Satz 2 oder 4, § 36 Abs. 1 oder § 36a nicht verlangt, "
                "oder siehe B3S.",
            ),
        ),
        ANSPRUCH,
        nicht(ANSPRUCH),
        expulsion_waiver="§ 27 Abs. 3 Satz 2 AufenthG",
        kurs=True,
    ),
    Requirement(
        "B3S",
        "Lebensunterhalt zwingend gesichert",
        "§ 36 Abs. 3 Satz 2, § 5 Abs. 1 Nr. 1 AufenthG",
        wenn(FACHKRAFT, fam.einkommen_reicht, "gilt nur für § 36 Abs. 3."),
        evidence=(("einkommen", "verpflichtungserklaerung"), ("krankenversicherung",)),
    ),
    Requirement(
        "BEZ",
        "Familiärer Bezug nach der Vorschrift",
        "§ 28 Abs. 1 und 3, § 36, § 36a AufenthG",
        _bezug(),
        evidence=(("geburtsurkunde",),),
    ),
    Requirement(
        "STAMM",
        "Aufenthalt der Person, zu der nachgezogen wird",
        "§ 28 Abs. 1 Satz 1, § 29 Abs. 1 Nr. 1, § 36 AufenthG",
        _aufenthalt(),
    ),
    Requirement(
        "WOHN",
        "Ausreichender Wohnraum",
        "§ 29 Abs. 1 Nr. 2, § 2 Abs. 4 AufenthG",
        fam.wohnraum(OHNE_WOHNRAUM, "nach § 28, § 36 Abs. 1 oder § 36a nicht verlangt."),
        evidence=(("mietvertrag",),),
        waiver_norm="§ 36 Abs. 2 Satz 2, § 30 Abs. 3 AufenthG",
    ),
    Requirement(
        "SOZ",
        "Keine Leistungen für andere Angehörige",
        "§ 27 Abs. 3 Satz 1 AufenthG",
        nein(
            fam.UNTERHALT_ANDERER,
            "Für andere Angehörige werden keine Leistungen gebraucht.",
            "Für andere Angehörige werden Leistungen gebraucht; die Erteilung kann versagt werden.",
        ),
        source=Source.OFFICE,
        waiver_norm="§ 27 Abs. 3 Satz 1 AufenthG (Ermessen)",
    ),
    Requirement(
        "SIP",
        "Kein Sperrgrund bei der Person im Bundesgebiet",
        "§ 27 Abs. 3a AufenthG",
        nein(fam.GEFAEHRDER, "Ein Sperrgrund liegt nicht vor.", "Ein Sperrgrund liegt vor."),
        source=Source.OFFICE,
    ),
    Requirement(
        "36A",
        "Nachzug zu subsidiär Schutzberechtigten zulässig",
        "§ 36a, § 104 Abs. 14 AufenthG",
        fam.nachzug_36a(SUBSIDIAER),
        source=Source.OFFICE,
    ),
)


def titel_grenze(f: Facts) -> date | None:
    """Return the last day of the title: that of the person, the passport, the child's majority."""
    own = el.kind_volljaehrig_am(f) if f.variante in ("deutsch", "deutsch_ohne_sorge") else None
    if DEUTSCH(f):
        length = f.law.zahl("familie.titel.deutsche")
        usual = None if length is None else plus(f.stichtag, length)
        own = min((day for day in (own, usual) if day is not None), default=None)
    return fam.titel_grenze(f, own)


P13_V1 = Verfahren(
    key="P13",
    version=1,
    name="Nachzug von Eltern und sonstigen Angehörigen",
    norm="§ 28 Abs. 1 Satz 1 Nr. 3, §§ 36, 36a AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(),
        *gen.appointment_rows(CHECKLIST),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.grant_rows(CHECKLIST),
        *gen_entscheidung.card_rows(future_work=False),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Eltern deutscher oder geschützter Kinder, Eltern von Fachkräften und in Härtefällen "
        "andere Angehörige ziehen nach. Je nach Fall besteht ein Anspruch oder Ermessen."
    ),
    titel="Aufenthaltserlaubnis zum Familiennachzug",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *gt.BASIS_ANGABEN,
        KURSPFLICHT_VERLETZT,
        gt.URKUNDE_ZWEIFEL,
        SOZIALLEISTUNGEN,
        *fam.ANGABEN,
        *el.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(*fam.LAW, *el.LAW, *gt.ID_LAW, "familie.titel.deutsche"),
    gebuehren=gt.permit_fees(),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(
        SICHERHEITSABFRAGE,
        PartRule(AV, "§ 71 Abs. 2 AufenthG", gt.gesagt(gt.URKUNDE_ZWEIFEL)),
        PartRule(JUGENDAMT, "§ 50 SGB VIII", variante("deutsch_ohne_sorge")),
        PartRule(GESUNDHEIT, "§ 26 VwVfG NRW", variante("haerte")),
    ),
    laufzeit=TitleRule(
        "§ 27 Abs. 4 AufenthG",
        "familie.titel.hoechstdauer",
        "Titel der Person, zu der nachgezogen wird, Pass oder Volljährigkeit des Kindes",
        titel_grenze,
    ),
    clocks=GEN_CLOCKS,
    volatile=(
        VolatileMark(
            "aussetzung_36a",
            "Bis zum Ablauf des 23. Juli 2027 wird zu subsidiär Schutzberechtigten kein Nachzug "
            "gewährt.",
            "§ 104 Abs. 14 AufenthG",
            date(2027, 7, 23),
        ),
        VolatileMark(
            "volljaehrig_gewordenes_kind",
            "Wird das geschützte Kind während des Verfahrens volljährig, gilt die Rechtsprechung "
            "des EuGH; zum subsidiären Schutz ist sie umstritten.",
            "§ 36 Abs. 1, § 36a AufenthG",
        ),
        VolatileMark(
            "krankheit_pruefung",
            "Die Beteiligung des Gesundheitsamts in Härtefällen ist Hausregel.",
            "§ 36 Abs. 2 AufenthG",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in ("pass", "krankenversicherung", "einkommen", "mietvertrag", "geburtsurkunde")
        },
        "verpflichtungserklaerung": "Verpflichtungserklärung",
    },
)

PUBLISHED = ((P13_V1, "e05dfd958d9089dc"),)
