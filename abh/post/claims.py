"""Pulling: the next bundle for this clerk, kept alive, given back, handed over, put off, closed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.db import directly, of_driver
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed, NotFound
from abh.post.regeln import rules
from abh.post.tables import PostBundle
from abh.post.zugang import check

SHORTEST_REASON = 5
# How often a sign of life is worth a write; far below the time after which a claim dies.
BEAT_EVERY = timedelta(minutes=5)
# How many of each topic are looked at: first few, then more, because others hold the first ones.
_DEPTHS = (4, 64, 1_024)


# What I hold already comes back first, then what was handed to me, then the pile. The topics are
# walked in the order of the index, a few rows each; the row taken is locked, rows that others hold
# are passed over, and the conditions are looked at again on the locked row.
def _statement(depth: int, again: bool) -> str:
    mine_too = "" if again else "AND returned_by IS DISTINCT FROM :me"
    return of_driver(
        f"""
WITH mine AS MATERIALIZED (
    SELECT id FROM post_bundle WHERE claimed_by = :me AND closed_at IS NULL
), near AS MATERIALIZED (
    SELECT id, 1 AS first, priority FROM post_bundle
     WHERE hand_to = :me AND closed_at IS NULL AND claimed_by IS NULL
       AND NOT EXISTS (SELECT FROM mine)
    UNION ALL
    SELECT b.id, 0, b.priority
      FROM (SELECT '' AS topic UNION ALL
            SELECT verfahren FROM qualification WHERE user_id = :me) t CROSS JOIN LATERAL (
        SELECT id, priority FROM post_bundle
         WHERE unit_key = :unit AND topic = t.topic AND closed_at IS NULL
           AND claimed_by IS NULL AND hand_to IS NULL AND follow_up_on IS NULL
           {mine_too} ORDER BY priority DESC, id LIMIT {depth}) b
     WHERE NOT EXISTS (SELECT FROM mine)
), best AS MATERIALIZED (
    SELECT * FROM near ORDER BY first DESC, priority DESC, id LIMIT {depth}
), taken AS (
    SELECT p.id FROM best n JOIN post_bundle p ON p.id = n.id
     WHERE p.closed_at IS NULL AND p.claimed_by IS NULL AND p.follow_up_on IS NULL
       AND (p.hand_to IS NULL OR p.hand_to = :me)
     ORDER BY n.first DESC, n.priority DESC, n.id LIMIT 1
     FOR NO KEY UPDATE OF p SKIP LOCKED
), claimed AS (
    UPDATE post_bundle p SET claimed_by = :me, claimed_at = :now, beat_at = :now, hand_to = NULL,
           returned_by = NULL, opened_at = coalesce(p.opened_at, :now)
      FROM taken WHERE p.id = taken.id RETURNING p.id
), logged AS (
    INSERT INTO audit_entry ({", ".join(audit.COLUMNS)})
    SELECT CAST(:now AS timestamptz), :actor_kind, CAST(:actor_id AS bigint), :actor_name,
           'post.claim', 'post_bundle', id, NULL, NULL, false, CAST(:facts AS jsonb) FROM claimed
)
SELECT (SELECT id FROM mine) AS held, (SELECT id FROM claimed) AS claimed,
       (SELECT count(*) FROM near) AS seen, NOT EXISTS (SELECT FROM claimed) AND EXISTS (
           SELECT FROM post_bundle WHERE returned_by = :me AND closed_at IS NULL) AS returned
"""  # nosec B608: only our own constants
    )


# A text each, not a parameter: PostgreSQL keeps a plan only where it knows how far it looks.
_TAKE = {(depth, again): _statement(depth, again) for depth in _DEPTHS for again in (False, True)}
_DEAD = text(
    """
