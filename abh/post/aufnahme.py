"""Taking items in: original stored and hashed first, the row after it, each item once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.akte import Blobs
from abh.documents.store import put_all
from abh.kernel import names
from abh.kernel.clock import Clock
from abh.kernel.ids import content_hash, new_token
from abh.office import service as office
from abh.post import bundles, glocke, sorten, zuordnung
from abh.post.match import Clues
from abh.post.sorten import Words
from abh.post.tables import PostItem, PostPart
from abh.post.zugang import CLASS_OF, class_of_unit
from abh.post.zuordnung import Place

# One parameter however many rows: to name every value of 250 items costs more than to write them.
_COLUMNS = {
    "received_on": "date",
    "entered_at": "timestamptz",
    "entered_by": "bigint",
    "channel": "text",
    "kind": "text",
    "subject": "text",
    "unit_key": "text",
    "access_class": "text",
    "person_id": "bigint",
    "vorgang_id": "bigint",
    "source": "text",
    "source_ref": "text",
    "sha256": "text",
    "file_name": "text",
    "mime": "text",
    "sender": "text",
    "birth": "text",
    "quoted_number": "text",
    "body": "text",
    "harm": "jsonb",
    "placed_by": "text",
    "same_as": "bigint",
    "notes": "jsonb",
    "sorted_by": "text",
    "bell": "boolean",
    "reading": "text",
}
# Names and types are constants of this module.
_INSERT = text(
    f"INSERT INTO post_item ({', '.join(_COLUMNS)})"  # nosec B608
    f" SELECT {', '.join(_COLUMNS)} FROM jsonb_to_recordset(:rows) AS r("
    f"{', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())})"
    " ON CONFLICT (source, source_ref) WHERE source_ref IS NOT NULL DO NOTHING"
    " RETURNING source_ref, id"
).bindparams(bindparam("rows", type_=JSONB))


@dataclass(frozen=True, slots=True)
class Original:
    """The item as it came: bytes, the name it had, and what it is by its content or ending."""

    data: bytes
    file_name: str
    mime: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside the original, or a view of it; without ``data`` the ``note`` says why."""

    file_name: str
    mime: str
    size: int
    data: bytes | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be taken in; ``received_on`` is the stamp date, ``source_ref`` its name there.

    Without a case or person the clues decide (``match``), unless it is not ``trusted``: then they
    only propose. ``harm`` are days by ``triage.PARTS``. ``letter_code``: our own code is on its
    first page. ``sorted_by`` says why it is of its kind, ``reading`` see ``PostItem``.
    """

    received_on: date
    channel: str
    kind: str
    subject: str
    unit_key: str
    source: str = "hand"
    source_ref: str = ""
    person_id: int | None = None
    vorgang_id: int | None = None
    verfahren: str = ""
    sender: str = ""
    birth: str = ""
    quoted_number: str = ""
    body: str = ""
    harm: Mapping[str, str] = field(default_factory=dict)
    original: Original | None = None
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    sorted_by: str = ""
    reading: str = ""
    letter_code: bool = False
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an item: its row, and whether it was new (else it was here already)."""

    item_id: int
    created: bool


def take_in(
    session: Session,
    actor: Actor,
    items: Sequence[NewItem],
    blobs: Blobs | None,
    *,
    clock: Clock,
) -> list[Taken]:
    """Take items in, in order; the same one twice is recognised and not written again.

    When this returns the originals are on the disk; when the caller commits, the items are known.
    Needs ``blobs`` as soon as one of them has an original. Each goes into the bundle of its person.
    """
    hashes = _store(items, blobs)
    places = _places(session, items)
    rows = _rows(session, actor, items, hashes, places, clock)
    once = list({(row["source"], row["source_ref"]): row for row in rows}.values())
    new: dict[str, int] = {
        str(ref): item_id for ref, item_id in session.execute(_INSERT, {"rows": once})
    }
    known = _known(session, rows, new)
    if new:
        _keep_parts(session, items, rows, new, blobs)
        bundles.gather(session, list(new.values()), clock)
        glocke.ring(session, list(new.values()), now=clock.now())
        _log(session, actor, rows, new, clock)
    taken, seen = [], set()
    for row in rows:
        ref = row["source_ref"]
        item_id = new[ref] if ref in new else known[row["source"], ref]
        taken.append(Taken(item_id, ref in new and ref not in seen))
        seen.add(ref)
    return taken


def identity(item: NewItem, sha256: str) -> str:
    """Return what names an item that came without a reference: content, stamp, sender, number."""
    said = "\n".join(
        (
            sha256,
            item.received_on.isoformat(),
            names.search_form(item.sender),
            item.quoted_number,
            "" if sha256 else f"{item.subject}\n{item.body}",
        )
    )
    return content_hash(said.encode("utf-8"))


