"""Writes the sheet for applications: empty as a template, or with every error at its cell.

Whatever people typed is written as text and never as a formula, so that opening a returned sheet
runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from abh.fastlane.spalten import ART_EN, Art, Spalte, columns
from abh.fastlane.tabelle import MOST_ROWS, RESULT, Fehler
from abh.workflows import registry

_RED, _HEAD, _GREEN = "FFF4C7C3", "FFDCE6F1", "FFD9EAD3"
_LISTS, _HELP = "Listen", "Erläuterung"
_YES_NO = ("ja", "nein")
_INTRO = (
    (
        "Eine Zeile ist ein Antrag für eine Person. Spalten mit * müssen ausgefüllt sein; was "
        "sonst fehlt, wird nachgefordert.",
        "One row is one application for one person. Columns with * are needed; whatever else is "
        "missing will be asked for later.",
    ),
    (
        "Bitte nur Werte eintragen: keine Formeln, keine verbundenen Zellen, kein Passwort, keine "
        "neuen Spalten.",
        "Please enter values only: no formulas, no merged cells, no password, no new columns.",
    ),
    (
        "Beim Hochladen wird jede Zeile geprüft. Was nicht stimmt, steht danach rot an der Zelle; "
        "richtige Zeilen bleiben erhalten. Dieselbe Zeile zweimal ergibt keinen zweiten Antrag.",
        "Each row is checked when you upload the sheet. Errors are marked red at the cell; correct "
        "rows are kept. The same row twice does not make a second application.",
    ),
    (
        "Der Antrag gilt als gestellt, wenn Sie ihn nach der Prüfung absenden. Falsche Angaben "
        "können strafbar sein (§ 95 Abs. 2 Nr. 2 AufenthG).",
        "The application counts as filed when you send it after the check. False statements can be "
        "punishable (§ 95 (2) no. 2 AufenthG).",
    ),
)


@dataclass(frozen=True, slots=True)
class Ergebnis:
    """A row to give back: the cells as typed, its errors, and what became of it."""

    cells: Mapping[str, str]
    errors: Sequence[Fehler] = ()
    result: str = ""


def template(verfahren: str, rows: Sequence[Ergebnis] = ()) -> bytes:
    """Return the workbook for a procedure, with ``rows`` and their errors where there are any.

    Raises ``KeyError`` for a procedure that companies do not file.
    """
    from openpyxl import Workbook

    known = columns(verfahren)
    book = Workbook()
    sheet: Any = book.active
    sheet.title = f"Antrag {verfahren}"
    heads = [column.head for column in known] + ([f"{RESULT}\nResult"] if rows else [])
    write_heads(sheet, heads)
    write_rows(sheet, known, rows)
    _write_help(book.create_sheet(_HELP), verfahren, known)
    validate(sheet, book.create_sheet(_LISTS), known)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def write_heads(sheet: Any, heads: Sequence[str]) -> None:
    """Write the first row of a sheet."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for place, head in enumerate(heads, start=1):
        cell = sheet.cell(row=1, column=place, value=head)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        longest = max(len(line) for line in head.split("\n"))
        sheet.column_dimensions[get_column_letter(place)].width = min(34, max(14, longest + 2))
    sheet.row_dimensions[1].height = 48
    sheet.freeze_panes = "D2"


def write_rows(sheet: Any, known: Sequence[Spalte], rows: Sequence[Ergebnis]) -> None:
    """Write rows from the second on, each error red at its cell with a note."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    red, green = PatternFill("solid", fgColor=_RED), PatternFill("solid", fgColor=_GREEN)
    for number, row in enumerate(rows, start=2):
        wrong: dict[str, list[str]] = {}
        for error in row.errors:
            wrong.setdefault(error.key, []).append(error.text)
        for place, column in enumerate(known, start=1):
            text, faults = row.cells.get(column.key, ""), wrong.pop(column.key, [])
            if not text and not faults:
                continue
            cell = _put(sheet, number, place, text)
            if faults:
                cell.fill = red
                cell.comment = Comment("\n".join(faults), "Ausländerbehörde", height=90, width=260)
        rest = [text for texts in wrong.values() for text in texts]
        told = " ".join([row.result, *rest]).strip()
        end = _put(sheet, number, len(known) + 1, told)
        end.fill = red if row.errors else green


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    cell = sheet.cell(row=row, column=column)
    cell.value = text
    # Text stays text: a value that begins with "=" is neither computed here nor by a reader.
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
    return cell


def _write_help(sheet: Any, verfahren: str, known: Sequence[Spalte]) -> None:
    from openpyxl.styles import Alignment, Font

    name = registry.newest(verfahren).name
    sheet.append([f"{verfahren} {name}"])
    sheet["A1"].font = Font(bold=True, size=14)
    for german, english in _INTRO:
        sheet.append([german, "", english])
    sheet.append([])
    sheet.append(["Spalte", "nötig", "Was hinein gehört", "Column", "What to enter"])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    for column in known:
        allowed = ", ".join(column.choices) if column.choices else ""
        german = " ".join(filter(None, (column.art.value + ".", column.hint_de, allowed)))
        english = " ".join(filter(None, (ART_EN[column.art] + ".", column.hint_en, allowed)))
        sheet.append(
            [column.de, "ja" if column.needed else "", german[:900], column.en, english[:900]]
        )
    for letter, width in (("A", 44), ("B", 8), ("C", 60), ("D", 36), ("E", 60)):
        sheet.column_dimensions[letter].width = width
    for line in sheet.iter_rows():
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                cell.data_type = "s"


def validate(sheet: Any, lists: Any, known: Sequence[Spalte]) -> None:
    """Let the cells of columns with choices be chosen from a list, kept on ``lists``."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    lists.sheet_state = "hidden"
    for place, column in enumerate(known, start=1):
        letter = get_column_letter(place)
        words = tuple(column.choices or ()) or (_YES_NO if column.art is Art.JA_NEIN else ())
        if not words:
            continue
        for number, text in enumerate(words, start=1):
            lists.cell(row=number, column=place, value=text).data_type = "s"
        rule = DataValidation(
            type="list",
            formula1=f"{_LISTS}!${letter}$1:${letter}${len(words)}",
            allow_blank=True,
            showErrorMessage=True,
            errorTitle=column.de[:30],
            error="Bitte aus der Liste wählen. / Please choose from the list.",
        )
        rule.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
        sheet.add_data_validation(rule)
