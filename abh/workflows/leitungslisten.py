"""What a supervisor looks at: cases by clerk, clocks by day, load, hand-overs. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Text

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.kernel.clock import BERLIN
from abh.workflows.zugriff import hidden_in

# Whose cases: of one clerk by id, or of a fault that a supervisor must see.
NOBODY, ABSENT, ALL = "ohne", "abwesend", ""
ROWS: Final = 100

# An owner who left, or works elsewhere, is as good as none: nobody in the unit has the case.
_UNOWNED = """(v.owner_id IS NULL OR NOT EXISTS (SELECT FROM app_user o WHERE o.id = v.owner_id
    AND o.active AND (o.unit_key = v.unit_key OR o.unit_key IS NULL)))"""
_AWAY = """EXISTS (SELECT FROM absence a WHERE a.user_id = v.owner_id AND a.ended_at IS NULL
    AND :today BETWEEN a.first_day AND a.last_day)"""
_WHICH = (
    """v.unit_key = :unit AND v.closed_at IS NULL AND v.verfahren <> ALL(:hidden)
   AND (CAST(:owner AS bigint) IS NULL OR v.owner_id = :owner)
   AND (NOT :unowned OR """
    + _UNOWNED
    + """) AND (NOT :absent OR """
    + _AWAY
    + """)
   AND (:verfahren = '' OR v.verfahren = :verfahren)
   AND (CAST(:harm_by AS date) IS NULL OR v.harm_on <= :harm_by)
   AND (CAST(:ids AS bigint[]) IS NULL OR v.id = ANY(:ids))"""
)
_TYPES = (
    bindparam("hidden", type_=ARRAY(Text)),
    bindparam("ids", type_=ARRAY(BigInteger)),
)
_CASES = text(
    """
SELECT v.id, v.number, v.verfahren, v.version, v.state, v.received_on, v.harm_on, v.harm_key,
       v.owner_id, u.display_name AS owner, p.family_name, p.given_names,
       (SELECT min(f.due_on) FROM frist f WHERE f.vorgang_id = v.id AND f.status = 'running')
         AS next_due,
       (SELECT count(*) FROM vorgang_step s WHERE s.vorgang_id = v.id AND s.step = 'uebergabe')
         AS hand_overs,
       count(*) OVER () AS total
  FROM vorgang v JOIN person p ON p.id = v.person_id LEFT JOIN app_user u ON u.id = v.owner_id
 WHERE """  # nosec B608: only our own constants
    + _WHICH
    + " ORDER BY v.harm_on, v.id LIMIT :limit"
).bindparams(*_TYPES)
_IDS = text(
    "SELECT v.id, v.owner_id FROM vorgang v WHERE "  # nosec B608: as above
    + _WHICH
    + " ORDER BY v.harm_on, v.id LIMIT :limit"
).bindparams(*_TYPES)
_CLOCKS = text(
    """
SELECT f.due_on, count(*) AS clocks FROM frist f JOIN vorgang v ON v.id = f.vorgang_id
 WHERE f.status = 'running' AND f.due_on <= :until AND v.unit_key = :unit
   AND v.closed_at IS NULL AND v.verfahren <> ALL(:hidden)
 GROUP BY 1 ORDER BY 1
"""
).bindparams(_TYPES[0])
_DUE = text(
    """
SELECT f.id, f.label, f.norm, f.due_on, v.number, v.owner_id, p.family_name, p.given_names,
       u.display_name AS owner
  FROM frist f JOIN vorgang v ON v.id = f.vorgang_id JOIN person p ON p.id = v.person_id
  LEFT JOIN app_user u ON u.id = v.owner_id
 WHERE f.status = 'running' AND f.due_on BETWEEN :since AND :until AND v.unit_key = :unit
   AND v.closed_at IS NULL AND v.verfahren <> ALL(:hidden)
   AND (CAST(:owner AS bigint) IS NULL OR v.owner_id = :owner)
 ORDER BY f.due_on, f.id LIMIT :limit
"""
).bindparams(_TYPES[0])
_CLERKS = text(
    """
