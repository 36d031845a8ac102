"""Rows G10-G13 of the generic machine, other authorities and suspension; and the module BA."""

from __future__ import annotations

from abh.workflows.definition import SAME_STATE, Effect, Guard, Power, Step
from abh.workflows.guards import schritte as g


def participation_rows(*before_asking: Guard) -> tuple[Step, ...]:
    """G10-G13: other authorities, all asked in parallel; suspension during investigations.

    ``before_asking`` are further guards of the request, such as a form another authority needs.
    """
    return (
        Step(
            "beteiligen",
            ("in_review",),
            "awaiting_third_party",
            by=(Power.REVIEW,),
            norm="§§ 39, 72, 73 AufenthG",
            label="Andere Stellen beteiligen",
            guards=(g.beteiligung_offen, *before_asking),
            letter="N16",
            effects=(Effect.REQUEST_PARTICIPATIONS,),
        ),
        Step(
            "beteiligungen_abschliessen",
            ("awaiting_third_party",),
            "in_review",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§§ 39, 72, 73 AufenthG",
            label="Beteiligungen abschließen",
            guards=(g.beteiligungen_beantwortet,),
            effects=(Effect.NOTE_DEEMED_CONSENT,),
            automatic=True,
        ),
        Step(
            "stellen_erinnern",
            ("awaiting_third_party",),
            SAME_STATE,
            by=(Power.REVIEW,),
            norm="§ 24 VwVfG NRW, § 75 VwGO",
            label="Überfällige Stellen erinnern",
            guards=(g.beteiligung_ueberfaellig,),
            letter="N16",
            effects=(Effect.REMIND_PARTICIPATIONS,),
        ),
        Step(
            "aussetzen",
            ("in_review",),
            "suspended",
            by=(Power.DECIDE,),
            norm="§ 79 Abs. 2 AufenthG",
            label="Entscheidung aussetzen",
            guards=(g.ermittlung_laeuft,),
            letter="N03",
            needs_reason=True,
        ),
        Step(
            "fortsetzen",
            ("suspended",),
            "in_review",
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 79 Abs. 2, § 87 Abs. 4 AufenthG",
            label="Verfahren fortsetzen",
            guards=(g.ermittlung_beendet,),
            automatic=True,
        ),
    )


def ba_rows() -> tuple[Step, ...]:
    """Module BA: information missing goes to the employer, a refusal to the hearing."""
    return (
        Step(
            "angaben_beim_arbeitgeber_nachfordern",
            ("awaiting_third_party",),
            "awaiting_applicant",
            by=(Power.REVIEW,),
            norm="§ 36 Abs. 2 BeschV, § 82 Abs. 1 AufenthG",
            label="Angaben für die Bundesagentur nachfordern",
            guards=(g.ba_braucht_angaben,),
            letter="N02",
            effects=(Effect.START_DEADLINE,),
        ),
        Step(
            "nach_versagung_anhoeren",
            ("awaiting_third_party",),
            "hearing",
            by=(Power.DECIDE,),
            norm="§ 40 AufenthG, § 28 VwVfG NRW",
            label="Nach Versagung der Bundesagentur anhören",
            guards=(g.ba_versagt,),
            letter="N07",
            effects=(Effect.START_HEARING,),
            needs_reason=True,
        ),
    )
