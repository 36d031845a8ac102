"""A backlog for measuring the post: units, clerks and bundles with their items, made in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS
from abh.bench.server import connect
from abh.kernel.clock import FixedClock

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
UNITS = tuple(f"B{n:02d}" for n in range(10))
TOPICS = ("", "P01", "P02", "P06", "P11", "P14", "P17", "P25")
ITEMS_EACH = 4
_FILL = """
INSERT INTO post_bundle (unit_key, subject, topic, items, persons, inquiries, oldest_on, points,
                         band, priority, created_at, touched_at)
SELECT (%(units)s::text[])[1 + n %% %(many)s], 'p' || n, (%(topics)s::text[])[1 + (n / 10) %% 8],
       %(each)s, 1, n %% 3, day, points, CASE WHEN points >= 600 THEN 2 WHEN points >= 200 THEN 1
       ELSE 0 END, points - (day - '0001-01-01'::date) - 1, %(now)s, %(now)s
  FROM (SELECT n, '2026-11-22'::date - (n::bigint * 7919 %% 500)::int AS day,
               CASE WHEN n %% 5 = 0 THEN (n::bigint * 104729 %% 1000)::int ELSE 0 END AS points
          FROM generate_series(1, %(bundles)s) n) made
"""
_ITEMS = """
INSERT INTO post_item (received_on, entered_at, channel, kind, subject, unit_key, bundle_id,
                       source, source_ref)
SELECT b.oldest_on, %(now)s, 'paper', 'documents', 'Brief', b.unit_key, b.id, 'bench',
       b.id || ':' || k
  FROM post_bundle b CROSS JOIN generate_series(1, %(each)s) k
"""


@dataclass(frozen=True)
class PostWorld:
    """Clerks and a lead of each unit over a filled database."""

    clock: FixedClock
    clerks: tuple[Actor, ...]
    stranger: Actor
    lead: Actor


def fill(url: str, items: int, *, clerks: int = 16) -> PostWorld:
    """Make ten units, ``clerks`` trained ones in the first, and ``items`` in bundles of four.

    Rows are made inside PostgreSQL, which is as fast as COPY and runs the same triggers.
    """
    bundles = max(20, items // ITEMS_EACH)
    params = {
        "units": list(UNITS),
        "many": len(UNITS),
        "topics": list(TOPICS),
        "each": ITEMS_EACH,
        "bundles": bundles,
        "now": NOW,
    }
    with connect(url) as connection:
        for unit in UNITS:
            connection.execute(
                "INSERT INTO sachgebiet (key, name) VALUES (%s, %s)", (unit, f"Messung {unit}")
            )
        connection.execute(_FILL, params)
        connection.execute(_ITEMS, params)
        actors = [_actor(connection, f"post{n}", "clerk", TOPICS[1:]) for n in range(clerks)]
        stranger = _actor(connection, "fremd", "clerk", ("P99",))
        lead = _actor(connection, "leitung", "lead", ())
    with connect(url) as connection:
        connection.autocommit = True
        for table in ("post_bundle", "post_item", "post_tally", "qualification"):
            connection.execute(f"VACUUM ANALYZE {table}")
    return PostWorld(FixedClock(NOW), tuple(actors), stranger, lead)


def empty_topic(url: str) -> None:
    """Leave nothing in the first unit that belongs to no topic: nothing then matches a stranger."""
    with connect(url) as connection:
        connection.execute(
            "UPDATE post_bundle SET topic = 'P01' WHERE unit_key = %s AND topic = ''", (UNITS[0],)
        )
    with connect(url) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE post_bundle")


def _actor(connection: psycopg.Connection, login: str, role: str, topics: Sequence[str]) -> Actor:
    row = connection.execute(
        "INSERT INTO app_user (login, display_name, password_hash, role, unit_key, created_at)"
        " VALUES (%s, %s, '!', %s, %s, %s) RETURNING id",
        (login, login, role, UNITS[0], NOW),
    ).fetchone()
    if row is None:
        raise RuntimeError("no account was made")
    for topic in topics:
        connection.execute(
            "INSERT INTO qualification (user_id, verfahren, level) VALUES (%s, %s, 'trained')",
            (row[0], topic),
        )
    return Actor(
        kind="staff",
        user_id=row[0],
        name=login,
        login=login,
        role=role,
        rank="SB",
        in_training=False,
        powers=ROLE_POWERS[role],
        unit_key=UNITS[0],
    )
