"""P02: EU Blue Card (§ 18g AufenthG), version 1: generic rows, the BA, and mobility."""

from __future__ import annotations

from datetime import date

from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    ClockRule,
    Effect,
    Power,
    Step,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import TitleKind
from abh.workflows.guards import basis
from abh.workflows.guards import blaue_karte as bk
from abh.workflows.guards import mobilitaet as m
from abh.workflows.guards import schritte as g
from abh.workflows.guards.fk_angaben import REGLEMENTIERT
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FREI_ASSOZIATION,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    WORK_LAW,
    WORK_TITLE,
    ba_part,
    held,
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

NEEDS_BA = Bedingung(
    "das Gehalt trägt nur mit Zustimmung der Bundesagentur", lambda f: bk.salary_route(f).needs_ba
)
VERLAENGERUNG = held(TitleKind.BLAUE_KARTE)

CHECKLIST: tuple[Requirement, ...] = (
    B1_PASS,
    B2_IDENTITAET,
    Requirement(
        "B3",
        "Lebensunterhalt mit Krankenversicherung",
        "§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 AufenthG",
        bk.living,
        evidence=(("krankenversicherung",),),
        waiver_norm=USUAL,
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
        basis.other_interests_entitlement,
        mandatory=False,
        source=Source.OFFICE,
    ),
    Requirement(
        "B6",
        "Einreise mit Visum oder Antrag im Inland erlaubt",
        "§ 5 Abs. 2 AufenthG, § 39 AufenthV",
        basis.visa,
        waiver_norm="§ 5 Abs. 2 Satz 2 AufenthG",
        facts=("visa_fits",),
    ),
    b7_sicherheit(),
    B8_EINREISEVERBOT,
    Requirement(
        "B10",
        "Lichtbild, Fingerabdrücke, Unterschrift",
        "§ 78 AufenthG, § 61a AufenthV",
        basis.biometrics,
        source=Source.OFFICE,
        facts=("biometrics_on", "biometrics_usable"),
    ),
    b12_kurs(VERLAENGERUNG),
    Requirement(
        "K1",
        "Hochschulabschluss",
        "§ 18 Abs. 3 Nr. 2, § 18g Abs. 1 AufenthG",
        bk.degree,
        evidence=(("hochschulabschluss",), ("anabin", "zab_bewertung", "anerkennungsbescheid")),
        facts=("degree_recognised", "degree_on", "degree_german"),
    ),
    Requirement(
        "K2",
        "Gehalt",
        "§ 18g Abs. 1, 2, 6 und 7 AufenthG",
        bk.salary,
        evidence=(("arbeitsvertrag", "ezb"),),
        facts=("salary_year", "isco", bk.ERSTE_KARTE.key),
    ),
    Requirement(
        "K3",
        "IT-Berufserfahrung",
        "§ 18g Abs. 2 Nr. 2 AufenthG",
        bk.it_experience,
        evidence=(("berufserfahrung",),),
        facts=("it_experience_years",),
    ),
    Requirement(
        "K4",
        "Angemessene Beschäftigung",
        "§ 18g Abs. 1 Satz 1 AufenthG",
        bk.adequate_job,
        facts=("job_adequate",),
    ),
    Requirement(
        "K5",
        "Dauer der Beschäftigung",
        "§ 18g Abs. 3 AufenthG",
        bk.job_length,
        facts=("job_start", "job_months", "job_permanent"),
    ),
    Requirement(
        "K6",
        "Kein Ausschlussgrund",
        "§ 19f Abs. 1 und 2 AufenthG",
        bk.exclusion_19f,
        source=Source.OFFICE,
        facts=("exclusion_19f",),
    ),
    Requirement(
        "J3",
        "Berufsausübungserlaubnis",
        "§ 18 Abs. 2 Nr. 3, § 18g Abs. 1 Satz 3 AufenthG",
        bk.LICENCE,
    ),
    Requirement(
        "J4a",
        "Versicherung, dass die Beschäftigung ausgeübt wird",
        "§ 18 Abs. 2 Nr. 4a AufenthG",
        bk.ASSURED,
        source=Source.OFFICE,
    ),
    Requirement(
        "M1",
        "Aufenthalt mit der Blauen Karte EU des anderen Mitgliedstaats",
        "§ 18i Abs. 1 und 3 AufenthG",
        m.VORAUFENTHALT,
        source=Source.OFFICE,
    ),
    Requirement(
        "EZB",
        "Erklärung zum Beschäftigungsverhältnis",
        "§ 39 Abs. 4 AufenthG",
        bk.employer_declaration,
        evidence=(("ezb",),),
    ),
    Requirement(
        "BA",
        "Zustimmung der Bundesagentur für Arbeit",
        "§ 39 AufenthG, § 36 Abs. 2 BeschV",
        bk.ba_consent,
        source=Source.THIRD_PARTY,
        facts=("preliminary_consent_until",),
    ),
)

EVIDENCE_LABELS = {
    **{key: GEN_NACHWEISE[key] for key in ("pass", "krankenversicherung", "arbeitsvertrag", "ezb")},
    "hochschulabschluss": "Urkunde über den Hochschulabschluss",
    "anabin": "Auszug aus anabin",
    "zab_bewertung": "Zeugnisbewertung der ZAB",
    "anerkennungsbescheid": "Anerkennungsbescheid",
    "berufserfahrung": "Nachweise der IT-Berufserfahrung",
    "berufserlaubnis": "Berufsausübungserlaubnis oder Zusage",
}


