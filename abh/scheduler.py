"""The scheduler process: one table of all jobs; APScheduler is the timer only."""

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

JOBS: Final[tuple[Job, ...]] = (
    Job(
        "protokoll.versiegeln",
        "Neue Einträge des Protokolls versiegeln",
        Every(timedelta(seconds=5), setting="sealer_seconds"),
        Missed.SKIP,
        "abh.access.jobs:seal_log",
        limit=5_000,
    ),
    Job(
        "protokoll.ankern",
        "Tagesanker des Protokolls setzen",
        Daily(0, 10),
        Missed.CATCH_UP_ONCE,
        "abh.access.jobs:anchor_log",
    ),
    Job(
        "fristen.ablauf",
        "Abgelaufene Fristen und eingetretene Fiktionen verarbeiten",
        Every(timedelta(seconds=5), setting="sweep_seconds"),
        Missed.SKIP,
        "abh.workflows.jobs:sweep_fristen",
    ),
    Job(
        "versand.quittungen",
        "Quittungen von Postfach, De-Mail und beBPo übernehmen",
        Every(timedelta(seconds=30)),
        Missed.SKIP,
        "abh.workflows.zustellung:sweep_receipts",
    ),
    Job(
        "versand.abruffrist",
        "Nicht abgerufene Bescheide aus dem Postfach zurückziehen",
        Daily(0, 20),
        Missed.CATCH_UP_ONCE,
        "abh.workflows.zustellung:sweep_unretrieved",
    ),
    Job(
        "termine.reservierungen",
        "Reservierungen beenden, deren zehn Minuten vorbei sind",
        Every(timedelta(seconds=15)),
        Missed.SKIP,
        "abh.appointments.jobs:lapse_holds",
    ),
    Job(
        "dienstplan.horizont",
        "Dienstplan für die Tage voraus offen halten",
        Daily(3, 30),
        Missed.CATCH_UP_ONCE,
        "abh.appointments.jobs:extend_horizon",
    ),
    Job(
        "dienstplan.rueckgabe",
        "Ungenutzte Minuten der Firmen an die Öffentlichkeit zurückgeben",
        Every(timedelta(minutes=10)),
        Missed.SKIP,
        "abh.appointments.jobs:return_firm_minutes",
    ),
    Job(
        "firmen.benachrichtigen",
        "Beschäftigten sagen, welche Termine ihre Firma gebucht, verlegt oder abgesagt hat",
        Every(timedelta(seconds=30)),
        Missed.SKIP,
        "abh.fastlane.termine_nachricht:tell_places",
        limit=100,
    ),
    Job(
        "termine.nachruecken",
        "Frei gewordene Plätze der Nachrückliste anbieten",
        Every(timedelta(seconds=15)),
        Missed.SKIP,
        "abh.appointments.jobs:offer_places",
        limit=100,
    ),
    # Missed ones are skipped: a reminder that comes after the appointment helps nobody.
    Job(
        "termine.erinnern",
        "An Termine erinnern: per E-Mail, SMS oder Brief",
        Every(timedelta(minutes=5)),
        Missed.SKIP,
        "abh.appointments.jobs:remind",
        limit=200,
    ),
    Job(
        "termine.codes",
        "Briefe mit Codes für Termine ohne E-Mail schreiben",
        Every(timedelta(seconds=30)),
        Missed.SKIP,
        "abh.appointments.jobs:send_codes",
        limit=20,
    ),
    Job(
        "losung.eroeffnen",
        "Losungen der Notfallplätze mit ihrer Prüfsumme veröffentlichen",
        Every(timedelta(minutes=5)),
        Missed.SKIP,
        "abh.appointments.jobs:open_draws",
    ),
    # These two look at the cut-off in the row, so a late run decides as a punctual one would.
    Job(
        "losung.schliessen",
        "Listen der Losungen nach der Stichzeit schließen und veröffentlichen",
        Every(timedelta(seconds=30)),
        Missed.SKIP,
        "abh.appointments.jobs:close_lists",
    ),
    Job(
        "losung.ziehen",
        "Notfallplätze nach veröffentlichter Liste losen",
        Every(timedelta(seconds=30)),
        Missed.SKIP,
        "abh.appointments.jobs:draw_places",
        limit=5,
    ),
    Job(
        "post.scanordner",
        "Dateien des Scanordners als Post aufnehmen",
        Every(timedelta(seconds=10)),
        Missed.SKIP,
        "abh.post.jobs:watch_scans",
        limit=5,
    ),
    Job(
        "post.postfach",
        "E-Mails des Postfachs als Post aufnehmen",
        Every(timedelta(seconds=60)),
        Missed.SKIP,
        "abh.post.jobs:fetch_mail",
        limit=20,
    ),
    # Reading takes seconds a page: one item a transaction.
    Job(
        "post.texterkennung",
        "Schrift auf gescannter Post lesen und sie einordnen",
        Every(timedelta(seconds=20)),
        Missed.SKIP,
        "abh.post.jobs:read_writing",
        limit=1,
    ),
    Job(
        "post.ablage",
        "Originale zugeordneter Post zur Akte nehmen",
        Every(timedelta(seconds=15)),
        Missed.SKIP,
        "abh.post.jobs:file_originals",
        limit=50,
    ),
    Job(
        "post.textmodell",
        "Textmodell der Post aus Berichtigungen lernen lassen",
        Every(timedelta(minutes=10)),
        Missed.SKIP,
        "abh.post.jobs:learn",
        limit=2,
    ),
    Job(
        "firma.melden",
        "Firmen melden, was in ihren Vorgängen geschah",
        Every(timedelta(seconds=5)),
        Missed.SKIP,
        "abh.fastlane.webhooks:tell_events",
        limit=200,
    ),
    Job(
        "firma.ereignisse",
        "Gemeldete Ereignisse der Firmen nach 90 Tagen löschen",
        Daily(3, 50),
        Missed.CATCH_UP_ONCE,
        "abh.fastlane.webhooks:forget_events",
        limit=5_000,
    ),
    Job(
        "firma.antworten",
        "Gemerkte Antworten der Schnittstelle nach einer Woche löschen",
        Daily(3, 55),
        Missed.CATCH_UP_ONCE,
        "abh.fastlane.schluessel:forget_answers",
        limit=5_000,
    ),
    Job(
        "post.ansprueche",
        "Post zurückgeben, an der niemand mehr arbeitet",
        Every(timedelta(seconds=60)),
        Missed.SKIP,
        "abh.post.jobs:release_dead_claims",
    ),
    Job(
        "post.sammelvorgaenge",
        "Sammelvorgänge der Leitung nach ihrer Bedenkzeit ausführen",
        Every(timedelta(seconds=10)),
        Missed.SKIP,
        "abh.post.jobs:carry_out",
        limit=200,
    ),
    Job(
        "post.zaehler",
        "Zähler des Posteingangs zusammenzählen",
        Every(timedelta(seconds=60)),
        Missed.SKIP,
        "abh.post.jobs:add_up",
        limit=20_000,
    ),
    # What is due is read from the row's day, so a tick decides as a punctual daily run would.
    Job(
        "post.rang",
        "Post bündeln und nach drohendem Schaden ordnen",
        Every(timedelta(seconds=60)),
        Missed.SKIP,
        "abh.post.jobs:rank_again",
        limit=2_000,
    ),
    Job(
        "post.wiedervorlage",
        "Post vorlegen, deren Wiedervorlage gekommen ist",
        Daily(0, 20),
        Missed.CATCH_UP_ONCE,
        "abh.post.jobs:bring_back",
        limit=100_000,
    ),
    Job(
        "post.stichprobe",
        "Ohne Antwort Erledigtes für den zweiten Blick ziehen",
        Daily(1, 10),
        Missed.CATCH_UP_ONCE,
        "abh.post.jobs:draw_samples",
        limit=1_000,
    ),
    Job(
        "post.vertretung",
        "Zugewiesene Post Abwesender der Vertretung geben",
        Every(timedelta(minutes=10)),
        Missed.SKIP,
        "abh.post.jobs:cover_absent",
        limit=1_000,
    ),
    Job(
        "post.auskuenfte",
        "Anfragen zum Stand beantworten, wo das Sachgebiet es erlaubt",
        Every(timedelta(seconds=60)),
        Missed.SKIP,
        "abh.post.jobs:answer_inquiries",
        limit=20,
    ),
    # Daily, because a week that was missed on Monday is made up on the next day.
    Job(
        "post.plaene",
        "Angenommene Räumungspläne einmal in der Woche neu rechnen (nur Vorschlag)",
        Daily(4, 40),
        Missed.CATCH_UP_ONCE,
        "abh.post.jobs:renew_plans",
        limit=4,
    ),
    Job(
        "akte.texte",
        "Texte neuer Blätter für die Suche lesen",
        Every(timedelta(seconds=15)),
        Missed.SKIP,
        "abh.documents.textschicht:read_texts",
        limit=50,
    ),
    Job(
        "akte.signaturen",
        "Elektronische Unterschriften eingegangener Blätter prüfen",
        Every(timedelta(seconds=30)),
        Missed.SKIP,
        "abh.documents.signaturpruefung:sweep_signatures",
        limit=20,
    ),
    Job(
        "entwuerfe.vergessen",
        "Nie abgesandte Entwürfe von Anträgen löschen",
        Every(timedelta(minutes=15)),
        Missed.SKIP,
        "abh.workflows.jobs:sweep_drafts",
    ),
    Job(
        "firma.ausblick",
        "Erwarteten und zugesagten Tag der Entscheidung von Vorgängen mit Arbeitgeber berechnen",
        Every(timedelta(minutes=1)),
        Missed.SKIP,
        "abh.fastlane.ausblick:sweep_outlook",
        limit=500,
    ),
    Job(
        "firma.tabellen",
        "Hochgeladene Tabellen der Firmen nach 30 Tagen löschen",
        Daily(4, 15),
        Missed.CATCH_UP_ONCE,
        "abh.fastlane.stapel:forget_sheets",
    ),
    Job(
        "akte.loeschfristen",
        "Löschfristen nach dem Aktenplan berechnen und Fälliges vorschlagen",
        Daily(3, 40),
        Missed.CATCH_UP_ONCE,
        "abh.workflows.aufbewahrung:sweep_retention",
    ),
    Job(
        "akte.inhalte",
        "Inhalte entfernen, die kein Blatt mehr braucht",
        Daily(3, 50),
        Missed.CATCH_UP_ONCE,
        "abh.documents.entsorgung:sweep_contents",
        limit=2_000,
    ),
    Job(
        "anmeldung.vergessen",
        "Alte Anmeldeversuche und Sitzungen löschen",
        Daily(4, 10),
        Missed.CATCH_UP_ONCE,
        "abh.access.jobs:forget_logins",
    ),
    Job(
        "auftraege.vergessen",
        "Inhalte zugestellter Nachrichten löschen",
        Daily(4, 20),
        Missed.CATCH_UP_ONCE,
        "abh.outbox.sweeps:forget_contents",
    ),
    Job(
        "laeufe.vergessen",
        "Alte Aufzeichnungen von Läufen löschen",
        Daily(4, 30),
        Missed.CATCH_UP_ONCE,
        "abh.outbox.sweeps:forget_runs",
        limit=10_000,
    ),
)

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
    for job, function in daily:
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
