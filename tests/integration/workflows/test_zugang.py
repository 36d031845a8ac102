"""The way of a request to another authority, its proof, the reminder: recorded and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput
from abh.workflows import jobs, service
from abh.workflows.beteiligung_worte import stand
from abh.workflows.dossier import part_of, weg_of
from abh.workflows.tables import VorgangStep
from tests import factories
from tests.integration.workflows.play import Play, to_review


@pytest.fixture
def asked(session: Session, house: House, clerk: Actor) -> Play:
    """A case whose Bundesagentur and security query are out."""
    papers = tuple(kind for kind in factories.EVIDENCE if kind != "hochschulabschluss")
    filed = factories.file_case(session, house, applicant_actor(), evidence=papers)
    play = Play(session, house, filed.number)
    to_review(play, clerk)
    play.step(clerk, "beteiligen")
    return play


def prove(play: Play, clerk: Actor, kind: str, **changes):
    given = {"channel": "bebpo", "on": play.house.today, "receipt": "Eingang Az. 12"} | changes
    return service.record_receipt(
        play.session,
        play.house,
        clerk,
        play.case.id,
        play.part(kind)["id"],
        expected_version=play.version,
        **given,
    )


def told(play: Play, kind: str) -> str:
    row = play.part(kind)
    return " ".join(one.text for one in stand(part_of(row), weg_of(row)))


def test_way_and_proof_are_kept_and_logged(session: Session, clerk: Actor, asked: Play) -> None:
    assert [asked.part(kind)["channel"] for kind in ("BA", "BVA")] == ["behoerde", "nachricht"]
    assert "noch nicht nachgewiesen" in told(asked, "BA")
    due = asked.part("BA")["due_on"]
    prove(asked, clerk, "BA")
    row = asked.part("BA")
    assert (row["channel"], row["receipt"], row["due_on"]) == ("bebpo", "Eingang Az. 12", due)
    assert "Zugang nachgewiesen am 23.11.2026: Eingang Az. 12." in told(asked, "BA")
    logged = session.scalars(
        select(VorgangStep.facts).where(
            VorgangStep.vorgang_id == asked.case.id, VorgangStep.step == "beteiligung_zugang"
        )
    ).one()
    assert logged["channel"] == "bebpo"


def test_a_proof_that_cannot_be_is_refused_with_every_problem(clerk: Actor, asked: Play) -> None:
    for day in (asked.house.today + timedelta(days=1), asked.house.today - timedelta(days=1)):
        with pytest.raises(InvalidInput) as refused:
            prove(asked, clerk, "BA", channel="Taube", on=day, receipt=" ")
        fields = [problem.field for problem in refused.value.problems]
        assert fields == ["channel", "received_on", "receipt"]
    asked.answer(clerk, "BA", "consent")
    with pytest.raises(Conflict, match="keine Anfrage unterwegs"):
        prove(asked, clerk, "BA")


def test_a_completed_request_needs_a_proof_of_its_own(clerk: Actor, asked: Play) -> None:
    prove(asked, clerk, "BA")
    asked.answer(clerk, "BA", "info_missing", note="Arbeitszeit")
    assert "Frist ist beendet" in told(asked, "BA")
    asked.answer(clerk, "BA", "completed")
    assert asked.part("BA")["receipt"] == ""
    assert "1. Nachfrage" in told(asked, "BA")


def test_a_reminder_and_silence_are_told(
    session: Session, house: House, clerk: Actor, asked: Play, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=40))
    jobs.sweep_fristen(session, house)
    assert "gilt als erteilt" in told(asked, "BA")
    assert "Überfällig" in told(asked, "BVA")
    asked.step(clerk, "stellen_erinnern")
    assert f"Erinnert am {house.today:%d.%m.%Y}" in told(asked, "BVA")
    assert asked.part("BA")["reminded_on"] is None
