"""States and rows of P16: the way to the card, and the way to a finding of loss."""

from __future__ import annotations

from dataclasses import replace

from abh.workflows.checklist import Requirement
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    Effect,
    Guard,
    Power,
    State,
    Step,
    Turn,
    Words,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.guards import freizuegigkeit as fz
from abh.workflows.guards import schritte as g
from abh.workflows.guards.bausteine import angabe_bekannt, angabe_ist, bedingung, regel_erfuellt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gen_rechtsschutz import Verfuegung, order_rows
from abh.workflows.verfahren.zustaende import GEN_STATES

_CHECK = Words(
    "Wir prüfen Ihr Freizügigkeitsrecht.",
    "We are reviewing your right of free movement.",
    "نراجع حقك في حرية التنقل.",
)
STATES = (
    *(state for state in GEN_STATES if state.key != "suspended"),
    State("right_check", "Prüfung des Freizügigkeitsrechts", _CHECK, Turn.OFFICE),
    State(
        "loss_hearing",
        "Anhörung zum Verlust",
        Words(
            "Wir haben Ihnen geschrieben. Bitte nehmen Sie Stellung.",
            "We have written to you. Please send us your comments.",
            "لقد راسلناك. يُرجى إرسال ردّك.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "loss_decided",
        "Verlust festgestellt",
        Words(
            "Der Verlust Ihres Rechts ist festgestellt. Im Bescheid steht, was Sie tun können.",
            "The loss of your right has been determined. The notice says what you can do.",
            "تقرر فقدان حقك. يوضح القرار ما يمكنك فعله.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "loss_appeal",
        "Klage gegen die Verlustfeststellung",
        Words(
            "Über die Feststellung entscheidet ein Gericht.",
            "A court is deciding on the determination.",
            "المحكمة تنظر في القرار.",
        ),
        Turn.COURT,
    ),
    State(
        "loss_final",
        "Verlust bestandskräftig",
        Words("Die Feststellung ist endgültig.", "The determination is final.", "القرار نهائي."),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "right_confirmed",
        "Recht besteht fort",
        Words(
            "Ihr Freizügigkeitsrecht besteht fort.",
            "Your right of free movement continues.",
            "حقك في حرية التنقل مستمر.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
)
BEFORE_CARD = (
    "received",
    "jurisdiction_check",
    "completeness_check",
    "awaiting_applicant",
    "in_review",
    "appointment_pending",
)


def steps(
    checklist: tuple[Requirement, ...], karte: Bedingung, d15: Bedingung, verlust: Bedingung
) -> tuple[Step, ...]:
    """Return all rows; generic ones where the free movement right knows nothing else."""
    fall_karte = bedingung(
        "fall_der_aufenthaltskarte",
        karte,
        "§ 5 Abs. 1 FreizügG/EU",
        "Es geht nicht um eine Aufenthaltskarte.",
    )
    fall_d15 = bedingung(
        "fall_der_bescheinigung",
        d15,
        "§ 5 Abs. 5 Satz 1 FreizügG/EU",
        "Es geht nicht um die Bescheinigung des Daueraufenthaltsrechts.",
    )
    fall_verlust = bedingung(
        "fall_des_verlusts",
        verlust,
        "§ 5 Abs. 3 FreizügG/EU",
        "Es geht nicht um den Verlust des Rechts.",
    )
    return (
        replace(
            gen.intake_rows()[0],
            norm="§ 5 Abs. 1 und 5, § 3a FreizügG/EU",
            label="Angaben oder Antrag einreichen",
            effects=(Effect.START_CLOCK_75,),
        ),
        Step(
            "angaben_erfassen",
            ("draft",),
            "received",
            by=(Power.SYSTEM, Power.INTAKE),
            norm="§ 5 Abs. 1 und 2 FreizügG/EU",
            label="Angaben von der Meldebehörde erfassen",
            guards=(fall_karte,),
            letter="N03",
            outcome="automatisch",
        ),
        *gen.intake_rows()[1:],
        Step(
            "bescheinigung_ausgeben",
            BEFORE_CARD,
            SAME_STATE,
            by=(Power.COUNTER, Power.REVIEW),
            norm="§ 5 Abs. 1 Satz 2 FreizügG/EU",
            label="Bescheinigung über die Angaben ausgeben",
            guards=(
                fall_karte,
                angabe_ist(
                    fz.BESCHEINIGT,
                    False,
                    "Die Bescheinigung ist noch nicht ausgegeben",
                    "§ 5 Abs. 1 Satz 2 FreizügG/EU",
                ),
            ),
            letter="N27",
        ),
        *gen.completeness_rows(checklist),
        *gen_beteiligung.participation_rows()[:2],
        *gen.appointment_rows(checklist),
        *_review(checklist),
        *gen.review_rows(checklist)[1:],
        *_decision(checklist),
        *gen_entscheidung.card_rows(future_work=False),
        Step(
            "bescheinigung_d15_aushaendigen",
            ("granted",),
            "issued",
            by=(Power.COUNTER,),
            norm="§ 5 Abs. 5 Satz 1 FreizügG/EU",
            label="Bescheinigung des Daueraufenthaltsrechts aushändigen",
            guards=(fall_d15,),
            letter="N27",
        ),
        Step(
            "klage_vermerken",
            ("refused",),
            "appeal_pending",
            by=(Power.LEGAL,),
            norm="§§ 74, 123 VwGO",
            label="Klage oder Eilantrag vermerken",
            guards=(e.klage_erhoben,),
        ),
        *gen_entscheidung.remedy_rows()[1:],
        *_endings(),
        *_loss(fall_verlust),
    )


def _review(checklist: tuple[Requirement, ...]) -> tuple[Step, ...]:
    return (
        Step(
            "entscheidungsreif",
            ("in_review",),
            "decision_ready",
            by=(Power.DECIDE,),
            norm="§ 5 FreizügG/EU",
            label="Entscheidungsreife feststellen",
            guards=(g.beteiligungen_beantwortet, g.voraussetzungen_erfuellt(checklist)),
        ),
    )


def _decision(checklist: tuple[Requirement, ...]) -> tuple[Step, ...]:
    return (
        Step(
            "bewilligen",
            ("decision_ready",),
            "granted",
            by=(Power.DECIDE,),
            norm="§ 5 FreizügG/EU",
            label="Karte oder Bescheinigung ausstellen",
            guards=(
                g.beteiligungen_beantwortet,
                g.voraussetzungen_erfuellt(checklist),
                e.entscheider_benannt,
                e.zweitzeichnung,
            ),
            letter="N08",
            effects=(Effect.RECORD_DECISION, Effect.REPORT_AZR, Effect.STOP_CLOCKS),
            decision="granted",
        ),
        Step(
            "ablehnen",
            ("hearing",),
            "refused",
            by=(Power.DECIDE,),
            norm="§ 2 Abs. 4 Satz 3 und 4 FreizügG/EU, § 77 Abs. 1 AufenthG",
            label="Ausstellung ablehnen",
            guards=(
                e.angehoert,
                g.ablehnungsgrund(checklist),
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N12",
            effects=(
                Effect.RECORD_DECISION,
                Effect.START_ACTION_PERIOD,
                Effect.REPORT_AZR,
                Effect.STOP_CLOCKS,
            ),
            needs_reason=True,
            decision="refused",
        ),
    )


def _endings() -> tuple[Step, ...]:
    return tuple(
        replace(step, source=tuple(key for key in step.source if key != "suspended"))
        for step in gen.ending_rows()
    )


VERLUST = Verfuegung(
    klage="klage_gegen_verlust",
    name="verlust",
    issued="loss_decided",
    appeal="loss_appeal",
    final="loss_final",
    lifted="right_confirmed",
    klage_norm="§§ 74, 80 Abs. 5 VwGO, § 7 Abs. 1 Satz 4 FreizügG/EU",
    klage_label="Klage oder Eilantrag gegen die Feststellung vermerken",
    final_label="Bestandskraft der Feststellung",
    lifted_label="Aufhebung der Feststellung vermerken",
)


def _loss(fall_verlust: Guard) -> tuple[Step, ...]:
    traegt = regel_erfuellt(
        "verlustgrund_traegt",
        "Ein Grund trägt die Feststellung",
        "§ 2 Abs. 4, § 5 Abs. 4 und 6, § 6 FreizügG/EU",
        fz.verlust,
    )
    return (
        Step(
            "anlass_erfassen",
            ("draft",),
            "right_check",
            by=(Power.SYSTEM, Power.REVIEW, Power.DECIDE),
            norm="§ 5 Abs. 3 FreizügG/EU",
            label="Besonderen Anlass der Überprüfung erfassen",
            guards=(
                fall_verlust,
                angabe_bekannt(
                    fz.ANLASS, "Der besondere Anlass ist benannt", "§ 5 Abs. 3 FreizügG/EU"
                ),
            ),
        ),
        Step(
            "fortbestand_feststellen",
            ("right_check", "loss_hearing"),
            "right_confirmed",
            by=(Power.REVIEW, Power.DECIDE),
            norm="§ 2 Abs. 1 FreizügG/EU",
            label="Fortbestand des Rechts festhalten",
            guards=(
                angabe_ist(
                    fz.RECHT_BESTEHT, True, "Das Recht besteht fort", "§ 2 Abs. 1 FreizügG/EU"
                ),
            ),
            letter="N03",
            needs_reason=True,
        ),
        Step(
            "zum_verlust_anhoeren",
            ("right_check",),
            "loss_hearing",
            by=(Power.DECIDE,),
            norm="§ 6 Abs. 8 FreizügG/EU, § 28 VwVfG NRW",
            label="Zum Verlust des Rechts anhören",
            guards=(traegt,),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
        Step(
            "verlust_erneut_pruefen",
            ("loss_hearing",),
            "right_check",
            by=(Power.DECIDE, Power.REVIEW),
            norm="§ 28 VwVfG NRW",
            label="Nach der Stellungnahme erneut prüfen",
            guards=(e.stellungnahme_da,),
        ),
        Step(
            "verlust_feststellen",
            ("loss_hearing",),
            "loss_decided",
            by=(Power.DECIDE,),
            norm="§ 2 Abs. 4, § 5 Abs. 4, § 6, § 7 Abs. 1 FreizügG/EU",
            label="Verlust oder Nichtbestehen feststellen",
            guards=(
                traegt,
                e.angehoert,
                angabe_ist(
                    fz.VERHAELTNISMAESSIG,
                    True,
                    "Die Umstände sind abgewogen",
                    "§ 6 Abs. 3 FreizügG/EU",
                ),
                regel_erfuellt(
                    "ausreisefrist_genuegt",
                    "Die Ausreisefrist genügt",
                    "§ 7 Abs. 1 Satz 3 FreizügG/EU",
                    fz.ausreisefrist,
                ),
                e.entscheider_benannt,
                e.vier_augen,
                e.begruendet,
            ),
            letter="N13",
            outcome="verlustfeststellung",
            effects=(
                Effect.RECORD_DECISION,
                Effect.START_ACTION_PERIOD,
                Effect.REPORT_AZR,
                Effect.STOP_CLOCKS,
            ),
            needs_reason=True,
            decision="loss",
        ),
        *order_rows(VERLUST),
    )
