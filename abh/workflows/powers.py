"""From the powers of a login to the powers that steps ask for."""

from __future__ import annotations

from abh.access.actor import Actor
from abh.access.policy import Power as Access
from abh.workflows.definition import Power

_GRANTS: dict[str, Power] = {
    Access.CASE_INTAKE: Power.INTAKE,
    Access.CASE_REVIEW: Power.REVIEW,
    Access.CASE_COUNTER: Power.COUNTER,
    Access.CASE_DECIDE: Power.DECIDE,
    Access.LETTER_SIGN: Power.SIGN_SECOND,
    Access.CASE_LEGAL: Power.LEGAL,
}


def powers_of(actor: Actor) -> frozenset[Power]:
    """Return what ``actor`` may do in a case; an unknown kind of actor may nothing."""
    if actor.kind == "system":
        return frozenset({Power.SYSTEM})
    if actor.kind == "applicant":
        return frozenset({Power.APPLICANT})
    if actor.kind != "staff":
        return frozenset()
    return frozenset(power for key, power in _GRANTS.items() if key in actor.powers)
