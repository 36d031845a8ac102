"""Both lanes side by side: waits, places offered and used, returned minutes, no-shows.

Counted from bookings and roster of a past period, published by a lead and then frozen. Only
numbers leave: what is counted for fewer than ``SMALL`` people is not said at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import availability
from abh.appointments.rueckgabe import FIRM_LANE, PUBLIC_LANE
from abh.fastlane.tables_termine import LaneFigures
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound

SMALL = 5
PRIVATE = ("kunden", "einladung")
LANES: Mapping[str, tuple[str, ...]] = {"firmen": (FIRM_LANE,), "privat": PRIVATE}
MOST_DAYS, MOST_PERIODS = 400, 24
Figures = dict[str, Any]

# From the day on which somebody was asked to come (or asked to) until the day of the place: the
# same rule for both lanes. Open booking and groups begin with the booking itself.
_PLACES = text(
    """
    WITH units AS (SELECT DISTINCT unit_key FROM roster_block
                    WHERE day BETWEEN :first AND :last
                      AND (lane = 'firmen' OR returned_from = 'firmen')),
    visits AS (
        SELECT CASE WHEN b.lane = 'firmen' THEN 'firmen' ELSE 'privat' END AS lane, b.status,
               upper(b.cells) - lower(b.cells) AS cells,
               b.day - (coalesce((SELECT min(i.created_at) FROM invitation i
                                   WHERE i.vorgang_id = b.vorgang_id
                                     AND i.service_key = b.service_key
                                     AND i.created_at <= b.created_at), b.created_at)
                        AT TIME ZONE 'Europe/Berlin')::date AS wait
          FROM booking b JOIN units USING (unit_key)
         WHERE b.day BETWEEN :first AND :last AND b.lane = ANY(:lanes)
           AND b.status NOT IN ('held', 'lapsed', 'cancelled'))
    SELECT lane, count(*) AS places, sum(cells) AS cells,
           count(*) FILTER (WHERE status = 'no_show') AS missed,
           count(*) FILTER (WHERE status IN ('served', 'no_show')) AS ended,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY wait) AS median,
           percentile_disc(0.9) WITHIN GROUP (ORDER BY wait) AS p90
      FROM visits GROUP BY lane
    """
)
_ROSTER = text(
    """
    WITH units AS (SELECT DISTINCT unit_key FROM roster_block
                    WHERE day BETWEEN :first AND :last
                      AND (lane = 'firmen' OR returned_from = 'firmen'))
    SELECT coalesce(sum(n) FILTER (WHERE lane = 'firmen'), 0) AS firmen,
           coalesce(sum(n) FILTER (WHERE lane = ANY(:private) AND returned_from = ''), 0) AS privat,
           coalesce(sum(n) FILTER (WHERE returned_from = 'firmen'), 0) AS returned
      FROM (SELECT lane, returned_from, upper(cells) - lower(cells) AS n
              FROM roster_block JOIN units USING (unit_key)
             WHERE day BETWEEN :first AND :last) AS blocks
    """
)
_RETURNED_USED = text(
    """
    SELECT count(DISTINCT b.id) AS places,
           coalesce(sum(upper(b.cells * r.cells) - lower(b.cells * r.cells)), 0) AS cells
      FROM roster_block r JOIN booking b
        ON b.desk_id = r.desk_id AND b.day = r.day AND b.cells && r.cells AND b.lane = :public
       AND b.status NOT IN ('held', 'lapsed', 'cancelled')
     WHERE r.day BETWEEN :first AND :last AND r.returned_from = 'firmen'
    """
)


def figures(session: Session, first: date, last: date) -> Figures:
    """Return the figures of a period as JSON values, small counts left out (None).

    Minutes and days are whole; shares are percent. Only units with a firm lane are counted, so
    that like is compared with like. Three statements.
    """
    wanted = {"first": first, "last": last, "private": list(PRIVATE), "public": PUBLIC_LANE}
    lanes = [FIRM_LANE, *PRIVATE]
    rows = {row.lane: row for row in session.execute(_PLACES, {**wanted, "lanes": lanes})}
    roster = session.execute(_ROSTER, wanted).one()
    used = session.execute(_RETURNED_USED, wanted).one()
    width = availability.CELL_MINUTES
    # What was given back stood in the firm lane first: it was offered there, and used elsewhere.
    offered = {"firmen": roster.firmen + roster.returned, "privat": roster.privat}
    lanes_found = {lane: _lane(rows.get(lane), offered[lane] * width) for lane in LANES}
    return {
        "lanes": lanes_found,
        "returned": {
            "minutes": roster.returned * width,
            "used_minutes": _shown(used.cells * width, used.places),
            "used_percent": _percent(used.cells, roster.returned, used.places),
        },
        "firm_percent": _percent(offered["firmen"], offered["firmen"] + offered["privat"], SMALL),
        "small": SMALL,
    }


def _lane(row: Any, offered: int) -> dict[str, int | None]:
    places = int(row.places) if row else 0
    minutes = int(row.cells) * availability.CELL_MINUTES if row else 0
    missed, ended = (int(row.missed), int(row.ended)) if row else (0, 0)
    return {
        "places": _shown(places, places),
        "offered_minutes": offered,
        "used_minutes": _shown(minutes, places),
        "used_percent": _percent(minutes, offered, places),
        "wait_median_days": _shown(int(row.median), places) if row else None,
        "wait_p90_days": _shown(int(row.p90), places) if row else None,
        "missed": _shown(missed, missed),
        "missed_percent": _percent(missed, ended, missed),
    }


def _shown(value: int, people: int) -> int | None:
    """Return the value unless too few people stand behind it; nobody at all may be said."""
    return None if 0 < people < SMALL else int(value)


def _percent(part: int, whole: int, people: int) -> int | None:
    if whole <= 0 or 0 < people < SMALL:
        return None
    return round(100 * part / whole)


def refuse_period(first: date, last: date, today: date) -> None:
    """Raise ``InvalidInput`` for a period that is not over, too long or in the wrong order."""
    text_ = "Bitte einen vergangenen Zeitraum von höchstens 400 Tagen wählen."
    if not first <= last < today or last - first > timedelta(days=MOST_DAYS):
        raise InvalidInput([FieldProblem("bis", text_)])


def publish(
    session: Session, actor: Actor, first: date, last: date, *, today: date, now: datetime
) -> LaneFigures:
    """Count a past period, freeze and publish it; raises ``Conflict`` for one that is out already,
    ``InvalidInput``, ``NotAllowed``."""
    require(actor, Power.UNIT_LEAD)
    refuse_period(first, last, today)
    row = LaneFigures(
        first_day=first,
        last_day=last,
        figures=figures(session, first, last),
        published_by=actor.user_id,
        published_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict("Für diesen Zeitraum ist schon etwas veröffentlicht.") from error
    audit.record(
        session, actor, "lanes.publish", "lane_figures", row.id, now=now,
        facts={"first": first.isoformat(), "last": last.isoformat()},
    )  # fmt: skip
    return row


def withdraw(session: Session, actor: Actor, figures_id: int, *, now: datetime) -> None:
    """Take published figures off the page; twice is once. The row stays."""
    require(actor, Power.UNIT_LEAD)
    row = session.get(LaneFigures, figures_id, with_for_update=True)
    if row is None:
        raise NotFound("Diese Veröffentlichung gibt es nicht.")
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        session.flush()
        audit.record(session, actor, "lanes.withdraw", "lane_figures", row.id, now=now)


def published(session: Session) -> list[LaneFigures]:
    """Return what is published, the newest period first."""
    return list(
        session.scalars(
            select(LaneFigures)
            .where(LaneFigures.withdrawn_at.is_(None))
            .order_by(LaneFigures.last_day.desc(), LaneFigures.first_day)
            .limit(MOST_PERIODS)
        )
    )
