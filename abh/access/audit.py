"""The audit log: one row per act and per look at personal data, written by the one who acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.tables import AuditEntry
from abh.db import as_json

# Lists are bounded pages; more ids than this in one row would be a dump, not a look.
MOST_IDS = 500
# For a statement that does the act and writes its entry in one; in the order of the table.
COLUMNS = (
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "entity",
    "entity_id",
    "vorgang_id",
    "person_id",
    "is_read",
    "facts",
)


def record(
    session: Session,
    actor: Actor,
    action: str,
    entity: str,
    entity_id: int | None = None,
    *,
    now: datetime,
    vorgang_id: int | None = None,
    person_id: int | None = None,
    is_read: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry with one INSERT, in the transaction of the act; no common lock.

    ``action`` is a stable key (``vorgang.step``), ``entity`` a table name. ``facts`` are JSON
    values: keys and states, never names or birth dates (ids lead to those).
    """
    session.execute(
        _INSERT,
        {
            "at": now,
            **who(actor),
            "action": action,
            "entity": entity,
            "entity_id": entity_id,
            "vorgang_id": vorgang_id,
            "person_id": person_id,
            "is_read": is_read,
            "facts": facts_of(actor, facts),
        },
    )


def record_list(
    session: Session,
    actor: Actor,
    action: str,
    entity: str,
    ids: Sequence[int],
    *,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Record that a page listing personal data was shown: one row with the count and the ids.

    Raises ``ValueError`` for more than ``MOST_IDS`` ids.
    """
    if len(ids) > MOST_IDS:
        raise ValueError(f"a list page shows at most {MOST_IDS} rows, not {len(ids)}")
    seen = {**(facts or {}), "count": len(ids), "ids": list(ids)}
    record(session, actor, action, entity, now=now, is_read=True, facts=seen)


def record_all(session: Session, actor: Actor, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write many entries of one act on many things, in one round trip.

    Each mapping has ``action``, ``entity``, ``entity_id``, ``at`` and ``facts``, and may have
    ``vorgang_id`` and ``person_id``, as in ``record``.
    """
    common = {**who(actor), "vorgang_id": None, "person_id": None, "is_read": False}
    rows = [{**common, **entry, "facts": facts_of(actor, entry["facts"])} for entry in entries]
    session.execute(_INSERT_ALL, {"rows": as_json(rows)})


def who(actor: Actor) -> dict[str, Any]:
    """Return the columns that say who acted."""
    return {"actor_kind": actor.kind, "actor_id": actor.user_id, "actor_name": actor.name}


def facts_of(actor: Actor, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what an entry keeps: one login may act for several companies, so it says which."""
    acting = {} if actor.company_id is None else {"company": actor.company_id}
    return {**acting, **(facts or {})}


# The rows of a set function come in the order of the document, and so do the keys.
_INSERT_ALL = text(
    """
INSERT INTO audit_entry (at, actor_kind, actor_id, actor_name, action, entity, entity_id,
       vorgang_id, person_id, is_read, facts)
SELECT r.at, r.actor_kind, r.actor_id, r.actor_name, r.action, r.entity, r.entity_id,
       r.vorgang_id, r.person_id, r.is_read, r.facts
  FROM json_to_recordset(CAST(:rows AS json)) AS r(at timestamptz, actor_kind text,
       actor_id bigint, actor_name text, action text, entity text, entity_id bigint,
       vorgang_id bigint, person_id bigint, is_read boolean, facts jsonb)
"""
)
# Without RETURNING the driver need not wait for the key that nobody uses.
_INSERT = insert(AuditEntry.__table__).inline()  # type: ignore[arg-type]
