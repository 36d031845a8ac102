"""The command ``abh``: own commands here, those of the rooms found in their ``cli`` modules."""

from __future__ import annotations

import contextlib
import re
import sys
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from abh.kernel.clock import BERLIN, FileClock
from abh.kernel.errors import ConfigurationError, DomainError, InvalidInput

# Rooms in which a module ``cli`` may offer ``commands``: a list of click commands.
ROOMS = (
    "access",
    "office",
    "documents",
    "workflows",
    "appointments",
    "post",
    "fastlane",
    "outbox",
    "web",
    "demo",
    "bench",
    "simulate",
)
# Modules with ``commands`` that are no room: the scheduler is one file.
SINGLE = ("scheduler",)
REFUSED = 2


class LazyGroup(click.Group):
    """Imports the rooms' commands only when asked, and tells domain errors without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = set(super().list_commands(ctx))
        for room in (*ROOMS, *SINGLE):
            names.update(_room_commands(room))
        return sorted(names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        # the room named like the command first: most commands then import one room only
        for room in sorted((*ROOMS, *SINGLE), key=lambda room: room != cmd_name):
            if own:
                break
            own = _room_commands(room).get(cmd_name)
        return own

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            click.echo(explain(error), err=True)
        except Exception as error:
            if not _is_connection_failure(error):
                raise
            click.echo("Die Datenbank antwortet nicht.", err=True)
            click.echo(f"  {str(error).splitlines()[0]}", err=True)
            click.echo("Läuft das Amt? Starten mit: make run", err=True)
        return ctx.exit(REFUSED)


def explain(error: DomainError) -> str:
    """Return what happened, why and what to do next, one line each."""
    lines = [error.title]
    text = str(error)
    if text and text != error.title:
        lines.append(text)
    if not isinstance(error, ConfigurationError):  # whose message lists its reasons already
        lines += [
            f"  - {reason.text}" + (f" ({reason.norm})" if reason.norm else "")
            for reason in error.reasons
            if reason.text not in text
        ]
    if isinstance(error, InvalidInput):
        lines += [f"  - {p.field}: {p.message}" for p in error.problems if p.message not in text]
    if error.hint:
        lines.append(error.hint)
    return "\n".join(lines)


def _room_commands(room: str) -> dict[str, click.Command]:
    name = f"abh.{room}" if room in SINGLE else f"abh.{room}.cli"
    if not find_spec(name):
        return {}
    commands: list[click.Command] = import_module(name).commands
    return {str(command.name): command for command in commands}


def _is_connection_failure(error: Exception) -> bool:
    loaded = sys.modules.get("sqlalchemy.exc")
    return bool(
        loaded and isinstance(error, loaded.OperationalError) and "connection" in str(error)
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="abh")
def main() -> None:
    """Die Ausländerbehörde auf der Kommandozeile."""


@main.command()
def up() -> None:
    """Bring the whole office up: database, web, worker, scheduler (Ctrl-C ends it)."""
    from abh.settings import load_settings
    from abh.supervise import run

    sys.exit(run(load_settings()))


@main.group()
def db() -> None:
    """The database: migrate, check, write a migration."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Apply all missing migrations."""
    from abh.migrate import revisions, upgrade
    from abh.settings import load_settings
    from abh.supervise import database

    with database(load_settings()) as url:
        upgrade(url)
        click.echo(f"Die Datenbank ist auf Stand {revisions(url)[0] or 'leer'}.")


@db.command("check")
def db_check() -> None:
    """Compare database, migrations and tables; exit code 1 when they differ."""
    from abh.migrate import drift, revisions
    from abh.settings import load_settings
    from abh.supervise import database

    with database(load_settings()) as url:
        have, newest = revisions(url)
        differences = drift(url) if have == newest else []
    if have != newest:
        click.echo(f"Stand {have or 'leer'}, neuester ist {newest}. Abhilfe: abh db upgrade")
    for difference in differences:
        click.echo(f"Abweichung: {difference}")
    if have != newest or differences:
        sys.exit(1)
    click.echo(f"Stand {have or 'leer'}; Tabellen und Datenbank stimmen überein.")