def _store(items: Sequence[NewItem], blobs: Blobs | None) -> list[str]:
    wanted = [item.original.data for item in items if item.original]
    if not wanted:
        return [""] * len(items)
    if blobs is None:
        raise ValueError("an item with an original needs a store")
    stored = iter(put_all(blobs, wanted))
    return [next(stored) if item.original else "" for item in items]


def _places(session: Session, items: Sequence[NewItem]) -> list[Place | None]:
    open_ = [clues_of(item) for item in items]
    return zuordnung.certain_places(session, open_)


def clues_of(item: NewItem) -> Clues:
    """Return by what an item may open a case; nothing where it has one or is not trusted."""
    if item.vorgang_id is not None or not item.trusted:
        return Clues()
    said = f"{item.subject}\n{item.body}" if item.quoted_number else ""
    return Clues(item.quoted_number, item.sender, item.birth, said)


def _keep_parts(
    session: Session,
    items: Sequence[NewItem],
    rows: Sequence[Mapping[str, Any]],
    new: Mapping[str, int],
    blobs: Blobs | None,
) -> None:
    parts = [
        {
            "item_id": new[row["source_ref"]],
            "file_name": part.file_name,
            "mime": part.mime,
            "size": part.size,
            "sha256": blobs.put(part.data) if blobs and part.data is not None else None,
            "note": part.note,
        }
        for item, row in zip(items, rows, strict=True)
        if row["source_ref"] in new
        for part in item.parts
    ]
    if parts:
        session.execute(insert(PostPart), parts)


def _rows(
    session: Session,
    actor: Actor,
    items: Sequence[NewItem],
    hashes: Sequence[str],
    places: Sequence[Place | None],
    clock: Clock,
) -> list[dict[str, Any]]:
    classes = {unit.key: class_of_unit(unit.verfahren) for unit in office.units(session)}
    earlier = _earlier(session, [sha for sha in hashes if sha])
    rows = []
    for item, sha, place in zip(items, hashes, places, strict=True):
        unit = place.unit_key if place else item.unit_key
        verfahren = place.verfahren if place else item.verfahren
        original = item.original
        rows.append(
            {
                "received_on": item.received_on.isoformat(),
                "entered_at": clock.now().isoformat(),
                "entered_by": actor.user_id,
                "channel": item.channel,
                "kind": item.kind,
                "subject": item.subject,
                "unit_key": unit,
                "access_class": CLASS_OF.get(verfahren) or classes[unit],
                "person_id": place.person_id if place else item.person_id,
                "vorgang_id": place.vorgang_id if place else item.vorgang_id,
                "source": item.source,
                "source_ref": item.source_ref or (identity(item, sha) if sha else new_token()),
                "sha256": sha or None,
                "file_name": original.file_name if original else "",
                "mime": original.mime if original else "",
                "sender": item.sender,
                "birth": item.birth,
                "quoted_number": item.quoted_number,
                "body": item.body,
                "harm": dict(item.harm),
                "placed_by": place.reason if place else "",
                "notes": list(item.notes),
                "sorted_by": item.sorted_by,
                "bell": bool(sorten.rings(item.kind, Words(item.sender, item.subject, item.body))),
                "reading": item.reading,
                "same_as": earlier.get(sha),
            }
        )
    return rows


def _earlier(session: Session, hashes: Sequence[str]) -> dict[str, int]:
    """Return the first item with each content that is here already."""
    if not hashes:
        return {}
    query = (
        select(PostItem.sha256, PostItem.id)
        .where(PostItem.sha256.in_(set(hashes)), PostItem.same_as.is_(None))
        .order_by(PostItem.id.desc())
    )
    return {sha: item_id for sha, item_id in session.execute(query) if sha}


def _known(
    session: Session, rows: Sequence[Mapping[str, Any]], new: Mapping[str, int]
) -> dict[tuple[str, str], int]:
    refs = [row["source_ref"] for row in rows if row["source_ref"] not in new]
    if not refs:
        return {}
    query = select(PostItem.source, PostItem.source_ref, PostItem.id).where(
        PostItem.source.in_({row["source"] for row in rows}), PostItem.source_ref.in_(refs)
    )
    return {(source, ref or ""): item_id for source, ref, item_id in session.execute(query)}


def _log(
    session: Session,
    actor: Actor,
    rows: Sequence[Mapping[str, Any]],
    new: Mapping[str, int],
    clock: Clock,
) -> None:
    written = {row["source_ref"]: row for row in rows}
    audit.record_all(
        session,
        actor,
        [
            {
                "action": "post.register",
                "entity": "post_item",
                "entity_id": item_id,
                "at": clock.now(),
                "vorgang_id": written[ref]["vorgang_id"],
                "person_id": written[ref]["person_id"],
                "facts": {
                    "kind": written[ref]["kind"],
                    "received_on": written[ref]["received_on"],
                },
            }
            for ref, item_id in new.items()
        ],
    )
