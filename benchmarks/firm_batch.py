"""A sheet of 500 employees read, checked and given back with every error at its cell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from abh.bench import measure
from abh.bench.world import MONDAY
from abh.fastlane import stapel, vorlage, zeilen
from abh.fastlane.vorlage import Ergebnis
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir

PEOPLE = 500
ROUNDS = 5
_SOUND = {
    "vollmacht": "ja",
    "person.given_names": "Ada",
    "person.birth_date": "00.05.1990",
    "person.nationalities": "IND",
    "person.street": "Graf-Adolf-Straße 12",
    "person.postcode": "40212",
    "person.city": "Düsseldorf",
    "title_kind": "Nationales Visum",
    "title_until": "20.12.2026",
    "salary_year": "60.000,00",
    "job_permanent": "ja",
}
# One fault of each kind in turn, and rows without any.
_FAULTS = (
    {},
    {"person.birth_date": "31.02.1990"},
    {"person.nationalities": "Indien", "person.city": ""},
    {"salary_year": "=1+1"},
    {"job_months": "12"},
    {"title_kind": "Reisepass", "title_until": "bald"},
)


def run(database_url: str, people: int = PEOPLE, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield one line; the floor is the library reading the same file without looking at it.

    ``errors`` must all be found, each in its own cell; ``RuntimeError`` otherwise. No database.
    """
    law = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
    faults = [_FAULTS[nth % len(_FAULTS)] for nth in range(people)]
    rows = [{**_SOUND, "person.family_name": _name(nth), **f} for nth, f in enumerate(faults)]
    data = vorlage.template("P02", [Ergebnis(row) for row in rows])
    firma = zeilen.Firma("Beispiel Systems GmbH")

    def ours() -> None:
        _sheet, checked = stapel.check_sheet(data, firma, law, MONDAY.date())
        found = [{error.key for error in one.errors} for one in checked]
        if found != [set(fault) for fault in faults]:
            raise RuntimeError("an error was not found, or found elsewhere")
        vorlage.template("P02", [Ergebnis(one.row.cells, one.errors) for one in checked])

    def floor() -> None:
        book = load_workbook(BytesIO(data), read_only=True)
        for _row in book["Antrag P02"].iter_rows(values_only=True):
            pass
        book.close()

    series = measure.in_turns(ours, floor, rounds, warm_up=1)
    yield measure.line(
        "firm_batch",
        *series,
        worst_ms=round(max(series[0]), 1),
        people=people,
        errors=sum(map(len, faults)),
        load=round(os.getloadavg()[0], 1),
    )


def _name(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return f"Beispiel{letters[number % 26]}{letters[number // 26 % 26]}"
