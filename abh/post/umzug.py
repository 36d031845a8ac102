"""Post that changes hands undone: to another Sachgebiet, or to who covers in absence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power
from abh.access.tables import AppUser
from abh.appointments import roster
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed
from abh.office import service as office
from abh.post import bundles, claims
from abh.post.tables import PostBundle, PostItem
from abh.post.zugang import GENERAL, class_of_unit

_ITEMS = text(
    "UPDATE post_item SET unit_key = :unit, access_class = :class,"
    " bundle_id = CASE WHEN :joins THEN NULL ELSE bundle_id END"
    " WHERE bundle_id = :id AND done_at IS NULL RETURNING id"
)
_BUNDLE = text(
    "UPDATE post_bundle SET unit_key = :unit, access_class = :class, claimed_by = NULL,"
    " claimed_at = NULL, beat_at = NULL, hand_to = NULL, follow_up_on = NULL, last_reason = :why"
    " WHERE id = :id"
)
_FOLLOW = text(
    "UPDATE post_item SET unit_key = :unit, bundle_id = NULL"
    " WHERE vorgang_id = :id AND done_at IS NULL RETURNING id"
)
_ABSENT = text(
    """
UPDATE post_bundle SET hand_to = :cover, last_reason = :why WHERE id IN (
    SELECT id FROM post_bundle WHERE closed_at IS NULL AND claimed_by IS NULL AND hand_to = :user
     ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, person_id
"""
)


def move(
    session: Session, actor: Actor, bundle_id: int, to_unit: str, reason: str, *, clock: Clock
) -> int:
    """Give a bundle to another Sachgebiet with a reason; returns the bundle it is part of there.

    Its age stays. Who leads the unit may move what nobody holds, a clerk what is in the own hand.
    Raises ``Conflict`` for post of a case (the case decides where it lies), ``InvalidInput``,
    ``NotAllowed``.
    """
    if len(reason.strip()) < claims.SHORTEST_REASON:
        raise InvalidInput([FieldProblem("reason", "Bitte den Grund in Worten angeben.")])
    bundle = claims.locked(session, actor, bundle_id)
    mine = bundle.claimed_by is not None and bundle.claimed_by == actor.user_id
    if not mine and not actor.may(Power.UNIT_LEAD):
        raise NotAllowed("Bitte die Post zuerst ziehen.")
    if bundle.claimed_by is not None and not mine:
        raise Conflict("Ist gerade in Bearbeitung.")
    if to_unit == bundle.unit_key or not any(u.key == to_unit for u in office.units(session)):
        raise InvalidInput([FieldProblem("unit", "Bitte ein anderes Sachgebiet wählen.")])
    if bundle.access_class != GENERAL:
        raise Conflict("Diese Post bleibt in ihrem Sachgebiet.")
    named = select(PostItem.id).where(
        PostItem.bundle_id == bundle_id,
        PostItem.done_at.is_(None),
        PostItem.vorgang_id.is_not(None),
    )
    if session.scalars(named.limit(1)).first() is not None:
        raise Conflict("Diese Post gehört zu einem Vorgang; er bestimmt das Sachgebiet.")
    from_unit, person_id = bundle.unit_key, bundle.person_id
    target = _move(session, bundle, to_unit, reason.strip()[:500], clock)
    audit.record(
        session, actor, "post.move", "post_bundle", bundle_id, now=clock.now(),
        person_id=person_id, facts={"from": from_unit, "to": to_unit, "reason": reason.strip()},
    )  # fmt: skip
    return target


def _move(session: Session, bundle: PostBundle, to_unit: str, reason: str, clock: Clock) -> int:
    new_class = class_of_unit(office.unit(session, to_unit).verfahren)
    there = session.scalars(
        select(PostBundle.id).where(
            PostBundle.subject == bundle.subject,
            PostBundle.unit_key == to_unit,
            PostBundle.access_class == new_class,
            PostBundle.closed_at.is_(None),
        )
    ).first()
    # In a restricted class every person stands alone, so a household is gathered anew there.
    joins = there is not None or (new_class != GENERAL and bundle.household_id is not None)
    bundle_id = bundle.id
    if joins:
        # Nobody was served here: who moves is counted where the post lies.
        bundle.persons, bundle.touched_at, bundle.last_reason = 0, clock.now(), reason
    session.flush()
    params = {"unit": to_unit, "class": new_class, "id": bundle_id}
    ids = list(session.scalars(_ITEMS, params | {"joins": joins}))
    if joins:
        bundles.recount(session, bundle_id, clock)
        bundle_id = bundles.gather(session, ids, clock)[0]
    else:
        session.execute(_BUNDLE, params | {"why": reason})
        bundles.rank(session, [bundle_id], clock)
    session.expire_all()
    return bundle_id


def follow_case(
    session: Session, actor: Actor, *, now: datetime, clock: Clock, vorgang_id: int, to_unit: str
) -> None:
    """Take the open post of a case along to the Sachgebiet that the case moved to (a listener).

    The caller holds the lock of the case. Raises ``Conflict`` while somebody works on such post.
    """
    rows = session.scalars(
        select(PostBundle)
        .where(
            PostBundle.id.in_(
                select(PostItem.bundle_id).where(
                    PostItem.vorgang_id == vorgang_id, PostItem.done_at.is_(None)
                )
            )
        )
        .order_by(PostBundle.id)
        .with_for_update()
    ).all()
    if any(bundle.claimed_by is not None for bundle in rows):
        raise Conflict("Post zu diesem Vorgang ist gerade in Bearbeitung.")
    ids = list(session.scalars(_FOLLOW, {"unit": to_unit, "id": vorgang_id}))
    for bundle in rows:
        left = session.scalar(
            select(func.count()).where(PostItem.bundle_id == bundle.id, PostItem.done_at.is_(None))
        )
        if not left:
            # Nobody was served here: who moves is counted where the post lies.
            bundle.persons, bundle.touched_at = 0, now
            session.flush()
        bundles.recount(session, bundle.id, clock)
    bundles.gather(session, ids, clock)
    session.expire_all()
    if ids:
        facts = {"to": to_unit, "items": len(ids)}
        audit.record(
            session, actor, "post.follow", "vorgang", vorgang_id, now=now,
            vorgang_id=vorgang_id, facts=facts,
        )  # fmt: skip


def cover_absent(session: Session, clock: Clock, limit: int) -> int:
    """Give what is reserved for somebody who is absent today to the cover of the same unit, or back
    to the pile; returns how many."""
    day, moved = today(clock), 0
    for user_id, rows in sorted(roster.absences(session, day, day).items()):
        cover = rows[0].cover_id
        if cover is not None and not _same_unit(session, user_id, cover):
            cover = None
        why = "Vertretung wegen Abwesenheit." if cover else "Zurück wegen Abwesenheit."
        found = session.execute(
            _ABSENT, {"user": user_id, "cover": cover, "why": why, "most": limit}
        ).all()
        entries = [
            {
                "action": "post.cover",
                "entity": "post_bundle",
                "entity_id": row.id,
                "person_id": row.person_id,
                "at": clock.now(),
                "facts": {"covered": cover is not None},
            }
            for row in found
        ]
        if entries:
            audit.record_all(session, SYSTEM, entries)
        moved += len(entries)
    return moved


def _same_unit(session: Session, user_id: int, cover_id: int) -> bool:
    user, cover = session.get(AppUser, user_id), session.get(AppUser, cover_id)
    return bool(user and cover and cover.active and user.unit_key == cover.unit_key)
