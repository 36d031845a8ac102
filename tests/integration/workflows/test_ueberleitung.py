"""Old cases keep their law; moving them is looked at first and leaves a trace."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.errors import InvalidInput, StepNotAllowed
from abh.workflows import registry
from abh.workflows.intake import file_application
from abh.workflows.schemas import load_antrag
from abh.workflows.steps import load_case
from abh.workflows.tables import Vorgang, VorgangStep
from abh.workflows.ueberleitung import dry_run, move_case, probe
from tests import factories

REPEALED = date(2025, 10, 30)
WHY = "Aufhebung der Einbürgerung nach drei Jahren ohne Übergangsregel."


@pytest.fixture
def old_case(session: Session, house: House, clerk: Actor):
    """A naturalisation of the time when three years could be enough."""
    antrag = load_antrag(
        {
            "person": factories.ANTRAG["person"],
            "verfahren": "P33",
            "angaben": {"variante": registry.get("P33", 1).varianten[0].key},
        }
    )
    filed = file_application(
        session, house, clerk, antrag, [], channel="paper", received_on=date(2025, 9, 15)
    )
    return load_case(session, house, number=filed.number)


def test_the_day_of_receipt_chooses_the_version(old_case) -> None:
    assert old_case.verfahren is registry.get("P33", 1)
    assert registry.current("P33", REPEALED) is registry.get("P33", 2)


def test_dry_run_shows_and_changes_nothing(session: Session, house: House, old_case) -> None:
    (found,) = dry_run(session, house, "P33", 1, 2)
    assert found.number == old_case.number
    assert found.moeglich
    assert session.scalar(select(Vorgang.version).where(Vorgang.id == old_case.id)) == 1
    assert list(dry_run(session, house, "P33", 2, 1)) == []


def test_a_moved_case_runs_under_the_new_version_and_says_so(
    session: Session, house: House, lead: Actor, old_case
) -> None:
    with pytest.raises(InvalidInput):
        move_case(session, house, lead, old_case.id, 2, reason="so")
    move_case(session, house, lead, old_case.id, 2, reason=WHY)
    moved = load_case(session, house, number=old_case.number)
    assert moved.verfahren is registry.get("P33", 2)
    note = session.scalars(
        select(VorgangStep.facts).where(
            VorgangStep.vorgang_id == old_case.id, VorgangStep.step == "ueberleitung"
        )
    ).one()
    assert (note["von"], note["nach"]) == (1, 2)


def test_what_stands_in_the_way_is_named(session: Session, house: House, lead, old_case) -> None:
    found = probe(old_case, registry.get("P02", 1), house)
    assert not found.moeglich
    assert "anderes Verfahren" in found.hindernisse[0]
    pending = {**old_case.vorgang["progress"], "pending": {"letter": 1}}
    session.execute(
        Vorgang.__table__.update().where(Vorgang.id == old_case.id).values(progress=pending)
    )
    with pytest.raises(StepNotAllowed, match="Unterschriftsmappe"):
        move_case(session, house, lead, old_case.id, 2, reason=WHY)
