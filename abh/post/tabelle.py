"""Rows of an XLSX or CSV list, one after the other; formulas are text, nothing is ever computed."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from abh.kernel.errors import UploadRefused

# A list of 100,000 rows unpacks to far less; more is a bomb, not a list.
MOST_UNPACKED = 500 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 60
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})(\d+)")
# Excel counts days from here, with its famous 29 February 1900 before 1 March.
_DAY_ZERO = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell; ``formula`` says that it held one, which is shown and never run."""

    text: str
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its number as the program of the sender shows it, and its cells by column."""

    number: int
    cells: tuple[Cell, ...]


def column_letter(index: int) -> str:
    """Return A for 0, Z for 25, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def lines(path: Path) -> Iterator[Line]:
    """Yield the rows of a list; memory does not grow with its length.

    Raises ``UploadRefused`` for what is no list, is encrypted, or unpacks beyond all measure.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
        yield from _xlsx(path)
    elif head == b"\xd0\xcf\x11\xe0":
        raise UploadRefused(f"„{path.name}“ ist ein altes oder verschlüsseltes Format; bitte als "
                            "XLSX ohne Passwort oder als CSV speichern.")  # fmt: skip
    else:
        yield from _csv(path)


def _csv(path: Path) -> Iterator[Line]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="", errors="strict") as file:
        sample = file.read(8_192)
        file.seek(0)
        counts = {sign: sample.count(sign) for sign in ";\t,"}
        reader = csv.reader(file, delimiter=max(counts, key=lambda sign: counts[sign]))
        try:
            for fields in reader:
                if reader.line_num > MOST_ROWS:
                    raise UploadRefused(f"„{path.name}“ hat mehr als {MOST_ROWS} Zeilen.")
                cells = tuple(Cell(text, _is_formula(text)) for text in fields[:MOST_COLUMNS])
                yield Line(reader.line_num, cells)
        except csv.Error as error:
            message = f"„{path.name}“ ist ab Zeile {reader.line_num} keine CSV-Datei."
            raise UploadRefused(message) from error


def _encoding(path: Path) -> str:
    """Return UTF-8 where the whole file is that, else what German offices' programs write."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252" if b"\0" not in path.read_bytes()[:4_096] else "utf-16"
    return "utf-8-sig"


def _is_formula(text: str) -> bool:
    return text[:1] in ("=", "@") or (text[:1] in ("+", "-") and not text[1:2].isdigit())


def _xlsx(path: Path) -> Iterator[Line]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise UploadRefused(f"„{path.name}“ wird beim Öffnen übermäßig groß.")
            names = set(archive.namelist())
            sheet = "xl/worksheets/sheet1.xml"
            if sheet not in names:
                raise UploadRefused(f"„{path.name}“ hat kein Tabellenblatt.")
            shared = _shared(archive) if "xl/sharedStrings.xml" in names else []
            dates = _date_styles(archive) if "xl/styles.xml" in names else frozenset()
            with archive.open(sheet) as stream:
                yield from _rows(stream, shared, dates, path.name)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, OSError, RuntimeError) as error:
        raise UploadRefused(f"„{path.name}“ ist beschädigt oder keine XLSX-Datei.") from error


def _parse(stream: Any, tag: str) -> Iterator[Any]:
    """Yield the elements of a tag; no entity is expanded and nothing is fetched."""
    found = etree.iterparse(
        stream, tag=_MAIN + tag, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False,
    )  # fmt: skip
    for _event, element in found:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _shared(archive: zipfile.ZipFile) -> list[str]:
    with archive.open("xl/sharedStrings.xml") as stream:
        return [_text(element) for element in _parse(stream, "si")]


def _text(element: Any) -> str:
    return "".join(part.text or "" for part in element.iter(_MAIN + "t"))


def _date_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Return the styles whose numbers are days."""
    with archive.open("xl/styles.xml") as stream:
        tree = etree.parse(stream, etree.XMLParser(resolve_entities=False, no_network=True))
    own = {
        one.get("numFmtId"): (one.get("formatCode") or "").lower()
        for one in tree.iter(_MAIN + "numFmt")
    }
    formats = tree.find(f"{_MAIN}cellXfs")
    found = set()
    for number, style in enumerate(() if formats is None else formats):
        key = style.get("numFmtId") or "0"
        code = re.sub(r"\[[^\]]*\]|\"[^\"]*\"", "", own.get(key, ""))
        if int(key) in range(14, 18) or int(key) == 22 or ("y" in code or "d" in code):
            found.add(number)
    return frozenset(found)


def _rows(stream: Any, shared: list[str], dates: frozenset[int], name: str) -> Iterator[Line]:
    number = 0
    for row in _parse(stream, "row"):
        number = int(row.get("r") or number + 1)
        if number > MOST_ROWS:
            raise UploadRefused(f"„{name}“ hat mehr als {MOST_ROWS} Zeilen.")
        cells: list[Cell] = []
        for cell in row.iter(_MAIN + "c"):
            at = _column(cell.get("r") or "", len(cells))
            if at < MOST_COLUMNS:
                cells += [Cell("")] * (at - len(cells))
                cells[at:] = [_cell(cell, shared, dates)]
        yield Line(number, tuple(cells))


def _column(reference: str, default: int) -> int:
    found = _CELL.fullmatch(reference)
    if not found:
        return default
    index = 0
    for letter in found[1]:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _cell(cell: Any, shared: list[str], dates: frozenset[int]) -> Cell:
    formula = cell.find(_MAIN + "f")
    if formula is not None:
        return Cell(f"={formula.text or ''}", formula=True)
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        text = _text(cell)
        return Cell(text, _is_formula(text))
    value = cell.findtext(_MAIN + "v") or ""
    if kind == "s":
        text = shared[int(value)] if value.isdigit() and int(value) < len(shared) else ""
        return Cell(text, _is_formula(text))
    if kind == "n" and value and int(cell.get("s") or 0) in dates:
        return Cell(_day(value))
    if kind == "n" and value.endswith(".0"):
        return Cell(value[:-2])
    return Cell(value)


def _day(value: str) -> str:
    try:
        return (_DAY_ZERO + timedelta(days=int(float(value)))).isoformat()
    except (ValueError, OverflowError):
        return value
