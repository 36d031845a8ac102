"""Commands `abh verfahren`: check, describe, play scenarios."""

from __future__ import annotations

from pathlib import Path

import click

from abh.kernel.errors import ConfigurationError
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry
from abh.workflows.check import check_verfahren
from abh.workflows.describe import describe
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
@click.argument("key")
@click.option("--version", type=int, default=1, show_default=True)
@click.option("--nach", type=click.Path(path_type=Path), help="In diese Datei schreiben.")
def beschreiben(key: str, version: int, nach: Path | None) -> None:
    """Die deutsche Seite eines Verfahrens schreiben."""
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


def _law() -> Rechtsstand:
    return Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))


commands = [verfahren]
