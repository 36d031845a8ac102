"""P25: travel documents, emergency document and identity substitute, version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.beteiligung import AV, BAMF
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    Effect,
    Entscheidung,
    FeeRule,
    PartRule,
    Power,
    Step,
    TitleRule,
    Turn,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import reiseausweis as r
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_bekannt, bedingung, regel_erfuellt, uhr_abgelaufen
from abh.workflows.guards.regeln import ist, ja, nicht, oder, und, variante
from abh.workflows.verfahren.gem_humanitaer import (
    KARTEN_ZUSTAENDE,
    auch_aus,
    briefe,
    mit_waechtern,
    ohne_karte,
    titelzeilen,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gem_reiseausweis import (
    A_VARIANTE,
    CHECKLIST,
    VARIANTEN,
)
from abh.workflows.verfahren.gemeinsam import FREI_SOZIALLEISTUNGEN, GEN_CLOCKS, SOZIALLEISTUNGEN

OPEN = ("effort_plan", "doc_in_production", "doc_ready", "document_issued")
OWN_STATES = (
    zustand(
        "effort_plan",
        "Bemühungen um einen Pass",
        "Bitte bemühen Sie sich um einen Pass und schicken Sie uns die Belege fristgerecht.",
        Turn.APPLICANT,
    ),
    zustand(
        "doc_in_production",
        "Dokument in Herstellung",
        "Ihr Dokument wird hergestellt.",
        Turn.THIRD_PARTY,
    ),
    zustand(
        "doc_ready",
        "Dokument liegt bereit",
        "Ihr Dokument liegt bereit.",
        Turn.APPLICANT,
    ),
    zustand(
        "document_issued",
        "Dokument ausgehändigt",
        "Sie haben Ihr Dokument.",
        Turn.NOBODY,
    ),
    zustand(
        "lost",
        "Dokument verloren",
        "Der Verlust ist vermerkt. Ein neues Dokument müssen Sie beantragen.",
        ende=True,
    ),
    zustand(
        "expired",
        "Dokument abgelaufen",
        "Ihr Dokument ist abgelaufen.",
        ende=True,
    ),
    zustand(
        "taken_back",
        "Dokument entzogen",
        "Ihr Dokument ist entzogen. Im Bescheid steht, was Sie tun können.",
        ende=True,
    ),
)
RECORD = (Effect.RECORD_DECISION, Effect.REPORT_AZR)
entzug = angabe_bekannt(
    r.ENTZUG, "Ein Grund der Entziehung ist festgestellt", "§ 4 Abs. 7 AufenthV"
)
OWN_STEPS = (
    Step(
        "bemuehungen_aufgeben",
        ("in_review",),
        "effort_plan",
        by=(Power.REVIEW,),
        norm="§ 5 Abs. 2 AufenthV, § 48 Abs. 3, § 82 Abs. 1 AufenthG",
        label="Bemühungen um einen Pass aufgeben",
        guards=(
            regel_erfuellt(
                "pass_zumutbar",
                "Ein Pass ist auf zumutbare Weise zu erlangen",
                "§ 5 Abs. 2 AufenthV",
                ja(
                    r.PASS_ZUMUTBAR,
                    "Zumutbar.",
                    "Ein Pass ist nicht auf zumutbare Weise zu erlangen.",
                ),
            ),
        ),
        letter="N02",
        effects=(Effect.START_DEADLINE,),
    ),
    Step(
        "bemuehungen_belegt",
        ("effort_plan",),
        "in_review",
        by=(Power.SYSTEM, Power.INTAKE, Power.REVIEW),
        norm="§ 82 Abs. 1 AufenthG",
        label="Belege der Bemühungen zuordnen",
        guards=(g.unterlagen_eingegangen,),
        letter="N03",
        automatic=True,
    ),
    Step(
        "bemuehungen_vorbei",
        ("effort_plan",),
        "in_review",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 82 Abs. 1 Satz 4 AufenthG",
        label="Frist für Bemühungen ist vorbei",
        guards=(uhr_abgelaufen(r.BEMUEHUNGEN),),
        effects=(Effect.END_DEADLINE,),
        automatic=True,
    ),
    Step(
        "dokument_bestellen",
        ("granted",),
        "doc_in_production",
        by=(Power.COUNTER, Power.REVIEW),
        norm="§ 4 AufenthV",
        label="Dokument bestellen",
        guards=(
            bedingung(
                "dokument_wird_hergestellt",
                nicht(r.SOFORT),
                "§ 4 AufenthV",
                "Dieses Dokument stellt die Behörde selbst aus.",
            ),
            g.biometrie_aufgenommen,
        ),
    ),
    Step(
        "herstellung_nachfragen",
        ("doc_in_production",),
        SAME_STATE,
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 25 VwVfG NRW",
        label="Nach der Herstellung fragen",
        guards=(uhr_abgelaufen(r.HERSTELLUNG),),
        letter="N03",
        automatic=True,
    ),
    Step(
        "dokument_eingetroffen",
        ("doc_in_production",),
        "doc_ready",
        by=(Power.SYSTEM, Power.COUNTER),
        norm="§ 4 AufenthV",
        label="Dokument eingetroffen",
        guards=(e.karte_da,),
        letter="N09",
        effects=(Effect.START_COLLECTION,),
        automatic=True,
    ),
    Step(
        "dokument_aushaendigen",
        ("doc_ready",),
        "document_issued",
        by=(Power.COUNTER,),
        norm="§ 4, § 66 AufenthV",
        label="Dokument aushändigen",
        guards=(e.identitaet_geprueft, e.altes_eingezogen),
        letter="N15",
        effects=(Effect.HAND_OVER_CARD, Effect.REPORT_AZR),
    ),
    Step(
        "sofort_ausstellen",
        ("granted",),
        "document_issued",
        by=(Power.COUNTER,),
        norm="§ 4 Abs. 1, §§ 13, 55 AufenthV",
        label="Dokument sofort ausstellen",
        guards=(
            bedingung(
                "sofort_moeglich",
                r.SOFORT,
                "§ 4 Abs. 1 AufenthV",
                "Dieses Dokument stellt die Bundesdruckerei her.",
            ),
            e.identitaet_geprueft,
        ),
        letter="N15",
        effects=(Effect.REPORT_AZR,),
    ),
    Step(
        "verlust_vermerken",
        ("document_issued",),
        "lost",
        by=(Power.COUNTER, Power.REVIEW),
        norm="§ 56 Abs. 1 Nr. 5, § 66 AufenthV",
        label="Verlust an AZR und Polizei melden",
        guards=(
            angabe_bekannt(r.VERLUST_AM, "Der Verlust ist gemeldet", "§ 56 Abs. 1 Nr. 5 AufenthV"),
        ),
        letter="N03",
        effects=(Effect.REPORT_AZR,),
    ),
    Step(
        "ablauf_vermerken",
        ("document_issued",),
        "expired",
        by=(Power.SYSTEM, Power.REVIEW),
        norm="§ 8 AufenthV",
        label="Ablauf vermerken",
        guards=(r.dokument_abgelaufen,),
        letter="N03",
        automatic=True,
    ),
    Step(
        "zur_entziehung_anhoeren",
        ("document_issued",),
        SAME_STATE,
        by=(Power.DECIDE,),
        norm="§ 28 VwVfG NRW",
        label="Zur Entziehung anhören",
        guards=(entzug,),
        letter="N07",
        effects=(Effect.START_HEARING,),
        needs_reason=True,
    ),
    Step(
        "entziehen",
        ("document_issued",),
        "taken_back",
        by=(Power.DECIDE,),
        norm="§ 4 Abs. 7 AufenthV, § 77 Abs. 1 AufenthG",
        label="Dokument entziehen",
        guards=(entzug, e.angehoert, e.entscheider_benannt, e.vier_augen, e.begruendet),
        letter="N12",
        effects=(*RECORD, Effect.START_ACTION_PERIOD),
        needs_reason=True,
        decision="withdrawn",
    ),
)


def _fee(key: str, label: str, *when: Bedingung, half: bool = False) -> FeeRule:
    cond = when[0] if len(when) == 1 else und(*when)
    return FeeRule(f"gebuehr.{key}", label, cond, minors_half=half)


ALT = nicht(r.UNTER_24)
FEES = (
    _fee("reiseausweis.auslaender", "Reiseausweis für Ausländer", r.AUSLAENDER, ALT),
    _fee(
        "reiseausweis.auslaender.jung",
        "Reiseausweis für Ausländer",
        r.AUSLAENDER,
        r.UNTER_24,
        nicht(r.KIND),
    ),
    _fee("reiseausweis.schutz", "Reiseausweis", r.SCHUTZ, ALT),
    _fee("reiseausweis.schutz.jung", "Reiseausweis", r.SCHUTZ, r.UNTER_24, nicht(r.KIND)),
    _fee(
        "reiseausweis.kind",
        "Reiseausweis ohne Speichermedium",
        oder(r.AUSLAENDER, r.SCHUTZ),
        r.KIND,
    ),
    _fee("reiseausweis.vorlaeufig", "Vorläufiger Reiseausweis", variante("vorlaeufig")),
    _fee(
        "reiseausweis.vorlaeufig.schutz", "Vorläufiger Reiseausweis", variante("vorlaeufig_schutz")
    ),
    _fee("notreiseausweis", "Notreiseausweis", r.NOTREISE, half=True),
    _fee("ausweisersatz", "Ausweisersatz", variante("ausweisersatz"), half=True),
    _fee(
        "ausweisersatz.ausgesetzt", "Ausweisersatz", variante("ausweisersatz_ausgesetzt"), half=True
    ),
)

P25_V1 = Verfahren(
    key="P25",
    version=1,
    name="Reiseausweise und Ausweisersatz",
    norm="§§ 4 bis 13, 55 AufenthV, § 48 Abs. 2 AufenthG",
    in_force_from=date(2025, 5, 1),
    initial="draft",
    states=zustaende(*OWN_STATES, ohne=KARTEN_ZUSTAENDE),
    steps=(
        *auch_aus(
            # No security query; an application here is no application for a title.
            mit_waechtern(ohne_karte(titelzeilen(CHECKLIST)), {"sicherheit_aktuell": None}),
            ("einstellen", "wegen_fortzugs_abgeben"),
            *OPEN,
        ),
        *OWN_STEPS,
    ),
    checklist=CHECKLIST,
    zweck=(
        "Wer keinen Pass hat und ihn nicht auf zumutbare Weise bekommen kann, erhält ein deutsches "
        "Reisedokument oder einen Ausweisersatz. Flüchtlinge und Staatenlose haben darauf Anspruch."
    ),
    titel="Reiseausweis",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.KANN,
    angaben=(A_VARIANTE, *r.ANGABEN, SOZIALLEISTUNGEN),
    law_keys=r.LAW,
    gebuehren=FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    beteiligungen=(
        PartRule(BAMF, "§ 73b AsylG", und(r.SCHUTZ, nicht(ist(r.STATUS)))),
        PartRule(AV, "§ 5 Abs. 2 AufenthV", und(r.NOTREISE, ist(r.PASS_ZUMUTBAR))),
    ),
    laufzeit=TitleRule(
        "§ 8 AufenthV", r.LANG_DAUER, "Art des Dokuments, Alter oder Ende des Titels", r.gilt_bis
    ),
    grant_outcome="reiseausweis",
    letters=briefe(),
    clocks=(*GEN_CLOCKS, r.BEMUEHUNGEN, r.HERSTELLUNG),
    volatile=(
        VolatileMark(
            "gebuehr_minderjaehrig",
            "Ob die Hälfte für Minderjährige auch bei Reiseausweisen gilt, ist zu bestätigen; hier "
            "gelten die Stufen nach Alter.",
            "§ 48, § 50 Abs. 1 AufenthV",
        ),
        VolatileMark(
            "dauer_dokumente",
            "Die Geltungsdauern einzelner Dokumente sind vor dem Echtbetrieb zu bestätigen.",
            "§ 8, § 13 AufenthV",
        ),
    ),
    evidence_labels={
        "bemuehungen": "Belege der Bemühungen um einen Pass",
        "geburtsurkunde": "Geburtsurkunde",
        "pass_alt": "Alter Pass oder anderer Nachweis der Identität",
    },
)

PUBLISHED = ((P25_V1, "61d2e2dc7c0a7d09"),)
