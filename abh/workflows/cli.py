"""Commands `abh verfahren`: check, describe, play scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import SYSTEM
from abh.db import make_engine, make_sessions, transaction
from abh.documents.house import House, build_house
from abh.documents.letters import LETTERS
from abh.kernel.errors import ConfigurationError, DomainError
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_settings, load_yaml_dir, make_clock
from abh.workflows import registry, ueberleitung
from abh.workflows.check import Fault, check_scenarios, check_verfahren, check_versions
from abh.workflows.cli_kampagne import kampagne
from abh.workflows.describe import describe, pages
from abh.workflows.machine import machine_of
from abh.workflows.scenarios import load, load_all, run


@click.group("verfahren")
def verfahren() -> None:
    """Verfahren prüfen, beschreiben und durchspielen."""


@verfahren.command("pruefen")
@click.option("--briefe", default="", help="Bekannte Briefe, mit Komma; sonst alle mit Vorlage.")
@click.option(
    "--szenarien",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ordner der Szenarien: dann auch, ob sie alles zeigen und stimmen.",
)
def pruefen(briefe: str, szenarien: Path | None) -> None:
    """Alle Verfahren auf Fehler prüfen; endet mit 1, wenn es welche gibt."""
    known = {key.strip() for key in briefe.split(",") if key.strip()}
    law = _law()
    faults = check_versions(registry.PUBLISHED)
    for one in registry.PUBLISHED:
        faults += check_verfahren(one, known or set(LETTERS), set(law))
        if szenarien is not None:
            outcomes = [run(scenario) for scenario in load_all(szenarien, one, law)]
            faults += check_scenarios(one, outcomes)
            faults += [
                Fault(one.key, f"Szenario {o.scenario.name}", "; ".join(o.problems))
                for o in outcomes
                if not o.passed
            ]
        stored = registry.FINGERPRINTS.get((one.key, one.version))
        if stored != registry.fingerprint(one):
            raise click.ClickException(
                f"{one.key} Version {one.version} wurde nach der Veröffentlichung geändert. "
                "Eine Änderung ist eine neue Version."
            )
        machine_of(one)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        raise click.ClickException(f"{len(faults)} Fehler gefunden.")
    click.echo(f"{len(registry.PUBLISHED)} Verfahren geprüft, keine Fehler.")


@verfahren.command("beschreiben")
@click.argument("key", required=False)
@click.option("--version", type=int, default=1, show_default=True)
@click.option("--alle", is_flag=True, help="Die Seiten aller Verfahren.")
@click.option(
    "--nach", type=click.Path(path_type=Path), help="In diese Datei, bei --alle in diesen Ordner."
)
def beschreiben(key: str | None, version: int, alle: bool, nach: Path | None) -> None:
    """Die deutsche Seite eines Verfahrens schreiben, oder mit --alle die Seiten aller."""
    if alle:
        if key or nach is None:
            raise click.UsageError("--alle braucht --nach ORDNER und keinen Schlüssel.")
        for name, page in pages().items():
            (nach / name).write_text(page, encoding="utf-8")
        click.echo(f"{len(pages())} Seiten nach {nach} geschrieben.")
        return
    if not key:
        raise click.UsageError("Welches Verfahren? Zum Beispiel: abh verfahren beschreiben P02")
    try:
        page = describe(registry.get(key, version))
    except ConfigurationError as problem:
        raise click.ClickException(str(problem)) from problem
    if nach is None:
        click.echo(page, nl=False)
    else:
        nach.write_text(page, encoding="utf-8")
        click.echo(f"{nach} geschrieben.")


@verfahren.command("szenario")
@click.argument("pfade", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def szenario(pfade: tuple[Path, ...]) -> None:
    """Szenariodateien oder -ordner durchspielen; endet mit 1, wenn eines nicht stimmt."""
    try:
        outcomes = [run(scenario) for scenario in load(pfade, _law())]
    except ConfigurationError as problem:
        raise click.ClickException(str(problem)) from problem
    for outcome in outcomes:
        mark = "stimmt" if outcome.passed else "STIMMT NICHT"
        click.echo(f"{mark}: {outcome.scenario.name}")
        for text in outcome.problems:
            click.echo(f"    {text}")
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if failed or not outcomes:
        raise click.ClickException(f"{len(failed)} von {len(outcomes)} Szenarien stimmen nicht.")
    click.echo(f"{len(outcomes)} Szenarien stimmen.")


@verfahren.command("ueberleiten")
@click.argument("key")
@click.option("--von", type=int, required=True, help="Version, auf der die Vorgänge laufen.")
@click.option("--nach", type=int, required=True, help="Version, auf der sie weiterlaufen sollen.")
@click.option("--ausfuehren", is_flag=True, help="Nicht nur ansehen, sondern überleiten.")
@click.option("--grund", default="", help="Übergangsvorschrift, auf der die Überleitung beruht.")
def ueberleiten(key: str, von: int, nach: int, *, ausfuehren: bool, grund: str) -> None:
    """Laufende Vorgänge auf eine andere Version überleiten; ohne --ausfuehren nur ein Probelauf."""
    try:
        with _house() as (sessions, furnish):
            with sessions() as session:
                found = list(ueberleitung.dry_run(session, furnish(session), key, von, nach))
            for one in found:
                click.echo(f"{one.number}: " + ("möglich" if one.moeglich else "NICHT möglich"))
                for text in (*one.hindernisse, *one.aenderungen):
                    click.echo(f"    {text}")
            ready = [one for one in found if one.moeglich]
            click.echo(f"{len(found)} Vorgänge, davon {len(ready)} überleitbar.")
            if not ausfuehren:
                return
            for one in ready:
                with transaction(sessions) as session:
                    ueberleitung.move_case(
                        session, furnish(session), SYSTEM, one.vorgang_id, nach, reason=grund
                    )
            click.echo(f"{len(ready)} Vorgänge übergeleitet.")
    except DomainError as problem:
        raise click.ClickException(str(problem)) from problem


@contextmanager
def _house() -> Iterator[tuple[sessionmaker[Session], Callable[[Session], House]]]:
    """Sessions of the settings of the environment, and what furnishes a house for each."""
    settings = load_settings()
    engine = make_engine(settings.database_url, pool_size=1)
    try:
        clock = make_clock(settings)
        yield make_sessions(engine), lambda session: build_house(settings, session, clock=clock)
    finally:
        engine.dispose()


@click.command("probefall")
@click.argument("datei", type=click.File(encoding="utf-8"))
def probefall(datei: TextIO) -> None:
    """Was wäre wenn: Angaben mit Daten aus DATEI (JSON, „-“: Eingabe), Antwort als JSON.

    Gespeichert wird nichts. DATEI: {"verfahren": "P02", "tag": "2026-11-23", "wohnort": "…",
    "angaben": {"eingang": "2026-10-05", "titel": "Aufenthaltserlaubnis", …}}.
    """
    import json
    import sys

    from abh.documents.house import office_of
    from abh.documents.zeichnung_config import load_zeichnung
    from abh.kernel.clock import BERLIN
    from abh.office.file import load_office, profile_of
    from abh.settings import load_settings, make_clock
    from abh.workflows import probefall as whatif

    try:
        raw = json.load(datei)
    except ValueError as error:
        raise click.ClickException(f"{datei.name} ist kein JSON: {error}") from error
    if not isinstance(raw, dict):
        raise click.ClickException(f"{datei.name}: erwartet wird ein Objekt mit „verfahren“.")
    settings = load_settings()
    office = load_office(settings.office_file)
    profile = profile_of(office) | {"units": {unit["key"]: unit for unit in office["units"]}}
    law = Rechtsstand(load_yaml_dir(settings.law_dir))
    amt = whatif.amt_of(load_zeichnung(settings.zeichnung_file), office_of(profile), profile)
    today = make_clock(settings).now().astimezone(BERLIN).date()
    answer = whatif.probefall(whatif.frage(raw, law, today), law, amt)
    json.dump(whatif.to_json(answer), sys.stdout, ensure_ascii=False, indent=2)
    click.echo()


def _law() -> Rechtsstand:
    return Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))


commands = [verfahren, probefall, kampagne]
