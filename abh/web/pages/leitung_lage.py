"""The figures of the supervisor's page: few statements, numbers only, each with its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from abh.access.actor import Actor
from abh.appointments.planning import LaneLoad
from abh.kernel.clock import BERLIN
from abh.post.raeumung import plaene
from abh.web import session as web
from abh.workflows.zugriff import hidden_in

# Ends of the classes of days that clocks are counted in.
AHEAD = 14

_NUMBERS = text(
    """
WITH mine AS (
    SELECT v.id, v.owner_id, v.harm_on FROM vorgang v
     WHERE v.unit_key = :unit AND v.closed_at IS NULL AND v.verfahren <> ALL(:hidden)
)
SELECT (SELECT count(*) FROM mine) AS cases,
       (SELECT count(*) FROM mine WHERE harm_on <= :soon) AS urgent,
       (SELECT count(*) FROM mine WHERE owner_id IS NULL OR NOT EXISTS (SELECT FROM app_user o
          WHERE o.id = mine.owner_id AND o.active
            AND (o.unit_key = :unit OR o.unit_key IS NULL))) AS unowned,
       (SELECT count(*) FROM mine WHERE EXISTS (SELECT FROM absence a
          WHERE a.user_id = mine.owner_id AND a.ended_at IS NULL
            AND :today BETWEEN a.first_day AND a.last_day)) AS absent,
       (SELECT count(*) FROM letter WHERE unit_key = :unit AND state = 'signing') AS folder,
       (SELECT min(created_at) FROM letter WHERE unit_key = :unit AND state = 'signing')
         AS folder_since,
       (SELECT count(*) FROM vorgang_step s JOIN vorgang v ON v.id = s.vorgang_id
         WHERE s.step = 'uebergabe' AND s.at >= :month AND s.facts ->> 'from_unit' = :unit
           AND v.verfahren <> ALL(:hidden)) AS hand_overs,
       (SELECT count(*) FROM qualification q JOIN app_user u ON u.id = q.user_id
         WHERE u.unit_key = :unit AND u.active AND q.level = 'training') AS learning,
       (SELECT count(*) FROM (SELECT 1 FROM outbox_message WHERE state = 'failed'
          LIMIT 100) t) AS failed,
       (SELECT count(*) FROM booking WHERE unit_key = :unit AND day = :today
           AND status = 'checked_in') + (SELECT count(*) FROM walk_in
         WHERE unit_key = :unit AND day = :today AND status = 'waiting') AS waiting,
       (SELECT count(*) FROM booking WHERE unit_key = :unit AND day = :today
           AND status = 'called') + (SELECT count(*) FROM walk_in
         WHERE unit_key = :unit AND day = :today AND status = 'called') AS called,
       (SELECT count(*) FROM booking WHERE unit_key = :unit AND day = :today
           AND status IN ('held','booked')) AS expected,
       least((SELECT min(least(reported_at, checked_in_at)) FROM booking
              WHERE unit_key = :unit AND day = :today
                AND status = 'checked_in'),
             (SELECT min(created_at) FROM walk_in WHERE unit_key = :unit AND day = :today
                AND status = 'waiting')) AS waiting_since
"""
).bindparams(bindparam("hidden", type_=ARRAY(Text)))
# Visits count for whoever has the block they lie in.
_MINUTES = text(
    """
SELECT r.user_id, r.lane, sum(upper(r.cells) - lower(r.cells)) * 5 AS rostered,
       coalesce(sum((SELECT sum(upper(b.cells * r.cells) - lower(b.cells * r.cells)) * 5
          FROM booking b WHERE b.desk_id = r.desk_id AND b.day = r.day AND b.cells && r.cells
           AND b.unit_key = r.unit_key
           AND b.status IN ('held','booked','checked_in','called','served'))), 0) AS booked
  FROM roster_block r WHERE r.unit_key = :unit AND r.day BETWEEN :first AND :last
 GROUP BY 1, 2
