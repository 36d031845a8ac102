"""Two schedulers at once, and one that is killed in the middle of a run."""

from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from abh import scheduler
from abh.access.tables import AuditEntry
from abh.db import make_engine
from abh.kernel.errors import ConfigurationError
from abh.outbox import runs
from abh.outbox.jobs import Every, Job, Missed
from abh.outbox.runs import Runner
from abh.outbox.tables import Heartbeat, JobRun
from tests.concurrency import programs
from tests.concurrency.conftest import start

RUNNERS = 4
EVERY = timedelta(seconds=5)
PROBE = Job("probe", "Probe", Every(EVERY), Missed.SKIP, "nowhere:nothing")


def _race(engine, clock) -> int:
    """Let several schedulers run one tick of a slow job at once; return how often it ran."""
    ran: list[int] = []
    gate = threading.Barrier(RUNNERS)

    def sweep(session, at, limit):
        ran.append(1)
        time.sleep(0.3)
        return 0

    def work() -> None:
        gate.wait()
        Runner(engine, clock).run_tick(PROBE, sweep, clock.now(), clock)

    threads = [threading.Thread(target=work) for _ in range(RUNNERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return len(ran)


@pytest.fixture
def engine(fresh_database_url):
    engine = make_engine(fresh_database_url, pool_size=2 * RUNNERS)
    yield engine
    engine.dispose()


def test_a_tick_runs_once_however_many_schedulers_there_are(engine, clock) -> None:
    assert _race(engine, clock) == 1


def test_control_without_lock_and_unique_row_the_tick_runs_several_times(
    engine, clock, monkeypatch
) -> None:
    from contextlib import contextmanager

    @contextmanager
    def everybody(engine, job):
        yield True

    monkeypatch.setattr(runs, "only_one", everybody)
    monkeypatch.setattr(Runner, "_bury", lambda self, job: None)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_job_run_job_planned_for"))
    monkeypatch.setattr(Runner, "_begin", lambda *_: 1)
    assert _race(engine, clock) == RUNNERS


def test_two_scheduler_processes_share_the_ticks_and_stop_in_good_order(
    fresh_sessions, program
) -> None:
    processes = [start(program, "ticking_scheduler") for _ in range(2)]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with fresh_sessions() as session:
            ticks = session.scalar(select(func.count()).select_from(JobRun))
            beating = session.scalar(select(func.count()).select_from(Heartbeat))
        if ticks >= 4 and beating == 2:
            break
        time.sleep(0.2)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(15) for process in processes] == [0, 0]
    with fresh_sessions() as session:
        outcomes = session.scalars(select(JobRun.outcome)).all()
        acts = session.scalar(select(func.count()).select_from(AuditEntry))
    assert len(outcomes) >= 4
    assert set(outcomes) == {"ok"}
    assert acts == len(outcomes)


def test_a_run_of_a_killed_scheduler_is_taken_over(fresh_sessions, engine, program) -> None:
    from abh.settings import load_settings, make_clock

    process = start(program, "stuck_scheduler")
    assert process.stdout and process.stdout.readline() == "running\n"
    runner = Runner(engine, make_clock(load_settings(program)))
    assert runner.run_daily(programs.STUCK, lambda *_: pytest.fail("it is alive")) == 0
    process.kill()
    process.wait(10)
    deadline = time.monotonic() + 10
    while not runner.run_daily(programs.STUCK, lambda *_: 7) and time.monotonic() < deadline:
        time.sleep(0.05)
    with fresh_sessions() as session:
        run = session.scalars(select(JobRun)).one()
    assert (run.outcome, run.detail) == ("ok", "7 (erneut)")


def test_start_is_refused_with_all_missing_jobs_named(monkeypatch) -> None:
    lost = [Job(name, "", Every(EVERY), Missed.SKIP, f"abh.lost:{name}") for name in ("a", "b")]
    monkeypatch.setattr(scheduler, "JOBS", tuple(lost))
    with pytest.raises(ConfigurationError) as fault:
        scheduler.functions()
    assert "abh.lost:a" in str(fault.value)
    assert "abh.lost:b" in str(fault.value)
