"""The watched scan folder: every file becomes items, and is cleared away only after the commit.

A file is read when it has lain still. The run that takes it in writes what it was; a later run
finds it known and moves it to ``erledigt``. Whatever dies in between, nothing is lost or double.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.documents import stapel
from abh.documents.house import House
from abh.documents.store import StoreUnavailable
from abh.documents.tables import Letter as HouseLetter
from abh.documents.virenscan import ScannerSilent
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.errors import DomainError, UploadRefused
from abh.kernel.names import normalise
from abh.office import service as office
from abh.post import lernen, schnitt
from abh.post.aufnahme import NewItem, Original, Part, take_in
from abh.post.dateien import kind_of
from abh.post.schemas import KINDS
from abh.post.sortieren import sort
from abh.post.tables import PostArrival
from abh.workflows.tables import Vorgang

log = logging.getLogger(__name__)

DONE = "erledigt"
SOURCE = "scan"
# A scanner writes page by page; what lay still that long is complete. Broken files get more time.
QUIET = 5.0
QUIET_BROKEN = 60.0
MOST_BYTES = 300 * 1024 * 1024
# An older day of a file is the day of a copy, not of a receipt.
OLDEST = timedelta(days=31)
_FAULTS: Mapping[str, str] = {
    "verschluesselt": "Die Datei ist mit einem Passwort geschützt und lässt sich nicht öffnen.",
    "beschaedigt": "Die Datei ist beschädigt oder unvollständig; bitte neu scannen.",
    "zu_komplex": "Die Datei ließ sich in der erlaubten Zeit nicht lesen.",
    "zu_viele_seiten": f"Die Datei hat mehr als {stapel.MOST_PAGES} Seiten und blieb ungeteilt.",
    "anderes": "Die Datei ist kein PDF und kein TIFF; sie wurde nicht geöffnet.",
    "leer": "Die Datei ist leer (0 Byte); bitte neu scannen.",
    "zu_gross": f"Die Datei ist größer als {MOST_BYTES // 1024**2} MB und liegt im Scanordner "
    f"unter „{DONE}“.",
}
_SUBJECT = re.compile(r"^\s*(?:betreff|betr\.?|subject)\s*:\s*(\S.{2,150})$", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that lay still: ``folder`` is the Sachgebiet whose folder it lies in, or ""."""

    path: Path
    sha256: str
    size: int
    day: date
    quiet: float
    folder: str


def sweep(session: Session, clock: Clock, limit: int) -> int:
    """Take in at most ``limit`` files and clear known ones away; the job ``post.scanordner``.

    Returns how many were taken in. A file that cannot be read now (a scanner for viruses that does
    not answer) waits for the next run.
    """
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    if clock.scan_dir is None or not clock.scan_dir.is_dir():
        return 0
    units = frozenset(unit.key for unit in office.units(session))
    done = 0
    for arrived in waiting(clock.scan_dir, units, clock.now()):
        if done == limit:
            break
        try:
            if known(session, arrived.sha256):
                put_away(clock.scan_dir, arrived)
            else:
                with session.begin_nested():
                    done += take(session, clock, arrived)
        except (OSError, ScannerSilent, StoreUnavailable) as error:
            log.warning("scan %s waits: %s", arrived.sha256[:12], type(error).__name__)
    return done


def waiting(folder: Path, units: frozenset[str], now: datetime) -> Iterator[Arrived]:
    """Yield the files that lay still, oldest first; never a link, a device or a hidden file."""
    for place in (folder, *sorted(folder / unit for unit in units)):
        if place.is_symlink() or not place.is_dir():
            continue
        files = [(entry.stat(follow_symlinks=False), entry) for entry in os.scandir(place)]
        for status, entry in sorted(files, key=lambda one: (one[0].st_mtime, one[1].name)):
            if not stat.S_ISREG(status.st_mode) or entry.name.startswith("."):
                continue
            if entry.name.lower().endswith((".tmp", ".part", ".partial", ".crdownload")):
                continue
            quiet = time.time() - status.st_mtime
            if quiet < QUIET:
                continue
            path = Path(entry.path)
            yield Arrived(
                path,
                _hash(path),
                status.st_size,
                _day(now, quiet),
                quiet,
                place.name if place != folder else "",
            )


