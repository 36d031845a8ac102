"""Which items may lie together and who may see them: the access class stands above persons."""

from __future__ import annotations

from collections.abc import Sequence

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.errors import NotFound
from abh.workflows import registry
from abh.workflows.definition import Zugriff

GENERAL, RETURN, CITIZENSHIP = "allgemein", "rueckkehr", "einbuergerung"
_OF = {
    Zugriff.ALLGEMEIN: GENERAL,
    Zugriff.KENNTNIS_NOETIG: RETURN,
    Zugriff.EINBUERGERUNG: CITIZENSHIP,
}
CLASS_OF: dict[str, str] = {one.key: _OF[one.zugriff] for one in registry.PUBLISHED}
CLASSES = (GENERAL, RETURN, CITIZENSHIP)
WORKERS = (Power.POST_WORK, Power.CASE_INTAKE, Power.UNIT_LEAD)


def class_of_unit(verfahren: Sequence[str]) -> str:
    """Return the class of post of a unit that names no case: restricted where the unit keeps
    nothing but restricted files, else general."""
    classes = {CLASS_OF[key] for key in verfahren if key in CLASS_OF}
    return classes.pop() if len(classes) == 1 else GENERAL


def may_know(actor: Actor, unit_key: str, access_class: str) -> bool:
    """Whether the actor may learn that there is such post. Need to know, as ``zugriff``: power
    over all units does not open a restricted class."""
    return (
        access_class == GENERAL
        or actor.kind == "system"
        or (actor.kind == "staff" and actor.unit_key == unit_key)
    )


def known_classes(actor: Actor, unit_key: str) -> list[str]:
    """Return the classes of a unit's post that the actor may know of."""
    return [one for one in CLASSES if may_know(actor, unit_key, one)]


def check(actor: Actor, unit_key: str, access_class: str) -> None:
    """Raise ``NotFound`` for what the actor must not know, ``NotAllowed`` outside the unit."""
    if not may_know(actor, unit_key, access_class):
        raise NotFound("Diese Post gibt es hier nicht.")
    require(actor, (*WORKERS, Power.SYSTEM), unit_key)
