"""Whether somebody has to come at all (pure): asked before a company takes a place, never after."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.checklist import Status
from abh.workflows.effects import BIOMETRICS
from abh.workflows.facts import Facts
from abh.workflows.guards.karte import wiederverwendbar
from abh.workflows.guards.schritte import termin_noetig

PICK_UP, CARD_READY = "abholung_karte", "card_ready"


def in_vain(service_key: str, state: str, facts: Facts) -> Reason | None:
    """Return why a visit for this service would be for nothing, None when it is of use.

    Biometrics: the guard of the procedures, and stored ones that may be used again (§ 82(5)
    AufenthG, § 61a(3) AufenthV). A card is collected when it is there. Talks are always of use.
    """
    if service_key == BIOMETRICS:
        refused = termin_noetig.check(facts)
        if refused is not None:
            return refused
        stored = wiederverwendbar(facts)
        if stored.status is Status.MET and not facts.presence_needed_for.strip():
            return Reason(stored.why, stored.norm, key="wiederverwendbar")
    if service_key == PICK_UP and state != CARD_READY:
        return Reason("Die Karte ist noch nicht da.", key="karte")
    return None
