"""``abh frist``: the deadline calculator for programs, JSON in and out."""

from __future__ import annotations

import json
from typing import IO

import click

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.fristen import berechne
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import load_settings, load_yaml_dir


@click.command(name="frist")
@click.argument("anfrage", type=click.File("r", encoding="utf-8"), default="-")
def frist(anfrage: IO[str]) -> None:
    """Berechnet eine Frist. ANFRAGE ist eine JSON-Datei, ohne Angabe die Standardeingabe.

    Beispiel: {"event": "bescheid", "date": "2026-11-23", "channel": "post"}
    """
    try:
        payload = json.load(anfrage)
    except ValueError as error:
        raise InvalidInput([FieldProblem("", f"kein JSON: {error}")]) from error
    law = Rechtsstand(load_yaml_dir(load_settings().law_dir))
    click.echo(json.dumps(berechne(payload, law), ensure_ascii=False, indent=2))


@click.group("einrichtung")
def setup() -> None:
    """Ein Amt im Browser einrichten."""


@setup.command("code")
def setup_code() -> None:
    """Zeigt einen neuen Code für die Einrichtung; er gilt einmal."""
    from abh.db import make_engine, make_sessions, transaction
    from abh.office.einrichtung import new_code
    from abh.settings import make_clock

    settings = load_settings()
    engine = make_engine(settings.database_url, pool_size=1)
    try:
        with transaction(make_sessions(engine)) as session:
            code = new_code(session, now=make_clock(settings).now())
    finally:
        engine.dispose()
    click.echo(f"{settings.base_url}/einrichtung  {code}")


commands: list[click.Command] = [frist, setup]
