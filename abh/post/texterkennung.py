"""Reads what is written on scans and sorts them anew: their text layer, else their picture where
the machine can."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM
from abh.documents import stapel
from abh.documents.house import House
from abh.documents.textschicht import text_of_pdf
from abh.kernel.clock import Clock
from abh.kernel.errors import DomainError
from abh.office import service as office
from abh.post import bundles, glocke, lernen, sorten, zuordnung
from abh.post.aufnahme import NewItem, clues_of
from abh.post.sorten import Words
from abh.post.sortieren import sort
from abh.post.tables import PostBundle, PostCorrection, PostItem
from abh.post.zugang import CLASS_OF, class_of_unit
from abh.post.zuordnung import Place

PDF = "application/pdf"


def read_layers(session: Session, clock: Clock, limit: int) -> int:
    """Read the text layer of at most ``limit`` items; the job ``post.textschicht``.

    Needs nothing but Python. What has none waits as "bild". Returns how many were looked at.
    """
    house = _house(clock)
    waiting = _waiting(session, "offen", limit)
    for item in waiting:
        words = text_of_pdf(_original(house, item)) if item.mime == PDF else ""
        if words.strip():
            take_writing(session, house, item, words)
        else:
            item.reading = "bild"
            session.flush()
    return len(waiting)


def sweep(session: Session, clock: Clock, limit: int) -> int:
    """Read the picture of at most ``limit`` items; the job ``post.texterkennung``. Returns how
    many. Without ``ocrmypdf`` on the machine all stay as they are: people read for themselves.
    """
    house = _house(clock)
    if not stapel.can_read_writing():
        return 0
    pictures = _waiting(session, "bild", limit)
    for item in pictures:
        data = _original(house, item)
        take_writing(session, house, item, stapel.read_writing(data) if data else "")
    return len(pictures)


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    return clock


def _waiting(session: Session, reading: str, limit: int) -> list[PostItem]:
    query = (
        select(PostItem)
        .where(PostItem.reading == reading)
        .order_by(PostItem.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def _original(house: House, item: PostItem) -> bytes:
    try:
        return house.blobs.get(item.sha256) if item.sha256 else b""
    except DomainError:
        return b""


def take_writing(session: Session, house: House, item: PostItem, words: str) -> None:
    """Note what is written on an item and sort it as if it had come with that text.

    What a human has said of it stays. An item that somebody has in hand keeps its place; its
    clerk sees the proposals.
    """
    item.reading = "gelesen" if words.strip() else "leer"
    item.body = words.strip()[:20_000]
    if not item.body or item.done_at is not None:
        return
    units = office.units(session)
    found = sort(_as_new(session, item), units, lernen.in_use(session, house.blobs))
    item.quoted_number, item.birth, item.harm = found.quoted_number, found.birth, dict(found.harm)
    item.kind, item.sorted_by = found.kind, found.sorted_by
    rang = item.bell
    item.bell = bool(sorten.rings(item.kind, Words(item.sender, item.subject, item.body)))
    session.flush()
    place = zuordnung.certain_places(session, [clues_of(found)])[0]
    if item.person_id is None:
        _move(session, house, item, place, found.unit_key)
    elif item.bundle_id is not None:
        bundles.recount(session, item.bundle_id, house, closed_by=None)
        bundles.rank(session, [item.bundle_id], house)
    if item.bell and not rang:
        glocke.ring(session, [item.id], now=house.now())
    audit.record(
        session, SYSTEM, "post.sorted", "post_item", item.id, now=house.now(),
        vorgang_id=item.vorgang_id, person_id=item.person_id, facts={"kind": item.kind},
    )  # fmt: skip


def _as_new(session: Session, item: PostItem) -> NewItem:
    corrected = session.scalar(select(PostCorrection.id).where(PostCorrection.item_id == item.id))
    by_machine = bool(item.sorted_by) and corrected is None and item.kind == "other"
    new = NewItem(
        received_on=item.received_on,
        channel=item.channel,
        kind="" if by_machine else item.kind,
        subject=item.subject,
        unit_key=item.unit_key,
        person_id=item.person_id,
        vorgang_id=item.vorgang_id,
        sender=item.sender,
        birth=item.birth,
        quoted_number=item.quoted_number,
        body=item.body,
        harm=item.harm,
        sorted_by="" if by_machine else item.sorted_by,
    )
    central = item.sorted_by.endswith("kein Thema zu erkennen ist.")
    return replace(new, unit_key="") if central else new


def _move(
    session: Session, house: House, item: PostItem, place: Place | None, unit_key: str
) -> None:
    """Put an item of nobody known to its person or its Sachgebiet, unless somebody holds it."""
    if place is None and unit_key == item.unit_key:
        return
    old = session.scalars(
        select(PostBundle).where(PostBundle.id == item.bundle_id).with_for_update()
    ).one_or_none()
    if old is not None and old.claimed_by is not None:
        return
    if place is not None:
        item.vorgang_id, item.person_id = place.vorgang_id, place.person_id
        item.unit_key, item.placed_by = place.unit_key, place.reason
        item.access_class = CLASS_OF[place.verfahren]
    else:
        item.unit_key = unit_key
        unit = next(one for one in office.units(session) if one.key == unit_key)
        item.access_class = class_of_unit(unit.verfahren)
    item.bundle_id = None
    if old is not None and old.items == 1:
        # Nobody was served: it only went where it belongs.
        old.persons, old.touched_at = 0, house.now()
    session.flush()
    if old is not None:
        bundles.recount(session, old.id, house, closed_by=None)
    bundles.gather(session, [item.id], house)
