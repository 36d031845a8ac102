"""Clocks of many cases in one batch: as if each had been alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict
from abh.workflows import jobs, uhrablauf
from abh.workflows.dossier import case_of
from abh.workflows.repository import case_rows
from abh.workflows.tables import VorgangStep
from tests import factories
from tests.integration.workflows.play import OFFICE_CHECKS, Play

NAMES = ("Erste", "Zweite", "Dritte", "Vierte")


@pytest.fixture
def waiting(session: Session, house: House, clerk: Actor) -> list[Play]:
    """Cases that wait for the Bundesagentur alone; its silence is consent."""
    plays = []
    for name in NAMES:
        filed = factories.file_case(session, house, applicant_actor(), person__family_name=name)
        play = Play(session, house, filed.number)
        play.find(clerk, **OFFICE_CHECKS)
        play.step(clerk, "vollstaendig")
        play.step(clerk, "beteiligen")
        play.answer(clerk, "BVA", "consent")
        plays.append(play)
    return plays


def _steps(play: Play) -> list[str]:
    rows = select(VorgangStep.step).where(VorgangStep.vorgang_id == play.case.id)
    return list(play.session.scalars(rows.order_by(VorgangStep.seq)))


def test_a_batch_takes_the_step_that_follows_in_every_case(
    session: Session, house: House, waiting: list[Play], clock: FixedClock
) -> None:
    clock.advance(timedelta(days=15))
    assert jobs.sweep_fristen(session, house) == len(waiting)
    for play in waiting:
        assert play.case.state == "in_review"
        assert _steps(play)[-2:] == ["frist_abgelaufen", "beteiligungen_abschliessen"]
        assert play.case.vorgang["row_version"] == len(_steps(play)) + 1
    assert jobs.sweep_fristen(session, house) == 0


def test_what_is_worked_out_is_what_would_be_read(
    session: Session,
    house: House,
    waiting: list[Play],
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.advance(timedelta(days=15))
    ids = [play.case.id for play in waiting]
    found = [uhrablauf._read(row, house, house.today) for row in case_rows(session, ids)]
    group = [one for one in found if one is not None]
    assert len(group) == len(waiting)
    monkeypatch.setattr(uhrablauf, "_advance", lambda *_: None)
    uhrablauf._write(session, house, group)
    for one, row in zip(group, case_rows(session, ids), strict=True):
        read = case_of(row, house.law, house.today)
        assert one.after.facts == read.facts
        assert one.after.vorgang["row_version"] == read.vorgang["row_version"]
        assert [c["status"] for c in one.after.row["fristen"]] == [
            c["status"] for c in read.row["fristen"]
        ]


def test_a_refused_case_is_found_by_halving_and_the_others_go_on(
    session: Session,
    house: House,
    waiting: list[Play],
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.advance(timedelta(days=15))
    bad = waiting[2].case.id
    take, alone = uhrablauf.carry_out, uhrablauf._follow

    def refuse(session, house, actor, case, step, **more):
        if case.id == bad:
            raise Conflict("Prüfung")
        return take(session, house, actor, case, step, **more)

    def refuse_alone(session, house, one):
        alone(session, house, one)
        if one.case.id == bad:
            raise Conflict("Prüfung")

    monkeypatch.setattr(uhrablauf, "carry_out", refuse)
    monkeypatch.setattr(uhrablauf, "_follow", refuse_alone)
    assert jobs.sweep_fristen(session, house) == len(waiting) - 1
    assert [play.case.state for play in waiting] == [
        "in_review",
        "in_review",
        "awaiting_third_party",
        "in_review",
    ]
    assert "frist_abgelaufen" not in _steps(waiting[2])
