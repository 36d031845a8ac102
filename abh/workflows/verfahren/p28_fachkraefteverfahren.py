"""P28: accelerated procedure for skilled workers (§ 81a AufenthG), version 1.

In North Rhine-Westphalia the central office (ZFE) runs it; the variant says who does. For cases of
the ZFE the city only takes over after the entry.
"""

from __future__ import annotations

from datetime import date

from abh.workflows.beteiligung import ANERKENNUNG, BA_EILIG, PartState
from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    FeeRule,
    Guard,
    PartRule,
    Power,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import fachverfahren as fv
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    stelle_antwortet,
    uhr_abgelaufen,
)
from abh.workflows.guards.regeln import und
from abh.workflows.verfahren import gen
from abh.workflows.verfahren.gem_fachverfahren import (
    A_VARIANTE,
    CHECKLIST,
    OFFEN,
    SELBST,
    STATES,
    VARIANTEN,
)
from abh.workflows.verfahren.gem_sonder import (
    briefe,
    nach,
    passend,
    schritt,
    von_selbst,
)
from abh.workflows.verfahren.gemeinsam import GEN_NACHWEISE, SICHERHEITSABFRAGE

NR2, NR6 = "§ 81a Abs. 3 Satz 1 Nr. 2 AufenthG", "§ 81a Abs. 3 Satz 1 Nr. 6 AufenthG"
ENDEN = (
    *("anerkennung_abgelehnt", "wegen_versagung_beenden", "nicht_zustimmen", "stille_beenden"),
    *("zuruecknehmen", "einstellen", "wegen_fortzugs_abgeben"),
)
ERGEBNISSE = ("gleichwertigkeit_festhalten", "auf_16d_umstellen")

UHR_EINGANG = ClockRule(
    "ANERKENNUNG_EINGANG",
    "Eingangsbestätigung der Anerkennungsstelle",
    "§ 14a Abs. 2 BQFG",
    ("fachverfahren.anerkennung.eingang",),
    starts="Weiterleitung des Antrags",
    ends="Bestätigung oder Ergebnis",
    start_steps=("anerkennung_einleiten",),
    end_steps=("eingang_bestaetigt", *ERGEBNISSE, *ENDEN),
    effect="Nachfrage bei der Anerkennungsstelle",
)
UHR_ANERKENNUNG = ClockRule(
    "ANERKENNUNG_2M",
    "Entscheidung der Anerkennungsstelle",
    "§ 14a Abs. 3 BQFG",
    ("anerkennung.entscheidung",),
    starts="vollständige Unterlagen bei der Anerkennungsstelle",
    ends="Ergebnis; sie steht, solange der Arbeitgeber Unterlagen schuldet",
    start_steps=("eingang_bestaetigt",),
    end_steps=(*ERGEBNISSE, *ENDEN),
    stop_steps=("unterlagen_nachfordern",),
    resume_steps=("unterlagen_weitergeben",),
    anchor=lambda f: f.angabe(fv.VOLLSTAENDIG_AM.key) or f.angabe(fv.EINGANG_AM.key),
    effect="Nachfrage bei der Anerkennungsstelle",
)
UHR_WEITERLEITUNG = ClockRule(
    "WEITERLEITUNG",
    "Nachforderung an den Arbeitgeber weiterleiten",
    "§ 81a Abs. 3 Satz 1 Nr. 3 AufenthG",
    ("fachverfahren.weiterleitung",),
    starts="Eingang der Nachforderung",
    ends="Einladung an den Arbeitgeber",
    start_steps=("nachforderung_festhalten",),
    end_steps=("unterlagen_nachfordern", *ERGEBNISSE, *ENDEN),
    anchor=lambda f: f.angabe(fv.NACHFORDERUNG_AM.key),
    effect="Mahnung an die Sachbearbeitung",
)
UHR_TERMIN = ClockRule(
    "AV_TERMIN",
    "Termin bei der Auslandsvertretung",
    "§ 31a Abs. 1 AufenthV",
    ("fachverfahren.av.termin",),
    starts="Vorabzustimmung",
    ends="Termin zum Visumantrag",
    start_steps=("vorab_zustimmen",),
    end_steps=("visum_beantragt", "eingereist", "visum_abgelehnt", *ENDEN),
    effect="Nachfrage bei der Auslandsvertretung",
)
UHR_VISUM = ClockRule(
    "AV_ENTSCHEIDUNG",
    "Entscheidung über das Visum",
    "§ 31a Abs. 2 AufenthV",
    ("fachverfahren.av.entscheidung",),
    starts="vollständiger Visumantrag",
    ends="Entscheidung oder Einreise",
    start_steps=("visum_beantragt",),
    end_steps=("eingereist", "visum_abgelehnt", *ENDEN),
    anchor=lambda f: f.angabe(fv.VISUM_VOLLSTAENDIG_AM.key) or f.angabe(fv.TERMIN_AM.key),
    effect="Nachfrage bei der Auslandsvertretung",
)
UHR_STILLE = ClockRule(
    "STILLE",
    "Antwort des Arbeitgebers",
    "§ 81a Abs. 2 AufenthG, Vereinbarung",
    ("fachverfahren.stille",),
    starts="Beratung oder Nachforderung",
    ends="Antwort des Arbeitgebers",
    start_steps=("beraten", "unterlagen_nachfordern", "ba_angaben_nachfordern"),
    end_steps=("vereinbaren", "unterlagen_weitergeben", *ENDEN),
    effect="Die Vereinbarung kann beendet werden",
)
UHR_BA = ClockRule(
    "BA_EILIG",
    "Zustimmung der Bundesagentur gilt als erteilt",
    "§ 36 Abs. 2 BeschV",
    ("ba.zustimmung.beschleunigt",),
    starts="Anfrage oder vervollständigte Anfrage",
    ends="Antwort oder Mitteilung, dass Angaben fehlen",
    effect="Zustimmung gilt als erteilt",
)


