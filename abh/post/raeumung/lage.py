"""What a plan starts from, read from the office: open items, inflow, clerks, roster, times."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from abh.access.actor import Actor
from abh.access.tables import AppUser
from abh.appointments import postzeit, roster
from abh.appointments.availability import CELL_MINUTES
from abh.appointments.postzeit import Piece, RosteredPiece
from abh.kernel.clock import Clock, today
from abh.office.tables import Qualification
from abh.post.planregeln import Handling, plan_rules
from abh.post.raeumung.anlauf import at_start
from abh.post.raeumung.modell import APPOINTMENTS, BLOCK_MINUTES, FIRMS, SOURCES, Clerk, Pile, Task
from abh.post.zugang import known_classes

WEEK = timedelta(days=7)
# Places already given back to the public for the next two days stay there.
EARLIEST = timedelta(days=3)
INFLOW_WEEKS = 8
_NOTHING = (0, 1.0, 1.0)
_BLOCK_CELLS = BLOCK_MINUTES // CELL_MINUTES

_PILES = text(
    """
SELECT coalesce(b.topic, '') AS topic, i.kind, count(*) AS open,
       -- Asking again is counted, but one answer serves all inquiries of a bundle.
       CASE WHEN i.kind = 'inquiry' THEN count(DISTINCT b.id)::float / count(*) ELSE 1 END AS share,
       1 + coalesce(avg(b.points), 0) / 100.0 AS harm
  FROM post_item i JOIN post_bundle b ON b.id = i.bundle_id
 WHERE i.unit_key = :unit AND i.done_at IS NULL AND i.access_class = ANY(:classes)
 GROUP BY 1, 2
"""
).bindparams(bindparam("classes", type_=ARRAY(Text)))
# By the stamp: an old backlog that was entered yesterday did not come yesterday.
_INFLOW = text(
    """
SELECT coalesce(b.topic, '') AS topic, i.kind, count(*) AS came
  FROM post_item i LEFT JOIN post_bundle b ON b.id = i.bundle_id
 WHERE i.unit_key = :unit AND i.received_on > :since AND i.received_on <= :today
   AND i.access_class = ANY(:classes)
 GROUP BY 1, 2
"""
).bindparams(bindparam("classes", type_=ARRAY(Text)))
# From pulled to closed by the same clerk, bundles of one kind only; never by clerk.
_MEASURED = text(
    """
SELECT m.kind, count(*) AS seen, percentile_cont(0.5) WITHIN GROUP (ORDER BY m.minutes) AS minutes
  FROM (
    SELECT k.kind, extract(epoch FROM c.at - t.at) / 60 / k.n AS minutes
      FROM post_bundle b
      JOIN audit_entry c ON c.entity = 'post_bundle' AND c.entity_id = b.id
                        AND c.action = 'post.close_all'
      JOIN LATERAL (
        SELECT a.at FROM audit_entry a
         WHERE a.entity = 'post_bundle' AND a.entity_id = b.id AND a.action = 'post.claim'
           AND a.actor_id = c.actor_id AND a.id < c.id ORDER BY a.id DESC LIMIT 1) t ON true
      JOIN LATERAL (
        SELECT min(i.kind) AS kind, count(*) AS n FROM post_item i
         WHERE i.bundle_id = b.id AND i.done_at >= t.at HAVING min(i.kind) = max(i.kind)) k ON true
     WHERE b.closed_at >= :since AND c.at - t.at BETWEEN '10 seconds' AND '4 hours') m
 GROUP BY m.kind
"""
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where plans of these units start: Mondays from ``first``, what lies open, the roster."""

    first: date
    weeks: int
    tasks: tuple[Task, ...]
    minutes: Mapping[str, float]
    measured: frozenset[str]
    appointment: int

    @property
    def until(self) -> date:
        """The last Sunday."""
        return self.first + WEEK * self.weeks - timedelta(days=1)


def first_monday(day: date) -> date:
    """Return the first Monday at least three days ahead."""
    soon = day + EARLIEST
    return soon + timedelta(days=-soon.weekday() % 7)


def handling_minutes(session: Session, clock: Clock) -> tuple[dict[str, float], frozenset[str]]:
    """Return minutes per item by kind, and the kinds that were measured from the log.

    A kind counts as measured from ``messen_ab`` bundles on; the others are the dated defaults.
    """
    rule: Handling = plan_rules().on(today(clock))
    rows = session.execute(_MEASURED, {"since": clock.now() - rule.window}).all()
    measured = {row.kind: float(row.minutes) for row in rows if row.seen >= rule.enough}
    return {**rule.minutes, **measured}, frozenset(measured)


