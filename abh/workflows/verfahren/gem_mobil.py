"""What mobility allows until the decision (§§ 18f, 19b AufenthG): its clock and its rows."""

from __future__ import annotations

from datetime import date, timedelta

from abh.workflows.definition import SAME_STATE, ClockRule, Power, Step
from abh.workflows.facts import Facts
from abh.workflows.guards import bausteine
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards.fk_mobil import VON
from abh.workflows.guards.regeln import Regel

OPEN = (
    "completeness_check",
    "awaiting_applicant",
    "in_review",
    "awaiting_third_party",
    "appointment_pending",
    "decision_ready",
)
ENDS = (
    "erlaubte_mobilitaet_beenden",
    "bewilligen",
    "ablehnen",
    "zuruecknehmen",
    "einstellen",
    "erledigung_feststellen",
    "abgeben",
    "wegen_fortzugs_abgeben",
)


def _am_tag_davor(f: Facts) -> date | None:
    start: date | None = f.angabe(VON.key)
    return start - timedelta(days=1) if start is not None else None


def erlaubt_clock(law_key: str, norm: str, window: str) -> ClockRule:
    """The days of stay and work that the application allows until the decision."""
    return ClockRule(
        "MOBIL",
        "Erlaubter Aufenthalt bis zur Entscheidung",
        norm,
        (law_key,),
        starts="erster Tag des Aufenthalts",
        ends="Entscheidung oder anderes Ende des Antrags",
        start_steps=("mobilitaet_vermerken",),
        end_steps=ENDS,
        anchor=_am_tag_davor,
        shift=False,
        effect=f"Aufenthalt und Arbeit sind nicht mehr erlaubt ({window})",
    )


def rows(clock: ClockRule, rule: Regel) -> tuple[Step, ...]:
    """Note what is allowed until the decision, and its end when the decision takes too long."""
    norm = clock.norm
    return (
        Step(
            "mobilitaet_vermerken",
            OPEN,
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm=norm,
            label="Erlaubten Aufenthalt bis zur Entscheidung vermerken",
            guards=(
                bausteine.regel_erfuellt(
                    "vorher_beantragt", "Rechtzeitig vor dem Aufenthalt beantragt", norm, rule
                ),
                fk.uhr_nicht_begonnen(clock),
            ),
            letter="N03",
            automatic=True,
        ),
        Step(
            "erlaubte_mobilitaet_beenden",
            OPEN,
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm=norm,
            label="Ende des erlaubten Aufenthalts mitteilen",
            guards=(bausteine.uhr_abgelaufen(clock),),
            letter="N03",
            automatic=True,
        ),
    )
