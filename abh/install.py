"""Brings an office into the house: its file, then its roster. A module of the top layer.

``office`` reads the file but may not write the roster: ``appointments`` is the only writer of it
and lies above. So the two meet here, beside the command line, in one transaction.
"""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import SYSTEM
from abh.access.policy import ROLE_POWERS, Power
from abh.access.tables import AppUser
from abh.appointments.roster import PatternSpec, apply_patterns, extend_horizon
from abh.appointments.tables import RosterPattern
from abh.db import make_engine, make_sessions, transaction
from abh.documents.service import grant_mandate
from abh.kernel.clock import Clock, today
from abh.kernel.errors import ConfigurationError
from abh.office.file import load_office
from abh.office.service import ImportReport, import_office
from abh.settings import load_settings, make_clock

# So that places can be booked at once; the nightly job of appointments takes over from there.
HORIZON = timedelta(days=60)


def install_office(sessions: sessionmaker[Session], path: Path, *, clock: Clock) -> ImportReport:
    """Import the office file, its roster and its staff's authority to sign, from today on.

    The roster only when the file says something new of it, or there is none yet: a changed
    telephone number must not undo what supervisors have changed of their week. All or nothing.
    Raises ``ConfigurationError`` with every fault of the file; then nothing has changed.
    """
    data = load_office(path)
    with transaction(sessions) as session:
        report = import_office(session, SYSTEM, data, now=clock.now())
        if report.roster_changed or not session.scalar(select(exists(select(RosterPattern.id)))):
            _apply_roster(session, report, [unit["key"] for unit in data["units"]], clock)
        extend_horizon(session, until=today(clock) + HORIZON, clock=clock)
        _grant_mandates(session, [person["login"] for person in data["staff"]], clock)
    return report


def _apply_roster(session: Session, report: ImportReport, units: list[str], clock: Clock) -> None:
    patterns = [
        PatternSpec(
            unit_key=entry.unit_key,
            desk_key=entry.desk_key,
            login=entry.login,
            weekday=entry.weekday,
            start=time.fromisoformat(entry.start),
            end=time.fromisoformat(entry.end),
            lane=entry.lane,
        )
        for entry in report.roster
    ]
    apply_patterns(session, patterns, valid_from=today(clock), clock=clock, units=units)


def _grant_mandates(session: Session, logins: list[str], clock: Clock) -> None:
    """Give whom the file lets sign the authority for it; what they may sign, their rank decides.

    Without a mandate nobody could send a single letter of a newly installed office.
    """
    users = select(AppUser).where(AppUser.login.in_(logins), AppUser.active).order_by(AppUser.id)
    for user in session.scalars(users):
        if Power.LETTER_SIGN in (user.powers or ROLE_POWERS[user.role]):
            grant_mandate(session, user.id, valid_from=today(clock))


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