def _mobility_rows() -> tuple[Step, ...]:
    """§ 18i: 30 days from the complete application, once longer; work after 30 days."""
    return (
        Step(
            "vollstaendig_mobilitaet",
            ("completeness_check",),
            "in_review",
            by=(Power.REVIEW,),
            norm="§ 18i AufenthG, § 25 Abs. 2 VwVfG NRW",
            label="Vollständigkeit feststellen (Mobilität)",
            guards=(m.mobilitaetsfall, g.unterlagen_vollstaendig(CHECKLIST)),
            letter="N03",
            effects=(Effect.END_DEADLINE, Effect.START_MOBILITY_CLOCK),
        ),
        Step(
            "mobilitaetsfrist_verlaengern",
            ("in_review", "awaiting_third_party"),
            SAME_STATE,
            by=(Power.DECIDE,),
            norm="§ 81 Abs. 6a AufenthG",
            label="30-Tage-Frist einmal verlängern",
            guards=(m.mobilitaetsfall, m.mobilitaet_verlaengerbar),
            letter="N03",
            effects=(Effect.EXTEND_MOBILITY_CLOCK,),
            needs_reason=True,
        ),
        Step(
            "arbeit_81_6a_vermerken",
            ("in_review", "awaiting_third_party", "appointment_pending", "decision_ready"),
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 81 Abs. 6a AufenthG",
            label="Erlaubte Arbeit nach 30 Tagen vermerken",
            guards=(m.mobilitaetsfall, m.arbeit_nach_81_6a),
            letter="N03",
            effects=(Effect.NOTE_MOBILITY_WORK,),
            automatic=True,
        ),
        Step(
            "mitgliedstaat_unterrichten",
            ("granted", "card_in_production", "card_ready"),
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 91f AufenthG",
            label="Anderen Mitgliedstaat unterrichten",
            guards=(m.mobilitaetsfall, m.mitgliedstaat_offen),
            effects=(Effect.NOTIFY_MEMBER_STATE,),
            automatic=True,
        ),
    )


P02_V1 = Verfahren(
    key="P02",
    version=1,
    name="Blaue Karte EU",
    norm="§ 18g AufenthG",
    in_force_from=date(2023, 11, 18),
    initial="draft",
    states=GEN_STATES,
    steps=(
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(g.ezb_liegt_vor),
        *gen_beteiligung.ba_rows(),
        *gen.appointment_rows(CHECKLIST),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.grant_rows(CHECKLIST),
        *gen_entscheidung.card_rows(future_work=True),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
        *_mobility_rows(),
    ),
    checklist=CHECKLIST,
    zweck=(
        "Die Blaue Karte EU erlaubt Menschen mit Hochschulabschluss, in IT-Berufen auch ohne, eine "
        "angemessen bezahlte Beschäftigung. Auf sie besteht ein Anspruch."
    ),
    titel="Blaue Karte EU",
    grant_outcome="blaue_karte",
    norm_of=lambda f: bk.salary_route(f).route.value,
    letters=GEN_LETTERS,
    law_keys=(*WORK_LAW, bk.ANFAENGER, bk.REGLEMENTIERT, *m.LAW),
    angaben=(
        KURSPFLICHT_VERLETZT,
        ASSOZIATION,
        g.UNERHEBLICH,
        bk.ERSTE_KARTE,
        REGLEMENTIERT,
        bk.VERSICHERT,
        *m.ANGABEN,
    ),
    gebuehren=title_fees(VERLAENGERUNG),
    befreiungen=(FREI_ASSOZIATION,),
    beteiligungen=(ba_part(NEEDS_BA), SICHERHEITSABFRAGE),
    laufzeit=WORK_TITLE,
    clocks=(
        CLOCK_75,
        CLOCK_BA,
        ClockRule(
            "T30",
            "Entscheidung in Mobilitätsfällen",
            "§ 18i, § 81 Abs. 6a AufenthG",
            ("mobilitaet.entscheidung",),
            starts="vollständiger Antrag",
            ends="Entscheidung; einmal verlängerbar",
            effect="Arbeit wird erlaubt (§ 81 Abs. 6a AufenthG)",
        ),
        CLOCK_KLAGE,
        CLOCK_RUECKGABE,
    ),
    volatile=(
        VolatileMark(
            "gehaltsgrenze_folgejahr",
            "Die Gehaltsgrenzen des Folgejahres gibt das BMI bis zum 31. Dezember bekannt; "
            "ohne sie bleibt K2 ab dem 1. Januar offen.",
            "§ 18g Abs. 7 AufenthG",
            date(2026, 12, 31),
        ),
        VolatileMark(
            "dauer_vertrag_plus_6",
            "Vertragsdauer zuzüglich sechs Monate (vorher drei), höchstens vier Jahre: Rechtsstand "
            "August 2026, vor dem Echtbetrieb zu bestätigen.",
            "§ 18 Abs. 4 AufenthG",
        ),
        VolatileMark(
            "biometrie_wiederverwendung",
            "Gespeicherte Biometrie darf seit Ende Juli 2026 wiederverwendet werden; der ändernde "
            "Artikel ist zu bestätigen.",
            "§ 82 Abs. 5 AufenthG, § 61a Abs. 3 AufenthV",
        ),
    ),
    evidence_labels=EVIDENCE_LABELS,
)

PUBLISHED = ((P02_V1, "8763adc3d8c40122"),)
