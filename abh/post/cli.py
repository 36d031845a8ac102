"""Commands `abh post`: take in an old backlog."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("post")
def post() -> None:
    """Posteingang: Altbestand einlesen."""


@post.command("import")
@click.argument("liste", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--ordner",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ordner der Dateien, die die Liste nennt; sonst der Ordner der Liste.",
)
def import_(liste: Path, ordner: Path | None) -> None:
    """Liest eine Liste (XLSX oder CSV) mit Altbestand ein; ein abgebrochener Lauf setzt fort.

    Spalten: Nr, Eingang, Weg, Art, Betreff, Sachgebiet, Absender, Geburtsdatum, Aktenzeichen, Text,
    Datei und Tage drohenden Schadens (titel, arbeitsbeginn, leistungen, frist, reise). Formeln
    werden nie ausgerechnet. Endet mit 1, wenn Zellen zu berichtigen sind.
    """
    from abh.access.actor import SYSTEM
    from abh.db import make_engine, make_sessions, transaction
    from abh.documents.house import build_house
    from abh.post import altbestand
    from abh.settings import load_settings, make_clock

    settings = load_settings()
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine)
    try:
        with transaction(sessions) as session:
            house = build_house(settings, session, clock=make_clock(settings))
        found = altbestand.run(sessions, house, SYSTEM, liste, ordner or liste.parent, _tell)
    finally:
        engine.dispose()
    for fault in found.faults:
        click.echo(f"Zelle {fault.cell} ({fault.column}): {fault.message}")
    click.echo(
        f"{found.rows} Zeilen gelesen, {found.taken} Eingänge neu, {found.known} schon bekannt, "
        f"{len(found.faults)} Zellen zu berichtigen."
    )
    if found.faults:
        raise SystemExit(1)


def _tell(rows: int, taken: int, known: int) -> None:
    if rows % 1_000 == 0:
        click.echo(f"{rows} Zeilen, {taken} neu, {known} bekannt", err=True)


commands: list[click.Command] = [post]
