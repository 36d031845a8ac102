"""Runs of jobs: recorded, single, taken over, and old records forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import event, insert, select

from abh import scheduler
from abh.db import make_engine, transaction
from abh.outbox.heartbeat import beat, last_beat, stop
from abh.outbox.jobs import Daily, Every, Job, Missed
from abh.outbox.runs import ABORTED, Runner, only_one
from abh.outbox.schedule import tick
from abh.outbox.service import enqueue
from abh.outbox.sweeps import forget_contents, forget_runs
from abh.outbox.tables import JobRun, OutboxMessage


@pytest.fixture
def engine(fresh_database_url):
    engine = make_engine(fresh_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def runner(engine, clock) -> Runner:
    return Runner(engine, clock)


def _daily(missed: Missed = Missed.CATCH_UP_ONCE, limit: int = 500) -> Job:
    return Job("probe", "Probe", Daily(6, 0), missed, "nowhere:nothing", limit)


def _runs(sessions) -> list[tuple[str, str]]:
    with sessions() as session:
        rows = session.scalars(select(JobRun).order_by(JobRun.planned_for)).all()
    return [(row.outcome, row.detail) for row in rows]


def test_a_run_is_recorded_with_its_result_and_not_repeated(runner, fresh_sessions) -> None:
    seen = []

    def sweep(session, clock, limit):
        seen.append(limit)
        return 3

    assert runner.run_daily(_daily(), sweep) == 1
    assert runner.run_daily(_daily(), sweep) == 0
    assert seen == [500]
    assert _runs(fresh_sessions) == [("ok", "3 (erster Lauf)")]


def test_a_timer_asks_once_which_daily_jobs_have_something_to_do(runner, engine, clock) -> None:
    done, open_ = replace(_daily(), name="done"), replace(_daily(), name="open")
    runner.run_daily(done, lambda *_: 0)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert runner.daily_due([done, open_]) == {"open"}
    assert len(asked) == 1
    runner.run_daily(open_, lambda *_: 1 // 0)
    assert runner.daily_due([done, open_]) == frozenset()
    clock.advance(timedelta(minutes=15))
    assert runner.daily_due([done, open_]) == {"open"}
    clock.advance(timedelta(days=1))
    assert runner.daily_due([done, open_]) == {"done", "open"}


def test_a_sweeper_is_called_until_it_finds_less_than_its_limit(runner, fresh_sessions) -> None:
    left = [10, 10, 4]
    runner.run_daily(_daily(limit=10), lambda *_: left.pop(0))
    assert left == []
    assert _runs(fresh_sessions) == [("ok", "24 (erster Lauf)")]


def test_a_late_run_decides_with_the_clock_of_its_own_time(runner, clock, fresh_sessions) -> None:
    job = _daily(Missed.LATE_WITH_ORIGINAL_CUTOFF)
    runner.run_daily(job, lambda *_: 0)
    clock.advance(timedelta(days=3))
    cutoffs = []

    def sweep(session, at, limit):
        cutoffs.append(at.now())
        return 0

    assert runner.run_daily(job, sweep) == 3
    first = clock.now().replace(hour=5) - timedelta(days=2)
    assert cutoffs == [first + timedelta(days=day) for day in range(3)]


def test_a_failing_job_is_recorded_without_personal_data_and_tried_again(
    runner, clock, fresh_sessions
) -> None:
    def broken(*_):
        raise ValueError("Frau Beispiel")

    runner.run_daily(_daily(), broken)
    ((outcome, detail),) = _runs(fresh_sessions)
    assert outcome == "failed"
    assert "Beispiel" not in detail
    assert runner.run_daily(_daily(), broken) == 0
    clock.advance(timedelta(minutes=16))
    assert runner.run_daily(_daily(), lambda *_: 1) == 1
    assert _runs(fresh_sessions) == [("ok", "1 (erneut)")]


def test_a_run_whose_process_was_killed_is_taken_over_at_once(
    runner, clock, fresh_sessions
) -> None:
    planned = clock.now().replace(hour=5)
    with transaction(fresh_sessions) as session:
        session.execute(
            insert(JobRun).values(job="probe", planned_for=planned, started_at=clock.now())
        )
    assert runner.run_daily(_daily(), lambda *_: 1) == 1
    assert _runs(fresh_sessions) == [("ok", "1 (erneut)")]


def test_a_run_in_progress_elsewhere_is_left_alone(runner, engine, clock, fresh_sessions) -> None:
    with only_one(engine, "probe") as mine:
        assert mine
        assert runner.run_daily(_daily(), lambda *_: pytest.fail("twice")) == 0
        assert runner.run_by_hand(_daily(), lambda *_: pytest.fail("twice")) is None
    assert runner.run_daily(_daily(), lambda *_: 0) == 1


def test_a_tick_runs_once_for_all_schedulers(runner, clock, fresh_sessions) -> None:
    every = timedelta(seconds=5)
    job = Job("tick", "Tick", Every(every), Missed.SKIP, "nowhere:nothing")
    planned = tick(job.trigger, every, clock.now())
    assert runner.run_tick(job, lambda *_: 1, planned, clock)
    assert not runner.run_tick(job, lambda *_: pytest.fail("twice"), planned, clock)
    with transaction(fresh_sessions) as session:
        later = planned + every
        session.execute(insert(JobRun).values(job="tick", planned_for=later, started_at=later))
    assert runner.run_tick(job, lambda *_: 1, planned + 2 * every, clock)
    assert _runs(fresh_sessions) == [("ok", "1"), ("failed", ABORTED), ("ok", "1")]


def test_a_run_by_hand_does_not_hide_a_missed_one(runner, clock, fresh_sessions) -> None:
    job = _daily(Missed.LATE_WITH_ORIGINAL_CUTOFF)
    runner.run_daily(job, lambda *_: 0)
    clock.advance(timedelta(days=1))
    by_hand = runner.run_by_hand(job, lambda *_: 2)
    assert by_hand and by_hand.detail == "2 (von Hand)"
    assert runner.run_daily(job, lambda *_: 0) == 1


def test_delivered_contents_and_old_runs_are_forgotten(session, clock) -> None:
    enqueue(session, "mail", "k", {"to": ["a@example.org"]}, now=clock.now())
    message = session.scalars(select(OutboxMessage)).one()
    message.state, message.done_at = "done", clock.now()
    for number, detail in enumerate(["0", "5"]):
        planned = clock.now() + timedelta(seconds=number)
        values = {"started_at": planned, "outcome": "ok", "detail": detail}
        session.execute(insert(JobRun).values(job="t", planned_for=planned, **values))
    session.flush()
    assert forget_contents(session, clock, 10) == 0
    assert forget_runs(session, clock, 10) == 0
    clock.advance(timedelta(days=31))
    assert forget_contents(session, clock, 10) == 1
    assert forget_contents(session, clock, 10) == 0
    assert forget_runs(session, clock, 10) == 1
    assert not enqueue(session, "mail", "k", {}, now=clock.now())


def test_heartbeats_tell_which_processes_live(session, clock) -> None:
    assert last_beat(session, "worker") is None
    beat(session, "worker:a:1", clock.now() - timedelta(days=2))
    beat(session, "worker:a:2", clock.now())
    beat(session, "worker:a:2", clock.now())
    assert last_beat(session, "worker") == clock.now()
    stop(session, "worker:a:2")
    assert last_beat(session, "worker") is None


def test_people_can_list_jobs_and_run_one(fresh_database_url, tmp_path, clock, monkeypatch) -> None:
    monkeypatch.setattr(scheduler.wiring, "furnish", lambda settings, engine: clock)
    env = {
        "ABH_MODE": "test",
        "ABH_DATABASE_URL": fresh_database_url,
        "ABH_VAR_DIR": str(tmp_path),
    }
    ran = CliRunner().invoke(scheduler.jobs_group, ["run", "protokoll.versiegeln"], env=env)
    assert ran.exit_code == 0, ran.output
    assert "erledigt, 0 (von Hand)" in ran.output
    listed = CliRunner().invoke(scheduler.jobs_group, ["list"], env=env)
    assert listed.exit_code == 0, listed.output
    assert listed.output.count("noch nie gelaufen") == len(scheduler.JOBS) - 1
    unknown = CliRunner().invoke(scheduler.jobs_group, ["run", "nichts"], env=env)
    assert unknown.exit_code == 2
