"""The chain over the audit log: rows are sealed in order afterwards, so that acts never queue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    ScalarSelect,
    Text,
    case,
    cast,
    false,
    func,
    insert,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.access.tables import AuditAnchor, AuditEntry, AuditSeal

GENESIS: Final = bytes(32)
# How far below the newest sealed id the sealer looks for rows of transactions that committed
# late; the daily anchor looks at all of them.
LOOK_BACK: Final = 100_000
# No transaction of the house stays open that long; an older row below sealed ones was slipped in.
LATEST: Final = timedelta(hours=1)

ENTRY: Final = AuditEntry.__table__
_SEAL: Final = AuditSeal.__table__
_LOCK: Final = 7_240_010


def canonical(row: Row[Any] | Mapping[str, Any]) -> bytes:
    """Return the one serialisation of an entry that is hashed: all columns, sorted, ASCII JSON.

    Instants are UTC with microseconds, so that it does not depend on who reads.
    """
    values = row._mapping if isinstance(row, Row) else row
    plain = {column.name: _plain(values[column.name]) for column in ENTRY.columns}
    return json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def link(previous: bytes, row: Row[Any] | Mapping[str, Any]) -> bytes:
    """Return the hash of an entry that follows the hash ``previous``."""
    return hashlib.sha256(previous + canonical(row)).digest()


def seal(session: Session, *, now: datetime, limit: int, full: bool = False) -> int:
    """Chain at most ``limit`` unsealed entries in the order of their ids; return how many.

    A row whose transaction committed late comes after higher ids; that is no fault. A row that
    cannot have come by itself (see ``slipped_in``) stays unsealed, and ``verify`` names it.
    Locks: one sealer at a time (advisory, until the commit); another one returns 0 at once.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        return 0
    last = session.execute(
        select(AuditSeal.seq, AuditSeal.hash).order_by(AuditSeal.seq.desc()).limit(1)
    ).one_or_none()
    seq, previous = last if last else (0, GENESIS)
    seals = []
    for row in _genuine(session, now, limit, full):
        seq += 1
        previous = link(previous, row)
        seals.append({"seq": seq, "entry_id": row.id, "hash": previous, "horizon": row.horizon})
    if seals:
        session.execute(insert(AuditSeal), seals)
    return len(seals)


def anchor(session: Session, day: date, *, now: datetime, limit: int = 100_000) -> bytes | None:
    """Seal what is left and keep the newest hash as root of ``day``, once; return that root.

    None while the log is empty. The root is to be printed or sent elsewhere: whoever holds it
    notices a chain that was rewritten as a whole.
    """
    while seal(session, now=now, limit=limit, full=True) == limit:
        pass
    last = session.execute(
        select(AuditSeal.seq, AuditSeal.hash).order_by(AuditSeal.seq.desc()).limit(1)
    ).one_or_none()
    if last is None:
        return None
    session.execute(
        upsert(AuditAnchor)
        .values(day=day, seq=last.seq, hash=last.hash, anchored_at=now)
        .on_conflict_do_nothing()
    )
    return session.scalars(select(AuditAnchor.hash).where(AuditAnchor.day == day)).one()


def slipped_in(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an unsealed entry did not come by itself.

    Its id was never drawn from the sequence, or a higher id was sealed before its transaction
    began, or before an hour had passed since it says it was written. Transaction numbers are
    compared as PostgreSQL does, modulo 2**32.
    """
    drawn = text("(SELECT last_value FROM audit_entry_id_seq)")
    # min() and not "the first by seq": it reads only the seals of the few higher ids.
    earliest = (
        select(func.min(_SEAL.c.horizon))
        .where(_SEAL.c.entry_id > ENTRY.c.id)
        .correlate(ENTRY)
        .scalar_subquery()
    )
    began_after = (_number("audit_entry.xmin") - earliest).bitwise_and(0xFFFFFFFF)
    # CASE spares the rows of every day, which come after all sealed ones, the comparison.
    return case(
        (ENTRY.c.id > drawn, true()),
        (ENTRY.c.id > _newest(), false()),
        else_=(began_after < 2**31) | (ENTRY.c.at < now - LATEST),
    )


def unsealed(full: bool = True) -> ColumnElement[bool]:
    """Return the condition that an entry has no seal yet; ``full`` looks at all entries."""
    open_rows = ~select(_SEAL.c.seq).where(_SEAL.c.entry_id == ENTRY.c.id).exists()
    if full:
        return open_rows
    return open_rows & (ENTRY.c.id > _newest() - LOOK_BACK)


def _newest() -> ScalarSelect[int]:
    return select(func.coalesce(func.max(_SEAL.c.entry_id), 0)).scalar_subquery()


def _genuine(session: Session, now: datetime, limit: int, full: bool) -> list[Row[Any]]:
    horizon = _number("pg_snapshot_xmax(pg_current_snapshot())").label("horizon")
    return list(
        session.execute(
            select(*ENTRY.columns, horizon)
            .where(unsealed(full), ~slipped_in(now))
            .order_by(ENTRY.c.id)
            .limit(limit)
        )
    )


def _number(expression: str) -> ColumnElement[int]:
    return cast(cast(text(expression), Text), BigInteger)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value
