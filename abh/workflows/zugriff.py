"""Who may see a case at all: the access class of its Verfahren stands above units and households.

A case of a restricted class is seen only inside its own Sachgebiet. The power for all units does
not open it, because whoever steers the house need not know who is to be removed (need to know), and
the naturalisation file is kept apart from the residence file. To everybody else it does not exist:
refusing by name would tell that there is one.
"""

from __future__ import annotations

from abh.access.actor import Actor
from abh.access.policy import in_scope
from abh.kernel.errors import NotAllowed, NotFound
from abh.workflows import registry
from abh.workflows.definition import Verfahren, Zugriff

# Keys of the Verfahren whose cases are seen only inside their own Sachgebiet.
RESTRICTED: frozenset[str] = frozenset(
    one.key for one in registry.PUBLISHED if one.zugriff is not Zugriff.ALLGEMEIN
)


def is_restricted(verfahren: Verfahren) -> bool:
    """Whether cases of this Verfahren are seen only inside their own Sachgebiet."""
    return verfahren.zugriff is not Zugriff.ALLGEMEIN


def may_know(actor: Actor, verfahren_key: str, unit_key: str) -> bool:
    """Whether the actor may learn that this case exists."""
    if verfahren_key not in RESTRICTED or actor.kind == "system":
        return True
    if actor.kind == "applicant":
        # Whoever applied for naturalisation follows the own application; of a removal nobody is
        # told a day (§ 59(1) S. 8 AufenthG).
        return registry.newest(verfahren_key).zugriff is Zugriff.EINBUERGERUNG
    return actor.kind == "staff" and actor.unit_key == unit_key


def hidden_in(actor: Actor, unit_key: str | None) -> list[str]:
    """Return the keys of the Verfahren that lists of this unit must not show to the actor."""
    return [key for key in sorted(RESTRICTED) if not may_know(actor, key, unit_key or "")]


def check(actor: Actor, verfahren_key: str, unit_key: str, number: str) -> None:
    """Raise ``NotFound`` where the actor must not know the case, ``NotAllowed`` for staff of
    another Sachgebiet. Applicants come by their own link."""
    if not may_know(actor, verfahren_key, unit_key):
        # The words of a number that was never given: others would tell that there is a case.
        raise NotFound("Diesen Vorgang gibt es nicht.")
    if actor.kind == "staff" and not in_scope(actor, unit_key):
        raise NotAllowed(f"Der Vorgang gehört zum Sachgebiet {unit_key}.")
