"""Counters of the backlog: differences written by triggers, added up, proven by a recount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.clock import Clock, today
from abh.post.zugang import known_classes

# Upper ends of the classes of age in days, and what they are called.
AGES: tuple[tuple[int, str], ...] = (
    (7, "bis 7 Tage"),
    (28, "8 bis 28 Tage"),
    (91, "29 bis 91 Tage"),
    (182, "92 bis 182 Tage"),
    (365, "183 bis 365 Tage"),
    (1_000_000, "über ein Jahr"),
)
FLOW = timedelta(days=28)
MOST_OLDEST = 20

_COUNT = text(
    """
SELECT what, key,
       CASE what WHEN 'alter' THEN (SELECT min(n) FROM unnest(:ages) WITH ORDINALITY a(days, n)
                                     WHERE :today - on_day <= days) END AS age,
       CASE WHEN what IN ('ein','aus') THEN on_day END AS on_day,
       sum(items)::bigint AS items, sum(persons)::bigint AS persons
  FROM post_tally
 WHERE unit_key = :unit AND access_class = ANY(:classes)
   AND (what IN ('alter','thema','stufe') OR (what IN ('ein','aus') AND on_day > :since))
 GROUP BY 1, 2, 3, 4
HAVING sum(items) <> 0 OR sum(persons) <> 0
"""
).bindparams(bindparam("classes", type_=ARRAY(Text)))
_OLDEST = text(
    """
SELECT b.id, b.oldest_on, b.items, b.persons, b.topic, b.band, b.harm,
       coalesce(p.given_names || ' ' || p.family_name, '') AS person,
       (SELECT max(i.sender) FROM post_item i WHERE i.bundle_id = b.id) AS sender
  FROM post_bundle b LEFT JOIN person p ON p.id = b.person_id
 WHERE b.unit_key = :unit AND b.closed_at IS NULL AND b.opened_at IS NULL
   AND b.access_class = ANY(:classes)
 ORDER BY b.oldest_on, b.id LIMIT :most
"""
).bindparams(bindparam("classes", type_=ARRAY(Text)))
_FOLD = text(
    """
WITH gone AS (
    DELETE FROM post_tally WHERE id IN (
        SELECT id FROM post_tally ORDER BY id LIMIT :most)
    RETURNING unit_key, access_class, what, key, on_day, items, persons
), kept AS (
    INSERT INTO post_tally (unit_key, access_class, what, key, on_day, items, persons)
    SELECT unit_key, access_class, what, key, on_day, sum(items), sum(persons)
      FROM gone GROUP BY 1, 2, 3, 4, 5 HAVING sum(items) <> 0 OR sum(persons) <> 0
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept)
"""
)


@dataclass(frozen=True, slots=True)
class Count:
    """Items and the persons behind them."""

    items: int = 0
    persons: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.items + other.items, self.persons + other.persons)


@dataclass(frozen=True, slots=True)
class Flow:
    """What came and what was done on a day."""

    day: date
    came: Count
    done: Count


@dataclass(frozen=True, slots=True)
class Overview:
    """The backlog of a unit. Persons are counted with the age of their oldest item."""

    total: Count
    by_age: dict[str, Count] = field(default_factory=dict)
    by_topic: dict[str, Count] = field(default_factory=dict)
    by_band: dict[int, Count] = field(default_factory=dict)
    flow: tuple[Flow, ...] = ()


def overview(session: Session, actor: Actor, unit_key: str, *, clock: Clock) -> Overview:
    """Return the backlog of a unit from the counters, one statement, numbers only.

    Raises ``NotAllowed`` for who does not lead the unit.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    day = today(clock)
    params = {
        "unit": unit_key,
        "classes": known_classes(actor, unit_key),
        "ages": [days for days, _ in AGES],
        "today": day,
        "since": day - FLOW,
    }
    found = _collect(session.execute(_COUNT, params).mappings().all())
    ages = {label: found.get(("alter", n), Count()) for n, (_, label) in enumerate(AGES, 1)}
    bands = {band: found.get(("stufe", str(band)), Count()) for band in (2, 1, 0)}
    topics = {str(key): count for (what, key), count in found.items() if what == "thema"}
    flow = tuple(
        Flow(one, found.get(("ein", one), Count()), found.get(("aus", one), Count()))
        for one in (day - FLOW + timedelta(days=n) for n in range(1, FLOW.days + 1))
    )
    total = sum(bands.values(), Count())
    return Overview(total, ages, topics, bands, flow)


def _collect(rows: Sequence[Any]) -> dict[tuple[str, Any], Count]:
    found: dict[tuple[str, Any], Count] = {}
    for row in rows:
        key: Any = {"alter": row["age"], "ein": row["on_day"], "aus": row["on_day"]}.get(
            row["what"], row["key"]
        )
        count = Count(int(row["items"]), int(row["persons"]))
        found[row["what"], key] = found.get((row["what"], key), Count()) + count
    return found


def oldest_unopened(
    session: Session, actor: Actor, unit_key: str, *, limit: int = MOST_OLDEST
) -> list[dict[str, Any]]:
    """Return the bundles that wait longest without anybody having looked, oldest first.

    The caller records the look. Raises ``NotAllowed``.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {
        "unit": unit_key,
        "classes": known_classes(actor, unit_key),
        "most": min(limit, MOST_OLDEST),
    }
    return [dict(row) for row in session.execute(_OLDEST, params).mappings()]


def fold(session: Session, limit: int) -> int:
    """Add up to ``limit`` lines of the counters; returns how many lines that saved.

    One process at a time; readers see either the old lines or the new.
    """
    alone = session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('post_tally'))"))
    if not alone:
        return 0
    return int(session.execute(_FOLD, {"most": limit}).scalar_one())