WITH staff AS (
    SELECT id, display_name, login, in_training, role FROM app_user
     WHERE unit_key = :unit AND active AND role IN ('clerk','lead')
), cases AS (
    SELECT v.owner_id, count(*) AS cases, count(*) FILTER (WHERE v.harm_on <= :soon) AS urgent,
           min(v.received_on) AS oldest
      FROM vorgang v WHERE v.unit_key = :unit AND v.closed_at IS NULL
       AND v.verfahren <> ALL(:hidden) GROUP BY 1
), due AS (
    SELECT v.owner_id, count(*) AS due FROM frist f JOIN vorgang v ON v.id = f.vorgang_id
     WHERE f.status = 'running' AND f.due_on <= :soon AND v.unit_key = :unit
       AND v.closed_at IS NULL AND v.verfahren <> ALL(:hidden) GROUP BY 1
), away AS (
    SELECT DISTINCT ON (user_id) user_id, last_day, cover_id FROM absence
     WHERE ended_at IS NULL AND :today BETWEEN first_day AND last_day
     ORDER BY user_id, last_day DESC, id
)
SELECT s.id, s.display_name AS name, s.in_training, s.role, coalesce(c.cases, 0) AS cases,
       coalesce(c.urgent, 0) AS urgent, c.oldest, coalesce(d.due, 0) AS due,
       a.last_day AS away_until, a.cover_id, k.display_name AS cover
  FROM staff s LEFT JOIN cases c ON c.owner_id = s.id LEFT JOIN due d ON d.owner_id = s.id
  LEFT JOIN away a ON a.user_id = s.id LEFT JOIN app_user k ON k.id = a.cover_id
 ORDER BY coalesce(c.cases, 0) DESC, s.login
"""
).bindparams(_TYPES[0])
_MONTHS = text(
    """
SELECT date_trunc('month', v.closed_at AT TIME ZONE 'Europe/Berlin')::date AS month,
       count(*) AS cases, count(*) FILTER (WHERE h.n = 0) AS none,
       count(*) FILTER (WHERE h.n = 1) AS one, count(*) FILTER (WHERE h.n >= 2) AS more,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY h.n) AS median
  FROM vorgang v CROSS JOIN LATERAL (SELECT count(*) AS n FROM vorgang_step s
        WHERE s.vorgang_id = v.id AND s.step = 'uebergabe') h
 WHERE v.unit_key = :unit AND v.closed_at >= :since AND v.verfahren <> ALL(:hidden)
 GROUP BY 1
UNION ALL
SELECT NULL, count(*), count(*) FILTER (WHERE h.n = 0), count(*) FILTER (WHERE h.n = 1),
       count(*) FILTER (WHERE h.n >= 2), percentile_cont(0.5) WITHIN GROUP (ORDER BY h.n)
  FROM vorgang v CROSS JOIN LATERAL (SELECT count(*) AS n FROM vorgang_step s
        WHERE s.vorgang_id = v.id AND s.step = 'uebergabe') h
 WHERE v.unit_key = :unit AND v.closed_at IS NULL AND v.verfahren <> ALL(:hidden)
 ORDER BY 1 DESC NULLS FIRST
"""
).bindparams(_TYPES[0])
_HANDED = text(
    """
SELECT v.id, v.number, v.verfahren, v.closed_at, h.n AS hand_overs, p.family_name, p.given_names,
       h.lines
  FROM vorgang v JOIN person p ON p.id = v.person_id
  CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(jsonb_agg(jsonb_build_object('at', s.at,
        'label', s.facts ->> 'label', 'kind', s.facts ->> 'kind', 'reason', s.reason,
        'by', s.actor_name) ORDER BY s.seq), '[]') AS lines
     FROM vorgang_step s WHERE s.vorgang_id = v.id AND s.step = 'uebergabe') h
 WHERE v.unit_key = :unit AND v.verfahren <> ALL(:hidden)
   AND CASE WHEN :still_open THEN v.closed_at IS NULL
            ELSE v.closed_at >= :since AND v.closed_at < :until END
   AND h.n BETWEEN :least AND :most
 ORDER BY h.n DESC, v.id LIMIT :limit
