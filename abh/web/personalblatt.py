"""The staff of a new office as a sheet: empty to fill, read cell by cell, back with its errors.

Reading and marking are those of the companies' sheets (``abh.fastlane``): nothing is computed,
nothing followed, and what people typed is text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from abh.fastlane import tabelle, vorlage
from abh.fastlane.spalten import Spalte
from abh.fastlane.tabelle import Fehler, Zeile
from abh.kernel.errors import InvalidInput

SHEET: Final = "Personal"
_LISTS, _HELP = "Listen", "Erläuterung"
ROLES: Final[Mapping[str, str]] = {
    "Sachbearbeitung": "clerk", "Leitung": "lead", "Technik": "admin",
}  # fmt: skip
RANKS: Final[Mapping[str, str]] = {
    "Einarbeitung": "EINARB", "Sachbearbeitung": "SB", "Sachgebietsleitung": "SGL",
    "Abteilungsleitung": "ABL", "Amtsleitung": "AL", "Beigeordnete": "BG",
    "Oberbürgermeister": "OB",
}  # fmt: skip
ALL: Final = "alle"
_KEY = re.compile(r"P\d{2}")
_HELP_ROWS = (
    "Eine Zeile ist eine Person. Spalten mit * müssen ausgefüllt sein.",
    "Jedes Sachgebiet braucht genau eine Leitung. Amts- und Abteilungsleitung haben kein "
    "Sachgebiet.",
    "Ausgebildet für / lernt gerade: Verfahren wie P01, P02, mit Komma; „alle“ meint alle des "
    "Sachgebiets. Wer in Einarbeitung ist, trägt den Rang Einarbeitung.",
    "Passwörter gehören nicht hierher: Sie werden nach der Eröffnung gesetzt.",
)


def columns(units: Sequence[Mapping[str, Any]]) -> tuple[Spalte, ...]:
    """Return the columns of the sheet for these Sachgebiete."""
    names = {f"{unit['key']} {unit['name']}": str(unit["key"]) for unit in units}
    return (
        Spalte("login", "Anmeldename", "Login", needed=True, most=64,
               hint_de="Kleinbuchstaben ohne Umlaut, z. B. m.muster"),
        Spalte("name", "Name", "Name", needed=True, hint_de="Wie er in Briefen steht."),
        Spalte("unit", "Sachgebiet", "Unit", choices=names,
               hint_de="Leer für Amtsleitung und Technik."),
        Spalte("role", "Rolle", "Role", needed=True, choices=ROLES),
        Spalte("rank", "Zeichnungsrang", "Signing rank", needed=True, choices=RANKS),
        Spalte("email", "E-Mail", "E-mail"),
        Spalte("trained", "Ausgebildet für", "Trained for", hint_de="P01, P02 … oder alle"),
        Spalte("training", "Lernt gerade", "In training for", hint_de="P05 …"),
    )  # fmt: skip


def read(data: bytes, units: Sequence[Mapping[str, Any]]) -> list[Zeile]:
    """Return the rows of a filled sheet; raises ``InvalidInput`` at ``tabelle`` for another file.

    What is wrong with a cell stands in its row.
    """
    from openpyxl import load_workbook

    tabelle.check_container(data)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            if SHEET not in book.sheetnames or not hasattr(book[SHEET], "iter_rows"):
                raise tabelle.refuse(f"Bitte nehmen Sie unsere Vorlage: Das Blatt „{SHEET}“ fehlt.")
            sheet: Any = book[SHEET]
            sheet.reset_dimensions()
            return list(tabelle.rows_of(sheet, columns(units)))
        finally:
            book.close()
    except InvalidInput:
        raise
    except Exception as error:  # the library raises whatever a broken file makes it stumble over
        text = "Diese Datei ist beschädigt und kann nicht gelesen werden."
        raise tabelle.refuse(text) from error


def person_of(
    row: Zeile, units: Sequence[Mapping[str, Any]], by_title: Sequence[str]
) -> tuple[dict[str, Any], list[Fehler]]:
    """Return a row as an entry ``staff`` of the office file, and what its cells do not say."""
    faults = list(row.faults)
    person: dict[str, Any] = {}
    known = {column.key: column for column in columns(units)}
    for key, text in row.cells.items():
        column = known.get(key)
        if column is None or not text:
            continue
        if column.choices is not None:
            value = _chosen(column.choices, text)
            if value is None:
                faults.append(Fehler(key, "Bitte aus der Liste wählen."))
            else:
                person[key] = value
        elif key not in ("trained", "training"):
            person[key] = text.strip().lower() if key == "login" else text.strip()
    person["in_training"] = person.get("rank") == "EINARB"
    for key in ("trained", "training"):
        person[key] = _procedures(row.cells.get(key, ""), person.get("unit"), units, by_title)
    return person, faults


def _chosen(choices: Mapping[str, str], text: str) -> str | None:
    wanted = text.strip().casefold()
    pairs = choices.items()
    return next((v for words, v in pairs if wanted in (words.casefold(), v.casefold())), None)


def _procedures(
    text: str, unit_key: Any, units: Sequence[Mapping[str, Any]], by_title: Sequence[str]
) -> list[str]:
    if text.strip().casefold() == ALL:
        own = next((unit["verfahren"] for unit in units if unit["key"] == unit_key), ())
        return [*own, *by_title]
    words = [word.strip().upper() for word in re.split(r"[,;\s]+", text) if word.strip()]
    # What is no key stays as typed: the check of the file names it.
    return list(dict.fromkeys(word if _KEY.fullmatch(word) else word[:40] for word in words))


def workbook(units: Sequence[Mapping[str, Any]], rows: Sequence[vorlage.Ergebnis] = ()) -> bytes:
    """Return the sheet, empty or with rows and their errors at the cells."""
    from openpyxl import Workbook

    known = columns(units)
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    heads = [column.head for column in known]
    vorlage.write_heads(sheet, heads + ([f"{tabelle.RESULT}\nResult"] if rows else []))
    vorlage.write_rows(sheet, known, rows)
    help_sheet: Any = book.create_sheet(_HELP)
    for text in _HELP_ROWS:
        help_sheet.append([text])
    for column in known:
        allowed = ", ".join(column.choices or ())
        help_sheet.append([column.de, " ".join(filter(None, (column.hint_de, allowed)))])
    for cell in (cell for line in help_sheet.iter_rows() for cell in line if cell.value):
        cell.data_type = "s"
    help_sheet.column_dimensions["A"].width = 32
    vorlage.validate(sheet, book.create_sheet(_LISTS), known)
    out = BytesIO()
    book.save(out)
    return out.getvalue()
