"""The way to court against an order that ends or shortens a right: action, finality, outcome."""

from __future__ import annotations

from dataclasses import dataclass

from abh.kernel.errors import Reason
from abh.workflows.definition import Effect, Power, Step, guard
from abh.workflows.facts import CourtOutcome, Facts
from abh.workflows.guards import entscheidung as e


@guard("Die Verfügung ist aufgehoben, von der Behörde oder vom Gericht", "§ 113 Abs. 1 VwGO")
def verkuerzung_entfallen(f: Facts) -> Reason | None:
    if f.remedy.outcome in (CourtOutcome.REMEDIED, CourtOutcome.OBLIGED):
        return None
    return Reason(f"Ausgang des Verfahrens: {f.remedy.outcome.value}.")


@dataclass(frozen=True, slots=True)
class Verfuegung:
    """An order by the keys of its steps (``verlust_aufgehoben``) and the states around it."""

    klage: str
    name: str
    issued: str
    appeal: str
    final: str
    lifted: str
    klage_norm: str
    klage_label: str
    final_label: str
    lifted_label: str


def order_rows(order: Verfuegung) -> tuple[Step, ...]:
    """Return the four rows: action, finality by the clock, dismissal, annulment."""
    return (
        Step(
            order.klage,
            (order.issued,),
            order.appeal,
            by=(Power.LEGAL,),
            norm=order.klage_norm,
            label=order.klage_label,
            guards=(e.klage_erhoben,),
        ),
        Step(
            f"{order.name}_bestandskraeftig",
            (order.issued,),
            order.final,
            by=(Power.SYSTEM, Power.LEGAL),
            norm="§ 74, § 57 VwGO",
            label=order.final_label,
            guards=(e.klagefrist_abgelaufen,),
            effects=(Effect.OPEN_RETURN_CASE, Effect.DEMAND_ALL_PAPERS),
            automatic=True,
        ),
        Step(
            f"{order.name}_bestaetigt",
            (order.appeal,),
            order.final,
            by=(Power.LEGAL,),
            norm="§ 121 VwGO",
            label="Abweisung der Klage vermerken",
            guards=(e.klage_abgewiesen,),
            effects=(Effect.OPEN_RETURN_CASE, Effect.DEMAND_ALL_PAPERS),
        ),
        Step(
            f"{order.name}_aufgehoben",
            (order.appeal,),
            order.lifted,
            by=(Power.LEGAL,),
            norm="§ 113 Abs. 1 VwGO, § 48 VwVfG NRW",
            label=order.lifted_label,
            guards=(verkuerzung_entfallen,),
            letter="N03",
            effects=(Effect.REPORT_AZR,),
            needs_reason=True,
        ),
    )
