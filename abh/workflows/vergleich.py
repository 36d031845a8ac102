"""What changed between two versions of a Verfahren: rows added, removed, changed (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from abh.workflows.definition import Verfahren
from abh.workflows.describe import Tabelle, kopf, tabellen


class Art(StrEnum):
    """What happened to a row."""

    ADDED = "neu"
    REMOVED = "entfallen"
    CHANGED = "geändert"


@dataclass(frozen=True, slots=True)
class Zelle:
    """One changed cell: its column, and what stood and stands there."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Aenderung:
    """One row that differs; ``zellen`` only for a changed one."""

    table: str
    row: str
    art: Art
    zellen: tuple[Zelle, ...] = ()
    text: str = ""


def vergleich(old: Verfahren, new: Verfahren) -> tuple[Aenderung, ...]:
    """Return every difference between the pages of two versions, in the order of the page.

    Rows belong together by the key in their cells (in backticks), else by their first cell.
    """
    return tuple(_changes(old, new))


def _changes(old: Verfahren, new: Verfahren) -> Iterator[Aenderung]:
    if kopf(old) != kopf(new):
        yield Aenderung("Kopf", new.name, Art.CHANGED, (Zelle("Kopf", kopf(old), kopf(new)),))
    before = {table.title: table for table in tabellen(old)}
    after = {table.title: table for table in tabellen(new)}
    for title in dict.fromkeys((*after, *before)):
        yield from _rows(title, before.get(title), after.get(title))


def _rows(title: str, before: Tabelle | None, after: Tabelle | None) -> Iterator[Aenderung]:
    old = _keyed(before)
    new = _keyed(after)
    columns = after.columns if after is not None else ()
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            yield Aenderung(title, _plain(row[0]), Art.ADDED, text=_line(row))
        elif was != row:
            cells = tuple(
                Zelle(column, _plain(one), _plain(two))
                for column, one, two in zip(columns, was, row, strict=True)
                if one != two
            )
            yield Aenderung(title, _plain(row[0]), Art.CHANGED, cells)
    for key, row in old.items():
        if key not in new:
            yield Aenderung(title, _plain(row[0]), Art.REMOVED, text=_line(row))


def _keyed(table: Tabelle | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in table.rows if table is not None else ():
        key = next((part for cell in row for part in cell.split("`")[1:2]), row[0])
        # the same law may stand in two rows of fees; the second is told apart by its words
        found[key if key not in found else f"{key} {row[0]} {row[1]}"] = row
    return found


def _line(row: tuple[str, ...]) -> str:
    return " · ".join(_plain(cell) for cell in row[1:] if cell)


def _plain(cell: str) -> str:
    return cell.replace("`", "")
