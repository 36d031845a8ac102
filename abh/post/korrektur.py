"""A clerk says what an item really is; the text model learns from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents.akte import Blobs
from abh.kernel.clock import Clock
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.post import bundles, claims, zugang
from abh.post.schemas import KINDS
from abh.post.tables import PostCorrection, PostItem, PostPart


def correct_kind(session: Session, actor: Actor, item_id: int, kind: str, *, clock: Clock) -> int:
    """Give an item of a bundle in this clerk's hand another kind; returns the bundle.

    The same kind again confirms it and counts nothing. Raises ``InvalidInput``, ``NotFound``,
    ``Conflict`` when the bundle is not in this clerk's hand.
    """
    require(actor, Power.POST_WORK)
    if kind not in KINDS:
        raise InvalidInput([FieldProblem("kind", "Bitte aus der Liste wählen.")])
    item = session.get(PostItem, item_id)
    if item is None or item.bundle_id is None or item.done_at is not None:
        raise NotFound("Diesen Eingang gibt es nicht oder er ist schon erledigt.")
    bundle_id = item.bundle_id
    claims.held(session, actor, bundle_id)
    if item.kind != kind:
        session.add(
            PostCorrection(
                item_id=item.id,
                was=item.kind,
                kind=kind,
                corrected_by=actor.user_id,
                corrected_at=clock.now(),
            )
        )
        audit.record(
            session, actor, "post.correct_kind", "post_item", item.id, now=clock.now(),
            vorgang_id=item.vorgang_id, person_id=item.person_id,
            facts={"was": item.kind, "kind": kind},
        )  # fmt: skip
        item.kind = kind
        session.flush()
        bundles.recount(session, bundle_id, clock)
    item.sorted_by = ""
    session.flush()
    return bundle_id


def part(
    session: Session, actor: Actor, blobs: Blobs, part_id: int, *, clock: Clock
) -> tuple[PostPart, bytes]:
    """Return a part of an item with its content, whose hash the store checks; the look is logged.

    Raises ``NotFound`` for what the actor must not know of, ``NotAllowed`` outside the unit.
    """
    found = session.get(PostPart, part_id)
    if found is None or found.sha256 is None:
        raise NotFound("Diesen Anhang gibt es nicht.")
    item = session.get_one(PostItem, found.item_id)
    zugang.check(actor, item.unit_key, item.access_class)
    audit.record(
        session, actor, "post.part", "post_item", item.id, now=clock.now(),
        vorgang_id=item.vorgang_id, person_id=item.person_id, is_read=True,
        facts={"sha256": found.sha256[:12]},
    )  # fmt: skip
    return found, blobs.get(found.sha256)


def parts_of(session: Session, items: Sequence[PostItem]) -> Mapping[int, list[PostPart]]:
    """Return the parts of these items by item, in order."""
    found: dict[int, list[PostPart]] = {}
    ids = [item.id for item in items]
    query = select(PostPart).where(PostPart.item_id.in_(ids)).order_by(PostPart.id).limit(2_000)
    for part in session.scalars(query):
        found.setdefault(part.item_id, []).append(part)
    return found
