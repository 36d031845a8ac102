"""Closed without answer: a share is drawn by a kept seed for a second look by a supervisor."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.documents.house import House
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.post.aufnahme import NewItem, Original, take_in
from abh.post.planregeln import plan_rules
from abh.post.tables import PostBundle, PostItem
from abh.post.tables_plan import PostSample, PostSampleDay
from abh.post.zugang import known_classes, may_know
from abh.workflows.tables import Vorgang

RIGHT, WRONG = "right", "wrong"
MOST = 100
SOURCE = "stichprobe"
# What the scheduler missed is drawn later, but not for ever.
_BACK = timedelta(days=14)
_INDICATORS_DAYS = timedelta(days=28)

_DAYS = text(
    """
SELECT b.unit_key, (b.closed_at AT TIME ZONE 'Europe/Berlin')::date AS day,
       array_agg(b.id ORDER BY b.id) AS ids
  FROM post_bundle b
 WHERE b.closed_at >= :since AND (b.closed_at AT TIME ZONE 'Europe/Berlin')::date < :today
   AND EXISTS (SELECT FROM post_item i WHERE i.bundle_id = b.id AND i.answer = ''
                  AND i.close_reason <> '')
   AND NOT EXISTS (SELECT FROM post_sample_day d WHERE d.unit_key = b.unit_key
                      AND d.day = (b.closed_at AT TIME ZONE 'Europe/Berlin')::date)
 GROUP BY 1, 2 ORDER BY 2, 1 LIMIT :most
"""
)
_OPEN = text(
    """
SELECT s.bundle_id, s.closed_on, u.display_name AS closed_by,
       coalesce(p.given_names || ' ' || p.family_name, '') AS person,
       (SELECT max(i.close_reason) FROM post_item i WHERE i.bundle_id = b.id) AS reason,
       (SELECT count(*) FROM post_item i WHERE i.bundle_id = b.id) AS items
  FROM post_sample s JOIN post_bundle b ON b.id = s.bundle_id
  LEFT JOIN app_user u ON u.id = b.closed_by LEFT JOIN person p ON p.id = b.person_id
 WHERE s.unit_key = :unit AND s.verdict = '' AND b.access_class = ANY(:classes)
 ORDER BY s.closed_on, s.bundle_id LIMIT :most
"""
).bindparams(bindparam("classes", type_=ARRAY(Text)))
_LOG = text(
    """
SELECT e.action, count(*) AS times,
       count(*) FILTER (WHERE e.facts ->> 'answered' = 'false') AS unanswered
  FROM audit_entry e JOIN post_bundle b ON b.id = e.entity_id
 WHERE e.entity = 'post_bundle' AND e.at > :since AND b.unit_key = :unit
   AND b.access_class = ANY(:classes)
   AND e.action IN ('post.claim', 'post.close_all', 'post.return', 'post.put_off',
                    'post.claim_died', 'post.move', 'post.answer')
 GROUP BY 1
