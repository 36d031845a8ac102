"""P08: stay to have a foreign qualification recognised (§ 16d AufenthG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    ClockRule,
    Effect,
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
from abh.workflows.guards import anerkennung as s
from abh.workflows.guards import bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.regeln import angegeben
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

VARIANTEN = (
    Variante("massnahme", "Qualifizierungsmaßnahme", "§ 16d Abs. 1 und 2 AufenthG"),
    Variante("partnerschaft", "Anerkennungspartnerschaft", "§ 16d Abs. 3 AufenthG"),
    Variante("absprache", "Vermittlungsabsprache", "§ 16d Abs. 4 AufenthG"),
    Variante("pruefung", "Prüfung", "§ 16d Abs. 5 AufenthG"),
    Variante("analyse", "Qualifikationsanalyse", "§ 16d Abs. 6 AufenthG"),
)
VARIANTE = wahl(
    "variante",
    "Weg der Anerkennung",
    {one.key: one.label for one in VARIANTEN},
    "§ 16d AufenthG",
)
REGEL = "§ 16d AufenthG (in der Regel)"


def _zeile(key: str, label: str, norm: str, rule: Rule, *papers: str) -> Requirement:
    return Requirement(key, label, norm, rule, evidence=(papers,) if papers else ())


CHECKLIST: tuple[Requirement, ...] = (
    *gem.allgemeine(
        living=fk.bedarf_bildung(s.BEDARF),
        anspruch=gem.NIE,
        living_norm="§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 Satz 6 AufenthG",
        living_papers=("arbeitsvertrag", "sperrkonto", "verpflichtungserklaerung", "einkommen"),
        variante=angegeben(VARIANTE),
    ),
    Requirement(
        "R1",
        "Feststellung der Anerkennungsstelle",
        "§ 16d Abs. 1 Satz 1 AufenthG",
        s.DEFIZIT,
        evidence=(("defizitbescheid",),),
    ),
    Requirement(
        "R2",
        "Deutschkenntnisse (A2)",
        "§ 16d Abs. 1, 4, 5 und 6 AufenthG",
        s.SPRACHE,
        waiver_norm=REGEL,
    ),
    _zeile(
        "R2a",
        "Deutschkenntnisse in der Anerkennungspartnerschaft (A2)",
        "§ 16d Abs. 3 Satz 1 Nr. 5 AufenthG",
        s.SPRACHE_PARTNER,
    ),
    _zeile(
        "R3", "Geeignete Maßnahme", "§ 16d Abs. 1 Satz 2 Nr. 2 und 3 AufenthG", s.EIGNUNG, "plan"
    ),
    _zeile(
        "R4",
        "Ausländische Qualifikation",
        "§ 16d Abs. 3 Satz 1 Nr. 1, Satz 4 AufenthG",
        s.QUALIFIKATION_REGEL,
        "bestaetigung",
    ),
    _zeile(
        "J1",
        "Konkretes Arbeitsplatzangebot",
        "§ 16d Abs. 3 Satz 1 Nr. 2, Abs. 4 AufenthG",
        s.STELLE,
        "arbeitsvertrag",
        "ezb",
    ),
    _zeile(
        "R5",
        "Anerkennungspartnerschaft",
        "§ 16d Abs. 3 Satz 1 Nr. 3 und 4 AufenthG",
        s.PARTNERSCHAFT,
        "partnerschaft",
    ),
    Requirement(
        "R6",
        "Qualifizierte Beschäftigung",
        "§ 16d Abs. 3 Satz 1 bis 3 AufenthG",
        s.QUALIFIZIERT,
        source=Source.OFFICE,
    ),
    Requirement(
        "R7",
        "Vermittlung nach der Absprache",
        "§ 16d Abs. 4 AufenthG",
        s.VERMITTLUNG,
        source=Source.OFFICE,
    ),
    _zeile("R8", "Zulassung zur Prüfung", "§ 16d Abs. 5 AufenthG", s.PRUEFUNG_REGEL, "zulassung"),
    _zeile(
        "R9",
        "Zugesagte Qualifikationsanalyse",
        "§ 16d Abs. 6 Satz 2 AufenthG",
        s.ANALYSE_REGEL,
        "zulassung",
    ),
    _zeile("R10", "Maßnahme oder Prüfung steht aus", "§ 16d Abs. 1, 5, 6 AufenthG", s.BIS_REGEL),
    Requirement(
        "R11",
        "Höchstdauer nicht erreicht",
        "§ 16d Abs. 1 Satz 3, Abs. 3 Satz 5 und 6, Abs. 4 Satz 1, Abs. 6 Satz 1 AufenthG",
        s.HOECHSTDAUER,
        source=Source.OFFICE,
    ),
    _zeile(
        "R12",
        "Anerkennungsverfahren wird betrieben",
        "§ 16d Abs. 3 Satz 1 Nr. 3 Buchst. a AufenthG, § 2 Abs. 3 BeschV",
        s.BETREIBT,
    ),
    *gem.ba_zeilen(s.MIT_BA),
    Requirement(
        "ZW",
        "Wechsel des Zwecks erlaubt",
        "§ 16f Abs. 3, § 17 Abs. 3 AufenthG",
        fk.zweck_frei(gem.NIE, gem.NIE),
        waiver_norm="§ 16f Abs. 3 Satz 1, § 17 Abs. 3 Satz 2 AufenthG (in der Regel)",
    ),
)


def _titelende(f: Facts) -> date | None:
    return gem.title_until(P08_V1, f)


CLOCK_TITEL = gem.titelende("TITELENDE", _titelende)
CLOCK_MEILENSTEIN = ClockRule(
    "MEILENSTEIN",
    "Nachweis, dass das Anerkennungsverfahren betrieben wird",
    "§ 16d Abs. 3 Satz 1 Nr. 3 Buchst. a AufenthG",
    ("anerkennung.meilenstein",),
    starts="Einreise, spätestens mit der Ausgabe des Titels",
    ends="Nachweis oder Aufforderung",
    start_steps=("aushaendigen",),
    end_steps=(
        "meilenstein_faellig",
        "meilenstein_erfuellt",
        "anerkannt",
        "ablauf_ankuendigen",
        "nach_ausgabe_beenden",
    ),
    anchor=lambda f: (f.entry.on or f.today) if s.MEILENSTEIN(f) else None,
    effect="Der Nachweis wird angefordert",
)
CLOCK_NACHFRIST = ClockRule(
    "NACHFRIST",
    "Nachfrist für den Nachweis",
    "§ 82 Abs. 1 AufenthG",
    ("nachforderung",),
    starts="Aufforderung",
    ends="Nachweis",
    start_steps=("meilenstein_faellig",),
    end_steps=(
        "meilenstein_erfuellt",
        "meilenstein_verfehlt",
        "anerkannt",
        "ablauf_ankuendigen",
        "nach_ausgabe_beenden",
    ),
    effect="Die nachträgliche Verkürzung des Titels ist zu prüfen (§ 7 Abs. 2 Satz 2 AufenthG)",
)
FAELLIG = State(
    "milestone_due",
    "Nachweis der Anerkennung fällig",
    Words(
        "Bitte zeigen Sie uns, dass Ihr Anerkennungsverfahren läuft.",
    ),
    Turn.APPLICANT,
)


def _meilenstein_rows() -> tuple[Step, ...]:
    norm = "§ 16d Abs. 3 Satz 1 Nr. 3 Buchst. a, § 82 Abs. 1 AufenthG"
    return (
        Step(
            "meilenstein_faellig",
            ("issued",),
            "milestone_due",
            by=(Power.SYSTEM, Power.REVIEW),
            norm=norm,
            label="Nachweis des Anerkennungsverfahrens anfordern",
            guards=(bausteine.uhr_abgelaufen(CLOCK_MEILENSTEIN),),
            letter="N03",
            effects=(Effect.START_DEADLINE,),
            automatic=True,
        ),
        Step(
            "meilenstein_erfuellt",
            ("milestone_due", "issued"),
            "issued",
            by=(Power.REVIEW,),
            norm=norm,
            label="Nachweis des Anerkennungsverfahrens vermerken",
            guards=(
                bausteine.angabe_bekannt(s.VERFAHREN_SEIT, "Das Verfahren ist eingeleitet", norm),
            ),
            letter="N03",
            effects=(Effect.END_DEADLINE,),
        ),
        Step(
            "meilenstein_verfehlt",
            ("milestone_due",),
            "completed",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 7 Abs. 2 Satz 2 AufenthG",
            label="Ohne Nachweis beenden, Verkürzung prüfen",
            guards=(bausteine.uhr_abgelaufen(CLOCK_NACHFRIST),),
            automatic=True,
        ),
        Step(
            "anerkannt",
            ("issued", "milestone_due"),
            "completed",
            by=(Power.REVIEW,),
            norm="§ 20 Abs. 1 Nr. 4, §§ 18a, 18b AufenthG",
            label="Erfolg der Anerkennung vermerken, zum nächsten Titel raten",
            guards=(
                bausteine.angabe_ist(
                    s.ANERKANNT, True, "Die Anerkennung ist erteilt", "§ 20 Abs. 1 Nr. 4 AufenthG"
                ),
            ),
            letter="N03",
        ),
    )


P08_V1 = Verfahren(
    key="P08",
    version=1,
    name="Aufenthaltserlaubnis zur Anerkennung einer Berufsqualifikation",
    norm="§ 16d AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=(*gem.LIVING_STATES, FAELLIG),
    steps=(
        *gem.title_rows(CHECKLIST, ba=True),
        *_meilenstein_rows(),
        *gem.after_issue_rows(CLOCK_TITEL, "milestone_due"),
    ),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Der Titel erlaubt, die Anerkennung einer ausländischen Qualifikation zu erreichen, durch "
        "eine Maßnahme, eine Prüfung oder neben der Arbeit. Danach folgt ein Titel als Fachkraft."
    ),
    titel="Aufenthaltserlaubnis zur Anerkennung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.SOLL,
    angaben=(
        VARIANTE,
        *(one for one in gem.ANGABEN if one is not a.BEDARF),
        a.BISHERIGER_ZWECK,
        a.DEUTSCH,
        a.BESCHAEFTIGUNGSENDE,
        a.NEUES_ANGEBOT,
        a.QUALIFIZIERT,
        a.REGLEMENTIERT,
        a.BA_FREI,
        a.BA_BIS,
        a.VERSAGUNG_40,
        a.VERSICHERUNGSMONATE,
        a.ERLAUBT_SEIT,
        *s.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(*s.LAW, *fk.BA_LAW),
    gebuehren=gem.FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=gem.beteiligte(s.MIT_BA),
    laufzeit=TitleRule(
        "§ 16d Abs. 1, 3, 4 und 6 AufenthG", s.HOECHST, "Dauer nach dem Weg der Anerkennung", s.ende
    ),
    clocks=(
        CLOCK_75,
        CLOCK_BA,
        CLOCK_KLAGE,
        CLOCK_TITEL,
        CLOCK_MEILENSTEIN,
        CLOCK_NACHFRIST,
        CLOCK_RUECKGABE,
    ),
    volatile=(
        gem.MARKE_BEDARF,
        VolatileMark(
            "meilenstein",
            "Das Gesetz verlangt das Anerkennungsverfahren unverzüglich; drei Monate nach der "
            "Einreise sind eine Vorgabe des Amts.",
            "§ 16d Abs. 3 Satz 1 Nr. 3 Buchst. a AufenthG",
        ),
    ),
    evidence_labels=gem.nachweise(
        "arbeitsvertrag",
        "ezb",
        "einkommen",
        defizitbescheid="Bescheid der Anerkennungsstelle mit festgestellten Unterschieden",
        plan="Plan und Zusage der Maßnahme",
        bestaetigung="Bestätigung der staatlichen Anerkennung durch die ZAB",
        partnerschaft="Vereinbarung über die Anerkennungspartnerschaft",
        zulassung="Zulassung zur Prüfung oder Zusage der Analyse",
        sperrkonto="Sperrkonto",
        verpflichtungserklaerung="Verpflichtungserklärung",
    ),
)

PUBLISHED = ((P08_V1, "4e38ea48c8871c5b"),)