"""
)


@dataclass(frozen=True, slots=True)
class Span:
    """Clocks that end in a stretch of days; ``since`` None: whatever is overdue."""

    label: str
    since: date | None
    until: date
    clocks: int
    length: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane this week: minutes rostered, booked and still free, with lengths for the chart."""

    lane: str
    rostered: int
    booked: int
    free: int
    planned_length: int = 0
    booked_length: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The accepted clearance plan: what should be open now and what is."""

    id: int
    name: str
    day: date | None
    planned: int
    actual: int | None


def numbers(session: Session, who: Actor, unit: str, today: date) -> Mapping[str, Any]:
    """Return what one statement counts for the tiles."""
    params = {
        "unit": unit,
        "today": today,
        "soon": today + timedelta(days=AHEAD),
        "month": datetime.combine(today.replace(day=1), time(), tzinfo=BERLIN),
        "hidden": hidden_in(who, unit),
    }
    return dict(session.execute(_NUMBERS, params).mappings().one())


def minutes(
    session: Session, unit: str, first: date, last: date
) -> dict[int, dict[str, tuple[int, int]]]:
    """Return minutes (rostered, booked) of every clerk by lane. One statement."""
    found: dict[int, dict[str, tuple[int, int]]] = {}
    params = {"unit": unit, "first": first, "last": last}
    for row in session.execute(_MINUTES, params):
        found.setdefault(row.user_id, {})[row.lane] = (int(row.rostered), int(row.booked))
    return found


def spans(clocks: Sequence[tuple[date, int]], today: date, width: int) -> list[Span]:
    """Return the clocks in classes of days (pure); the longest bar fills ``width``."""
    limits = (
        (_("überfällig"), None, today - timedelta(days=1)),
        (_("heute"), today, today),
        (_("morgen"), today + timedelta(days=1), today + timedelta(days=1)),
        (_("in 2 bis 3 Tagen"), today + timedelta(days=2), today + timedelta(days=3)),
        (_("in 4 bis 7 Tagen"), today + timedelta(days=4), today + timedelta(days=7)),
        (_("in 8 bis 14 Tagen"), today + timedelta(days=8), today + timedelta(days=AHEAD)),
    )
    counted = [
        sum(n for day, n in clocks if (since is None or day >= since) and day <= until)
        for _label, since, until in limits
    ]
    most = max([*counted, 1])
    return [
        Span(label, since, until, n, round(width * n / most))
        for (label, since, until), n in zip(limits, counted, strict=True)
    ]


def lanes(load: Sequence[LaneLoad], width: int) -> list[Lane]:
    """Return the lanes of the week from the load of its days (pure)."""
    sums: dict[str, list[int]] = {}
    for one in load:
        found = sums.setdefault(one.lane, [0, 0, 0])
        found[0] += one.rostered
        found[1] += one.booked
        found[2] += one.free
    most = max([row[0] for row in sums.values()] + [1])
    ordered = sorted(sums.items(), key=lambda item: -item[1][0])
    return [
        Lane(
            lane,
            rostered,
            booked,
            free,
            round(width * rostered / most),
            round(width * min(booked, rostered) / most),
        )
        for lane, (rostered, booked, free) in ordered
    ]


def plan(session: Session, who: Actor, unit: str, today: date) -> Plan | None:
    """Return how the accepted clearance plan of the unit stood last week; two statements."""
    accepted = [p for p in plaene.newest(session, who, unit) if p.state == plaene.ACCEPTED]
    if not accepted:
        return None
    track = plaene.track(session, accepted[0], clock=web.house())
    behind = [week for week in track if week.last_day <= today and week.actual is not None]
    week = behind[-1] if behind else None
    if week is None:
        first = track[0].planned if track else 0
        return Plan(accepted[0].id, accepted[0].name, None, first, None)
    return Plan(accepted[0].id, accepted[0].name, week.last_day, week.planned, week.actual)
