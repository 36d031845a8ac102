"""The old backlog: a list with files beside it, taken in row by row, resumable, no item twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.db import transaction
from abh.documents.house import House
from abh.kernel.ids import content_hash
from abh.office import service as office
from abh.post import lernen
from abh.post.altzeile import Fault, Reader, head_of
from abh.post.aufnahme import NewItem, take_in
from abh.post.sortieren import sort
from abh.post.tabelle import Line, lines
from abh.post.tables import PostImport, PostImportFault

BATCH = 250
Progress = Callable[[int, int, int], None]


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
    cell are left out and named; what a row leaves open (kind, Sachgebiet, number) its words tell,
    as with all other post. Raises ``UploadRefused``, ``ScannerSilent``, ``InvalidInput`` for a list
    that lacks a needed column, ``NotAllowed``.
    """
    require(actor, (Power.POST_WORK, Power.SYSTEM))
    if actor.kind != "system":
        require(actor, Power.ALL_UNITS)
    import_id, done = _begin(sessions, house, actor, path)
    rows = lines(path)
    head = head_of(next(rows, Line(1, ())))
    with transaction(sessions) as session:
        units = frozenset(unit.key for unit in office.units(session))
    reader = Reader(head, folder.resolve(), units, house.today, house.scanner)
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
    units, model = office.units(session), lernen.in_use(session, house.blobs)
    items = [sort(item, units, model) for item in items]
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
