"""Two people, or two sweepers, on one case at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from abh.access.actor import applicant_actor
from abh.kernel.errors import Conflict
from abh.workflows import jobs, nachweise, service, steps, uhrablauf
from abh.workflows.repository import case_rows
from abh.workflows.steps import StepDone, load_case
from abh.workflows.tables import Beteiligung, VorgangStep
from tests import factories
from tests.concurrency.town import BLIND_MOVE, MET, Town

LACKING = [kind for kind in factories.EVIDENCE if kind != "hochschulabschluss"]


def _ask(town: Town, actor, case: int, seen: int):
    return lambda session: service.take_step(
        session, town.house, actor, case, "nachfordern", expected_version=seen
    )


def _log(town: Town, case: int, step: str) -> int:
    with town.sessions() as session:
        found = select(func.count()).where(VorgangStep.vorgang_id == case, VorgangStep.step == step)
        return session.scalar(found) or 0


def _letters(town: Town, case: int, key: str) -> int:
    with town.sessions() as session:
        found = text("SELECT count(*) FROM letter WHERE vorgang_id = :id AND key = :key")
        return session.scalar(found, {"id": case, "key": key}) or 0


def _unlocked(monkeypatch, module) -> None:
    """Let both read the case before either changes it, as if there were no lock."""
    both_have_read = threading.Barrier(2)

    def read(session, house, vorgang_id, *, expected_version):
        case = load_case(session, house, vorgang_id=vorgang_id)
        both_have_read.wait(30)
        return case

    monkeypatch.setattr(module, "lock_case", read)


def test_of_two_clerks_one_takes_the_step_and_the_other_is_told(town: Town) -> None:
    case = town.file(evidence=LACKING)
    seen = town.version(case)
    results = town.race(_ask(town, town.clerk, case, seen), _ask(town, town.colleague, case, seen))
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "StepDone"]
    told = next(r for r in results if isinstance(r, Conflict))
    assert (told.expected, told.current) == (seen, seen + 1)
    assert _log(town, case, "nachfordern") == _letters(town, case, "N02") == 1


def test_without_the_lock_the_version_still_lets_only_one_pass(town: Town, monkeypatch) -> None:
    case = town.file(evidence=LACKING)
    seen = town.version(case)
    _unlocked(monkeypatch, service)
    results = town.race(_ask(town, town.clerk, case, seen), _ask(town, town.colleague, case, seen))
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "StepDone"]
    assert _log(town, case, "nachfordern") == _letters(town, case, "N02") == 1


def test_control_without_lock_and_version_both_take_the_step(town: Town, monkeypatch) -> None:
    case = town.file(evidence=LACKING)
    seen = town.version(case)
    _unlocked(monkeypatch, service)
    monkeypatch.setattr(steps, "_MOVE", BLIND_MOVE)
    with town.sessions.begin() as session:
        session.execute(
            text("ALTER TABLE vorgang_step DROP CONSTRAINT uq_vorgang_step_vorgang_id_seq")
        )
    results = town.race(_ask(town, town.clerk, case, seen), _ask(town, town.colleague, case, seen))
    assert all(isinstance(r, StepDone) for r in results)
    assert _log(town, case, "nachfordern") == _letters(town, case, "N02") == 2


def _upload(town: Town, case: int):
    return lambda session: service.add_documents(
        session,
        town.house,
        applicant_actor(),
        case,
        factories.uploads(["pass"]),
        received_on=town.house.today,
    )


def test_an_upload_during_a_step_waits_and_both_are_kept(town: Town) -> None:
    case = town.file(evidence=LACKING)
    seen = town.version(case)
    asked, uploaded = town.race(_ask(town, town.clerk, case, seen), _upload(town, case))
    assert isinstance(uploaded, StepDone)
    # Whoever was second saw the other: the step then was a conflict, never a deadlock.
    assert isinstance(asked, StepDone | Conflict)
    assert _log(town, case, "eingang") == 1


def test_control_file_before_case_is_a_deadlock(town: Town, monkeypatch) -> None:
    case = town.file(evidence=LACKING)
    seen = town.version(case)
    each_has_its_first_lock = threading.Barrier(2)
    file_evidence, log = nachweise.file_evidence, steps._log
    here = threading.local()

    def met() -> None:
        if not getattr(here, "met", False):
            here.met = True
            each_has_its_first_lock.wait(30)

    def filed(*args):
        file_evidence(*args)
        met()

    def logged(*args):
        log(*args)
        met()

    def unlocked(session, house, vorgang_id, *, expected_version):
        return load_case(session, house, vorgang_id=vorgang_id)

    monkeypatch.setattr(nachweise, "lock_case", unlocked)
    monkeypatch.setattr(nachweise, "file_evidence", filed)
    monkeypatch.setattr(steps, "_log", logged)
    results = town.race(_ask(town, town.clerk, case, seen), _upload(town, case))
    failed = [r for r in results if isinstance(r, OperationalError)]
    assert len(failed) == 1
    assert "deadlock" in str(failed[0])


@pytest.fixture
def waiting_for_ba(town: Town, clock) -> int:
    """A case whose question to the Bundesagentur has run out, not yet swept."""
    case = town.file()
    town.find(case, **MET)
    town.step(town.clerk, case, "vollstaendig")
    town.step(town.clerk, case, "beteiligen")
    clock.advance(timedelta(days=15))
    return case


def _ba(town: Town, case: int) -> tuple[str, str]:
    with town.sessions() as session:
        row = session.execute(
            select(Beteiligung.state, Beteiligung.answered_on).where(
                Beteiligung.vorgang_id == case, Beteiligung.kind == "BA"
            )
        ).one()
        return row.state, row.answered_on.isoformat()


def test_two_sweepers_note_the_deemed_consent_once(town: Town, waiting_for_ba: int) -> None:
    def sweep(session):
        return jobs.sweep_fristen(session, town.house)

    swept = town.race(sweep, sweep)
    assert sorted(swept) == [0, 1]
    assert _ba(town, waiting_for_ba) == ("deemed_consented", "2026-12-07")
    assert _log(town, waiting_for_ba, "frist_abgelaufen") == 1
    assert town.race(sweep) == [0]


def test_a_sweeper_that_found_the_case_before_the_other_swept_it_writes_nothing(
    town: Town, waiting_for_ba: int
) -> None:
    with town.sessions.begin() as session:
        assert jobs.sweep_fristen(session, town.house) == 1
    with town.sessions.begin() as session:
        assert uhrablauf._expire_cases(session, town.house, [waiting_for_ba]) == 0
    assert _log(town, waiting_for_ba, "frist_abgelaufen") == 1


def test_control_sweepers_without_guard_write_twice(
    town: Town, waiting_for_ba: int, monkeypatch
) -> None:
    both_have_read = threading.Barrier(2)

    def read(session, ids):
        rows = case_rows(session, ids)
        both_have_read.wait(30)
        return rows

    monkeypatch.setattr(uhrablauf, "_lock_due", lambda *_: [waiting_for_ba])
    monkeypatch.setattr(uhrablauf, "case_rows", read)
    monkeypatch.setattr(steps, "_MOVE", BLIND_MOVE)
    with town.sessions.begin() as session:
        session.execute(
            text("ALTER TABLE vorgang_step DROP CONSTRAINT uq_vorgang_step_vorgang_id_seq")
        )

    def sweep(session):
        return jobs.sweep_fristen(session, town.house)

    assert town.race(sweep, sweep) == [1, 1]
    assert _log(town, waiting_for_ba, "frist_abgelaufen") == 2