UPDATE post_bundle SET claimed_by = NULL, claimed_at = NULL, beat_at = NULL, last_reason = :why
 WHERE id IN (
    SELECT id FROM post_bundle WHERE closed_at IS NULL AND claimed_by IS NOT NULL
       AND beat_at < :since ORDER BY beat_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, person_id
"""
)
_BACK = text(
    """
UPDATE post_bundle SET follow_up_on = NULL WHERE id IN (
    SELECT id FROM post_bundle WHERE closed_at IS NULL AND follow_up_on <= :today
     ORDER BY follow_up_on LIMIT :most FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, person_id
"""
)
_CLOSE = text(
    """
WITH items AS (
    UPDATE post_item SET done_at = :now, done_by = :me, answer = :answer, close_reason = :reason
     WHERE bundle_id = :id AND done_at IS NULL RETURNING id
)
UPDATE post_bundle SET closed_at = :now, closed_by = :me, items = 0, inquiries = 0,
       claimed_by = NULL, claimed_at = NULL, beat_at = NULL, hand_to = NULL, follow_up_on = NULL,
       opened_at = coalesce(opened_at, :now)
 WHERE id = :id RETURNING (SELECT count(*) FROM items) AS closed
"""
)


def pull(session: Session, actor: Actor, *, clock: Clock) -> int | None:
    """Claim the next bundle for this clerk and return it; what one holds already comes first.

    Those of Verfahren the clerk is trained for or being trained in, and those that belong to none;
    what this clerk gave back only when nothing else is left, so that a colleague sees it first.
    None when nothing of that is free. Nobody waits for anybody: bundles in other hands are passed
    over. Raises ``NotAllowed`` without a unit or the power, and ``Conflict`` (after which the
    transaction is lost) when the same clerk pulled in two windows at once.
    """
    if actor.unit_key is None or actor.user_id is None:
        raise NotAllowed("Ihr Konto gehört zu keinem Sachgebiet.")
    require(actor, Power.POST_WORK, actor.unit_key)
    for again in (False, True):
        for depth in _DEPTHS:
            held, claimed, seen, returned = _take(session, actor, depth, again, clock)
            if held is not None or claimed is not None:
                return held if claimed is None else claimed
            # Fewer than could be seen: there is no more to look at.
            if seen < depth:
                break
        if not returned:
            break
    return None


def _take(
    session: Session, actor: Actor, depth: int, again: bool, clock: Clock
) -> tuple[int | None, int | None, int, bool]:
    """Return what the clerk held, what was claimed (and logged), how many were looked at, and
    whether the clerk gave something back that nobody else has taken yet."""
    params = {
        "me": actor.user_id,
        "unit": actor.unit_key,
        "now": clock.now(),
        **audit.who(actor),
        "facts": json.dumps(audit.facts_of(actor, None)),
    }
    session.flush()
    try:
        found = directly(session.connection(), _TAKE[depth, again], params)
        ((held, claimed, seen, returned),) = found
    except IntegrityError as error:
        # The index of one claim per clerk: the other window was faster and holds one.
        raise Conflict("Sie haben eben schon gezogen; bitte noch einmal versuchen.") from error
    return held, claimed, seen, returned


def beat(session: Session, actor: Actor, bundle_id: int, *, clock: Clock) -> bool:
    """Say that the clerk still works on it; False when it is no longer in this clerk's hand."""
    row = session.execute(
        text(
            "UPDATE post_bundle SET beat_at = :now WHERE id = :id AND claimed_by = :me"
            " AND closed_at IS NULL RETURNING id"
        ),
        {"now": clock.now(), "id": bundle_id, "me": actor.user_id},
    )
    return row.scalar_one_or_none() is not None


def give_back(session: Session, actor: Actor, bundle_id: int, reason: str, *, clock: Clock) -> None:
    """Put a bundle back on the pile with a reason that the next one reads."""
    said = _reason(reason)
    bundle = held(session, actor, bundle_id)
    _let_go(bundle, said)
    bundle.returned_by = actor.user_id
    _log(session, actor, "post.return", bundle_id, bundle.person_id, clock, reason=said)


def hand_over(
    session: Session, actor: Actor, bundle_id: int, to_user: int, reason: str, *, clock: Clock
) -> None:
    """Reserve a bundle for a colleague of the unit; it is the next one that this person pulls."""
    said = _reason(reason)
    bundle = held(session, actor, bundle_id)
    check_colleague(session, bundle.unit_key, to_user)
    _let_go(bundle, said)
    bundle.hand_to = to_user
    _log(session, actor, "post.hand_over", bundle_id, bundle.person_id, clock, reason=said)


def put_off(
    session: Session, actor: Actor, bundle_id: int, until: date, reason: str, *, clock: Clock
) -> None:
    """Put a bundle off until a day (Wiedervorlage); its age does not reset.

    Raises ``InvalidInput`` for a day that is not ahead or more than 90 days away.
    """
    said = _reason(reason)
    if not 0 < (until - today(clock)).days <= 90:
        raise InvalidInput([FieldProblem("until", "Die Wiedervorlage liegt 1 bis 90 Tage voraus.")])
    bundle = held(session, actor, bundle_id)
    _let_go(bundle, said)
    bundle.follow_up_on = until
    _log(
        session, actor, "post.put_off", bundle_id, bundle.person_id, clock,
        reason=said, until=until.isoformat(),
    )  # fmt: skip


def close(
    session: Session,
    actor: Actor,
    bundle_id: int,
    *,
    answer: str = "",
    reason: str = "",
    expected: int,
    clock: Clock,
) -> int:
    """Close all items of a bundle with one answer, or with the reason why none is needed.

    ``expected`` is how many items the clerk saw: when another came meanwhile, ``Conflict``. Returns
    how many were closed.
    """
    said, why = answer.strip(), reason.strip()
    if not said and len(why) < SHORTEST_REASON:
        raise InvalidInput(
            [FieldProblem("answer", "Bitte die Antwort angeben, oder den Grund, warum keine.")]
        )
    bundle = held(session, actor, bundle_id)
    if bundle.items != expected:
        raise Conflict("Inzwischen ist ein weiterer Eingang gekommen; bitte auch ihn ansehen.")
    return finish(session, actor, bundle, said, why, clock=clock)


def finish(
    session: Session, actor: Actor, bundle: PostBundle, answer: str, reason: str, *, clock: Clock
) -> int:
    """Close all items of a bundle whose lock the caller holds; returns how many."""
    session.flush()
    closed = session.execute(
        _CLOSE,
        {
            "id": bundle.id,
            "me": actor.user_id,
            "now": clock.now(),
            "answer": answer,
            "reason": reason,
        },
    ).scalar_one()
    session.expire(bundle)
    _log(
        session, actor, "post.close_all", bundle.id, bundle.person_id, clock,
        count=closed, answered=bool(answer), reason=reason,
    )  # fmt: skip
    return int(closed)


def held(session: Session, actor: Actor, bundle_id: int) -> PostBundle:
    """Return a bundle in this clerk's hand, locked; ``Conflict`` when it no longer is."""
    bundle = locked(session, actor, bundle_id)
    if bundle.claimed_by != actor.user_id:
        raise Conflict("Diese Post ist nicht mehr in Ihrer Hand; bitte neu ziehen.")
    return bundle


def locked(session: Session, actor: Actor, bundle_id: int) -> PostBundle:
    """Return an open bundle the actor may work on, locked until the transaction ends."""
    bundle = session.scalars(
        select(PostBundle)
        .where(PostBundle.id == bundle_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if bundle is None:
        raise NotFound("Diese Post gibt es hier nicht.")
    check(actor, bundle.unit_key, bundle.access_class)
    if bundle.closed_at is not None:
        raise Conflict("Diese Post ist inzwischen erledigt.")
    return bundle


def check_colleague(session: Session, unit_key: str, user_id: int) -> None:
    """Raise ``InvalidInput`` unless the account works in this unit."""
    user = session.get(AppUser, user_id)
    if user is None or not user.active or user.unit_key != unit_key:
        raise InvalidInput([FieldProblem("user", "Bitte jemanden aus dem Sachgebiet wählen.")])


def release_dead(session: Session, clock: Clock, limit: int) -> int:
    """Give back what its clerk gave no sign of life for (``config/post.yaml``); how many."""
    params = {
        "since": clock.now() - rules().claim,
        "most": limit,
        "why": "Ohne Rückmeldung zurückgegeben.",
    }
    return _note(session, "post.claim_died", _DEAD, params, clock)


def bring_back(session: Session, clock: Clock, limit: int) -> int:
    """Put back on the pile what was put off until today; returns how many."""
    params = {"today": today(clock), "most": limit}
    return _note(session, "post.follow_up", _BACK, params, clock)


def _note(
    session: Session, action: str, statement: Any, params: Mapping[str, Any], clock: Clock
) -> int:
    rows = session.execute(statement, params).all()
    if rows:
        entries = [
            {
                "action": action,
                "entity": "post_bundle",
                "entity_id": row.id,
                "person_id": row.person_id,
                "at": clock.now(),
                "facts": {},
            }
            for row in rows
        ]
        audit.record_all(session, SYSTEM, entries)
    return len(rows)


def _let_go(bundle: PostBundle, reason: str) -> None:
    bundle.claimed_by = bundle.claimed_at = bundle.beat_at = None
    bundle.last_reason = reason


def _reason(text_: str) -> str:
    said = text_.strip()[:500]
    if len(said) < SHORTEST_REASON:
        raise InvalidInput([FieldProblem("reason", "Bitte den Grund in Worten angeben.")])
    return said


def _log(
    session: Session,
    actor: Actor,
    action: str,
    bundle_id: int,
    person_id: int | None,
    clock: Clock,
    **facts: Any,
) -> None:
    audit.record(
        session,
        actor,
        action,
        "post_bundle",
        bundle_id,
        now=clock.now(),
        person_id=person_id,
        facts=facts,
    )
