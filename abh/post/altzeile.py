"""Turns a row of an old list into an item, or into the faults of its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from abh.documents.virenscan import Scanner, ScannerSilent
from abh.kernel.birthdate import parse_birth_date
from abh.kernel.errors import FieldProblem, InvalidInput, UploadRefused
from abh.kernel.ids import content_hash
from abh.post import nachricht
from abh.post.aufnahme import NewItem, Original, identity
from abh.post.dateien import kind_of
from abh.post.schemas import CHANNELS, KINDS
from abh.post.tabelle import Cell, Line, column_letter
from abh.post.triage import PARTS

SOURCE = "altbestand"
MOST_BYTES = 50 * 1024 * 1024
# Heads of columns as people write them, in small letters.
COLUMNS: Mapping[str, str] = {
    "nr": "nr", "nummer": "nr", "lfd. nr.": "nr", "id": "nr",
    "eingang": "eingang", "eingangsdatum": "eingang", "datum": "eingang", "stempel": "eingang",
    "weg": "weg", "eingangsweg": "weg", "kanal": "weg",
    "art": "art", "betreff": "betreff", "thema": "betreff",
    "sachgebiet": "sachgebiet", "sg": "sachgebiet",
    "absender": "absender", "name": "absender",
    "geburtsdatum": "geburtsdatum", "geboren": "geburtsdatum",
    "aktenzeichen": "aktenzeichen", "az": "aktenzeichen", "vorgang": "aktenzeichen",
    "text": "text", "inhalt": "text", "datei": "datei", "dateiname": "datei",
    **{part: part for part in PARTS},
}  # fmt: skip
_VALUES = ("eingang", "weg", "art", "sachgebiet", "geburtsdatum", "datei", *PARTS)
_WORDS = ("nr", "betreff", "absender", "aktenzeichen", "text")
_WAYS = {label.lower(): key for key, label in CHANNELS.items()} | {
    "post": "paper", "brief": "paper", "fax": "paper", "mail": "email", "e-mail": "email",
    "portal": "portal", "schalter": "counter",
}  # fmt: skip
_ARTEN = {label.lower(): key for key, label in KINDS.items()} | {
    "anfrage": "inquiry", "sachstand": "inquiry", "anwalt": "lawyer", "gericht": "court",
}  # fmt: skip
_MAIL = "message/rfc822"
_WITH_WRITING = frozenset({"application/pdf", "image/tiff", "image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be right."""

    row: int
    cell: str
    column: str
    message: str


def head_of(line: Line) -> dict[str, int]:
    """Return the column of each field; raises ``InvalidInput`` without a day of receipt, which
    nothing else tells."""
    found: dict[str, int] = {}
    for index, cell in enumerate(line.cells):
        key = COLUMNS.get(cell.text.strip().lower().lstrip("\ufeff"))
        if key and key not in found:
            found[key] = index
    problems = []
    if "eingang" not in found:
        text = "Diese Spalte fehlt in der ersten Zeile der Liste."
        problems.append(FieldProblem("eingang", text))
    if not {"betreff", "datei", "text"} & set(found):
        text = "Eine der Spalten Betreff, Text und Datei ist nötig."
        problems.append(FieldProblem("betreff", text))
    if problems:
        raise InvalidInput(problems)
    return found


class Reader:
    """Reads rows of one list and the files beside it.

    What a row leaves open (kind, Sachgebiet) stays "" for ``sortieren.sort``.
    """

    def __init__(
        self,
        head: Mapping[str, int],
        folder: Path,
        units: frozenset[str],
        today: date,
        scanner: Scanner | None = None,
    ) -> None:
        self._head, self._folder, self._units, self._today = head, folder, units, today
        self._scanner = scanner

    def read(self, line: Line) -> NewItem | list[Fault]:
        """Return the item of a row, or every fault of it. Raises ``ScannerSilent``."""
        return _Row(self, line).item()

    def cell(self, line: Line, name: str) -> Cell:
        """Return the cell of a field, an empty one where the list has none."""
        index = self._head.get(name)
        return line.cells[index] if index is not None and index < len(line.cells) else Cell("")

    def place(self, line: Line, name: str) -> str:
        """Return how a spreadsheet calls the cell of a field."""
        return f"{column_letter(self._head.get(name, 0))}{line.number}"

    def unit(self, text: str, fault: Callable[[str, str], None]) -> str:
        """Return the Sachgebiet, "" for none named."""
        unit = text.upper()
        if unit and unit not in self._units:
            fault("sachgebiet", f"„{unit}“ ist kein Sachgebiet.")
        return unit

    def received(self, day: date | None, fault: Callable[[str, str], None]) -> date:
        """Return the day of receipt; it may lie years back, never ahead."""
        if day and day > self._today:
            fault("eingang", f"{day:%d.%m.%Y} liegt in der Zukunft.")
        return day or self._today

    def file(
        self, name: str, fault: Callable[[str, str], None], note: Callable[[str], None]
    ) -> Original | None:
        """Return the file beside the list; an infected one is in quarantine and a note says so."""
        if not name:
            return None
        path = (self._folder / name).resolve()
        # A name that leads out of the folder, also by a link, must not read other files.
        if not path.is_relative_to(self._folder):
            fault("datei", f"„{name[:60]}“ liegt nicht im Ordner der Liste.")
            return None
        try:
            if path.stat().st_size > MOST_BYTES:
                fault("datei", f"„{name[:60]}“ ist größer als {MOST_BYTES // 1024**2} MB.")
                return None
            data = path.read_bytes()
        except OSError:
            fault("datei", f"„{name[:60]}“ fehlt im Ordner oder ist nicht lesbar.")
            return None
        if self._scanner is not None and data:
            try:
                self._scanner.check(path.name, data)
            except ScannerSilent:
                raise
            except UploadRefused as error:
                note(f"{error} Die Datei ist in Quarantäne.")
                return None
        return Original(data, path.name, kind_of(data, path.name))