def _ba(*states: PartState, label: str) -> Guard:
    return stelle_antwortet(BA_EILIG, *states, label=label, norm="§ 36 Abs. 2 BeschV")


EIGENES = angabe_ist(A_VARIANTE, fv.EIGEN, "Die Behörde führt das Verfahren selbst", "§ 81a")
STEPS = (
    *passend(
        STATES,
        (gen.intake_rows()[0], *gen.ending_rows()),
        ohne_wirkung={
            Effect.COMPUTE_FIKTION,
            Effect.START_CLOCK_75,
            Effect.END_FIKTION,
            Effect.RELEASE_APPOINTMENT,
        },
        normen={
            "§ 81 Abs. 1 AufenthG": "§ 81a Abs. 1 AufenthG",
            "§ 81 Abs. 3 und 4 AufenthG": "§ 81a Abs. 1 AufenthG",
        },
        # The agreement is with the employer: what becomes of the person's other cases ends nothing.
        ohne=("erledigung_feststellen",),
        auch=dict.fromkeys(("zuruecknehmen", "einstellen", "wegen_fortzugs_abgeben"), OFFEN),
    ),
    schritt(
        "von_zfe_uebernehmen",
        "received",
        "handed_over",
        Power.REVIEW,
        "§ 71 Abs. 1 AufenthG",
        "Nach der Einreise von der Zentralstelle übernehmen",
        angabe_ist(A_VARIANTE, fv.ZFE, "Die Zentralstelle führt das Verfahren", "§ 71 AufenthG"),
        angabe_bekannt(fv.EINREISE_AM, "Die Einreise ist bekannt", "§ 71 AufenthG"),
        letter="N03",
        effects=(Effect.REPORT_AZR, Effect.OPEN_TITLE_CASE),
    ),
    schritt(
        "beraten",
        "received",
        "advised",
        Power.REVIEW,
        "§ 81a Abs. 3 Satz 1 Nr. 1 AufenthG",
        "Arbeitgeber beraten",
        EIGENES,
        angabe_bekannt(fv.BERATEN_AM, "Die Beratung ist festgehalten", "§ 81a Abs. 3 AufenthG"),
        letter="N03",
    ),
    schritt(
        "vereinbaren",
        "advised",
        "agreed",
        Power.DECIDE,
        "§ 81a Abs. 2 AufenthG",
        "Vereinbarung schließen",
        angabe_ist(fv.VOLLMACHT, True, "Die Vollmacht ist versichert", "§ 81a Abs. 2 AufenthG"),
        angabe_ist(fv.VEREINBART, True, "Beide Seiten stimmen zu", "§ 81a Abs. 2 AufenthG"),
        nach(e.gebuehr_erledigt, "§ 47 Abs. 1 Nr. 15 AufenthV"),
        e.entscheider_benannt,
        letter="N17",
        effects=(Effect.RECORD_DECISION,),
        decision="agreed",
    ),
    schritt(
        "anerkennung_einleiten",
        "agreed",
        "recognition_running",
        Power.REVIEW,
        NR2,
        "Anerkennung einleiten",
        fv.anerkennung_offen,
        letter="N16",
        effects=(Effect.REQUEST_PARTICIPATIONS,),
    ),
    schritt(
        "eingang_bestaetigt",
        "recognition_running",
        SAME_STATE,
        (Power.INTAKE, Power.REVIEW),
        "§ 14a Abs. 2 BQFG",
        "Eingangsbestätigung der Anerkennungsstelle festhalten",
        angabe_bekannt(fv.EINGANG_AM, "Der Eingang ist bestätigt", "§ 14a Abs. 2 BQFG"),
    ),
    schritt(
        "nachforderung_festhalten",
        "recognition_running",
        SAME_STATE,
        (Power.INTAKE, Power.REVIEW),
        "§ 81a Abs. 3 Satz 1 Nr. 3 AufenthG",
        "Nachforderung der Anerkennungsstelle festhalten",
        angabe_bekannt(fv.NACHFORDERUNG_AM, "Eine Nachforderung ist da", "§ 81a Abs. 3 AufenthG"),
    ),
    schritt(
        "unterlagen_nachfordern",
        "recognition_running",
        "awaiting_employer",
        Power.REVIEW,
        "§ 81a Abs. 3 Satz 1 Nr. 3 AufenthG",
        "Arbeitgeber zur Nachreichung einladen",
        stelle_antwortet(
            ANERKENNUNG,
            PartState.NEEDS_INFO,
            label="Die Anerkennungsstelle braucht Unterlagen",
            norm="§ 81a Abs. 3 Satz 1 Nr. 3 AufenthG",
        ),
        letter="N02",
        effects=(Effect.START_DEADLINE,),
    ),
    schritt(
        "ba_angaben_nachfordern",
        "ba_requested",
        "awaiting_employer",
        Power.REVIEW,
        "§ 36 Abs. 2 BeschV",
        "Angaben für die Bundesagentur nachfordern",
        _ba(PartState.NEEDS_INFO, label="Die Bundesagentur braucht Angaben"),
        letter="N02",
        effects=(Effect.START_DEADLINE,),
    ),
    von_selbst(
        "unterlagen_weitergeben",
        "awaiting_employer",
        "agreed",
        "§ 81a Abs. 3 AufenthG",
        "Eingang des Arbeitgebers übernehmen",
        g.unterlagen_eingegangen,
        letter="N03",
        effects=(Effect.END_DEADLINE,),
    ),
    schritt(
        "gleichwertigkeit_festhalten",
        ("recognition_running", "agreed"),
        "agreed",
        Power.REVIEW,
        NR2,
        "Volle Gleichwertigkeit festhalten",
        angabe_ist(fv.ERGEBNIS, "voll", "Die Gleichwertigkeit ist festgestellt", NR2),
        letter="N03",
    ),
    schritt(
        "auf_16d_umstellen",
        ("recognition_running", "agreed"),
        "agreed",
        Power.REVIEW,
        "§ 81a Abs. 3 Satz 2, § 16d AufenthG",
        "Auf den Zweck der Anerkennung umstellen",
        angabe_ist(fv.ERGEBNIS, "teilweise", "Die Gleichwertigkeit ist teilweise da", NR2),
        angabe_ist(fv.WILL_16D, True, "Beide wollen § 16d nutzen", "§ 81a Abs. 3 Satz 2"),
        letter="N03",
    ),
    schritt(
        "anerkennung_abgelehnt",
        ("recognition_running", "agreed"),
        "ended",
        Power.DECIDE,
        NR2,
        "Nach ablehnender Anerkennung beenden",
        angabe_ist(fv.ERGEBNIS, "keine", "Die Anerkennung ist abgelehnt", NR2),
        letter="N14",
        needs_reason=True,
    ),
    schritt(
        "ba_beteiligen",
        "agreed",
        "ba_requested",
        Power.REVIEW,
        "§ 39 AufenthG, § 81a Abs. 3 Satz 1 Nr. 4 AufenthG",
        "Bundesagentur um Zustimmung bitten",
        fv.anerkennung_geklaert,
        fv.ba_anzufragen,
        letter="N16",
        effects=(Effect.REQUEST_PARTICIPATIONS,),
    ),
    schritt(
        "ohne_ba_pruefen",
        "agreed",
        "preapproval_check",
        Power.REVIEW,
        NR6,
        "Ohne Bundesagentur weiterprüfen",
        fv.anerkennung_geklaert,
        fv.ba_entbehrlich,
        # The security query is due whether or not anybody else is asked (§ 73 AufenthG).
        effects=(Effect.REQUEST_PARTICIPATIONS,),
    ),
    von_selbst(
        "ba_zugestimmt",
        "ba_requested",
        "preapproval_check",
        "§ 36 Abs. 2 BeschV",
        "Zustimmung der Bundesagentur übernehmen",
        _ba(
            PartState.CONSENTED,
            PartState.DEEMED_CONSENTED,
            label="Die Bundesagentur hat zugestimmt oder eine Woche geschwiegen",
        ),
        effects=(Effect.NOTE_DEEMED_CONSENT,),
    ),
    schritt(
        "wegen_versagung_beenden",
        "ba_requested",
        "ended",
        Power.DECIDE,
        "§ 40 AufenthG",
        "Nach Versagung der Bundesagentur beenden",
        _ba(PartState.REFUSED, label="Die Bundesagentur hat versagt"),
        letter="N14",
        needs_reason=True,
    ),
    schritt(
        "vorab_zustimmen",
        "preapproval_check",
        "preapproved",
        Power.DECIDE,
        NR6,
        "Dem Visum vorab zustimmen",
        nach(g.voraussetzungen_erfuellt(CHECKLIST), NR6),
        e.sicherheit_aktuell,
        e.entscheider_benannt,
        letter="N18",
        effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR),
        decision="preapproved",
    ),
    schritt(
        "erneut_pruefen",
        "preapproval_check",
        "agreed",
        Power.DECIDE,
        "§ 81a Abs. 3 AufenthG",
        "Erneut in die Bearbeitung nehmen",
        needs_reason=True,
    ),
    schritt(
        "nicht_zustimmen",
        "preapproval_check",
        "ended",
        Power.DECIDE,
        NR6,
        "Nicht vorab zustimmen",
        g.ablehnungsgrund(CHECKLIST),
        e.entscheider_benannt,
        letter="N14",
        outcome="einstellung",
        effects=(Effect.RECORD_DECISION,),
        needs_reason=True,
        decision="not_preapproved",
    ),
    schritt(
        "visum_beantragt",
        "preapproved",
        SAME_STATE,
        (Power.INTAKE, Power.REVIEW),
        "§ 31a AufenthV",
        "Visumantrag festhalten",
        angabe_bekannt(fv.TERMIN_AM, "Der Termin ist bekannt", "§ 31a Abs. 1 AufenthV"),
    ),
    schritt(
        "eingereist",
        "preapproved",
        "handed_over",
        Power.REVIEW,
        "§ 71 Abs. 1 AufenthG",
        "Nach der Einreise übernehmen",
        angabe_ist(fv.VISUM, "erteilt", "Das Visum ist erteilt", "§ 6 Abs. 3 AufenthG"),
        angabe_bekannt(fv.EINREISE_AM, "Die Einreise ist bekannt", "§ 71 AufenthG"),
        letter="N03",
        effects=(Effect.REPORT_AZR, Effect.OPEN_TITLE_CASE),
    ),
    schritt(
        "visum_abgelehnt",
        "preapproved",
        "ended",
        Power.REVIEW,
        "§ 6 Abs. 3 AufenthG",
        "Ablehnung des Visums festhalten",
        angabe_ist(fv.VISUM, "abgelehnt", "Das Visum ist abgelehnt", "§ 6 Abs. 3 AufenthG"),
        letter="N14",
    ),
    schritt(
        "stille_beenden",
        ("advised", "awaiting_employer"),
        "ended",
        Power.REVIEW,
        "§ 81a Abs. 2 AufenthG",
        "Ohne Antwort des Arbeitgebers beenden",
        uhr_abgelaufen(UHR_STILLE),
        letter="N14",
    ),
)

