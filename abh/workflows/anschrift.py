"""The address of a person, asked for anew: after mail that came back, or because they moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons import service as persons
from abh.workflows.aenderung import noted
from abh.workflows.definition import Power
from abh.workflows.steps import StepDone, check_scope, lock_case, need_power

# Where an address may come from, with the norm under which the office learns it.
SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "auskunft": ("Auskunft aus dem Melderegister", "§ 34 BMG"),
    "mitteilung": ("Mitteilung der Meldebehörde", "§ 72 AufenthV"),
    "person": ("Angabe der Person", "§ 26 Abs. 2 VwVfG NRW"),
}


def record_address(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    typed: Mapping[str, str],
    source: str,
    *,
    expected_version: int | None,
) -> StepDone:
    """Write the address that was found, or note that the known one was confirmed.

    From then on letters that came back can be served anew (``neuzustellung.renewed_address``). Open
    cases and closed ones alike: a notice may come back after the end. Locks the case. Raises
    ``InvalidInput``, ``Conflict`` (version, death).
    """
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW)
    if source not in SOURCES:
        raise InvalidInput([FieldProblem("source", "Bitte angeben, woher die Anschrift stammt.")])
    label, norm = SOURCES[source]
    changed = persons.set_address(session, actor, case.person["id"], typed, now=house.now())
    told = "Anschrift geändert" if changed else "Anschrift bestätigt"
    return noted(
        session, house, actor, case, "anschrift", told, norm, label, {},
        {"source": source, "changed": changed},
    )  # fmt: skip
