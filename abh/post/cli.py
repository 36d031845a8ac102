"""Commands `abh post`: old backlog, separator sheets, text model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group("post")
def post() -> None:
    """Posteingang: Altbestand, Trennblätter, Textmodell."""


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
    Datei und Tage drohenden Schadens (titel, arbeitsbeginn, leistungen, frist, reise). Nötig sind
    Eingang und eines von Betreff, Text, Datei; fehlende Art und Sachgebiet ergeben sich aus den
    Worten. Formeln werden nie ausgerechnet. Endet mit 1, wenn Zellen zu berichtigen sind.
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


@post.command("trennblatt")
@click.argument("datei", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--sachgebiet", required=True, help="Schlüssel des Sachgebiets, z. B. SG1.")
@click.option("--art", default="", help="Art der Post, z. B. documents; sonst sortiert die Regel.")
@click.option("--eingang", default="", help="Tag des Eingangsstempels (JJJJ-MM-TT).")
def trennblatt_(datei: Path, sachgebiet: str, art: str, eingang: str) -> None:
    """Schreibt ein Trennblatt für den Scanner als PDF in DATEI."""
    from abh.db import make_engine, make_sessions, transaction
    from abh.post.trennblaetter import pdf_of
    from abh.settings import load_settings

    settings = load_settings()
    engine = make_engine(settings.database_url)
    try:
        with transaction(make_sessions(engine)) as session:
            secret = settings.secret_key.encode("utf-8")
            data = pdf_of(session, secret, sachgebiet, art, eingang)
    finally:
        engine.dispose()
    datei.write_bytes(data)
    click.echo(f"{datei} geschrieben.")


@post.group("modell")
def modell() -> None:
    """Textmodell, das die Art der Post vorschlägt."""


@modell.command("pruefen")
@click.option("--ohne-berichtigungen", is_flag=True, help="Nur mit den erfundenen Texten prüfen.")
def pruefen(ohne_berichtigungen: bool) -> None:
    """Lernt ohne ein Viertel der Texte und sagt, wie gut dieses Viertel erkannt wird."""
    from abh.post import lernen
    from abh.post.schemas import KINDS
    from abh.post.sortieren import SURE

    corrections = [] if ohne_berichtigungen else _corrections()
    found = lernen.check(corrections, sure=SURE)
    click.echo(
        f"Gelernt: {found.learned} Texte, davon {len(corrections)} von Menschen berichtigt; die "
        "übrigen sind erfunden. Gefragt: nur Texte aus Vorlagen, die nicht gelernt wurden."
    )
    click.echo(f"Richtig: {found.right} von {found.asked} ({100 * found.accuracy:.0f} %).")
    click.echo(
        f"Sicher genug, um einzuordnen (ab {100 * SURE:.0f} %): {found.sure}, davon richtig "
        f"{found.sure_right}; alle anderen bleiben „{KINDS['other']}“ und zeigen ihre Vermutung."
    )
    for kind, (right, count) in found.recall.items():
        click.echo(f"  {KINDS[kind]:58} {right:3} von {count:3}")
    for is_, said, count in found.confused:
        click.echo(f"  verwechselt: {KINDS[is_]} als {KINDS[said]}, {count}-mal")


@modell.command("lernen")
def lernen_() -> None:
    """Lernt jetzt aus allen Berichtigungen; sonst tut es der Zeitplaner einmal am Tag."""
    from abh.db import make_engine, make_sessions, transaction
    from abh.documents.house import build_house
    from abh.post import lernen
    from abh.settings import load_settings, make_clock

    settings = load_settings()
    engine = make_engine(settings.database_url)
    try:
        with transaction(make_sessions(engine)) as session:
            house = build_house(settings, session, clock=make_clock(settings))
            row = lernen.renew(session, house)
            click.echo(
                f"{row.samples} Texte gelernt, davon {row.corrections} berichtigt; in der Probe "
                f"{100 * row.accuracy:.0f} % richtig."
            )
    finally:
        engine.dispose()


def _corrections() -> list[Any]:
    from abh.db import make_engine, make_sessions, transaction
    from abh.post import lernen
    from abh.settings import load_settings

    engine = make_engine(load_settings().database_url)
    try:
        with transaction(make_sessions(engine)) as session:
            return list(lernen.learned_from_clerks(session))
    finally:
        engine.dispose()


commands: list[click.Command] = [post]
