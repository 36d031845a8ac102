"""The scheduler process: runs the table of jobs; APScheduler is the timer only."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Final

import click
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from abh import preflight, wiring
from abh.db import make_engine, make_sessions, transaction
from abh.jobs import JOBS
from abh.kernel.clock import BERLIN, Clock, FixedClock, SystemClock
from abh.kernel.errors import ConfigurationError
from abh.outbox import heartbeat
from abh.outbox.jobs import Daily, Every, Job, Missed, Sweep
from abh.outbox.resolve import resolve
from abh.outbox.runs import Runner, newest_runs
from abh.outbox.schedule import tick
from abh.outbox.tables import JobRun
from abh.settings import Settings, load_settings

log = logging.getLogger("abh.scheduler")

# Daily times are looked for this often by the house's clock, which tests and the demo may move.
LOOK: Final = timedelta(seconds=2)


def functions() -> Mapping[str, Sweep]:
    """Return the function of every job by its name; ``ConfigurationError`` names all missing."""
    found = resolve(job.function for job in JOBS)
    return {job.name: found[job.function] for job in JOBS}


def interval_of(trigger: Every, settings: Settings) -> timedelta:
    """Return the interval of a job, from the settings where they name it."""
    if trigger.setting:
        return timedelta(seconds=getattr(settings, trigger.setting))
    return trigger.interval


def make_runner(
    engine: Engine, settings: Settings, halted: Callable[[], bool] = lambda: False
) -> Runner:
    """Return what runs the jobs, furnished with the house of this process."""
    house = wiring.furnish(settings, engine)
    return Runner(
        engine, house, halted, at=lambda instant: replace(house, clock=FixedClock(instant))
    )


def build(
    runner: Runner,
    settings: Settings,
    sweeps: Mapping[str, Sweep],
) -> BackgroundScheduler:
    """Return the timer with everything on it, not yet started.

    No two runs of a job overlap, and ticks that piled up become one. APScheduler keeps nothing:
    what ran and what was missed is read from ``job_run``.
    """
    timer = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    for job in JOBS:
        if isinstance(job.trigger, Every):
            every = interval_of(job.trigger, settings)
            arguments = [runner, job, job.trigger, every, sweeps[job.name]]
            timer.add_job(_tick, "interval", seconds=every.total_seconds(), args=arguments)
    daily = [(job, sweeps[job.name]) for job in JOBS if isinstance(job.trigger, Daily)]
    timer.add_job(_look, "interval", seconds=LOOK.total_seconds(), args=[runner, daily])
    name = heartbeat.process_name("scheduler")
    timer.add_job(
        _beat,
        "interval",
        seconds=heartbeat.EVERY.total_seconds(),
        args=[runner.engine, runner.clock, name],
        next_run_time=SystemClock().now(),
    )
    return timer


def _tick(runner: Runner, job: Job, trigger: Every, every: timedelta, function: Sweep) -> None:
    wall = SystemClock()
    try:
        runner.run_tick(job, function, tick(trigger, every, wall.now()), wall)
    except SQLAlchemyError as error:
        log.warning("%s: Datenbank nicht verfügbar (%s)", job.name, type(error).__name__)


def _look(runner: Runner, daily: list[tuple[Job, Sweep]]) -> None:
    try:
        due = runner.daily_due(job for job, _ in daily)
    except SQLAlchemyError as error:
        log.warning("Datenbank nicht verfügbar (%s)", type(error).__name__)
        return
    for job, function in daily:
        if job.name not in due:
            continue
        try:
            runner.run_daily(job, function)
        except SQLAlchemyError as error:
            log.warning("%s: Datenbank nicht verfügbar (%s)", job.name, type(error).__name__)


def _beat(engine: Engine, clock: Clock, name: str) -> None:
    try:
        with transaction(make_sessions(engine)) as session:
            heartbeat.beat(session, name, clock.now())
    except SQLAlchemyError as error:
        log.warning("Datenbank nicht verfügbar (%s)", type(error).__name__)


@click.group("jobs")
def jobs_group() -> None:
    """Aufgaben des Zeitplaners."""


@jobs_group.command("list")
def list_command() -> None:
    """Zeigt alle Aufgaben mit Zeit, Regel für Versäumtes und letztem Lauf."""
    settings, engine = _ready()
    with transaction(make_sessions(engine)) as session:
        newest = {run.job: run for run in newest_runs(session)}
    engine.dispose()
    for job in JOBS:
        click.echo(f"{job.name:24} {when(job, settings):12} {MISSED_LABELS[job.missed]}")
        click.echo(f"    {job.label}")
        run = newest.get(job.name)
        click.echo(f"    {told(run) if run else 'noch nie gelaufen'}")


@jobs_group.command("run")
@click.argument("name", type=click.Choice([job.name for job in JOBS]), metavar="NAME")
def run_command(name: str) -> None:
    """Lässt die Aufgabe NAME jetzt einmal laufen."""
    job = next(job for job in JOBS if job.name == name)
    settings, engine = _ready()
    try:
        function = resolve([job.function])[job.function]
        wiring.connect_signals()
        runner = make_runner(engine, settings)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    run = runner.run_by_hand(job, function)
    engine.dispose()
    if run is None:
        raise click.ClickException(f"{name} läuft gerade; bitte später noch einmal.")
    click.echo(told(run))
    if run.outcome == "failed":
        raise SystemExit(1)


def when(job: Job, settings: Settings) -> str:
    """Return the time of a job in words."""
    if isinstance(job.trigger, Daily):
        return f"täglich {job.trigger.hour:02}:{job.trigger.minute:02}"
    return f"alle {interval_of(job.trigger, settings).total_seconds():g} s"


def told(run: JobRun) -> str:
    """Return one run in a sentence."""
    started = f"{run.started_at.astimezone(BERLIN):%d.%m.%Y %H:%M:%S}"
    return f"letzter Lauf {started}: {OUTCOME_LABELS[run.outcome]}, {run.detail or 'im Gang'}"


def _ready() -> tuple[Settings, Engine]:
    try:
        settings = load_settings()
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    return settings, make_engine(settings.database_url, pool_size=3)


MISSED_LABELS: Final[Mapping[Missed, str]] = {
    Missed.CATCH_UP_ONCE: "versäumt: einmal nachholen",
    Missed.SKIP: "versäumt: auslassen",
    Missed.LATE_WITH_ORIGINAL_CUTOFF: "versäumt: jeden Lauf nachholen, mit seinem Stichtag",
}
OUTCOME_LABELS: Final[Mapping[str, str]] = {
    "running": "läuft",
    "ok": "erledigt",
    "failed": "fehlgeschlagen",
    "skipped": "ausgelassen",
}
commands: list[click.Command] = [jobs_group]


def main() -> int:
    """Start the process; 0 after SIGTERM or SIGINT, 2 when the configuration is faulty."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    # Its own reports name every tick; runs are recorded in job_run.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = preflight.ready(jobs=[job.function for job in JOBS])
        sweeps = functions()
        wiring.connect_signals()
        # Each of the four threads holds a job's lock on one connection and works on another.
        engine = make_engine(settings.database_url, pool_size=10)
        runner = make_runner(engine, settings, stop.is_set)
    except ConfigurationError as error:
        log.error("%s", error)
        return 2
    timer = build(runner, settings, sweeps)
    timer.start()
    log.info("bereit mit %d Aufgaben", len(JOBS))
    stop.wait()
    timer.shutdown(wait=True)
    engine.dispose()
    log.info("beendet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
