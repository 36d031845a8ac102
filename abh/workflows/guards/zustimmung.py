"""Consent of the Bundesagentur für Arbeit as a requirement, wherever a Verfahren needs it."""

from __future__ import annotations

from abh.workflows.beteiligung import PART_LABELS, PartState
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import check, met, not_met, not_needed
from abh.workflows.guards.regeln import Regel

KINDS = ("BA", "BA_EILIG")


def ba_zustimmung(noetig: Bedingung, warum: str) -> Regel:
    """Consent, by word or silence, or a valid preliminary consent, where ``noetig`` holds."""

    def rule(f: Facts) -> Finding:
        if not noetig(f):
            return not_needed(warum)
        until = f.preliminary_consent_until
        if until is not None and until >= f.stichtag:
            return met(f"Vorabzustimmung gültig bis {german(until)}.", "§ 36 Abs. 3 BeschV")
        part = next((p for p in reversed(f.participations) if p.kind.key in KINDS), None)
        if part is None:
            return check("Die Zustimmung ist nötig und noch nicht angefragt.")
        if part.state is PartState.CONSENTED:
            return met("Die Bundesagentur hat zugestimmt.")
        if part.state is PartState.DEEMED_CONSENTED:
            day = f" mit Ablauf des {german(part.answered_on)}" if part.answered_on else ""
            return met(f"Die Zustimmung gilt{day} als erteilt.", "§ 36 Abs. 2 BeschV")
        if part.state is PartState.REFUSED:
            return not_met("Die Bundesagentur hat die Zustimmung versagt.", "§ 40 AufenthG")
        return check(f"Beteiligung: {PART_LABELS[part.state]}.")

    return Regel(rule)


def erklaerung(noetig: Bedingung) -> Regel:
    """The employer's declaration, without which the BA cannot be asked (§ 39(4))."""

    def rule(f: Facts) -> Finding:
        if not noetig(f):
            return not_needed("die Bundesagentur ist nicht zu fragen.")
        return met("Die Erklärung zum Beschäftigungsverhältnis geht an die Bundesagentur.")

    return Regel(rule)
