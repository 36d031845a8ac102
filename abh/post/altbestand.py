"""The old backlog: a list with files beside it, taken in row by row, resumable, no item twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.db import transaction
from abh.documents.house import House
from abh.kernel.birthdate import parse_birth_date
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.ids import content_hash
from abh.office import service as office
from abh.post.aufnahme import NewItem, Original, identity, take_in
from abh.post.dateien import kind_of
from abh.post.schemas import CHANNELS, KINDS
from abh.post.tabelle import Cell, Line, column_letter, lines
from abh.post.tables import PostImport, PostImportFault
from abh.post.triage import PARTS

BATCH = 250
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
_NEEDED = ("eingang", "betreff", "sachgebiet")
_WAYS = {label.lower(): key for key, label in CHANNELS.items()} | {
    "post": "paper", "brief": "paper", "fax": "paper", "mail": "email", "e-mail": "email",
    "portal": "portal", "schalter": "counter",
}  # fmt: skip
_ARTEN = {label.lower(): key for key, label in KINDS.items()} | {
    "anfrage": "inquiry", "sachstand": "inquiry", "anwalt": "lawyer", "gericht": "court",
}  # fmt: skip
SOURCE = "altbestand"

Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be right."""

    row: int
    cell: str
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a list: rows read, items taken in, items known before, faulty cells."""

    rows: int
    taken: int
    known: int
    faults: tuple[Fault, ...]


def run(
    sessions: sessionmaker[Session],
    house: House,
    actor: Actor,
    path: Path,
    folder: Path,
    progress: Progress | None = None,
) -> Imported:
    """Take in a list; ``folder`` holds the files that its rows name.

    A batch of rows is one transaction together with how far the list was read, so that a run that
    was killed goes on after the last batch. The list again takes nothing twice. Rows with a faulty
    cell are left out and named. Raises ``UploadRefused``, ``InvalidInput`` for a list that lacks a
    needed column, ``NotAllowed``.
    """
    require(actor, (Power.POST_WORK, Power.SYSTEM))
    if actor.kind != "system":
        require(actor, Power.ALL_UNITS)
    import_id, done = _begin(sessions, house, actor, path)
    rows = lines(path)
    head = _head(next(rows, Line(1, ())))
    with transaction(sessions) as session:
        units = frozenset(unit.key for unit in office.units(session))
    reader = Reader(head, folder.resolve(), units, house.today)
    for _ in islice(rows, done):
        pass
    while batch := list(islice(rows, BATCH)):
        with transaction(sessions) as session:
            state = _batch(session, house, actor, import_id, reader, batch)
        if progress:
            progress(*state)
    with transaction(sessions) as session:
        return _end(session, house, import_id)


def _begin(
    sessions: sessionmaker[Session], house: House, actor: Actor, path: Path
) -> tuple[int, int]:
    """Return the import of this list and how many of its rows were read before."""
    sha = content_hash(path.read_bytes())
    with transaction(sessions) as session:
        known = session.scalars(select(PostImport).where(PostImport.sha256 == sha)).one_or_none()
        if known is None:
            # Without its head.
            total = max(0, sum(1 for _ in lines(path)) - 1)
            known = PostImport(
                sha256=sha, name=path.name[:200], begun_at=house.now(), rows_total=total
            )
            session.add(known)
            session.flush()
            audit.record(
                session, actor, "post.import", "post_import", known.id, now=house.now(),
                facts={"sha256": sha},
            )  # fmt: skip
        return known.id, known.rows_read


def _batch(
    session: Session,
    house: House,
    actor: Actor,
    import_id: int,
    reader: Reader,
    batch: list[Line],
) -> tuple[int, int, int]:
    state = session.get_one(PostImport, import_id, with_for_update=True)
    items: list[NewItem] = []
    faults: list[Fault] = []
    for line in batch:
        if not any(cell.text.strip() for cell in line.cells):
            continue
        found = reader.read(line)
        if isinstance(found, NewItem):
            items.append(found)
        else:
            faults += found
    taken = take_in(session, actor, items, house.blobs, clock=house) if items else []
    state.rows_read += len(batch)
    state.touched_at = house.now()
    state.taken += sum(one.created for one in taken)
    state.known += sum(not one.created for one in taken)
    if faults:
        session.execute(
            insert(PostImportFault),
            [
                {
                    "import_id": import_id,
                    "row_no": fault.row,
                    "cell": fault.cell,
                    "column_name": fault.column,
                    "message": fault.message,
                }
                for fault in faults
            ],
        )
    return state.rows_read, state.taken, state.known


def _end(session: Session, house: House, import_id: int) -> Imported:
    state = session.get_one(PostImport, import_id)
    state.done_at = state.done_at or house.now()
    faults = session.scalars(
        select(PostImportFault)
        .where(PostImportFault.import_id == import_id)
        .order_by(PostImportFault.row_no, PostImportFault.id)
    )
    found = tuple(Fault(one.row_no, one.cell, one.column_name, one.message) for one in faults)
    return Imported(state.rows_read, state.taken, state.known, found)


def _head(line: Line) -> dict[str, int]:
    """Return the column of each field; raises ``InvalidInput`` naming what is missing."""
    found: dict[str, int] = {}
    for index, cell in enumerate(line.cells):
        key = COLUMNS.get(cell.text.strip().lower().lstrip("\ufeff"))
        if key and key not in found:
            found[key] = index
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        text = "Diese Spalte fehlt in der ersten Zeile der Liste."
        raise InvalidInput([FieldProblem(name, text) for name in missing])
    return found


class Reader:
    """Turns a row into an item, or into the faults of its cells; reads the file beside it."""

    def __init__(
        self, head: Mapping[str, int], folder: Path, units: frozenset[str], today: date
    ) -> None:
        self._head, self._folder, self._units, self._today = head, folder, units, today

    def read(self, line: Line) -> NewItem | list[Fault]:
        """Return the item of a row, or every fault of it."""
        faults: list[Fault] = []

        def text(name: str) -> str:
            return self._cell(line, name).text.replace("\0", "").strip()

        def fault(name: str, message: str) -> None:
            at = f"{column_letter(self._head.get(name, 0))}{line.number}"
            faults.append(Fault(line.number, at, name, message))

        for name in ("eingang", "weg", "art", "sachgebiet", "geburtsdatum", "datei", *PARTS):
            if self._cell(line, name).formula:
                fault(name, f"Formel „{text(name)[:60]}“ wird nicht ausgerechnet; bitte als Wert.")
        if faults:
            return faults
        received = self._day(text("eingang"), "eingang", fault)
        if received and received > self._today:
            fault("eingang", f"{received:%d.%m.%Y} liegt in der Zukunft.")
        harm = {part: day for part in PARTS if (day := self._day(text(part), part, fault))}
        unit = text("sachgebiet").upper()
        if unit not in self._units:
            fault("sachgebiet", f"„{unit}“ ist kein Sachgebiet.")
        if not text("betreff"):
            fault("betreff", "Der Betreff fehlt.")
        item = NewItem(
            received_on=received or self._today,
            channel=self._chosen(text("weg"), _WAYS, "paper", "weg", fault),
            kind=self._chosen(text("art"), _ARTEN, "other", "art", fault),
            subject=text("betreff")[:200],
            unit_key=unit,
            source=SOURCE,
            sender=text("absender")[:200],
            birth=self._birth(text("geburtsdatum"), fault),
            quoted_number=text("aktenzeichen")[:40],
            body=text("text")[:20_000],
            harm={part: day.isoformat() for part, day in harm.items()},
            original=self._original(text("datei"), fault),
        )
        return faults or _named(item, text("nr"))

    def _cell(self, line: Line, name: str) -> Cell:
        index = self._head.get(name)
        return line.cells[index] if index is not None and index < len(line.cells) else Cell("")

    def _day(self, text: str, name: str, fault: Callable[[str, str], None]) -> date | None:
        if not text:
            if name == "eingang":
                fault(name, "Der Tag des Eingangs fehlt.")
            return None
        try:
            if "-" in text:
                return date.fromisoformat(text[:10])
            day, month, year = (int(part) for part in text.split("."))
            return date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            fault(name, f"„{text[:40]}“ ist kein Datum (TT.MM.JJJJ).")
            return None

    def _birth(self, text: str, fault: Callable[[str, str], None]) -> str:
        try:
            return parse_birth_date(text).stored() if text else ""
        except InvalidInput as error:
            fault("geburtsdatum", f"„{text[:40]}“: {error.problems[0].message}")
            return ""

    def _chosen(
        self,
        text: str,
        known: Mapping[str, str],
        usual: str,
        name: str,
        fault: Callable[[str, str], None],
    ) -> str:
        if text and text.lower() not in known:
            fault(name, f"„{text[:40]}“ ist nicht bekannt; möglich: {', '.join(sorted(known))}.")
        return known.get(text.lower(), usual)

    def _original(self, name: str, fault: Callable[[str, str], None]) -> Original | None:
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
        return Original(data, path.name, kind_of(data, path.name))


def _named(item: NewItem, number: str) -> NewItem:
    """Give an item the name by which the same row of a corrected list is known again."""
    sha = content_hash(item.original.data) if item.original else ""
    return replace(item, source_ref=f"nr:{number}" if number else identity(item, sha))
