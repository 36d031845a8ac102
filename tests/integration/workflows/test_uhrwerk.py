"""The clocks of a table run as rows: they start, stand, run on and end as the scenarios say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.workflows import intake, jobs, registry, service
from abh.workflows.tables import CaseFrist
from tests import factories
from tests.integration.workflows.play import Play
from tests.integration.workflows.test_any_verfahren import antrag

CLOCK = "ZUSTIMMUNG_4M"


@pytest.fixture
def play(session: Session, house: House) -> Play:
    """A joint application to consent to an acknowledgement of paternity, with papers missing."""
    filed = intake.file_application(
        session, house, applicant_actor(), antrag(registry.newest("P37")), [], channel="portal"
    )
    return Play(session, house, filed.number)


def clock_row(session: Session, play: Play) -> CaseFrist:
    session.expire_all()
    return session.scalars(
        select(CaseFrist)
        .where(CaseFrist.vorgang_id == play.case.id, CaseFrist.kind == CLOCK)
        .order_by(CaseFrist.id.desc())
    ).first()


def test_a_missed_deadline_lets_four_months_stand_and_documents_let_them_run_on(
    session: Session, house: House, clock: FixedClock, play: Play
) -> None:
    clerk = factories.staff(session, "SG3", rank="SB")
    start = house.today
    first = clock_row(session, play)
    assert (first.status, first.event_on) == ("running", start)
    due = first.due_on
    play.step(clerk, "nachfordern")
    until = play.case.facts.request.until
    clock.advance(until - start + timedelta(days=1))
    jobs.sweep_fristen(session, house)
    stands = clock_row(session, play)
    assert stands.status == "stopped"
    assert stands.stops == [
        {"since": house.today.isoformat(), "until": None, "reason": stands.stops[0]["reason"]}
    ]
    assert any("steht" in line for line in stands.arithmetic)
    assert play.case.facts.uhren[CLOCK].status == "stopped"
    jobs.sweep_fristen(session, house)
    rested = 10
    clock.advance(timedelta(days=rested))
    kind = next(iter(play.case.verfahren.evidence_labels))
    service.add_documents(
        session,
        house,
        applicant_actor(),
        play.case.id,
        factories.uploads([kind]),
        received_on=house.today,
    )
    runs = clock_row(session, play)
    assert runs.status == "running"
    assert timedelta(days=rested) <= runs.due_on - due <= timedelta(days=rested + 3)
    clock.advance(runs.due_on - house.today + timedelta(days=1))
    jobs.sweep_fristen(session, house)
    assert play.case.state == "consented_by_fiction"


def test_every_start_of_a_clock_has_its_arithmetic(session: Session, play: Play) -> None:
    row = clock_row(session, play)
    assert len(row.arithmetic) >= 2
    assert isinstance(row.due_on, date)
