"""Commands that install an office: check its file, bring it in. A module of the top layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session, sessionmaker

from abh.db import make_engine, make_sessions, transaction
from abh.einspielen import bring_in
from abh.kernel.clock import Clock
from abh.kernel.errors import ConfigurationError
from abh.office.file import load_office
from abh.office.service import ImportReport
from abh.settings import load_settings, make_clock


def install_office(sessions: sessionmaker[Session], path: Path, *, clock: Clock) -> ImportReport:
    """Import the office file with all that belongs to it, from today on; all or nothing.

    Raises ``ConfigurationError`` with every fault of the file; then nothing has changed.
    """
    data = load_office(path)
    with transaction(sessions) as session:
        return bring_in(session, data, clock=clock)


@click.group("office")
def office() -> None:
    """Das Amt als Datei: prüfen und einspielen."""


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@office.command("check")
@click.argument("file", type=_FILE)
def check_command(file: Path) -> None:
    """Prüft eine Amtsdatei und nennt alle Fehler mit Zeile."""
    data = _checked(file)
    click.echo(
        f"{file}: in Ordnung ({len(data['units'])} Sachgebiete, {len(data['desks'])} Plätze, "
        f"{len(data['staff'])} Personen)"
    )


@office.command("import")
@click.argument("file", type=_FILE)
def import_command(file: Path) -> None:
    """Spielt eine Amtsdatei samt Dienstplan ein; beliebig oft, Passwörter bleiben."""
    _checked(file)
    settings = load_settings()
    engine = make_engine(settings.database_url)
    try:
        report = install_office(make_sessions(engine), file, clock=make_clock(settings))
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    finally:
        engine.dispose()
    word = "eingespielt" if report.changed else "unverändert"
    click.echo(
        f"{word}: {report.units} Sachgebiete, {report.desks} Plätze, {report.staff} Personen"
    )
    for login in report.closed_accounts:
        click.echo(f"Konto geschlossen: {login}")
    for line in report.left_over:
        click.echo(line)


def _checked(file: Path) -> dict[str, Any]:
    try:
        return load_office(file)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error


commands: list[click.Command] = [office]
