"""Commands `abh verfahren`: check, describe, play scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from abh.kernel.errors import ConfigurationError
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry
from abh.workflows.check import check_verfahren
from abh.workflows.cli_kampagne import kampagne
from abh.workflows.describe import describe, pages
from abh.workflows.machine import machine_of
from abh.workflows.scenarios import load, run


@click.group("verfahren")
def verfahren() -> None:
    """Verfahren prüfen, beschreiben und durchspielen."""


@verfahren.command("pruefen")
@click.option("--briefe", default="", help="Bekannte Briefe, mit Komma; sonst die des Verfahrens.")
def pruefen(briefe: str) -> None:
    """Alle Verfahren auf Fehler prüfen; endet mit 1, wenn es welche gibt."""
    known = {key.strip() for key in briefe.split(",") if key.strip()}
    faults = []
    for one in registry.PUBLISHED:
        faults += check_verfahren(one, known or set(one.letters))
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