def known(session: Session, sha256: str) -> bool:
    """Whether the items of this file are in the database, committed by an earlier run."""
    query = select(PostArrival.id).where(PostArrival.channel == "scan", PostArrival.ref == sha256)
    return session.scalar(query) is not None


def put_away(folder: Path, arrived: Arrived) -> Path:
    """Move a known file to ``erledigt``; a second copy of it takes the same name."""
    target = folder / DONE
    target.mkdir(exist_ok=True)
    place = target / f"{arrived.sha256[:12]}-{arrived.path.name}"
    arrived.path.replace(place)
    return place


def take(session: Session, house: House, arrived: Arrived) -> int:
    """Store a file and write its items; returns 1, or 0 when it is better left for later.

    Raises ``OSError`` and ``ScannerSilent``.
    """
    stack, fault = _look(arrived)
    if fault == "beschaedigt" and arrived.quiet < QUIET_BROKEN:
        return 0
    try:
        items, pages = _items(session, house, arrived, stack, fault)
    except (ValueError, KeyError, DomainError) as error:
        if isinstance(error, ScannerSilent | StoreUnavailable):
            raise
        log.warning("scan %s unread: %s", arrived.sha256[:12], type(error).__name__)
        note = "Beim Lesen trat ein Fehler auf; die Datei ist so abgelegt, wie sie kam."
        items, pages = [_whole(arrived, arrived.path.read_bytes(), (note,))], None
    units = office.units(session)
    model = lernen.in_use(session, house.blobs)
    taken = take_in(
        session, SYSTEM, [sort(item, units, model) for item in items], house.blobs, clock=house
    )
    session.add(
        PostArrival(
            channel="scan",
            ref=arrived.sha256,
            sha256=arrived.sha256,
            name=_shown(arrived.path.name),
            pages=pages,
            items=len(taken),
            note=_FAULTS.get(fault, ""),
            arrived_at=house.now(),
        )
    )
    session.flush()
    return 1


def _look(arrived: Arrived) -> tuple[stapel.Stack, str]:
    nothing = stapel.Stack("", ())
    if arrived.size == 0:
        return nothing, "leer"
    if arrived.size > MOST_BYTES:
        return nothing, "zu_gross"
    with arrived.path.open("rb") as file:
        mime = kind_of(file.read(4096), arrived.path.name)
    if mime not in ("application/pdf", "image/tiff"):
        return nothing, "anderes"
    stack = stapel.look_through(arrived.path)
    return stack, stack.fault


def _items(
    session: Session, house: House, arrived: Arrived, stack: stapel.Stack, fault: str
) -> tuple[list[NewItem], int | None]:
    if fault == "zu_gross":
        return [_whole(arrived, b"", (_FAULTS[fault],))], None
    data = arrived.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != arrived.sha256:
        raise OSError("the file changed while it was read")
    if house.scanner is not None and data:
        try:
            house.scanner.check(arrived.path.name, data)
        except ScannerSilent:
            raise
        except UploadRefused as error:
            return [_whole(arrived, b"", (f"{error} Die Datei ist in Quarantäne.",))], None
    if fault:
        return [_whole(arrived, data, (_FAULTS[fault],))], None
    letters = schnitt.letters(stack.pages, house.secret)
    if not letters:
        # Nothing but separator sheets: kept, so that somebody sees what the scanner did.
        return [_whole(arrived, data, ("Der Scan enthält nur Trennblätter.",))], len(stack.pages)
    return _cut(session, arrived, stack, letters, data), len(stack.pages)