"""
).bindparams(_TYPES[0])


@dataclass(frozen=True, slots=True)
class Choice:
    """Which open cases of a unit: all that fit. ``whose`` is ``NOBODY``, ``ABSENT``, or an id."""

    whose: str = ALL
    verfahren: str = ""
    harm_by: date | None = None
    ids: tuple[int, ...] = ()

    def params(self, actor: Actor, unit_key: str, day: date) -> dict[str, Any]:
        """Return what the statements are given; ``NotAllowed`` for who does not lead the unit."""
        require(actor, Power.UNIT_LEAD, unit_key)
        return {
            "unit": unit_key,
            "hidden": hidden_in(actor, unit_key),
            "today": day,
            "owner": int(self.whose) if self.whose.isdecimal() else None,
            "unowned": self.whose == NOBODY,
            "absent": self.whose == ABSENT,
            "verfahren": self.verfahren,
            "harm_by": self.harm_by,
            "ids": list(self.ids) or None,
        }


@dataclass(frozen=True, slots=True)
class Month:
    """How often the cases finished in a month changed hands; ``month`` None: those still open."""

    month: date | None
    cases: int
    none: int
    one: int
    more: int
    median: float

    def share(self, count: int) -> int:
        """Return ``count`` in whole per cent of the cases."""
        return round(100 * count / self.cases) if self.cases else 0


def cases(
    session: Session, actor: Actor, unit_key: str, choice: Choice, *, day: date, limit: int = ROWS
) -> list[Mapping[str, Any]]:
    """Return open cases of a choice, first what suffers harm first; ``total`` counts all."""
    params = choice.params(actor, unit_key, day) | {"limit": min(limit, 200)}
    return [dict(row) for row in session.execute(_CASES, params).mappings()]


def ids_of(
    session: Session, actor: Actor, unit_key: str, choice: Choice, *, day: date, limit: int
) -> dict[int, int | None]:
    """Return the cases of a choice, each with its owner, at most ``limit``."""
    params = choice.params(actor, unit_key, day) | {"limit": limit}
    return {row.id: row.owner_id for row in session.execute(_IDS, params)}


def clocks_by_day(
    session: Session, actor: Actor, unit_key: str, until: date
) -> list[tuple[date, int]]:
    """Return how many running clocks end on which day until ``until``; overdue ones among them."""
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {"unit": unit_key, "until": until, "hidden": hidden_in(actor, unit_key)}
    return [(row.due_on, int(row.clocks)) for row in session.execute(_CLOCKS, params)]


def due_clocks(
    session: Session,
    actor: Actor,
    unit_key: str,
    since: date,
    until: date,
    *,
    owner: int | None = None,
    limit: int = ROWS,
) -> list[Mapping[str, Any]]:
    """Return running clocks that end from ``since`` to ``until``, soonest first."""
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {
        "unit": unit_key, "since": since, "until": until, "owner": owner, "limit": limit,
        "hidden": hidden_in(actor, unit_key),
    }  # fmt: skip
    return [dict(row) for row in session.execute(_DUE, params).mappings()]


def clerks(
    session: Session, actor: Actor, unit_key: str, *, day: date, soon: date
) -> list[Mapping[str, Any]]:
    """Return the staff of a unit with open cases, clocks until ``soon``, absence and cover."""
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {"unit": unit_key, "today": day, "soon": soon, "hidden": hidden_in(actor, unit_key)}
    return [dict(row) for row in session.execute(_CLERKS, params).mappings()]


def months(session: Session, actor: Actor, unit_key: str, since: date) -> list[Month]:
    """Return the hand-overs of cases finished since ``since`` by month, and of the open ones."""
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {"unit": unit_key, "since": _start(since), "hidden": hidden_in(actor, unit_key)}
    return [
        Month(row.month, row.cases, row.none, row.one, row.more, float(row.median or 0))
        for row in session.execute(_MONTHS, params)
        if row.cases
    ]


def handed_over(
    session: Session, actor: Actor, unit_key: str, month: date | None, least: int, most: int
) -> list[Mapping[str, Any]]:
    """Return the cases behind a figure of ``months`` with the reason of every hand-over."""
    require(actor, Power.UNIT_LEAD, unit_key)
    first = (month or date(2000, 1, 1)).replace(day=1)
    params = {
        "unit": unit_key,
        "hidden": hidden_in(actor, unit_key),
        "still_open": month is None,
        "since": _start(first),
        "until": _start((first + timedelta(days=32)).replace(day=1)),
        "least": least,
        "most": most,
        "limit": ROWS,
    }
    return [dict(row) for row in session.execute(_HANDED, params).mappings()]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BERLIN)


def ids(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the keys of rows, for the record of the look."""
    return [int(row["id"]) for row in rows]