@db.command("new")
@click.argument("message")
def db_new(message: str) -> None:
    """Write the next migration from the tables (developers); review it before committing."""
    from abh.migrate import new_revision, upgrade
    from abh.settings import load_settings
    from abh.supervise import database

    with database(load_settings()) as url:
        upgrade(url)
        click.echo(new_revision(url, message))


@main.group()
def clock() -> None:
    """The clock of the demo: show it, set it, move it."""


def _file_clock() -> FileClock:
    from abh.settings import load_settings

    settings = load_settings()
    if settings.clock_file is None:
        raise ConfigurationError("Im Echtbetrieb lässt sich die Uhr nicht stellen.")
    return FileClock(settings.clock_file)


def _show(now: datetime) -> None:
    # the clock's file keeps milliseconds: rounded, 08:00 does not show as 07:59:59
    local = (now + timedelta(milliseconds=500)).astimezone(BERLIN)
    day = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
    click.echo(f"{day[local.weekday()]}, {local:%d.%m.%Y %H:%M:%S %Z}")


@clock.command("show")
def clock_show() -> None:
    """Show the time by which the office works."""
    from abh.settings import load_settings, make_clock

    _show(make_clock(load_settings()).now())


@clock.command("set")
@click.argument("instant")
def clock_set(instant: str) -> None:
    """Set the clock to INSTANT (ISO, e.g. 2026-12-01T08:00; Berlin unless it says otherwise)."""
    try:
        at = datetime.fromisoformat(instant)
    except ValueError as error:
        raise click.BadParameter("erwartet wird z. B. 2026-12-01T08:00") from error
    file_clock = _file_clock()
    file_clock.set_to(at if at.tzinfo else at.replace(tzinfo=BERLIN))
    _show(file_clock.now())


@clock.command("advance")
@click.argument("span")
def clock_advance(span: str) -> None:
    """Move the clock by SPAN: 15d, 6h, 30m, 2w, also combined (1d12h)."""
    file_clock = _file_clock()
    file_clock.advance(parse_span(span))
    _show(file_clock.now())


def parse_span(text: str) -> timedelta:
    """Return the duration of ``15d``, ``2w``, ``6h``, ``30m`` or a sequence; or BadParameter.

    Days are of 24 hours, so that moving over a change of daylight saving moves the wall clock.
    """
    if not re.fullmatch(r"(\d{1,5}[wdhm])+", text):
        raise click.BadParameter("erwartet wird z. B. 15d, 2w, 6h oder 1d12h")
    unit = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
    parts = re.findall(r"(\d+)([wdhm])", text)
    return sum((timedelta(**{unit[kind]: int(count)}) for count, kind in parts), timedelta())


@main.command()
def pruefen() -> None:
    """Check everything a start needs; list every fault and where to mend it (exit code 2)."""
    from abh import preflight
    from abh.jobs import JOBS
    from abh.settings import load_settings
    from abh.supervise import database

    with contextlib.suppress(ConfigurationError), database(load_settings()):
        preflight.or_exit(jobs=[job.function for job in JOBS])
        click.echo("Alles bereit: kein Fehler gefunden.")
        return
    # Without settings or database the faults of the rest are told all the same.
    preflight.or_exit(jobs=[job.function for job in JOBS])


@main.group()
def settings() -> None:
    """The settings of this installation."""


@settings.command("check")
def settings_check() -> None:
    """Check all settings and show them without secrets; lists every fault at once."""
    from dataclasses import fields

    from abh.settings import load_settings

    loaded = load_settings()
    for item in fields(loaded):
        click.echo(f"{item.name} = {getattr(loaded, item.name) if item.repr else '(geheim)'}")


if __name__ == "__main__":
    main()
