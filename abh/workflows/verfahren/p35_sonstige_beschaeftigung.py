"""P35: other employment (§ 19c) and tolerated persons with a qualification (§ 19d), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Bedingung,
    Entscheidung,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import sonstige_beschaeftigung as s
from abh.workflows.guards.regeln import (
    angegeben,
    eine_von,
    ja,
    nein,
    nicht,
    oder,
    plus,
    variante,
    wenn,
)
from abh.workflows.verfahren import gem_fachkraefte as gem
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
    WORK_LAW,
    job_end,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante(
        "verordnung",
        "Beschäftigung nach der Beschäftigungsverordnung",
        "§ 19c Abs. 1 AufenthG",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "erfahrung",
        "ausgeprägte berufspraktische Kenntnisse",
        "§ 19c Abs. 2 AufenthG, § 6 BeschV",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "interesse",
        "öffentliches Interesse im Einzelfall",
        "§ 19c Abs. 3 AufenthG",
        entscheidung=Entscheidung.KANN,
    ),
    Variante(
        "beamte", "Beamtenverhältnis", "§ 19c Abs. 4 AufenthG", entscheidung=Entscheidung.ANSPRUCH
    ),
    Variante(
        "geduldet",
        "qualifizierte Geduldete",
        "§ 19d Abs. 1 AufenthG",
        entscheidung=Entscheidung.SOLL,
    ),
    Variante(
        "geduldet_ausbildung",
        "nach der Ausbildungsduldung",
        "§ 19d Abs. 1a AufenthG",
        entscheidung=Entscheidung.ANSPRUCH,
    ),
    Variante(
        "abschnitt5",
        "mit humanitärem Titel nach abgelehntem Asylantrag",
        "§ 19d Abs. 4, Abs. 1 AufenthG",
        entscheidung=Entscheidung.SOLL,
    ),
)
VARIANTE = wahl(
    "variante",
    "Art der Beschäftigung",
    {one.key: one.label for one in VARIANTEN},
    "§§ 19c, 19d AufenthG",
)
BEAMTE, GEDULDETE_60C, GEDULDETE = (
    "beschaeftigung.beamte.dauer",
    "geduldete.dauer.ausbildung",
    "geduldete.dauer",
)
MIT_BA = Bedingung("keine Beschäftigung als Beamter", nicht(variante("beamte")))


def _nach_variante(key: str, label: str, norm: str, rule: Bedingung, then: Rule) -> Requirement:
    return Requirement(key, label, norm, wenn(rule, then, s.ANDERER_WEG))


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.UNTERHALT,
        anspruch=s.ANSPRUCH,
        asyl=s.ASYL,
        visa=wenn(
            nicht(s.GEDULDET), basis.visa, "von der Einreise mit Visum wird abgesehen (§ 19d)."
        ),
        variante=angegeben(VARIANTE),
    ),
    gem.ermessen_zeile(s.KANN),
    gem.arbeitsplatz_zeile(),
    *gem.ba_zeilen(MIT_BA, "J2"),
    Requirement(
        "J3",
        "Berufsausübungserlaubnis",
        "§ 18 Abs. 2 Nr. 3 AufenthG",
        fk.BERUFSERLAUBNIS,
        evidence=(("berufserlaubnis",),),
    ),
    Requirement(
        "J4a",
        "Versicherung, dass die Beschäftigung ausgeübt wird",
        "§ 18 Abs. 2 Nr. 4a AufenthG",
        ja(a.VERSICHERT, "Beide Seiten haben es versichert.", "Die Versicherung fehlt."),
    ),
    Requirement(
        "J5",
        "Gehalt oder Altersversorgung nach dem 45. Lebensjahr",
        "§ 1 Abs. 2 BeschV",
        fk.ab_45(s.ERSTMALS_45, "§ 1 Abs. 2 BeschV"),
        waiver_norm="§ 1 Abs. 2 Satz 2 BeschV",
    ),
    Requirement(
        "ZW",
        "Wechsel des Zwecks erlaubt",
        "§ 16a Abs. 1, § 16b Abs. 4, § 16d Abs. 3, § 16f Abs. 3, § 17 Abs. 3 AufenthG",
        s.ZWECK,
    ),
    Requirement("C1", "Zulassung durch die Verordnung", "§ 19c Abs. 1 AufenthG", s.ZUGELASSEN),
    Requirement("C2", "Berufserfahrung", "§ 6 Abs. 1 BeschV", s.ERFAHRUNG_REGEL),
    Requirement("C3", "Gehalt oder Tarif", "§ 6 Abs. 1 BeschV", s.GEHALT),
    Requirement(
        "C4",
        "Ausländischer Abschluss",
        "§ 6 Abs. 1 BeschV",
        s.QUALIFIKATION,
        evidence=(("berufsabschluss", "berufserfahrung"),),
    ),
    Requirement(
        "C5",
        "Qualifizierte Beschäftigung",
        "§ 19c Abs. 2, § 19d Abs. 1 AufenthG",
        wenn(
            oder(s.ERFAHREN, s.GEDULDET),
            ja(
                a.QUALIFIZIERT,
                "Die Beschäftigung ist qualifiziert und entspricht der Qualifikation.",
                "Die Beschäftigung ist nicht qualifiziert.",
            ),
            s.ANDERER_WEG,
        ),
        source=Source.OFFICE,
    ),
    _nach_variante(
        "C6",
        "Öffentliches Interesse",
        "§ 19c Abs. 3 AufenthG",
        variante("interesse"),
        ja(s.INTERESSE, "Ein öffentliches Interesse besteht.", "Es ist nicht ersichtlich."),
    ),
    _nach_variante(
        "C7",
        "Beamtenverhältnis",
        "§ 19c Abs. 4 AufenthG",
        variante("beamte"),
        ja(s.BEAMTER, "Das Beamtenverhältnis besteht.", "Ein Beamtenverhältnis besteht nicht."),
    ),
    Requirement("D0", "Duldung oder humanitärer Titel", "§ 19d Abs. 1, 4 AufenthG", s.STATUS),
    Requirement("D1", "Qualifikation im Inland", "§ 19d Abs. 1 Nr. 1, Abs. 1a AufenthG", s.WEG),
    _nach_variante(
        "D2",
        "Wohnraum",
        "§ 19d Abs. 1 Nr. 2 AufenthG",
        s.GEDULDET,
        ja(s.WOHNRAUM, "Der Wohnraum reicht aus.", "Der Wohnraum reicht nicht aus."),
    ),
    _nach_variante(
        "D3",
        "Deutschkenntnisse (B1)",
        "§ 19d Abs. 1 Nr. 3 AufenthG",
        s.GEDULDET,
        eine_von(a.DEUTSCH, a.AB_B1),
    ),
    _nach_variante(
        "D4",
        "Keine Täuschung",
        "§ 19d Abs. 1 Nr. 4 AufenthG",
        s.OHNE_60C,
        nein(s.TAEUSCHUNG, "Die Behörde wurde nicht getäuscht.", "Die Behörde wurde getäuscht."),
    ),
    _nach_variante(
        "D5",
        "Aufenthaltsende nicht behindert",
        "§ 19d Abs. 1 Nr. 5 AufenthG",
        s.OHNE_60C,
        nein(s.BEHINDERUNG, "Maßnahmen wurden nicht behindert.", "Sie wurden behindert."),
    ),
    _nach_variante(
        "D6",
        "Kein Bezug zu extremistischen Organisationen",
        "§ 19d Abs. 1 Nr. 6 AufenthG",
        s.GEDULDET,
        nein(s.EXTREMISMUS, "Bezüge sind nicht bekannt.", "Es gibt Bezüge."),
    ),
    Requirement("D7", "Keine erheblichen Straftaten", "§ 19d Abs. 1 Nr. 7 AufenthG", s.STRAFEN),
)


def dauer(f: Facts) -> date | None:
    """The last day by variant: civil servants, after the training toleration, tolerated, others."""
    key = {
        "beamte": BEAMTE,
        "geduldet_ausbildung": GEDULDETE_60C,
        "geduldet": GEDULDETE,
        "abschnitt5": GEDULDETE,
    }.get(f.variante, "")
    most = f.law.zahl(key)
    longest = plus(f.stichtag, most) if most is not None else None
    work = job_end(f) if f.variante == "beamte" else gem.arbeit_bis(f)
    return longest if f.variante == "geduldet_ausbildung" else fk.fruehestes(longest, work)


P35_V1 = Verfahren(
    key="P35",
    version=1,
    name="Aufenthaltserlaubnis für sonstige Beschäftigung",
    norm="§§ 19c, 19d AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(*gem.title_rows(CHECKLIST, ba=True), gem.JOB_END),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Der Titel erlaubt eine Beschäftigung, die keine Anerkennung als Fachkraft voraussetzt, "
        "etwa nach der Beschäftigungsverordnung oder mit Berufserfahrung. Auch Geduldete mit "
        "einer Qualifikation erhalten ihn unter eigenen Voraussetzungen."
    ),
    titel="Aufenthaltserlaubnis zur Beschäftigung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.KANN,
    angaben=(
        VARIANTE,
        *gem.ANGABEN,
        *a.ARBEIT,
        a.ALTERSVERSORGUNG,
        a.ERMESSEN,
        a.ERMESSEN_GRUENDE,
        a.BISHERIGER_ZWECK,
        a.DEUTSCH,
        *s.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(*WORK_LAW, *fk.BA_LAW, *fk.AB_45_LAW, *s.LAW, BEAMTE, GEDULDETE, GEDULDETE_60C),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(MIT_BA),
    laufzeit=TitleRule(
        "§ 18 Abs. 4, § 19c Abs. 4, § 19d AufenthG",
        "titel.hoechstdauer",
        "Dauer des Vertrags oder der Zustimmung mit Zuschlag, oder der Variante",
        dauer,
    ),
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_KLAGE, CLOCK_RUECKGABE),
    volatile=(
        gem.MARKE_18_4,
        gem.MARKE_GEHALT,
        VolatileMark(
            "dauer_geduldete",
            "Für Geduldete nennt das Gesetz keine Dauer; drei Jahre sind eine Vorgabe des Amts.",
            "§ 19d Abs. 1, § 7 Abs. 2 AufenthG",
        ),
    ),
    evidence_labels=gem.nachweise(
        "arbeitsvertrag",
        "ezb",
        berufsabschluss="Zeugnis mit Bestätigung der staatlichen Anerkennung",
        berufserfahrung="Nachweise der Berufserfahrung",
        berufserlaubnis="Berufsausübungserlaubnis oder Zusage",
    ),
)

PUBLISHED = ((P35_V1, "fc1d45d79b53ac47"),)
