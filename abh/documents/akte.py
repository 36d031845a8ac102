"""The e-file: open one per person, add sheets with number and hash, read them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from abh.documents.tables import Akte, Blatt
from abh.kernel.errors import NotFound


class Blobs(Protocol):
    """Where contents lie, addressed by SHA-256 (``store.BlobStore``, ``store_s3.S3Store``)."""

    def put(self, data: bytes) -> str: ...

    def get(self, sha256: str) -> bytes: ...

    def remove(self, sha256: str, unused: Callable[[], bool]) -> bool: ...


@dataclass(frozen=True, slots=True)
class NewSheet:
    """A document about to be filed; ``received_on`` is its legal date of receipt."""

    title: str
    origin: str
    data: bytes
    mime: str
    received_on: date
    filed_by: str
    file_name: str = ""
    pages: int | None = None


def open_akte(session: Session, person_id: int, number: str, *, now: datetime) -> Akte:
    """Return the residence file of the person, opening it under ``number`` if there is none.

    The file of return matters and of naturalisation are others (``access_class``).
    """
    akte = session.scalar(
        select(Akte).where(Akte.person_id == person_id, Akte.access_class == "aufenthalt")
    )
    if akte is None:
        akte = Akte(
            person_id=person_id,
            number=number,
            access_class="aufenthalt",
            last_sheet=0,
            created_at=now,
        )
        session.add(akte)
        session.flush()
    return akte


def file_sheets(
    session: Session,
    blobs: Blobs,
    akte_id: int,
    sheets: Sequence[NewSheet],
    *,
    now: datetime,
    vorgang_id: int | None = None,
) -> list[Blatt]:
    """File documents and return their rows in order.

    The content is stored and synced before the row is written, so that no row points nowhere;
    a content without row (after a crash) is swept. Locks the Akte row until the transaction ends,
    so that sheet numbers have neither gaps nor doubles.
    """
    if not sheets:
        return []
    hashes = [blobs.put(sheet.data) for sheet in sheets]
    last = session.scalar(
        update(Akte)
        .where(Akte.id == akte_id)
        .values(last_sheet=Akte.last_sheet + len(sheets))
        .returning(Akte.last_sheet)
    )
    if last is None:
        raise NotFound(f"Akte {akte_id}")
    first = last - len(sheets) + 1
    rows = [
        {
            "akte_id": akte_id,
            "sheet_no": first + i,
            "title": sheet.title,
            "origin": sheet.origin,
            "blob_sha256": sha,
            "mime": sheet.mime,
            "size": len(sheet.data),
            "pages": sheet.pages,
            "file_name": sheet.file_name,
            "received_on": sheet.received_on,
            "filed_at": now,
            "filed_by": sheet.filed_by,
            "vorgang_id": vorgang_id,
        }
        for i, (sheet, sha) in enumerate(zip(sheets, hashes, strict=True))
    ]
    filed = session.scalars(
        insert(Blatt).returning(Blatt, sort_by_parameter_order=True), rows
    ).all()
    return list(filed)


def refer_sheets(
    session: Session,
    akte_id: int,
    sheets: Sequence[Blatt],
    *,
    filed_by: str,
    now: datetime,
    vorgang_id: int,
) -> dict[int, int]:
    """File sheets of another Akte here too, by reference; returns old id to new id, in order.

    The content stays where it lies (same hash), the old sheet stays in its file: a file that was
    complete yesterday is complete tomorrow. Receipt and title are those of the old sheet. Sheets
    that are in this Akte already keep their id. Locks the Akte row until the transaction ends.
    """
    known = {sheet.id: sheet.id for sheet in sheets if sheet.akte_id == akte_id}
    foreign = [sheet for sheet in sheets if sheet.akte_id != akte_id]
    if not foreign:
        return known
    last = session.execute(
        update(Akte)
        .where(Akte.id == akte_id)
        .values(last_sheet=Akte.last_sheet + len(foreign))
        .returning(Akte.last_sheet)
    ).scalar_one()
    copied = ("title", "origin", "blob_sha256", "mime", "size", "pages", "file_name", "received_on")
    rows = [
        {name: getattr(sheet, name) for name in copied}
        | {
            "akte_id": akte_id,
            "sheet_no": last - len(foreign) + number,
            "filed_at": now,
            "filed_by": filed_by,
            "vorgang_id": vorgang_id,
        }
        for number, sheet in enumerate(foreign, start=1)
    ]
    made = session.scalars(
        insert(Blatt).returning(Blatt.id, sort_by_parameter_order=True), rows
    ).all()
    return known | {old.id: new for old, new in zip(foreign, made, strict=True)}


def sheet_content(session: Session, blobs: Blobs, blatt_id: int) -> tuple[Blatt, bytes]:
    """Return a sheet with its content; the store verifies the hash on reading."""
    blatt = session.get(Blatt, blatt_id)
    if blatt is None:
        raise NotFound(f"Blatt {blatt_id}")
    return blatt, blobs.get(blatt.blob_sha256)
