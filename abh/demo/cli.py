"""Commands of the demo; also those of installing an office, which lies beside it on top."""

from __future__ import annotations

import click
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

from abh.access import zweitfaktor
from abh.db import make_engine, make_sessions, transaction
from abh.demo.load import HR_LOGIN, code_secret, load, logins
from abh.install import commands as install_commands
from abh.settings import load_settings, make_clock


@click.group("demo")
def demo() -> None:
    """Erfundene Personen und Vorgänge zum Ausprobieren und Messen."""


@demo.command("load")
@click.option("--scale", type=click.FloatRange(0.0001, 10), default=0.01, show_default=True)
@click.option("--seed", type=int, default=54, show_default=True)
def load_command(scale: float, seed: int) -> None:
    """Lädt 100.000 × SCALE Vorgänge aller Verfahren dazu."""
    settings = load_settings()
    engine = make_engine(settings.database_url)
    columns = (SpinnerColumn(), *Progress.get_default_columns(), TimeElapsedColumn())
    try:
        with Progress(*columns) as bar, transaction(make_sessions(engine)) as session:
            task = bar.add_task("Vorgänge", total=None)
            loaded = load(
                session,
                settings,
                scale=scale,
                seed=seed,
                clock=make_clock(settings),
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        engine.dispose()
    click.echo(f"{loaded.rows['person']} Personen, {loaded.cases} Vorgänge geladen.")


@demo.command("logins")
def logins_command() -> None:
    """Zeigt die Anmeldungen der Demo."""
    for role, login, password in logins(load_settings()):
        click.echo(f"{role}: {login}  {password}")


@demo.command("code")
def code_command() -> None:
    """Zeigt den Einmalcode der Firma der Demo und die Adresse für eine App."""
    settings = load_settings()
    shared = code_secret(settings)
    click.echo(zweitfaktor.code_at(shared, make_clock(settings).now()))
    click.echo(zweitfaktor.uri(shared, HR_LOGIN, "Ausländerbehörde (Demo)"))


commands: list[click.Command] = [demo, *install_commands]
