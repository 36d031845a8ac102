"""Reads a sheet that came from outside: streaming, with caps, and never believing it (pure).

A workbook is a ZIP of XML. What can hurt is refused before the library sees it: passwords, macros,
links to other files, entities, bombs. Formulas are never computed; a cell that holds one is wrong.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from abh.fastlane.spalten import FOR_COMPANIES, Art, Spalte, columns
from abh.kernel.errors import FieldProblem, InvalidInput

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 60 * 1024 * 1024
MOST_MEMBERS = 200
MOST_ROWS = 1_000
# Rows that only have a format are skipped, but not without an end.
LAST_ROW = 20_000
MOST_COLUMNS = 120
RESULT = "Ergebnis"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEET = re.compile(r"Antrag (P\d{2})")


@dataclass(frozen=True, slots=True)
class Fehler:
    """What is wrong with one cell: the key of its column ("" for the row) and a sentence."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Zeile:
    """A row as typed: its number in the sheet, the cells as text, and what could not be read."""

    row_no: int
    cells: Mapping[str, str]
    faults: tuple[Fehler, ...] = ()


@dataclass(frozen=True, slots=True)
class Gelesen:
    """A sheet of applications for one procedure."""

    verfahren: str
    rows: tuple[Zeile, ...]


def refuse(text: str) -> InvalidInput:
    """Return the error for a whole file, at its field."""
    return InvalidInput([FieldProblem("tabelle", text)])


def read_sheet(data: bytes) -> Gelesen:
    """Return the rows of a sheet made from our template; nothing of it is computed or followed.

    Raises ``InvalidInput`` at the field ``tabelle`` for a file that is none, is protected or
    manipulated, or has too much in it. What is wrong with a cell stands in the row.
    """
    check_container(data)
    try:
        return _read(data)
    except InvalidInput:
        raise
    except Exception as error:  # the library raises whatever a broken file makes it stumble over
        raise refuse("Diese Datei ist beschädigt und kann nicht gelesen werden.") from error


