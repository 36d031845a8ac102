"""The way of a naturalisation: states, rows and clocks (StAG)."""

from __future__ import annotations

from abh.workflows.angaben import wahl
from abh.workflows.definition import (
    ClockRule,
    Effect,
    Power,
    Turn,
)
from abh.workflows.guards import einbuergerung as eb
from abh.workflows.guards import einbuergerung_angaben as an
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, uhr_abgelaufen, uhr_laeuft
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gem_einbuergerung_liste import CHECKLIST, VARIANTEN
from abh.workflows.verfahren.gem_sonder import (
    BELASTEND,
    aus_gen,
    nach,
    passend,
    schritt,
    von_selbst,
    zustand,
)

STATES = (
    *aus_gen(
        *("draft", "received", "jurisdiction_check", "completeness_check", "awaiting_applicant"),
        *("in_review", "awaiting_third_party", "suspended", "appointment_pending", "hearing"),
        *("decision_ready", "refused", "appeal_pending", "refused_final", "withdrawn"),
        *("discontinued", "transferred"),
    ),
    zustand(
        "ceremony_scheduled",
        "Übergabe der Urkunde steht an",
        "Sie werden eingebürgert. Die Urkunde erhalten Sie bei der Übergabe.",
        Turn.APPLICANT,
    ),
    zustand(
        "naturalised",
        "eingebürgert",
        "Sie sind eingebürgert.",
        Turn.NOBODY,
    ),
    zustand(
        "naturalised_final",
        "eingebürgert, Rücknahmefrist vorbei",
        "Sie sind eingebürgert.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "withdrawal_review",
        "Rücknahme in Prüfung",
        "Wir haben Ihnen geschrieben. Bitte nehmen Sie Stellung.",
        Turn.APPLICANT,
    ),
    zustand(
        "rescinded",
        "Einbürgerung zurückgenommen",
        "Die Einbürgerung ist zurückgenommen. Im Bescheid steht, was Sie dagegen tun können.",
        Turn.NOBODY,
        ende=True,
    ),
    zustand(
        "certified",
        "Staatsangehörigkeit festgestellt",
        "Ihre Staatsangehörigkeit ist festgestellt.",
        Turn.NOBODY,
        ende=True,
    ),
)

NORMEN = {
    "§ 81 Abs. 1 AufenthG": "§ 8, § 10 StAG",
    "§ 81 Abs. 3 und 4 AufenthG": "§ 22 VwVfG NRW",
    "§ 86 AufenthG": "§ 31 StAG",
    "§ 71 AufenthG": "§ 3 VwVfG NRW",
    "§ 71 AufenthG, § 3 VwVfG NRW": "§ 3 VwVfG NRW",
    "§ 82 Abs. 1 AufenthG": "§ 34 StAG, § 82 Abs. 1 AufenthG",
    "§ 5 AufenthG": "§§ 8 bis 11 StAG",
    "§ 79 Abs. 2 AufenthG": "§ 12a Abs. 3 StAG",
    "§ 79 Abs. 2, § 87 Abs. 4 AufenthG": "§ 12a Abs. 3 StAG",
    "§§ 39, 72, 73 AufenthG": "§§ 32, 32b, 37 StAG",
    "§ 77 Abs. 1 AufenthG": "§ 39 VwVfG NRW",
    "§ 77 Abs. 1 AufenthG, § 39 VwVfG NRW": "§ 39 VwVfG NRW",
    "§ 51 AufenthG": "§ 9 VwVfG NRW",
    "§ 51 AufenthG, § 9 VwVfG NRW": "§ 9 VwVfG NRW",
    "§ 9 VwVfG NRW, § 49 AufenthV": "§ 9 VwVfG NRW",
    "§§ 74, 80 Abs. 5 VwGO, § 84 Abs. 2 AufenthG": "§ 74 VwGO",
    "§ 69 AufenthG, § 45 AufenthV": "§ 38 StAG",
}
OHNE_WIRKUNG = frozenset(
    {
        Effect.COMPUTE_FIKTION,
        Effect.END_FIKTION,
        Effect.OPEN_RETURN_CASE,
        Effect.RECORD_SUPPLEMENT_SHEET,
        Effect.REPORT_AZR,
    }
)
SCHLUSS = (
    nach(g.beteiligungen_beantwortet, NORMEN[g.beteiligungen_beantwortet.norm]),
    nach(g.ermittlung_beendet, NORMEN[g.ermittlung_beendet.norm]),
    nach(g.voraussetzungen_erfuellt(CHECKLIST), "§§ 8 bis 11 StAG"),
)
GENERISCH = passend(
    STATES,
    (
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(),
        *gen.appointment_rows(CHECKLIST),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
    ),
    ohne=("zum_termin_einladen", "erschienen", "erschienen_entscheidungsreif", "urteil_umsetzen"),
    ohne_wirkung=OHNE_WIRKUNG,
    normen=NORMEN,
    auch={"einstellen": ("ceremony_scheduled",), "zuruecknehmen": ("ceremony_scheduled",)},
)

