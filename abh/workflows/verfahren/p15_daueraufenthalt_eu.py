"""P15: EU long-term residence (§§ 9a-9c) and the permit of § 38a AufenthG, version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import JOBCENTER
from abh.workflows.checklist import Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    FeeRule,
    PartRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import daueraufenthalt as da
from abh.workflows.guards import familie as fam
from abh.workflows.guards import mobilitaet as m
from abh.workflows.guards import niederlassung as ne
from abh.workflows.guards import schritte as g
from abh.workflows.guards import zustimmung as zu
from abh.workflows.guards.bausteine import angabe_bekannt
from abh.workflows.guards.niederlassung_tabelle import DAUERAUFENTHALT
from abh.workflows.guards.regeln import (
    alle,
    eine_von,
    ist,
    ja,
    nein,
    nicht,
    und,
    wenn,
)
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    ASSOZIATION,
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    CLOCK_RUECKGABE,
    FICTION_FEE,
    FREI_ASSOZIATION,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    ba_part,
    id_card_fees,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("daueraufenthalt", "Erlaubnis zum Daueraufenthalt-EU", "§ 9a Abs. 2 AufenthG"),
    Variante(
        "weitergewandert",
        "In einem anderen Mitgliedstaat langfristig aufenthaltsberechtigt",
        "§ 38a Abs. 1 AufenthG",
        title="Aufenthaltserlaubnis nach § 38a AufenthG",
        outcome="aufenthaltserlaubnis",
    ),
)
NUR_DAUER = "gilt nur für den Daueraufenthalt-EU."
CHECKLIST: tuple[Requirement, ...] = (
    *gt.base_requirements(
        gt.living(wenn(da.DAUER, da.STETIG, fam.einkommen_reicht)),
        da.ANSPRUCH,
        None,
        visa=da.visum,
    ),
    Requirement(
        "ZEIT",
        "Fünf Jahre mit Aufenthaltstitel",
        "§ 9a Abs. 2 Satz 1 Nr. 1, § 9b AufenthG",
        wenn(da.DAUER, da.ZEIT, NUR_DAUER),
    ),
    Requirement(
        "SPR",
        "Ausreichende Deutschkenntnisse",
        "§ 9a Abs. 2 Satz 1 Nr. 3 AufenthG",
        wenn(da.DAUER, ne.sprache_fuer(DAUERAUFENTHALT), NUR_DAUER),
        evidence=(("sprachzertifikat",),),
        waiver_norm="§ 9 Abs. 2 Satz 4 AufenthG (Härte)",
    ),
    Requirement(
        "KENN",
        "Grundkenntnisse der Rechts- und Gesellschaftsordnung",
        "§ 9a Abs. 2 Satz 1 Nr. 4 AufenthG",
        wenn(da.DAUER, ne.kenntnisse_fuer(DAUERAUFENTHALT), NUR_DAUER),
        evidence=(("leben_in_deutschland", "integrationskurs"),),
        waiver_norm="§ 9 Abs. 2 Satz 4 AufenthG (Härte)",
    ),
    Requirement(
        "SICH",
        "Keine Gründe der öffentlichen Sicherheit oder Ordnung",
        "§ 9a Abs. 2 Satz 1 Nr. 5 AufenthG",
        wenn(da.DAUER, ne.sicherheit, NUR_DAUER),
        source=Source.OFFICE,
    ),
    Requirement(
        "WOHN",
        "Ausreichender Wohnraum",
        "§ 9a Abs. 2 Satz 1 Nr. 6 AufenthG",
        fam.wohnraum(da.WEITER, NUR_DAUER),
        evidence=(("mietvertrag",),),
    ),
    Requirement(
        "AUS",
        "Kein Ausschluss vom Daueraufenthalt-EU",
        "§ 9a Abs. 3 AufenthG",
        wenn(da.DAUER, eine_von(da.AUSSCHLUSS_9A, ("keiner",)), NUR_DAUER),
        source=Source.OFFICE,
    ),
    Requirement(
        "LANG",
        "Langfristig aufenthaltsberechtigt in einem anderen Mitgliedstaat",
        "§ 38a Abs. 1 und 2 AufenthG",
        wenn(
            da.WEITER,
            alle(
                ja(
                    da.LANGFRISTIG,
                    "Die Rechtsstellung besteht.",
                    "Die Rechtsstellung besteht nicht.",
                ),
                nein(
                    da.AUSSCHLUSS_38A,
                    "Kein Ausschluss.",
                    "Entsendung, Dienstleistung, Saison- oder Grenzarbeit sind ausgeschlossen.",
                    "§ 38a Abs. 2 AufenthG",
                ),
            ),
            "gilt nur für § 38a.",
        ),
        evidence=(("titel_mitgliedstaat",),),
    ),
    Requirement(
        "ERW",
        "Erwerbstätigkeit nach § 38a",
        "§ 38a Abs. 3 AufenthG",
        wenn(da.WEITER, da.ERWERB_38A, "gilt nur für § 38a."),
    ),
    Requirement(
        "EZB",
        "Erklärung zum Beschäftigungsverhältnis",
        "§ 39 Abs. 4 AufenthG",
        zu.erklaerung(da.ARBEIT_38A),
        evidence=(("ezb",),),
    ),
    Requirement(
        "BA",
        "Zustimmung der Bundesagentur für Arbeit",
        "§ 38a Abs. 3, § 39 Abs. 3 AufenthG",
        zu.ba_zustimmung(da.ARBEIT_38A, "keine Beschäftigung, die der Zustimmung bedarf."),
        source=Source.THIRD_PARTY,
        facts=("preliminary_consent_until",),
    ),
)


def _own_rows() -> tuple[Step, ...]:
    return (
        Step(
            "mitgliedstaat_unterrichten",
            ("granted", "card_in_production", "card_ready"),
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 91c AufenthG",
            label="Anderen Mitgliedstaat über die Nationale Kontaktstelle unterrichten",
            guards=(
                angabe_bekannt(
                    da.MITGLIEDSTAAT, "Ein anderer Mitgliedstaat ist beteiligt", "§ 91c AufenthG"
                ),
                m.mitgliedstaat_offen,
            ),
            effects=(Effect.NOTIFY_MEMBER_STATE,),
            automatic=True,
        ),
    )


CLOCK_6M = ClockRule(
    "DAEU6M",
    "Entscheidung über den Daueraufenthalt-EU",
    "Art. 7 Abs. 2 RL 2003/109/EG",
    ("daueraufenthalt.entscheidung",),
    starts="Eingang des Antrags",
    ends="Entscheidung, Rücknahme, Einstellung oder Abgabe",
    start_steps=("einreichen",),
    end_steps=(
        "bewilligen",
        "ablehnen",
        "zuruecknehmen",
        "einstellen",
        "erledigung_feststellen",
        "abgeben",
        "wegen_fortzugs_abgeben",
    ),
    anchor=lambda f: f.received_on,
    effect="Warnung: die Frist der Richtlinie ist erreicht",
)
PLAIN = nicht(ist(ASSOZIATION))
P15_V1 = Verfahren(
    key="P15",
    version=1,
    name="Daueraufenthalt-EU",
    norm="§ 9a AufenthG",
    in_force_from=date(2024, 3, 1),
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
        *gen_entscheidung.card_rows(future_work=False),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
        *_own_rows(),
    ),
    checklist=CHECKLIST,
    zweck=(
        "Der Daueraufenthalt-EU gilt unbefristet und erleichtert den Umzug in andere "
        "Mitgliedstaaten. Wer ihn dort schon hat, bekommt hier eine Aufenthaltserlaubnis."
    ),
    titel="Erlaubnis zum Daueraufenthalt-EU",
    grant_outcome="daueraufenthalt_eu",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *gt.BASIS_ANGABEN,
        SOZIALLEISTUNGEN,
        fam.EINKOMMEN,
        fam.BEDARF,
        fam.WOHNFLAECHE,
        fam.PERSONEN_AB_SECHS,
        fam.KINDER_ZWEI_BIS_SECHS,
        *ne.ANGABEN,
        *da.ANGABEN,
    ),
    letters=GEN_LETTERS,
    law_keys=(
        ne.CREDIT_STUDY,
        ne.CREDIT_FORMER,
        da.PERIOD,
        da.LIMIT_90,
        da.FREE_AFTER,
        *fam.AREA,
        *gt.ID_LAW,
    ),
    gebuehren=(
        FeeRule(
            "gebuehr.daueraufenthalt_eu", "Erlaubnis zum Daueraufenthalt-EU", und(PLAIN, da.DAUER)
        ),
        FeeRule(
            "gebuehr.titel.erteilung", "Erteilung", und(PLAIN, da.WEITER, nicht(gt.VERLAENGERUNG))
        ),
        FeeRule(
            "gebuehr.titel.verlaengerung",
            "Verlängerung um mehr als drei Monate",
            und(PLAIN, da.WEITER, gt.VERLAENGERUNG),
        ),
        *id_card_fees(ist(ASSOZIATION)),
        FICTION_FEE,
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN, FREI_ASSOZIATION),
    beteiligungen=(
        ba_part(da.ARBEIT_38A),
        SICHERHEITSABFRAGE,
        PartRule(JOBCENTER, "§ 26 VwVfG NRW", ist(SOZIALLEISTUNGEN)),
    ),
    laufzeit=TitleRule(
        "§ 9a Abs. 1, § 38a AufenthG",
        "daueraufenthalt.38a.dauer",
        "Gültigkeit des Passes",
        lambda f: f.passport_until,
        unlimited=da.DAUER,
    ),
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_6M, CLOCK_KLAGE, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "frist_richtlinie",
            "Die sechs Monate stehen in der Richtlinie, nicht im Aufenthaltsgesetz.",
            "Art. 7 Abs. 2 RL 2003/109/EG",
        ),
        VolatileMark(
            "zeit_38a",
            "Die Geltungsdauer von drei Jahren nach § 38a ist Hausregel.",
            "§ 7 Abs. 2 AufenthG",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in (
                "pass",
                "krankenversicherung",
                "einkommen",
                "mietvertrag",
                "sprachzertifikat",
                "ezb",
            )
        },
        "leben_in_deutschland": "Nachweis „Leben in Deutschland“ oder Einbürgerungstest",
        "integrationskurs": "Zertifikat Integrationskurs",
        "titel_mitgliedstaat": "Titel „langfristige Aufenthaltsberechtigung-EU“",
    },
)

PUBLISHED = ((P15_V1, "0d0428681c52effa"),)
