"""Addresses of companies that are told what happens in their own cases: made, told, sent again.

Triggers of the database write events; this room looks at the mandate (and at the sites of the login
that made the address) when it tells them, orders one message for each address in the outbox, and
keeps what came of it for the company to see.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.geheim import seal
from abh.documents.house import House
from abh.fastlane.tables_zugang import CompanyEvent, Webhook
from abh.fastlane.webhook_ziel import TargetRefused, check_url
from abh.fastlane.zugang import Acting, require_admin
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token
from abh.outbox.service import enqueue
from abh.workflows.zugriff import RESTRICTED

MOST_WEBHOOKS: Final = 5
KEEP_EVENTS: Final = timedelta(days=90)


def purpose(webhook_id: int) -> str:
    """Return for what the secret of an address is sealed."""
    return f"webhook:{webhook_id}"


def add(
    session: Session, house: House, who: Acting, url: str, *, local: bool = False
) -> tuple[Webhook, str]:
    """Add an address; return it with its secret, shown once. ``local``: the setting for tests.

    Raises ``NotAllowed``, ``InvalidInput`` for an address that is none or not of this world's
    internet, ``Conflict`` when there are five.
    """
    require_admin(who)
    try:
        plain = check_url(url, local=local)
    except TargetRefused as error:
        raise InvalidInput([FieldProblem("url", str(error))]) from error
    if len(of_company(session, who)) >= MOST_WEBHOOKS:
        raise Conflict("Mehr als fünf Adressen sind nicht möglich.")
    secret = new_token() + new_token()
    row = Webhook(
        company_id=who.company_id,
        user_id=who.actor.user_id,
        url=plain,
        secret_sealed=b"",
        created_at=house.now(),
    )
    session.add(row)
    session.flush()
    row.secret_sealed = seal(house.secret.decode(), purpose(row.id), secret.encode())
    audit.record(session, who.actor, "webhook.make", "webhook", row.id, now=house.now())
    return row, secret


def of_company(session: Session, who: Acting) -> list[Webhook]:
    """Return the addresses of the company that are in use."""
    query = select(Webhook).where(
        Webhook.company_id == who.company_id, Webhook.revoked_at.is_(None)
    )
    return list(session.scalars(query.order_by(Webhook.id)))


def revoke(session: Session, house: House, who: Acting, webhook_id: int) -> None:
    """End an address; messages that wait are not sent. An unknown one is no error."""
    require_admin(who)
    ended = session.execute(
        update(Webhook)
        .where(
            Webhook.id == webhook_id,
            Webhook.company_id == who.company_id,
            Webhook.revoked_at.is_(None),
        )
        .values(revoked_at=house.now())
        .returning(Webhook.id)
    ).first()
    if ended is not None:
        audit.record(session, who.actor, "webhook.revoke", "webhook", webhook_id, now=house.now())


_RECENT = text(
    """
SELECT d.id, w.url, e.kind, v.number, d.ordered_at, d.delivered_at, d.last_error, d.round
  FROM webhook_delivery d
  JOIN webhook w ON w.id = d.webhook_id
  JOIN company_event e ON e.id = d.event_id
  JOIN vorgang v ON v.id = e.vorgang_id
 WHERE w.company_id = :company ORDER BY d.id DESC LIMIT 100
"""
)


def recent(session: Session, who: Acting) -> list[dict[str, Any]]:
    """Return the last hundred messages of the company; raises ``NotAllowed``."""
    require_admin(who)
    rows = session.execute(_RECENT, {"company": who.company_id})
    return [dict(row) for row in rows.mappings()]


_AGAIN = text(
    """
UPDATE webhook_delivery d SET round = d.round + 1, ordered_at = :now, delivered_at = NULL,
       last_error = ''
  FROM webhook w, company_event e
 WHERE d.id = :id AND w.id = d.webhook_id AND e.id = d.event_id AND w.company_id = :company
   AND w.revoked_at IS NULL
RETURNING d.round, e.vorgang_id
"""
)


def send_again(session: Session, house: House, who: Acting, delivery_id: int) -> None:
    """Order a message of the company once more; its event keeps its number.

    Raises ``NotAllowed``, ``NotFound`` for another company's and for an address that was ended.
    """
    require_admin(who)
    given = {"id": delivery_id, "company": who.company_id, "now": house.now()}
    row = session.execute(_AGAIN, given).one_or_none()
    if row is None:
        raise NotFound("Diese Nachricht gibt es nicht.")
    _order(session, delivery_id, row.round, row.vorgang_id, house)
    audit.record(
        session, who.actor, "webhook.again", "webhook_delivery", delivery_id, now=house.now()
    )


_TELL = text(
    """
WITH due AS (
  SELECT id FROM company_event WHERE told_at IS NULL ORDER BY id LIMIT :most
     FOR UPDATE SKIP LOCKED
), told AS (
  UPDATE company_event e SET told_at = :now FROM due WHERE e.id = due.id
  RETURNING e.id, e.company_id, e.vorgang_id, e AS event
), made AS (
  INSERT INTO webhook_delivery (webhook_id, event_id, ordered_at)
  SELECT w.id, told.id, :now FROM told
    JOIN webhook w ON w.company_id = told.company_id AND w.revoked_at IS NULL
   WHERE webhook_may_hear(w, told.event, CAST(:day AS date), CAST(:restricted AS text[]))
  ON CONFLICT DO NOTHING
  RETURNING id, event_id
)
SELECT (SELECT count(*) FROM told) AS events, made.id AS delivery, told.vorgang_id
  FROM (SELECT 1) one LEFT JOIN made ON true LEFT JOIN told ON told.id = made.event_id
"""
)


def tell_events(session: Session, clock: Clock, limit: int) -> int:
    """Order messages for new events whose case a mandate covers now; the job ``firma.melden``."""
    given = {
        "now": clock.now(),
        "day": today(clock),
        "most": limit,
        "restricted": sorted(RESTRICTED),
    }
    rows = session.execute(_TELL, given).all()
    for row in rows:
        if row.delivery is not None:
            _order(session, row.delivery, 1, row.vorgang_id, clock)
    return int(rows[0].events)


def forget_events(session: Session, clock: Clock, limit: int) -> int:
    """Delete events after 90 days with what was sent of them; the job ``firma.ereignisse``."""
    old = select(CompanyEvent.id).where(CompanyEvent.told_at < clock.now() - KEEP_EVENTS)
    gone = session.execute(
        delete(CompanyEvent).where(CompanyEvent.id.in_(old.limit(limit))).returning(CompanyEvent.id)
    ).all()
    return len(gone)


def _order(session: Session, delivery_id: int, turn: int, vorgang_id: int, clock: Clock) -> None:
    enqueue(
        session,
        "webhook",
        f"webhook:{delivery_id}:{turn}",
        {"delivery": delivery_id},
        now=clock.now(),
        vorgang_id=vorgang_id,
    )
