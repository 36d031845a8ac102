"""What the procedures for work and education share: general requirements, rows, fees, lengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from abh.workflows.beteiligung import LAND
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import (
    Bedingung,
    ClockRule,
    Effect,
    FeeRule,
    PartRule,
    Power,
    State,
    Step,
    TitleRule,
    Turn,
    Verfahren,
    VolatileMark,
    Words,
)
from abh.workflows.facts import Facts
from abh.workflows.guards import basis, bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards import schritte as g
from abh.workflows.guards.regeln import IMMER, alle, nicht, plus, und
from abh.workflows.laufzeit import title_end
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    ba_part,
    job_end,
    title_fees,
)
from abh.workflows.verfahren.gen_pruefliste import (
    B1_PASS,
    B2_IDENTITAET,
    B8_EINREISEVERBOT,
    KURSPFLICHT_VERLETZT,
    USUAL,
    b7_sicherheit,
    b12_kurs,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

LIVING = "§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 AufenthG"
NIE = Bedingung("nie", lambda f: False)
ASYL_LAND = PartRule(
    LAND,
    "§ 10 Abs. 1 AufenthG",
    Bedingung("das Asylverfahren läuft", lambda f: f.angabe(a.ASYL.key) == "laeuft"),
)
ANGABEN = (*a.ALLGEMEINE, KURSPFLICHT_VERLETZT, SOZIALLEISTUNGEN, ASSOZIATION, g.UNERHEBLICH)
FEES = title_fees(fk.VERLAENGERUNG, fk.ZWECKWECHSEL)


def nachweise(*keys: str, **own: str) -> Mapping[str, str]:
    """Return the names of the evidence: the common ones by key, and those of the procedure."""
    common = ("pass", "krankenversicherung", *keys)
    return {**{key: GEN_NACHWEISE[key] for key in common}, **own}


def allgemeine(
    *,
    living: Rule,
    anspruch: Bedingung = IMMER,
    streng: Bedingung = NIE,
    asyl: Rule | None = None,
    visa: Rule = basis.visa,
    living_norm: str = LIVING,
    living_waiver: str = USUAL,
    living_papers: tuple[str, ...] = (),
    variante: Rule | None = None,
) -> tuple[Requirement, ...]:
    """Return ART, B1 to B12; ``anspruch`` says in which cases the office is bound.

    ``streng`` are titles under § 18a, § 18b, § 19c(2), for which § 10 is stricter; ``asyl``
    replaces B9. ``living_papers``: of these one must show where the money comes from.
    """
    papers = (("krankenversicherung",), *((living_papers,) if living_papers else ()))
    laeuft, beendet = fk.asyl_laeuft(anspruch, streng), fk.asyl_beendet(anspruch, streng)
    return (
        Requirement(
            "ART",
            "Art des Antrags",
            "§ 81 Abs. 1, § 82 Abs. 1 AufenthG",
            fk.antrag(*((variante,) if variante else ())),
        ),
        B1_PASS,
        B2_IDENTITAET,
        Requirement(
            "B3",
            "Lebensunterhalt mit Krankenversicherung",
            living_norm,
            living,
            evidence=papers,
            waiver_norm=living_waiver,
        ),
        Requirement(
            "B4",
            "Kein Ausweisungsinteresse",
            "§ 5 Abs. 1 Nr. 2 AufenthG",
            basis.expulsion_interest,
            source=Source.OFFICE,
            waiver_norm=USUAL,
            facts=("expulsion_interest",),
        ),
        Requirement(
            "B5",
            "Keine Beeinträchtigung deutscher Interessen",
            "§ 5 Abs. 1 Nr. 3 AufenthG",
            basis.other_interests_entitlement if anspruch is IMMER else fk.interessen(anspruch),
            mandatory=anspruch is not IMMER,
            source=Source.OFFICE,
        ),
        Requirement(
            "B6",
            "Einreise mit Visum oder Antrag im Inland erlaubt",
            "§ 5 Abs. 2 AufenthG, § 39 AufenthV",
            visa,
            waiver_norm="§ 5 Abs. 2 Satz 2 AufenthG",
            facts=("visa_fits",),
        ),
        b7_sicherheit(),
        B8_EINREISEVERBOT,
        Requirement(
            "B9",
            "Keine Sperre durch ein Asylverfahren",
            "§ 10 AufenthG",
            asyl or alle(laeuft, beendet),
            source=Source.OFFICE,
        ),
        Requirement(
            "B10",
            "Lichtbild, Fingerabdrücke, Unterschrift",
            "§ 78 AufenthG, § 61a AufenthV",
            basis.biometrics,
            source=Source.OFFICE,
            facts=("biometrics_on", "biometrics_usable"),
        ),
        Requirement(
            "B11",
            "Verlängerung nicht ausgeschlossen",
            "§ 8 Abs. 1 und 2 AufenthG",
            fk.VERLAENGERBAR,
            source=Source.OFFICE,
        ),
        b12_kurs(fk.VERLAENGERUNG),
    )


def ermessen_zeile(kann: Bedingung) -> Requirement:
    """ERM: the weighing of a discretionary decision."""
    return Requirement("ERM", "Ermessen", "§ 40 VwVfG NRW", fk.ermessen(kann), source=Source.OFFICE)


def arbeitsplatz_zeile() -> Requirement:
    """J1: the job offer."""
    return Requirement(
        "J1",
        "Konkretes Arbeitsplatzangebot",
        "§ 18 Abs. 2 Nr. 1 AufenthG",
        fk.ARBEITSPLATZ,
        evidence=(("arbeitsvertrag", "ezb"),),
    )


def ba_zeilen(grund: Bedingung, key: str = "BA") -> tuple[Requirement, ...]:
    """EZB and the consent of the BA, needed where ``grund`` holds."""
    return (
        Requirement(
            "EZB",
            "Erklärung zum Beschäftigungsverhältnis",
            "§ 39 Abs. 4 AufenthG",
            fk.erklaerung(grund),
            evidence=(("ezb",),),
        ),
        Requirement(
            key,
            "Zustimmung der Bundesagentur für Arbeit",
            "§ 18 Abs. 2 Nr. 2, § 39 AufenthG, § 36 Abs. 2 BeschV",
            fk.zustimmung(grund),
            source=Source.THIRD_PARTY,
        ),
    )


def beteiligte(grund: Bedingung | None = None) -> tuple[PartRule, ...]:
    """Return whom to ask: the BA where ``grund`` calls for it, security, the Land in asylum."""
    ba = (ba_part(fk.ba_noetig(grund)),) if grund is not None else ()
    return (*ba, SICHERHEITSABFRAGE, ASYL_LAND)


def title_rows(
    checklist: tuple[Requirement, ...], *, ba: bool, also_from: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """Return the generic rows of a title for work or education.

    ``ba`` adds the module BA; ``also_from`` are own states in which an application can end too.
    """
    ask = gen_beteiligung.participation_rows
    return (
        *gen.intake_rows(),
        *gen.completeness_rows(checklist),
        *(ask(g.ezb_liegt_vor) if ba else ask()),
        *(gen_beteiligung.ba_rows() if ba else ()),
        *gen.appointment_rows(checklist),
        *gen.review_rows(checklist),
        *gen_entscheidung.refusal_rows(checklist),
        *gen_entscheidung.grant_rows(checklist),
        *gen_entscheidung.card_rows(future_work=True),
        *gen_entscheidung.remedy_rows(),
        *(replace(row, source=(*row.source, *also_from)) for row in gen.ending_rows()),
    )


JOB_END = Step(
    "beschaeftigungsende_vermerken",
    ("in_review", "awaiting_third_party", "appointment_pending", "decision_ready"),
    "completeness_check",
    by=(Power.REVIEW, Power.DECIDE),
    norm="§ 82 Abs. 6, § 4a Abs. 5 Satz 3 Nr. 3 AufenthG",
    label="Ende der Beschäftigung vermerken",
    guards=(fk.beschaeftigung_beendet,),
    letter="N03",
    effects=(Effect.RELEASE_APPOINTMENT,),
)


def arbeit_bis(f: Facts) -> date | None:
    """The last day of a title for work: contract or consent of the BA, plus the margin."""
    margin, until = f.law.zahl("titel.zuschlag"), f.angabe(a.BA_BIS.key)
    consent = plus(until, margin) if until is not None and margin is not None else None
    return fk.fruehestes(job_end(f), consent)


WORK = TitleRule(
    "§ 18 Abs. 4 AufenthG",
    "titel.hoechstdauer",
    "Dauer des Vertrags oder der Zustimmung zuzüglich des Zuschlags",
    arbeit_bis,
)
MARKE_18_4 = VolatileMark(
    "dauer_vertrag_plus_6",
    "Seit dem 12. August 2026 gilt der Titel sechs statt drei Monate länger als der Vertrag, "
    "höchstens vier Jahre; die Fundstelle ist vor dem Echtbetrieb zu bestätigen.",
    "§ 18 Abs. 4 AufenthG",
)
MARKE_BEDARF = VolatileMark(
    "bedarf_folgejahr",
    "Den monatlichen Bedarf des Folgejahres gibt das BMI bis zum 31. August bekannt; der Wert "
    "ist zu prüfen.",
    "§ 2 Abs. 3 Satz 5 bis 7 AufenthG",
    date(2026, 12, 31),
)
MARKE_GEHALT = VolatileMark(
    "gehalt_folgejahr",
    "Die Gehälter des Folgejahres gibt das BMI bis zum 31. Dezember bekannt; ohne sie bleibt "
    "die Voraussetzung ab dem 1. Januar offen.",
    "§ 18 Abs. 2 Nr. 5 AufenthG, § 6 BeschV",
    date(2026, 12, 31),
)

# A title whose purpose can fall away or be reached keeps its case open until it ends.
BEENDET = State(
    "completed",
    "beendet",
    Words(
        "Ihr Aufenthalt zu diesem Zweck ist beendet oder Ihr Titel endet bald.",
    ),
    Turn.NOBODY,
    terminal=True,
)
LIVING_STATES = (
    *(replace(s, terminal=False) if s.key == "issued" else s for s in GEN_STATES),
    BEENDET,
)


def titelende(key: str, find: fk.Anchor, law_key: str = "titel.hinweis") -> ClockRule:
    """The clock that runs out some time before the title ends; ``find`` gives its last day."""
    return ClockRule(
        key,
        "Hinweis auf das Ende des Titels",
        "§ 82 Abs. 3 AufenthG",
        (law_key,),
        starts="Bewilligung, gerechnet vom Ende des Titels zurück",
        ends="Hinweis",
        start_steps=("bewilligen", "urteil_umsetzen"),
        end_steps=("ablauf_ankuendigen", "nach_ausgabe_beenden"),
        anchor=find,
        before=True,
        effect="Hinweis auf die Verlängerung oder den Wechsel des Titels",
    )


def title_until(verfahren: Verfahren, f: Facts) -> date | None:
    """Return the last day of a title granted today."""
    found = title_end(verfahren, f)
    return found.until if found else None


def after_issue_rows(clock: ClockRule, *states: str) -> tuple[Step, ...]:
    """The end of a case whose title is issued: shortly before it ends, or when it ends early."""
    return (
        Step(
            "ablauf_ankuendigen",
            ("issued", *states),
            "completed",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 82 Abs. 3 AufenthG",
            label="Auf das Ende des Titels hinweisen",
            guards=(bausteine.uhr_abgelaufen(clock),),
            letter="N03",
            automatic=True,
        ),
        Step(
            "nach_ausgabe_beenden",
            ("issued", *states),
            "completed",
            by=(Power.REVIEW,),
            norm="§ 51 AufenthG",
            label="Nach der Ausgabe beenden",
            guards=(g.erledigt,),
            effects=(Effect.STOP_CLOCKS,),
            needs_reason=True,
        ),
    )


def nur(fee: FeeRule, when: Bedingung) -> FeeRule:
    """Narrow a fee to the cases in which ``when`` holds too."""
    return replace(fee, when=und(fee.when, when) if fee.when else when)


def fees_except(other: Bedingung, *rules: FeeRule) -> tuple[FeeRule, ...]:
    """Return the usual fees outside ``other`` and ``rules`` within it; the fiction paper always."""
    usual = tuple(fee if fee.event else nur(fee, nicht(other)) for fee in FEES)
    return (*usual, *(nur(rule, other) for rule in rules))
