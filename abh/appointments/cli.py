"""``abh roster``: rebuild the desk days, prove that they are rules minus bookings."""

from __future__ import annotations

import sys
from datetime import date, timedelta

import click
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from abh.appointments import desk_days, roster
from abh.appointments.rules import RULES
from abh.db import make_engine
from abh.kernel.clock import today
from abh.settings import load_settings, make_clock


@click.group(name="roster")
def roster_group() -> None:
    """Dienstplan: freie Zeiten neu berechnen oder prüfen."""


@roster_group.command(name="rebuild")
@click.option("--unit", "unit_key", help="Nur dieses Sachgebiet.")
@click.option("--days", default=RULES.horizon_days, show_default=True, help="So viele Tage voraus.")
def rebuild(unit_key: str | None, days: int) -> None:
    """Berechnet die freien Zeiten aus Dienstplan und Buchungen neu."""
    engine, first = _open()
    wanted = [first + timedelta(days=n) for n in range(days + 1)]
    with Session(engine) as session, session.begin():
        for unit in _units(session, unit_key):
            count = roster.rebuild_desk_days(session, unit, wanted)
            click.echo(f"{unit}: {count} Platztage neu berechnet.")
    engine.dispose()


@roster_group.command(name="pruefen")
@click.option("--unit", "unit_key", help="Nur dieses Sachgebiet.")
@click.option("--days", default=RULES.horizon_days, show_default=True, help="So viele Tage voraus.")
def check(unit_key: str | None, days: int) -> None:
    """Beweist: freie Zeit ist Dienstplan minus Buchungen. Endet mit 1, wenn eine Zeile abweicht."""
    engine, first = _open()
    found = 0
    with Session(engine) as session, session.begin():
        # One moment for all reads, or a booking made in between would look like a fault.
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        for unit in _units(session, unit_key):
            wrong = desk_days.deviations(session, unit, first, first + timedelta(days=days))
            found += len(wrong)
            click.echo(f"{unit}: {len(wrong)} Abweichungen.")
            for deviation in wrong[:20]:
                click.echo(f"  {_line(deviation)}")
    engine.dispose()
    if found:
        click.echo("Abhilfe: abh roster rebuild", err=True)
        sys.exit(1)


def _open() -> tuple[Engine, date]:
    settings = load_settings()
    return make_engine(settings.database_url), today(make_clock(settings))


def _units(session: Session, unit_key: str | None) -> list[str]:
    return [unit_key] if unit_key else desk_days.units_with_roster(session)


def _line(deviation: desk_days.Deviation) -> str:
    key = deviation.key
    what = "fehlt" if deviation.stored is None else "weicht ab"
    if deviation.derived is None:
        what = "ist überzählig"
    return f"{key.day:%d.%m.%Y} Platz {key.desk_id} {key.lane}: Zeile {what}"


commands: list[click.Command] = [roster_group]