P28_V1 = Verfahren(
    key="P28",
    version=1,
    name="Beschleunigtes Fachkräfteverfahren",
    norm="§ 81a AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Der Arbeitgeber einer Fachkraft im Ausland vereinbart mit der Behörde ein Verfahren mit "
        "kurzen Fristen für Anerkennung, Bundesagentur und Visum. Die Familie kann mitkommen."
    ),
    titel="Beschleunigtes Fachkräfteverfahren",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(A_VARIANTE, *fv.ANGABEN),
    asks_job=True,
    gebuehren=(FeeRule("gebuehr.fachkraefteverfahren", "Vereinbarung", SELBST, minors_half=False),),
    beteiligungen=(
        PartRule(ANERKENNUNG, NR2, und(SELBST, fv.MIT_ANERKENNUNG)),
        PartRule(BA_EILIG, "§ 39 AufenthG", und(SELBST, fv.MIT_BA)),
        SICHERHEITSABFRAGE,
    ),
    letters=briefe(
        *("N01", "N02", "N03", "N04", "N14", "N16"),
        N17="Vereinbarung im beschleunigten Fachkräfteverfahren",
        N18="Vorabzustimmung",
    ),
    clocks=(
        *(UHR_EINGANG, UHR_ANERKENNUNG, UHR_WEITERLEITUNG, UHR_BA, UHR_TERMIN, UHR_VISUM),
        UHR_STILLE,
    ),
    volatile=(
        VolatileMark(
            "vollmacht",
            "Der Arbeitgeber versichert die Vollmacht nur noch; Wortlaut seit Juli 2026 vor dem "
            "Echtbetrieb bestätigen.",
            "§ 81a Abs. 1 AufenthG",
        ),
        VolatileMark(
            "bundesagentur_work_and_stay",
            "Eine Bundesagentur für Fachkräfte ist angekündigt und würde Aufgaben übernehmen.",
            "Eckpunkte vom 05.11.2025",
        ),
    ),
    evidence_labels={key: GEN_NACHWEISE[key] for key in ("pass", "arbeitsvertrag", "ezb")},
)

PUBLISHED = ((P28_V1, "0ba43fc829c1efbf"),)