class _Row:
    def __init__(self, reader: Reader, line: Line) -> None:
        self._reader, self._line = reader, line
        self._faults: list[Fault] = []
        self._notes: list[str] = []

    def item(self) -> NewItem | list[Fault]:
        self._formulas()
        if self._faults:
            return self._faults
        text, fault = self._text, self._fault
        harm = {part: day for part in PARTS if (day := self._day(part))}
        number = text("nr")
        item = NewItem(
            received_on=self._reader.received(self._day("eingang", needed=True), fault),
            channel=self._chosen("weg", _WAYS, ""),
            kind=self._chosen("art", _ARTEN, ""),
            subject=text("betreff")[:200],
            unit_key=self._reader.unit(text("sachgebiet"), fault),
            source=SOURCE,
            sender=text("absender")[:200],
            birth=self._birth(),
            quoted_number=text("aktenzeichen")[:40],
            body=text("text")[:20_000],
            harm={part: day.isoformat() for part, day in harm.items()},
            original=self._reader.file(text("datei"), fault, self._notes.append),
        )
        if not (item.subject or item.body or text("datei")):
            fault("betreff", "Betreff, Text und Datei fehlen; eines davon ist nötig.")
        if self._faults:
            return sorted(self._faults, key=lambda one: (len(one.cell), one.cell))
        return self._named(_opened(item, self._notes, text("datei")), number)

    def _text(self, name: str) -> str:
        return self._reader.cell(self._line, name).text.replace("\0", "").strip()

    def _fault(self, name: str, message: str) -> None:
        at = self._reader.place(self._line, name)
        self._faults.append(Fault(self._line.number, at, name, message))

    def _formulas(self) -> None:
        """A formula is no value; where words are meant it stays as the words it is made of."""
        for name in _VALUES:
            if self._reader.cell(self._line, name).formula:
                said = self._text(name)[:60]
                self._fault(name, f"Formel „{said}“ wird nicht ausgerechnet; bitte als Wert.")
        cells = [
            self._reader.place(self._line, name)
            for name in _WORDS
            if self._reader.cell(self._line, name).formula
        ]
        if cells:
            self._notes.append(
                f"In der Liste stand eine Formel ({', '.join(cells)}); sie ist hier nur Text und "
                "wurde nicht ausgerechnet."
            )

    def _day(self, name: str, *, needed: bool = False) -> date | None:
        text = self._text(name)
        if not text:
            if needed:
                self._fault(name, "Der Tag des Eingangs fehlt.")
            return None
        try:
            if "-" in text:
                return date.fromisoformat(text[:10])
            day, month, year = (int(part) for part in text.split("."))
            return date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            self._fault(name, f"„{text[:40]}“ ist kein Datum (TT.MM.JJJJ).")
            return None

    def _birth(self) -> str:
        text = self._text("geburtsdatum")
        try:
            return parse_birth_date(text).stored() if text else ""
        except InvalidInput as error:
            self._fault("geburtsdatum", f"„{text[:40]}“: {error.problems[0].message}")
            return ""

    def _chosen(self, name: str, known: Mapping[str, str], usual: str) -> str:
        text = self._text(name)
        if text and text.lower() not in known:
            possible = ", ".join(sorted(known))
            self._fault(name, f"„{text[:40]}“ ist nicht bekannt; möglich: {possible}.")
        return known.get(text.lower(), usual)

    def _named(self, item: NewItem, number: str) -> NewItem:
        """Give an item the name by which the same row of a corrected list is known again."""
        sha = content_hash(item.original.data) if item.original else ""
        return replace(item, source_ref=f"nr:{number}" if number else identity(item, sha))


def _opened(item: NewItem, notes: list[str], file_name: str) -> NewItem:
    """Return the item with what its file says: a mail is read, a scan waits to be read."""
    original = item.original
    if original is not None and original.mime == _MAIL:
        mail = nachricht.read(original.data)
        item = replace(
            item,
            subject=item.subject or mail.subject,
            sender=item.sender or mail.sender,
            body=item.body or mail.body,
            channel=item.channel or "email",
            parts=mail.parts,
            trusted=mail.proven,
        )
        notes = [*notes, *mail.notes]
    elif original is not None and original.mime in _WITH_WRITING and not item.body:
        item = replace(item, reading="offen")
    return replace(
        item,
        channel=item.channel or "paper",
        subject=item.subject or f"Datei „{file_name[:80]}“",
        notes=tuple(notes),
    )