def check_container(data: bytes) -> None:
    """Refuse what is no plain workbook; raises ``InvalidInput`` with the reason."""
    if len(data) > MOST_BYTES:
        raise refuse(f"Die Datei ist größer als {MOST_BYTES // 1024 // 1024} MB.")
    if data.startswith(_OLE):
        raise refuse(
            "Die Datei ist mit einem Passwort geschützt oder im alten Format (.xls). "
            "Bitte speichern Sie sie ohne Passwort als Excel-Arbeitsmappe (.xlsx)."
        )
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_members(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise refuse("Das ist keine Excel-Arbeitsmappe (.xlsx).") from error


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_UNPACKED:
        raise refuse("Die Datei enthält ungewöhnlich viele Daten und wird nicht geöffnet.")
    names = {one.filename for one in members}
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise refuse("Das ist keine Excel-Arbeitsmappe (.xlsx).")
    if len(names) != len(members):
        raise refuse("Die Datei ist manipuliert: Ein Teil kommt doppelt vor.")
    if any(one.flag_bits & 1 for one in members):
        raise refuse("Die Datei ist mit einem Passwort geschützt. Bitte ohne Passwort speichern.")
    if any("vbaProject" in name or name.startswith("xl/macrosheets") for name in names):
        raise refuse("Die Datei enthält Makros. Bitte als .xlsx ohne Makros speichern.")
    if any(name.startswith(("xl/externalLinks", "xl/embeddings")) for name in names):
        raise refuse("Die Datei verweist auf andere Dateien. Bitte nur Werte eintragen.")
    for one in members:
        if one.filename.endswith((".xml", ".rels")):
            _check_xml(one.filename, archive.read(one))


def _check_xml(name: str, content: bytes) -> None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<!DOCTYPE" in content:
        raise refuse("Die Datei ist manipuliert: Sie enthält eine Dokumenttyp-Erklärung.")
    if b"<!ENTITY" in content:
        raise refuse("Die Datei ist manipuliert: Sie enthält Ersetzungen.")
    if name.startswith("xl/worksheets/") and b"<mergeCell " in content:
        raise refuse(
            "In der Tabelle sind Zellen verbunden. Bitte heben Sie das auf: eine Zeile je Person."
        )


def _read(data: bytes) -> Gelesen:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        found = [(name, _SHEET.fullmatch(name.strip())) for name in book.sheetnames]
        wanted = [(name, match[1]) for name, match in found if match]
        if len(wanted) != 1 or wanted[0][1] not in FOR_COMPANIES:
            raise refuse("Bitte nehmen Sie unsere Vorlage: Das Blatt „Antrag …“ fehlt.")
        name, verfahren = wanted[0]
        sheet: Any = book[name]
        if not hasattr(sheet, "iter_rows"):
            raise refuse("Bitte nehmen Sie unsere Vorlage: Das Blatt „Antrag …“ fehlt.")
        sheet.reset_dimensions()
        return Gelesen(verfahren, tuple(rows_of(sheet, columns(verfahren))))
    finally:
        book.close()


def rows_of(sheet: Any, known: Sequence[Spalte]) -> Iterator[Zeile]:
    """Yield the rows of a sheet with these columns; raises ``InvalidInput`` for other columns."""
    lines = sheet.iter_rows(max_col=MOST_COLUMNS)
    heads = _heads(next(lines, ()), known)
    count = 0
    for number, line in enumerate(lines, start=2):
        if number > LAST_ROW:
            raise refuse(f"Die Tabelle hat mehr als {LAST_ROW} Zeilen.")
        row = _row(number, line, heads)
        if row is None:
            continue
        count += 1
        if count > MOST_ROWS:
            raise refuse(f"Bitte höchstens {MOST_ROWS} Personen in einer Tabelle.")
        yield row
    if not count:
        raise refuse("In der Tabelle steht noch niemand.")


def _heads(line: Sequence[Any], known: Sequence[Spalte]) -> dict[int, Spalte]:
    by_head = {column.de.casefold(): column for column in known}
    found: dict[int, Spalte] = {}
    strange = []
    for place, cell in enumerate(line):
        text = str(cell.value or "").split("\n")[0].strip().removesuffix("*").strip()
        if not text or text == RESULT:
            continue
        column = by_head.get(text.casefold())
        if column is None or column in found.values():
            strange.append(text[:60])
        else:
            found[place] = column
    if strange:
        raise refuse("Diese Spalten gibt es nicht oder doppelt: " + ", ".join(strange[:5]) + ".")
    missing = [c.de for c in known if c.needed and c not in found.values()]
    if missing:
        raise refuse("Diese Spalten fehlen: " + ", ".join(missing) + ".")
    return found


def _row(number: int, line: Sequence[Any], heads: Mapping[int, Spalte]) -> Zeile | None:
    cells: dict[str, str] = {}
    faults: list[Fehler] = []
    for place, cell in enumerate(line):
        column = heads.get(place)
        if column is None or cell.value is None:
            continue
        text, fault = _text(cell, column)
        if text or fault:
            cells[column.key] = text
        if fault:
            faults.append(Fehler(column.key, fault))
    return Zeile(number, cells, tuple(faults)) if cells else None


def _text(cell: Any, column: Spalte) -> tuple[str, str]:
    """Return the cell as text and what is wrong with it."""
    value = cell.value
    days = column.art in (Art.TAG, Art.GEBURT)
    if cell.data_type == "f" or (isinstance(value, str) and value.lstrip().startswith("=")):
        return _cut(str(value)), "Hier steht eine Formel. Bitte den Wert selbst eintragen."
    if cell.data_type == "e":
        return _cut(str(value)), "Excel meldet hier einen Fehler. Bitte den Wert eintragen."
    if isinstance(value, bool):
        return ("ja" if value else "nein"), ""
    if isinstance(value, datetime | date):
        text = f"{value:%d.%m.}{value.year:04d}"
        return text, "" if days else "Hier steht ein Datum; erwartet wird: " + column.art + "."
    if isinstance(value, int | float):
        if days:
            return _number(value), "Hier steht eine Zahl. Bitte als TT.MM.JJJJ eintragen."
        return _number(value, comma=column.art is Art.BETRAG), ""
    text = str(value).strip()
    if len(text) > column.most:
        return _cut(text), f"Höchstens {column.most} Zeichen."
    return text, ""


def _number(value: float, *, comma: bool = False) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.2f}" if comma else repr(value)
    return text.replace(".", ",")


def _cut(text: str) -> str:
    return text[:200]