def start(
    session: Session,
    actor: Actor,
    units: Sequence[str],
    *,
    floors: Mapping[str, int],
    clock: Clock,
) -> Start:
    """Read what a plan for ``units`` starts from; the caller has checked the powers.

    As many weeks as the roster of all the units reaches, at most those of the house rules; 0 when
    there is none.
    """
    day = today(clock)
    first = first_monday(day)
    reach = min((roster.horizon_of(session, unit) or day for unit in units), default=day)
    weeks = max(0, min(plan_rules().weeks, ((reach - first).days + 1) // 7))
    rule = plan_rules().on(day)
    minutes, measured = handling_minutes(session, clock)
    tomorrow, end = day + timedelta(days=1), first + WEEK * weeks
    pieces = postzeit.rostered(session, units, tomorrow, end) if weeks else []
    trained = _trained(session, units, rule.training)
    tasks = []
    for unit in units:
        own = [p for p in pieces if p.piece.unit_key == unit]
        clerks = _clerks(own, trained, first, weeks)
        now = _piles(session, actor, unit, minutes, day)
        tasks.append(
            Task(
                unit=unit,
                weeks=weeks,
                piles=at_start(now, clerks, _post_before(own, first), (first - tomorrow).days),
                clerks=clerks,
                rostered=_minutes(own, first, weeks),
                floor=floors,
                today=now,
            )
        )
    return Start(first, weeks, tuple(tasks), minutes, measured, rule.appointment)


def _post_before(pieces: Sequence[RosteredPiece], first: date) -> dict[int, int]:
    """Return the minutes of post that each clerk is rostered for until the plan begins."""
    found: dict[int, int] = {}
    for one in pieces:
        if one.piece.day < first and source_of(one.lane) is None:
            found[one.piece.user_id] = found.get(one.piece.user_id, 0) + one.minutes
    return found


def _piles(
    session: Session, actor: Actor, unit: str, minutes: Mapping[str, float], day: date
) -> tuple[Pile, ...]:
    params = {"unit": unit, "classes": known_classes(actor, unit)}
    open_ = {
        (row.topic, row.kind): (int(row.open), float(row.harm), float(row.share))
        for row in session.execute(_PILES, params)
    }
    span = {"since": day - WEEK * INFLOW_WEEKS, "today": day}
    came = {
        (row.topic, row.kind): row.came / INFLOW_WEEKS
        for row in session.execute(_INFLOW, params | span)
    }
    return tuple(
        Pile(
            topic=topic,
            kind=kind,
            minutes=minutes[kind] * open_.get((topic, kind), _NOTHING)[2],
            stock=open_.get((topic, kind), _NOTHING)[0],
            inflow=came.get((topic, kind), 0.0),
            harm=open_.get((topic, kind), _NOTHING)[1],
        )
        for topic, kind in sorted({*open_, *came})
    )


def source_of(lane: str) -> str | None:
    """Return from which source a lane is, None for the post itself."""
    if lane in postzeit.APPOINTMENT_LANES:
        return APPOINTMENTS
    return FIRMS if lane == postzeit.FIRM_LANE else None


def _trained(
    session: Session, units: Collection[str], training: float
) -> dict[int, tuple[str, dict[str, float]]]:
    rows = session.execute(
        select(AppUser.id, AppUser.display_name, Qualification.verfahren, Qualification.level)
        .outerjoin(Qualification, Qualification.user_id == AppUser.id)
        .where(AppUser.active, AppUser.unit_key.in_(units))
    )
    found: dict[int, tuple[str, dict[str, float]]] = {}
    for row in rows:
        pace = found.setdefault(row.id, (row.display_name, {}))[1]
        if row.verfahren is not None:
            pace[row.verfahren] = training if row.level == "training" else 1.0
    return found


def _clerks(
    pieces: Sequence[RosteredPiece],
    trained: Mapping[int, tuple[str, Mapping[str, float]]],
    first: date,
    weeks: int,
) -> tuple[Clerk, ...]:
    post: dict[int, list[int]] = {}
    spare: dict[int, dict[str, list[int]]] = {}
    for one in pieces:
        # Who covers from another unit works here only at the desk: post needs the own unit.
        if one.piece.user_id not in trained:
            continue
        week = (one.piece.day - first).days // 7
        if not 0 <= week < weeks:
            continue
        user = one.piece.user_id
        mine = post.setdefault(user, [0] * weeks)
        source = source_of(one.lane)
        if source is None:
            mine[week] += one.minutes
        else:
            free = spare.setdefault(user, {name: [0] * weeks for name in SOURCES})
            free[source][week] += sum((end - begin) // _BLOCK_CELLS for begin, end in one.free)
    return tuple(
        Clerk(
            user_id=user,
            name=trained[user][0],
            pace=trained[user][1],
            post=tuple(post[user]),
            spare={name: tuple(n) for name, n in spare.get(user, {}).items()},
        )
        for user in sorted(post)
    )


def _minutes(
    pieces: Sequence[RosteredPiece], first: date, weeks: int
) -> dict[str, tuple[int, ...]]:
    found = {source: [0] * weeks for source in SOURCES}
    for one in pieces:
        week, source = (one.piece.day - first).days // 7, source_of(one.lane)
        if source is not None and 0 <= week < weeks:
            found[source][week] += one.minutes
    return {source: tuple(minutes) for source, minutes in found.items()}


def places(
    pieces: Sequence[RosteredPiece], wanted: Mapping[tuple[int, int, str], int], first: date
) -> list[Piece]:
    """Return whole free hours of the roster for ``wanted`` (clerk, week, source: how many).

    A clerk's hours of a week are spread over the days, the last of each day first, so that early
    places stay. Fewer than wanted come back where the roster has less by now.
    """
    hours: dict[tuple[int, int, str], list[tuple[int, int, Piece]]] = {}
    by_day: dict[tuple[int, date, str], int] = {}
    for one in reversed(pieces):
        source = source_of(one.lane)
        if source is None:
            continue
        for begin, end in sorted(one.free, reverse=True):
            for stop in range(end, begin + _BLOCK_CELLS - 1, -_BLOCK_CELLS):
                piece = one.piece
                key = (piece.user_id, (piece.day - first).days // 7, source)
                day_key = (piece.user_id, piece.day, source)
                nth = by_day[day_key] = by_day.get(day_key, 0) + 1
                hour = Piece(
                    piece.unit_key, piece.desk_id, piece.user_id, piece.day,
                    stop - _BLOCK_CELLS, stop,
                )  # fmt: skip
                hours.setdefault(key, []).append((nth, piece.day.toordinal(), hour))
    chosen = []
    for key, count in wanted.items():
        candidates = sorted(hours.get(key, []), key=lambda one: (one[0], one[1], -one[2].start))
        chosen += [hour for _, _, hour in candidates[:count]]
    return sorted(chosen, key=lambda p: (p.day, p.user_id, p.start))
