"""States and rows of P30: permission, notification with the Blue Card, end of the job."""

from __future__ import annotations

from dataclasses import replace

from abh.workflows.checklist import Requirement
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    ClockRule,
    Effect,
    Guard,
    Power,
    State,
    Step,
    Turn,
    Words,
)
from abh.workflows.guards import beschaeftigung as be
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import (
    angabe_bekannt,
    angabe_ist,
    bedingung,
    regel_erfuellt,
    uhr_abgelaufen,
    uhr_laeuft,
)
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gem_titel import SHORTENING_STATES, shortening_rows
from abh.workflows.verfahren.zustaende import GEN_STATES

_LEFT_OUT = (
    "suspended",
    "appointment_pending",
    "card_in_production",
    "card_ready",
    "granted",
    "issued",
)
_REVIEW = Words(
    "Ihre Mitteilung wird geprüft.", "We are checking your notification.", "نقوم بفحص إبلاغك."
)
STATES = (
    *(state for state in GEN_STATES if state.key not in _LEFT_OUT),
    State(
        "granted",
        "bewilligt",
        Words(
            "Die Tätigkeit ist erlaubt. Bitte holen Sie das Zusatzblatt ab.",
            "The work is permitted. Please collect the supplementary sheet.",
            "تم السماح بالعمل. يُرجى استلام الورقة الإضافية.",
        ),
        Turn.OFFICE,
    ),
    State(
        "issued",
        "ausgegeben",
        Words(
            "Ihr Zusatzblatt ist ausgegeben.",
            "Your supplementary sheet has been handed over.",
            "تم تسليم الورقة الإضافية.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State("bc_review", "Wechsel mit Blauer Karte in Prüfung", _REVIEW, Turn.OFFICE),
    State(
        "suspended_30d",
        "Wechsel ausgesetzt",
        Words(
            "Bitte beginnen Sie die neue Arbeit noch nicht. Die Entscheidung folgt bald.",
            "Please do not start the new job yet. The decision follows soon.",
            "يُرجى عدم بدء العمل الجديد بعد. سيصدر القرار قريبًا.",
        ),
        Turn.OFFICE,
    ),
    State(
        "noted",
        "vermerkt",
        Words(
            "Ihre Mitteilung ist vermerkt.", "Your notification has been noted.", "تم تسجيل إبلاغك."
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State("ended_job_review", "Ende der Beschäftigung in Prüfung", _REVIEW, Turn.OFFICE),
    *SHORTENING_STATES,
)


def steps(
    checklist: tuple[Requirement, ...],
    t30: ClockRule,
    erlaubnis: Bedingung,
    blaue_karte: Bedingung,
    beendigung: Bedingung,
    uebergang: Bedingung,
    gebuehr: Guard,
) -> tuple[Step, ...]:
    """Return all rows of P30 for the conditions its table names."""
    fall_erlaubnis = bedingung(
        "fall_der_erlaubnis", erlaubnis, "§ 4a Abs. 3 AufenthG", "Es geht nicht um eine Erlaubnis."
    )
    fall_karte = bedingung(
        "fall_der_blauen_karte",
        blaue_karte,
        "§ 18g Abs. 4 AufenthG",
        "Es geht nicht um den Wechsel mit Blauer Karte EU.",
    )
    fall_ende = bedingung(
        "fall_der_beendigung",
        beendigung,
        "§ 82 Abs. 6 AufenthG",
        "Es geht nicht um das Ende einer Beschäftigung.",
    )
    frei = Bedingung(
        "Betriebsübergang, Formwechsel oder Blaue Karte EU nach zwölf Monaten",
        lambda f: uebergang(f) or (blaue_karte(f) and be.FREI_NACH_ZWOELF(f)),
    )
    return (
        replace(
            gen.intake_rows()[0],
            norm="§ 4a Abs. 3 und 5, § 82 Abs. 1 und 6 AufenthG",
            label="Antrag oder Mitteilung einreichen",
            effects=(Effect.START_CLOCK_75,),
        ),
        replace(gen.intake_rows()[1], guards=(fall_erlaubnis, g.kein_doppelter_vorgang)),
        *gen.intake_rows()[2:],
        *gen.completeness_rows(checklist),
        *gen_beteiligung.participation_rows(g.ezb_liegt_vor)[:2],
        *gen_beteiligung.ba_rows(),
        *_permission(checklist, gebuehr),
        *gen_entscheidung.remedy_rows(),
        *_endings(),
        *_blue_card(t30, fall_karte, frei),
        *_job_end(fall_ende),
    )


def _permission(checklist: tuple[Requirement, ...], gebuehr: Guard) -> tuple[Step, ...]:
    met = g.voraussetzungen_erfuellt(checklist)
    return (
        Step(
            "entscheidungsreif",
            ("in_review",),
            "decision_ready",
            by=(Power.DECIDE,),
            norm="§ 4a Abs. 2 und 3 AufenthG",
            label="Entscheidungsreife feststellen",
            guards=(g.beteiligungen_beantwortet, met),
        ),
        *gen.review_rows(checklist)[1:],
        Step(
            "bewilligen",
            ("decision_ready",),
            "granted",
            by=(Power.DECIDE,),
            norm="§ 4a Abs. 2 und 3, § 21 Abs. 6 AufenthG",
            label="Tätigkeit erlauben",
            guards=(
                g.beteiligungen_beantwortet,
                met,
                gebuehr,
                e.entscheider_benannt,
                e.zweitzeichnung,
            ),
            letter="N08",
            effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR, Effect.STOP_CLOCKS),
            decision="granted",
        ),
        Step(
            "zusatzblatt_aushaendigen",
            ("granted",),
            "issued",
            by=(Power.COUNTER,),
            norm="§ 4a Abs. 3 Satz 1 AufenthG, § 58 AufenthV",
            label="Zusatzblatt aushändigen",
            guards=(e.identitaet_geprueft,),
            letter="N10",
            effects=(Effect.RECORD_SUPPLEMENT_SHEET,),
        ),
        Step(
            "ablehnen",
            ("hearing",),
            "refused",
            by=(Power.DECIDE,),
            norm="§ 77 Abs. 1, § 84 Abs. 1 Nr. 3 AufenthG",
            label="Erlaubnis ablehnen",
            guards=(
                e.angehoert,
                g.ablehnungsgrund(checklist),
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD, Effect.STOP_CLOCKS),
            needs_reason=True,
            decision="refused",
        ),
    )


def _endings() -> tuple[Step, ...]:
    gone = {"suspended", "appointment_pending", "card_in_production", "card_ready"}
    return tuple(
        replace(step, source=tuple(key for key in step.source if key not in gone))
        for step in gen.ending_rows()
    )


def _blue_card(t30: ClockRule, fall: Guard, frei: Bedingung) -> tuple[Step, ...]:
    running = ("bc_review", "suspended_30d")
    return (
        Step(
            "wechsel_vermerken",
            ("received",),
            "noted",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 4a Abs. 3 Satz 5, § 18g Abs. 4 AufenthG",
            label="Wechsel ohne Erlaubnis vermerken",
            guards=(
                bedingung(
                    "wechsel_frei",
                    frei,
                    "§ 4a Abs. 3 Satz 5, § 18g Abs. 4 AufenthG",
                    "Der Wechsel ist nicht ohne Weiteres frei.",
                ),
            ),
            letter="N03",
            outcome="automatisch",
            automatic=True,
        ),
        Step(
            "wechsel_pruefen",
            ("received",),
            "bc_review",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 18g Abs. 4 AufenthG",
            label="Wechsel in den ersten zwölf Monaten prüfen",
            guards=(
                fall,
                regel_erfuellt(
                    "in_den_ersten_zwoelf_monaten",
                    "In den ersten zwölf Monaten",
                    "§ 18g Abs. 4 AufenthG",
                    be.in_den_ersten_zwoelf_monaten,
                ),
            ),
            automatic=True,
        ),
        Step(
            "ba_zum_wechsel_beteiligen",
            running,
            SAME_STATE,
            by=(Power.REVIEW,),
            norm="§ 18g Abs. 4, § 39 AufenthG, § 36 Abs. 2 BeschV",
            label="Bundesagentur zum Wechsel beteiligen",
            guards=(g.beteiligung_offen,),
            letter="N16",
            effects=(Effect.REQUEST_PARTICIPATIONS,),
        ),
        Step(
            "wechsel_aussetzen",
            ("bc_review",),
            "suspended_30d",
            by=(Power.DECIDE,),
            norm="§ 18g Abs. 4 AufenthG",
            label="Wechsel für 30 Tage aussetzen",
            guards=(
                uhr_laeuft(t30),
                angabe_bekannt(be.BEDENKEN, "Die Bedenken sind benannt", "§ 18g Abs. 4 AufenthG"),
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="nachtraegliche_beschraenkung",
            effects=(Effect.RECORD_DECISION,),
            needs_reason=True,
            decision="suspended",
        ),
        Step(
            "zum_wechsel_anhoeren",
            running,
            SAME_STATE,
            by=(Power.DECIDE,),
            norm="§ 28 VwVfG NRW",
            label="Zur Ablehnung des Wechsels anhören",
            guards=(be.wechsel_nicht_erfuellt, uhr_laeuft(t30)),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
        Step(
            "wechsel_ablehnen",
            running,
            "refused",
            by=(Power.DECIDE,),
            norm="§ 18g Abs. 4, § 77 Abs. 1 AufenthG",
            label="Wechsel ablehnen",
            guards=(
                be.wechsel_nicht_erfuellt,
                uhr_laeuft(t30),
                e.angehoert,
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(Effect.RECORD_DECISION, Effect.START_ACTION_PERIOD, Effect.STOP_CLOCKS),
            needs_reason=True,
            decision="refused",
        ),
        Step(
            "wechsel_bestaetigen",
            running,
            "noted",
            by=(Power.REVIEW,),
            norm="§ 18g Abs. 4 AufenthG",
            label="Wechsel nach Prüfung vermerken",
            guards=(
                angabe_ist(
                    be.VORAUSSETZUNGEN_18G,
                    True,
                    "Die neue Stelle erfüllt § 18g",
                    "§ 18g Abs. 4 AufenthG",
                ),
            ),
            letter="N03",
            effects=(Effect.STOP_CLOCKS,),
        ),
        Step(
            "wechsel_nach_30_tagen_frei",
            running,
            "noted",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 18g Abs. 4 AufenthG",
            label="Wechsel nach 30 Tagen vermerken",
            guards=(uhr_abgelaufen(t30),),
            letter="N03",
            outcome="automatisch",
            effects=(Effect.STOP_CLOCKS,),
            automatic=True,
        ),
    )


def _job_end(fall: Guard) -> tuple[Step, ...]:
    return (
        Step(
            "beendigung_erfassen",
            ("received",),
            "ended_job_review",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 82 Abs. 6, § 4a Abs. 5, § 18 Abs. 5 AufenthG",
            label="Ende der Beschäftigung erfassen",
            guards=(
                fall,
                angabe_bekannt(
                    be.BEENDET_AM, "Der Tag des Endes ist bekannt", "§ 82 Abs. 6 AufenthG"
                ),
            ),
            letter="N03",
            automatic=True,
        ),
        Step(
            "meldung_der_person_vermerken",
            ("ended_job_review",),
            SAME_STATE,
            by=(Power.INTAKE, Power.REVIEW),
            norm="§ 82 Abs. 6 AufenthG",
            label="Mitteilung der beschäftigten Person vermerken",
            guards=(
                angabe_bekannt(
                    be.MELDUNG_PERSON, "Die Person hat das Ende mitgeteilt", "§ 82 Abs. 6 AufenthG"
                ),
            ),
        ),
        Step(
            "meldung_des_arbeitgebers_vermerken",
            ("ended_job_review",),
            SAME_STATE,
            by=(Power.INTAKE, Power.REVIEW),
            norm="§ 4a Abs. 5 Satz 3 Nr. 3 AufenthG",
            label="Mitteilung des Arbeitgebers vermerken",
            guards=(
                angabe_bekannt(
                    be.MELDUNG_ARBEITGEBER,
                    "Der Arbeitgeber hat das Ende mitgeteilt",
                    "§ 4a Abs. 5 Satz 3 Nr. 3 AufenthG",
                ),
            ),
        ),
        Step(
            "neuen_zweck_vermerken",
            ("ended_job_review", "shortening_hearing"),
            "noted",
            by=(Power.REVIEW,),
            norm="§ 7 Abs. 2 Satz 2 AufenthG",
            label="Neue Beschäftigung oder anderen Titel vermerken",
            guards=(
                angabe_ist(
                    be.NEUER_ZWECK, True, "Ein neuer Zweck besteht", "§ 7 Abs. 2 Satz 2 AufenthG"
                ),
            ),
            letter="N03",
            effects=(Effect.STOP_CLOCKS,),
        ),
        *shortening_rows(("ended_job_review",), be.suche_erfolglos),
    )