"""
).bindparams(bindparam("classes", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Indicators:
    """Numbers of the last 28 days from the log: how often each act, closed without answer, and
    what the second looks found."""

    acts: dict[str, int]
    unanswered: int
    drawn: int
    right: int
    wrong: int


def chosen(seed: str, ids: Sequence[int], percent: int) -> list[int]:
    """Return the share of ``ids`` that a seed draws, at least one (pure): the lowest hashes of
    seed and number. Anybody who knows the seed can draw again."""
    count = -(-len(ids) * percent // 100)
    order = sorted(ids, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())
    return sorted(order[:count])


def draw(session: Session, clock: Clock, limit: int) -> int:
    """Draw from the closings without answer of days gone by; returns how many were drawn.

    A day of a unit is drawn from once; its seed and both numbers are kept.
    """
    params = {"since": clock.now() - _BACK, "today": today(clock), "most": limit}
    drawn = 0
    for row in session.execute(_DAYS, params).all():
        seed = secrets.token_hex(16)
        ids = chosen(seed, row.ids, plan_rules().sample)
        session.add(
            PostSampleDay(
                unit_key=row.unit_key, day=row.day, seed=seed, closed=len(row.ids), drawn=len(ids)
            )
        )
        session.execute(
            insert(PostSample),
            [
                {
                    "bundle_id": one,
                    "unit_key": row.unit_key,
                    "closed_on": row.day,
                    "drawn_at": clock.now(),
                }
                for one in ids
            ],
        )
        audit.record(
            session, SYSTEM, "post.sample", "post_sample_day", None, now=clock.now(),
            facts={"unit": row.unit_key, "day": row.day.isoformat(), "count": len(ids)},
        )  # fmt: skip
        drawn += len(ids)
    return drawn


def waiting(session: Session, actor: Actor, unit_key: str) -> list[dict[str, Any]]:
    """Return what waits for a second look, oldest first; the caller records the look."""
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {"unit": unit_key, "classes": known_classes(actor, unit_key), "most": MOST}
    return [dict(row) for row in session.execute(_OPEN, params).mappings()]


def look(
    session: Session, house: House, actor: Actor, bundle_id: int, verdict: str, remark: str
) -> None:
    """Record a second look. What was wrongly closed is work again, with the age it had.

    Nobody looks at the own closing. Raises ``Conflict`` when somebody looked already.
    """
    row = session.scalars(
        select(PostSample).where(PostSample.bundle_id == bundle_id).with_for_update()
    ).one_or_none()
    bundle = session.get(PostBundle, bundle_id)
    if row is None or bundle is None or not may_know(actor, bundle.unit_key, bundle.access_class):
        raise NotFound("Diese Stichprobe gibt es nicht.")
    require(actor, Power.UNIT_LEAD, bundle.unit_key)
    if bundle.closed_by == actor.user_id:
        raise NotAllowed("Den zweiten Blick wirft jemand anderes auf die eigene Erledigung.")
    if row.verdict:
        raise Conflict("Das hat schon jemand angesehen.")
    if verdict not in (RIGHT, WRONG) or (verdict == WRONG and len(remark.strip()) < 5):
        text_ = "Bitte richtig oder falsch wählen, und bei falsch sagen, warum."
        raise InvalidInput([FieldProblem("remark", text_)])
    row.verdict, row.remark = verdict, remark.strip()
    row.looked_by, row.looked_at = actor.user_id, house.now()
    if verdict == WRONG:
        _again(session, house, actor, bundle_id)
    audit.record(
        session, actor, "post.sample_look", "post_bundle", bundle_id, now=house.now(),
        person_id=bundle.person_id, facts={"verdict": verdict, "remark": row.remark},
    )  # fmt: skip


def _again(session: Session, house: House, actor: Actor, bundle_id: int) -> None:
    rows = session.execute(
        select(PostItem, Vorgang.verfahren)
        .outerjoin(Vorgang, Vorgang.id == PostItem.vorgang_id)
        .where(PostItem.bundle_id == bundle_id)
        .order_by(PostItem.id)
    ).all()
    items = [
        NewItem(
            received_on=item.received_on,
            channel=item.channel,
            kind=item.kind,
            subject=item.subject,
            unit_key=item.unit_key,
            source=SOURCE,
            source_ref=f"eingang:{item.id}",
            person_id=item.person_id,
            vorgang_id=item.vorgang_id,
            verfahren=verfahren or "",
            sender=item.sender,
            birth=item.birth,
            quoted_number=item.quoted_number,
            body=item.body,
            harm=item.harm,
            original=Original(house.blobs.get(item.sha256), item.file_name, item.mime)
            if item.sha256
            else None,
        )
        for item, verfahren in rows
    ]
    take_in(session, actor, items, house.blobs, clock=house)


def indicators(session: Session, actor: Actor, unit_key: str, *, clock: Clock) -> Indicators:
    """Return the numbers of the last 28 days, acts from the log; nobody is named."""
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {
        "unit": unit_key,
        "classes": known_classes(actor, unit_key),
        "since": clock.now() - _INDICATORS_DAYS,
    }
    rows = session.execute(_LOG, params).all()
    looked: dict[str, int] = dict(
        session.execute(
            text(
                "SELECT verdict, count(*) FROM post_sample WHERE unit_key = :unit"
                " AND drawn_at > :since GROUP BY 1"
            ),
            params,
        ).all()
    )
    return Indicators(
        acts={row.action: int(row.times) for row in rows},
        unanswered=sum(int(row.unanswered) for row in rows),
        drawn=sum(looked.values()),
        right=looked.get(RIGHT, 0),
        wrong=looked.get(WRONG, 0),
    )
