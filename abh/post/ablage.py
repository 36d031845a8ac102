"""Puts originals of attached post into the e-file: one sheet each, in the file of the case."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import DomainError
from abh.post.schemas import KINDS
from abh.post.tables import PostItem
from abh.workflows.steps import lock_case

_ORIGIN = {"paper": "scan", "counter": "scan", "email": "message", "portal": "upload"}
_UNFILED = (
    PostItem.vorgang_id.is_not(None),
    PostItem.sha256.is_not(None),
    PostItem.blatt_id.is_(None),
)


def sweep(session: Session, clock: Clock, limit: int) -> int:
    """File the originals of at most ``limit`` items that are in a case; the job ``post.ablage``.

    Whatever way they came there: by two identifiers, by a clerk, by import. The case is locked
    first, so an item is filed once; a damaged original waits and is logged by the store.
    """
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    waiting = session.execute(
        select(PostItem.vorgang_id, PostItem.id).where(*_UNFILED).order_by(PostItem.id).limit(limit)
    ).all()
    by_case: dict[int, list[int]] = defaultdict(list)
    for vorgang_id, item_id in waiting:
        if vorgang_id is not None:
            by_case[vorgang_id].append(item_id)
    done = 0
    for vorgang_id in sorted(by_case):
        try:
            with session.begin_nested():
                done += file_items(session, clock, vorgang_id, by_case[vorgang_id])
        except DomainError:
            continue
    return done


def file_items(session: Session, house: House, vorgang_id: int, item_ids: list[int]) -> int:
    """File the originals of these items of one case; returns how many were not filed before."""
    case = lock_case(session, house, vorgang_id, expected_version=None)
    items = session.scalars(
        select(PostItem)
        .where(PostItem.id.in_(item_ids), PostItem.vorgang_id == vorgang_id, *_UNFILED)
        .order_by(PostItem.received_on, PostItem.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    sheets = file_sheets(
        session,
        house.blobs,
        case.vorgang["akte_id"],
        [_sheet(item, house) for item in items],
        now=house.now(),
        vorgang_id=vorgang_id,
    )
    for item, sheet in zip(items, sheets, strict=True):
        item.blatt_id = sheet.id
        audit.record(
            session, SYSTEM, "post.filed", "post_item", item.id, now=house.now(),
            vorgang_id=vorgang_id, person_id=item.person_id, facts={"sheet_no": sheet.sheet_no},
        )  # fmt: skip
    session.flush()
    return len(items)


def _sheet(item: PostItem, house: House) -> NewSheet:
    return NewSheet(
        title=f"{KINDS[item.kind]}: {item.subject}"[:200],
        origin=_ORIGIN[item.channel],
        data=house.blobs.get(item.sha256 or ""),
        mime=item.mime,
        received_on=item.received_on,
        filed_by="Posteingang",
        file_name=item.file_name,
    )