def _cut(
    session: Session,
    arrived: Arrived,
    stack: stapel.Stack,
    letters: list[schnitt.Letter],
    data: bytes,
) -> list[NewItem]:
    whole = len(letters) == 1 and len(letters[0].pages) == len(stack.pages)
    turned = any(turn for letter in letters for _, turn in letter.pages)
    try:
        pieces = (
            [data]
            if whole and stack.kind == "pdf" and not turned
            else stapel.cut(arrived.path, [letter.pages for letter in letters])
        )
    except UploadRefused as error:
        return [_whole(arrived, data, (str(error),))]
    numbers = _numbers(session, [one.letter_id for one in letters if one.letter_id])
    items = []
    for index, (letter, piece) in enumerate(zip(letters, pieces, strict=True)):
        item = _item(arrived, letter, index, len(letters), numbers)
        if whole and piece is not data:
            # The original stays as it was scanned; what browsers show lies beside it.
            view = Part("ansicht.pdf", "application/pdf", len(piece), piece, "Zum Ansehen")
            items.append(_with(item, data, arrived.path.name, stack.kind, (view,)))
        else:
            name = arrived.path.name if whole else f"{arrived.path.stem}-{index + 1}.pdf"
            items.append(_with(item, piece, name, "pdf", ()))
    return items


def _item(
    arrived: Arrived,
    letter: schnitt.Letter,
    index: int,
    count: int,
    numbers: Mapping[int, str],
) -> NewItem:
    sheet = letter.separator
    notes = list(letter.notes)
    received = arrived.day
    if sheet and sheet.received_on:
        if sheet.received_on <= arrived.day:
            received = sheet.received_on
        else:
            notes.insert(0, f"Das Trennblatt nennt den {sheet.received_on:%d.%m.%Y}, der noch "
                            "nicht war; es gilt der Tag des Scans.")  # fmt: skip
    subject = _SUBJECT.search(letter.text)
    pages = "1 Seite" if len(letter.pages) == 1 else f"{len(letter.pages)} Seiten"
    place = f", {index + 1} von {count} des Stapels" if count > 1 else ""
    kind = sheet.kind if sheet and sheet.kind in KINDS else ""
    return NewItem(
        received_on=received,
        channel="paper",
        kind=kind,
        sorted_by="Auf dem Trennblatt angegeben." if kind else "",
        subject=normalise(subject[1])[:200] if subject else f"Brief, {pages}{place}",
        unit_key=(sheet.unit_key if sheet else "") or arrived.folder,
        source=SOURCE,
        source_ref=f"{arrived.sha256}:{index}",
        quoted_number=numbers.get(letter.letter_id or 0, ""),
        body=letter.text[:20_000],
        notes=tuple(notes),
        reading="bild" if letter.needs_reading else "",
        letter_code=letter.letter_id is not None,
    )


def _with(item: NewItem, data: bytes, name: str, kind: str, parts: tuple[Part, ...]) -> NewItem:
    mime = "application/pdf" if kind == "pdf" else "image/tiff"
    return replace(item, original=Original(data, _shown(name), mime), parts=parts)


def _whole(arrived: Arrived, data: bytes, notes: tuple[str, ...]) -> NewItem:
    """Return the file as one item, whatever it is: stored, shown, explained."""
    name = _shown(arrived.path.name)
    return NewItem(
        received_on=arrived.day,
        channel="paper",
        kind="",
        subject=f"Scan „{name[:80]}“",
        unit_key=arrived.folder,
        source=SOURCE,
        source_ref=f"{arrived.sha256}:0",
        notes=notes,
        original=Original(data, name, kind_of(data[:4096], name)) if data else None,
    )


def _numbers(session: Session, letter_ids: list[int]) -> dict[int, str]:
    """Return the case numbers of our own letters that came back."""
    if not letter_ids:
        return {}
    query = (
        select(HouseLetter.id, Vorgang.number)
        .join(Vorgang, Vorgang.id == HouseLetter.vorgang_id)
        .where(HouseLetter.id.in_(letter_ids))
    )
    return {row.id: row.number for row in session.execute(query)}


def _day(now: datetime, quiet: float) -> date:
    """Return the day the file was written, by the clock of the house."""
    written = now - timedelta(seconds=max(quiet, 0))
    return (written if now - written <= OLDEST else now).astimezone(BERLIN).date()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shown(name: str) -> str:
    """A file name may be any bytes; what is kept of it is text."""
    plain = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "_" for c in plain)[:200]
