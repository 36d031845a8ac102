"""``abh bench``: run one benchmark and print its JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import click

from abh.bench.measure import REQUIRED
from abh.bench.server import given_url, scratch_database
from abh.settings import ROOT

FOLDER = ROOT / "benchmarks"


def names(folder: Path = FOLDER) -> list[str]:
    """Return the benchmarks there are, in the order in which all are run."""
    return sorted(path.stem for path in folder.glob("*.py"))


def load(name: str, folder: Path = FOLDER) -> Callable[[str], Iterator[Mapping[str, Any]]]:
    """Return ``run`` of a benchmark; raises ``BadParameter`` naming those that exist."""
    path = folder / f"{name}.py"
    if name not in names(folder):
        known = ", ".join(names(folder))
        raise click.BadParameter(f"„{name}“ gibt es nicht. Vorhanden: {known}")
    spec = spec_from_file_location(f"abh_benchmark_{name}", path)
    if spec is None or spec.loader is None:
        raise click.BadParameter(f"{path} ist kein Python-Modul.")
    module = module_from_spec(spec)
    # dataclasses look their own module up while it is being made
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    run: Callable[[str], Iterator[Mapping[str, Any]]] = module.run
    return run


def as_json(figures: Mapping[str, Any]) -> str:
    """Return a line as it is printed; raises ``ValueError`` when a key that all have is missing."""
    missing = [key for key in REQUIRED if key not in figures]
    if missing:
        raise ValueError(f"a benchmark line lacks {missing}: {dict(figures)}")
    return json.dumps(figures, ensure_ascii=False)


@click.command("bench")
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="Die Namen aller Messungen.")
def bench(name: str | None, list_: bool) -> None:
    """Misst NAME gegen seine Untergrenze im selben Lauf; eine JSON-Zeile je Wert.

    Ohne ABH_DATABASE_URL startet dafür ein eigenes PostgreSQL.
    """
    if list_:
        click.echo("\n".join(names()))
        return
    if not name:
        raise click.UsageError("Welche Messung? Namen zeigt: abh bench --list")
    run = load(name)
    with scratch_database(name, url=given_url()) as url:
        for figures in run(url):
            click.echo(as_json(figures))


commands: list[click.Command] = [bench]