RUECKNAHME = ClockRule(
    "RUECKNAHME_10J",
    "Rücknahme der Einbürgerung möglich",
    "§ 35 Abs. 3 StAG",
    ("einbuergerung.ruecknahme",),
    starts="Übergabe der Urkunde",
    ends="Rücknahme oder Ablauf",
    start_steps=("urkunde_aushaendigen",),
    end_steps=("einbuergerung_zuruecknehmen",),
    shift=False,
    effect="Die Einbürgerung kann nicht mehr zurückgenommen werden",
)
SPERRE = ClockRule(
    "SPERRE_35A",
    "Ausschluss der Einbürgerung nach Täuschung",
    "§ 35a StAG",
    ("einbuergerung.sperre",),
    starts="Feststellung der Täuschung",
    ends="Ablauf",
    start_steps=("sperre_feststellen",),
    shift=False,
    effect="Eine Einbürgerung ist wieder möglich",
)
FEST_ANTRAG = angabe_ist(
    wahl("variante", "Art des Antrags", {v.key: v.label for v in VARIANTEN}),
    an.FESTSTELLUNG,
    "Beantragt ist die Feststellung der Staatsangehörigkeit",
    "§ 30 StAG",
)
EIGENE = (
    schritt(
        "zum_gespraech_laden",
        "in_review",
        "appointment_pending",
        Power.REVIEW,
        "§ 34 StAG, § 82 Abs. 4 AufenthG",
        "Zum Gespräch laden",
        eb.gespraech_noetig,
        letter="N06",
        effects=(Effect.OFFER_APPOINTMENT,),
    ),
    schritt(
        "gespraech_gefuehrt",
        "appointment_pending",
        "in_review",
        (Power.REVIEW, Power.DECIDE),
        "§ 10 Abs. 1 Satz 1 Nr. 1 StAG",
        "Gespräch festhalten",
        angabe_bekannt(an.GESPRAECH_AM, "Das Gespräch ist geführt", "§ 34 StAG"),
    ),
    schritt(
        "bewilligen",
        "decision_ready",
        "ceremony_scheduled",
        Power.DECIDE,
        "§§ 8 bis 10 StAG",
        "Einbürgern",
        *SCHLUSS,
        nach(e.gebuehr_erledigt, "§ 38 StAG"),
        e.entscheider_benannt,
        e.vier_augen,
        eb.einbuergerung_beantragt,
        letter="N08",
        effects=(Effect.RECORD_DECISION, Effect.STOP_CLOCKS),
        decision="granted",
    ),
    schritt(
        "feststellen",
        "decision_ready",
        "certified",
        Power.DECIDE,
        "§ 30 Abs. 1 und 3 StAG",
        "Staatsangehörigkeit feststellen und bescheinigen",
        FEST_ANTRAG,
        *SCHLUSS,
        nach(e.gebuehr_erledigt, "§ 38 StAG"),
        e.entscheider_benannt,
        letter="N08",
        effects=(Effect.RECORD_DECISION, Effect.STOP_CLOCKS),
        decision="certified",
    ),
    schritt(
        "urkunde_aushaendigen",
        "ceremony_scheduled",
        "naturalised",
        Power.DECIDE,
        "§ 16 StAG",
        "Einbürgerungsurkunde aushändigen",
        *SCHLUSS,
        angabe_ist(an.PERSON_GEPRUEFT, True, "Die Person ist geprüft", "§ 16 StAG"),
        angabe_ist(
            an.BEKENNTNIS_FEIER, True, "Das feierliche Bekenntnis ist abgegeben", "§ 16 Satz 2 StAG"
        ),
        e.entscheider_benannt,
        letter="N24",
        effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR, Effect.DEMAND_ALL_PAPERS),
        decision="naturalised",
    ),
    schritt(
        "vor_uebergabe_neu_pruefen",
        "ceremony_scheduled",
        "in_review",
        (Power.REVIEW, Power.DECIDE),
        "§ 24 VwVfG NRW, § 16 StAG",
        "Wegen neuer Tatsachen oder Versäumnis erneut prüfen",
        needs_reason=True,
    ),
    schritt(
        "sperre_feststellen",
        "hearing",
        "refused",
        Power.DECIDE,
        "§ 35a StAG",
        "Ablehnen und Täuschung feststellen",
        angabe_ist(an.TAEUSCHUNG, True, "Die Täuschung ist erwiesen", "§ 35a StAG"),
        *(nach(one, NORMEN.get(one.norm, one.norm)) for one in BELASTEND),
        letter="N12",
        effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD, Effect.STOP_CLOCKS),
        needs_reason=True,
        decision="sperre",
    ),
    schritt(
        "verpflichtung_umsetzen",
        "appeal_pending",
        "decision_ready",
        Power.LEGAL,
        "§ 113 Abs. 5 VwGO",
        "Verpflichtungsurteil umsetzen",
        e.gericht_verpflichtet,
    ),
    schritt(
        "ruecknahme_pruefen",
        "naturalised",
        "withdrawal_review",
        Power.DECIDE,
        "§ 35 Abs. 1 und 3 StAG",
        "Zur Rücknahme der Einbürgerung anhören",
        uhr_laeuft(RUECKNAHME),
        angabe_ist(an.RECHTSWIDRIG, True, "Ein Grund der Rücknahme liegt vor", "§ 35 Abs. 1 StAG"),
        letter="N07",
        effects=(Effect.START_HEARING,),
        needs_reason=True,
    ),
    schritt(
        "einbuergerung_zuruecknehmen",
        "withdrawal_review",
        "rescinded",
        Power.DECIDE,
        "§ 35 StAG",
        "Einbürgerung zurücknehmen",
        uhr_laeuft(RUECKNAHME),
        *(nach(one, NORMEN.get(one.norm, one.norm)) for one in BELASTEND),
        letter="ruecknahme_widerruf",
        effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD, Effect.REPORT_AZR),
        needs_reason=True,
        decision="rescinded",
    ),
    schritt(
        "einbuergerung_belassen",
        "withdrawal_review",
        "naturalised",
        Power.DECIDE,
        "§ 35 Abs. 4 und 5 StAG",
        "Von der Rücknahme absehen",
        needs_reason=True,
    ),
    von_selbst(
        "ruecknahmefrist_vorbei",
        "naturalised",
        "naturalised_final",
        "§ 35 Abs. 3 StAG",
        "Ablauf der Rücknahmefrist vermerken",
        uhr_abgelaufen(RUECKNAHME),
    ),
)
SCHRITTE = (*GENERISCH, *EIGENE)
