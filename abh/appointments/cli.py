"""``abh roster``: rebuild or prove the desk days; ``abh termine``: recompute a draw."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import click
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from abh.appointments import desk_days, losung, roster
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


@click.group(name="termine")
def termine_group() -> None:
    """Termine: was sich von außen nachrechnen lässt."""


@termine_group.group(name="losung")
def losung_group() -> None:
    """Losung der Notfallplätze."""


@losung_group.command(name="pruefen")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--startwert-hash", default="", help="Vor der Annahme notierte Prüfsumme.")
@click.option("--liste-hash", default="", help="Vor der Ziehung notierte Prüfsumme der Liste.")
def verify_draw(file: Path, startwert_hash: str, liste_hash: str) -> None:
    """Rechnet eine veröffentlichte Losung nach; braucht weder Datenbank noch Amt.

    Endet mit 1, wenn etwas nicht stimmt.
    """
    try:
        published = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} ist kein JSON: {error}") from error
    problems = losung.problems_of(published, noted_hash=startwert_hash, noted_list=liste_hash)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    drawn = published["reihenfolge"]
    click.echo(f"Die Losung stimmt: {len(drawn)} Einträge, {published['tag']}.")
    for place, pseudonym in enumerate(drawn, start=1):
        click.echo(f"{place:4} {pseudonym}")


commands: list[click.Command] = [roster_group, termine_group]
