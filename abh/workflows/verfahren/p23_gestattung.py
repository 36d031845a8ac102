"""P23: certificate of the permission to stay during the asylum procedure (AsylG), version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.definition import (
    SAME_STATE,
    ClockRule,
    Effect,
    Entscheidung,
    Guard,
    Power,
    Step,
    Turn,
    Verfahren,
    VolatileMark,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    regel_erfuellt,
    uhr_abgelaufen,
)
from abh.workflows.guards.regeln import eine_von
from abh.workflows.verfahren.gem_gestattung import (
    A_VARIANTE,
    ARBEIT,
    ARBEIT_ERLAUBT,
    BRAUCHT_BA,
    CHECKLIST,
    ED_AM,
    GILT_BIS,
    ORT,
    ORT_GRUND,
    REGISTRIERT_AM,
    SICHERER_STAAT,
    STAND,
    VARIANTEN,
    WOHNPFLICHT,
    ZUGEWIESEN_AM,
    ZUSTIMMUNGSFREI,
    arbeit_versagt,
    dauer_zulaessig,
)
from abh.workflows.verfahren.gem_humanitaer import briefe, zustand
from abh.workflows.verfahren.gemeinsam import CLOCK_RUECKGABE, ba_part
from abh.workflows.verfahren.zustaende import GEN_STATES

A3 = ClockRule(
    "A3",
    "Meldung nach der Zuweisung",
    "§ 63 Abs. 1 Satz 2 AsylG",
    ("gestattung.antrag",),
    starts="Aufforderung zur Meldung",
    ends="Bescheinigung oder Erinnerung",
    start_steps=("zuweisung_uebernehmen",),
    end_steps=("bescheinigen", "an_meldung_erinnern"),
    effect="Erinnerung an die Meldung",
)
G4W = ClockRule(
    "G4W",
    "Erneuerung der Bescheinigung",
    "§ 63 Abs. 2 AsylG",
    ("gestattung.erneuerung",),
    starts="Ende der Bescheinigung, rückwärts gerechnet",
    ends="Erneuerung oder Ende der Gestattung",
    start_steps=("bescheinigen", "erneuern"),
    end_steps=("schutz_zuerkannt", "gestattung_erloschen", "einstellen", "wegen_fortzugs_abgeben"),
    anchor=lambda f: f.angabe(GILT_BIS.key),
    before=True,
    effect="Termin zur Erneuerung wird von selbst angeboten",
)
ALIVE = ("certificate_issued", "work_review", "area_review", "renewal_due")
OPEN = ("received", *ALIVE)
KEEP = ("draft", "received", "discontinued", "transferred")
STATES = (
    *(state for state in GEN_STATES if state.key in KEEP),
    zustand(
        "certificate_issued",
        "Gestattung bescheinigt",
        "Sie haben Ihre Bescheinigung. Das Ende steht darauf.",
        Turn.NOBODY,
    ),
    zustand(
        "work_review",
        "Beschäftigung in Prüfung",
        "Wir prüfen, ob Sie arbeiten dürfen.",
    ),
    zustand(
        "area_review",
        "Ort in Prüfung",
        "Wir prüfen Ihren Antrag zum Aufenthaltsort.",
    ),
    zustand(
        "renewal_due",
        "Erneuerung fällig",
        "Bitte kommen Sie zum Termin, bevor Ihre Bescheinigung endet.",
        Turn.APPLICANT,
    ),
    zustand(
        "ended_protected",
        "Schutz zuerkannt",
        "Ihnen ist Schutz zuerkannt. Sie erhalten eine Aufenthaltserlaubnis.",
        ende=True,
    ),
    zustand(
        "ended_refused",
        "Gestattung erloschen",
        "Ihre Gestattung ist erloschen. Bitte kommen Sie zu uns.",
        ende=True,
    ),
)
RECORD = (Effect.RECORD_DECISION, Effect.REPORT_AZR)
COMPLETE = g.voraussetzungen_erfuellt(CHECKLIST)
REFUSAL = (e.angehoert, e.entscheider_benannt, e.vier_augen, e.begruendet)
kein_ort_grund = angabe_ist(ORT_GRUND, False, "Ein Grund liegt nicht vor", "§§ 58, 60 AsylG")


def _auto(
    key: str,
    source: tuple[str, ...],
    target: str,
    norm: str,
    label: str,
    *guards: Guard,
    letter: str,
    effects: tuple[Effect, ...] = (),
) -> Step:
    return Step(
        key,
        source,
        target,
        by=(Power.SYSTEM, Power.REVIEW),
        norm=norm,
        label=label,
        guards=guards,
        letter=letter,
        effects=effects,
        automatic=True,
    )


def _hearing(key: str, state: str, label: str, ground: Guard) -> Step:
    return Step(
        key,
        (state,),
        SAME_STATE,
        by=(Power.DECIDE,),
        norm="§ 28 VwVfG NRW",
        label=label,
        guards=(ground,),
        letter="N07",
        effects=(Effect.START_HEARING,),
    )


def _refuse(key: str, state: str, norm: str, label: str, ground: Guard) -> Step:
    return Step(
        key,
        (state,),
        "certificate_issued",
        by=(Power.DECIDE,),
        norm=norm,
        label=label,
        guards=(ground, *REFUSAL),
        letter="N12",
        effects=(*RECORD, Effect.START_ACTION_PERIOD),
        needs_reason=True,
        decision="partly_refused",
    )


STEPS = (
    Step(
        "zuweisung_uebernehmen",
        ("draft",),
        "received",
        by=(Power.SYSTEM, Power.INTAKE),
        norm="§ 50, § 63 Abs. 1 AsylG",
        label="Zuweisung übernehmen",
        guards=(
            angabe_bekannt(ZUGEWIESEN_AM, "Die Zuweisung ist mitgeteilt", "§ 50 AsylG"),
            g.kein_doppelter_vorgang,
        ),
        letter="N01",
        effects=(Effect.COMPUTE_FIKTION,),
    ),
    _auto(
        "an_meldung_erinnern",
        ("received",),
        SAME_STATE,
        "§ 63 Abs. 1 Satz 2 AsylG",
        "An die Meldung erinnern",
        uhr_abgelaufen(A3),
        letter="N03",
    ),
    Step(
        "bescheinigen",
        ("received",),
        "certificate_issued",
        by=(Power.COUNTER,),
        norm="§ 63 Abs. 1 bis 3 AsylG",
        label="Bescheinigung ausstellen",
        guards=(COMPLETE, dauer_zulaessig),
        letter="N22",
        effects=(Effect.REPORT_AZR,),
    ),
    _auto(
        "erneuerung_anbieten",
        ("certificate_issued",),
        "renewal_due",
        "§ 63 Abs. 2 AsylG",
        "Termin zur Erneuerung anbieten",
        uhr_abgelaufen(G4W),
        letter="N06",
        effects=(Effect.OFFER_APPOINTMENT,),
    ),
    Step(
        "erneuern",
        ("renewal_due",),
        "certificate_issued",
        by=(Power.COUNTER,),
        norm="§ 63 Abs. 2 AsylG",
        label="Bescheinigung erneuern",
        guards=(COMPLETE, dauer_zulaessig),
        letter="N22",
        effects=(Effect.REPORT_AZR,),
    ),
    Step(
        "arbeit_pruefen",
        ("certificate_issued",),
        "work_review",
        by=(Power.APPLICANT, Power.INTAKE, Power.REVIEW),
        norm="§ 61 AsylG",
        label="Antrag auf Beschäftigung aufnehmen",
        guards=(angabe_ist(ARBEIT, True, "Eine Beschäftigung ist beantragt", "§ 61 AsylG"),),
        letter="N01",
    ),
    Step(
        "stellen_beteiligen",
        ("work_review",),
        SAME_STATE,
        by=(Power.REVIEW,),
        norm="§ 61 AsylG, § 39 AufenthG",
        label="Bundesagentur fragen",
        guards=(g.beteiligung_offen,),
        letter="N16",
        effects=(Effect.REQUEST_PARTICIPATIONS,),
    ),
    Step(
        "arbeit_erlauben",
        ("work_review",),
        "certificate_issued",
        by=(Power.DECIDE,),
        norm="§ 61 AsylG, § 4a Abs. 4 AufenthG",
        label="Beschäftigung erlauben",
        guards=(
            regel_erfuellt(
                "arbeit_erlaubt",
                "Wartezeit, Zustimmung, keine Sperre",
                "§ 61 AsylG",
                ARBEIT_ERLAUBT,
            ),
            e.entscheider_benannt,
        ),
        letter="N10",
        effects=RECORD,
        decision="work_granted",
    ),
    _hearing(
        "zur_arbeit_anhoeren",
        "work_review",
        "Zur Versagung der Beschäftigung anhören",
        arbeit_versagt,
    ),
    _refuse(
        "arbeit_versagen",
        "work_review",
        "§ 61 AsylG, § 39 VwVfG NRW",
        "Beschäftigung versagen",
        arbeit_versagt,
    ),
    Step(
        "ort_pruefen",
        ("certificate_issued",),
        "area_review",
        by=(Power.APPLICANT, Power.INTAKE, Power.REVIEW),
        norm="§§ 56 bis 60 AsylG",
        label="Antrag zum Aufenthaltsort aufnehmen",
        guards=(angabe_bekannt(ORT, "Ein Antrag zum Ort liegt vor", "§§ 58, 60 AsylG"),),
        letter="N01",
    ),
    Step(
        "ort_erlauben",
        ("area_review",),
        "certificate_issued",
        by=(Power.DECIDE,),
        norm="§ 58, § 60 AsylG",
        label="Verlassen oder Wohnsitz erlauben",
        guards=(
            angabe_ist(ORT_GRUND, True, "Ein Grund liegt vor", "§§ 58, 60 AsylG"),
            e.entscheider_benannt,
        ),
        letter="N28",
        outcome="aufhebung",
        effects=RECORD,
        decision="place_granted",
    ),
    _hearing("zum_ort_anhoeren", "area_review", "Zur Ablehnung anhören", kein_ort_grund),
    _refuse(
        "ort_ablehnen",
        "area_review",
        "§§ 58, 60 AsylG, § 39 VwVfG NRW",
        "Antrag zum Ort ablehnen",
        kein_ort_grund,
    ),
    _auto(
        "schutz_zuerkannt",
        OPEN,
        "ended_protected",
        "§ 67 AsylG, § 25 Abs. 1 bis 3 AufenthG",
        "Schutz zuerkannt: Aufenthaltserlaubnis folgt",
        angabe_ist(STAND, "schutz", "Schutz ist zuerkannt", "§ 25 Abs. 1 bis 3 AufenthG"),
        letter="N03",
        effects=(Effect.STOP_CLOCKS, Effect.DEMAND_PAPERS),
    ),
    _auto(
        "gestattung_erloschen",
        OPEN,
        "ended_refused",
        "§ 67, § 63 Abs. 4 AsylG",
        "Erlöschen feststellen, Bescheinigung einziehen",
        regel_erfuellt(
            "gestattung_ist_erloschen",
            "Das Asylverfahren ist ohne Schutz beendet",
            "§ 67 AsylG",
            eine_von(STAND, {"abgelehnt", "beendet"}),
        ),
        letter="N03",
        effects=(
            Effect.OPEN_RETURN_CASE,
            Effect.REPORT_AZR,
            Effect.STOP_CLOCKS,
            Effect.DEMAND_PAPERS,
        ),
    ),
    Step(
        "einstellen",
        OPEN,
        "discontinued",
        by=(Power.REVIEW,),
        norm="§ 67 AsylG",
        label="Verfahren einstellen",
        guards=(g.erledigt,),
        letter="N14",
        effects=(Effect.STOP_CLOCKS, Effect.RELEASE_APPOINTMENT),
        needs_reason=True,
    ),
    Step(
        "wegen_fortzugs_abgeben",
        OPEN,
        "transferred",
        by=(Power.REVIEW,),
        norm="§§ 50, 51 AsylG, § 3 VwVfG NRW",
        label="Nach Umverteilung abgeben",
        guards=(g.fortgezogen,),
        letter="N04",
        effects=(Effect.HAND_OVER_FILE, Effect.STOP_CLOCKS, Effect.RELEASE_APPOINTMENT),
    ),
)

P23_V1 = Verfahren(
    key="P23",
    version=1,
    name="Bescheinigung über die Aufenthaltsgestattung",
    norm="§§ 55 bis 63a AsylG",
    in_force_from=date(2026, 6, 12),
    initial="draft",
    states=STATES,
    steps=STEPS,
    checklist=CHECKLIST,
    zweck=(
        "Wer im Asylverfahren ist, darf sich in Deutschland aufhalten und erhält darüber eine "
        "Bescheinigung. Die Behörde erneuert sie, solange das Verfahren offen ist, und entscheidet "
        "über Arbeit und Aufenthaltsort."
    ),
    titel="Aufenthaltsgestattung",
    varianten=VARIANTEN,
    entscheidung=Entscheidung.ANSPRUCH,
    angaben=(
        A_VARIANTE,
        ZUGEWIESEN_AM,
        REGISTRIERT_AM,
        ED_AM,
        WOHNPFLICHT,
        STAND,
        GILT_BIS,
        ARBEIT,
        SICHERER_STAAT,
        ZUSTIMMUNGSFREI,
        ORT,
        ORT_GRUND,
    ),
    law_keys=("gestattung.dauer", "gestattung.arbeit", "gestattung.arbeit.andere"),
    beteiligungen=(ba_part(BRAUCHT_BA),),
    letters={
        key: name
        for key, name in briefe("N10", "N22", "N28").items()
        if key in {"N01", "N03", "N04", "N06", "N07", "N10", "N12", "N14", "N16", "N22", "N28"}
    },
    clocks=(A3, G4W, CLOCK_RUECKGABE),
    volatile=(
        VolatileMark(
            "geas_asylg",
            "Fristen und Wortlaut des Asylgesetzes seit der Anpassung vom 12. Juni 2026 "
            "(Registrierung statt Antragstellung) sind zu bestätigen.",
            "§§ 55, 61, 63 AsylG",
        ),
        VolatileMark(
            "bescheinigung_dauer",
            "Die übliche Geltungsdauer von sechs Monaten ist Hausregel.",
            "§ 63 Abs. 2 AsylG",
        ),
    ),
    opening="zuweisung_uebernehmen",
)

PUBLISHED = ((P23_V1, "918caee9683a9a9c"),)
