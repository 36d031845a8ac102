"""The quota of a company and the share of the lane as they stand; and the locks they are kept by.

Who takes a place locks the company's account, then the weeks in order; what is counted after that
stays true until the commit. Reading without the locks is for pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import availability
from abh.appointments.rueckgabe import FIRM_LANE
from abh.fastlane.gruppe import Limits, week_of
from abh.fastlane.kontingent import (
    Kontingent,
    Regeln,
    kontingent,
    lane_minutes,
    month_of,
    next_month,
)
from abh.fastlane.tables_termine import FirmAccount, FirmWeek
from abh.kernel.dauer import add_months
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.persons.tables import Company

VISITS = ("kunden", "einladung", "firmen", "notfall")
MOST_EMPLOYEES = 1_000_000


def lock(session: Session, company_id: int, unit_key: str, weeks: Iterable[date]) -> None:
    """Let nobody else count or take places of this company, nor minutes of these weeks."""
    session.execute(insert(FirmAccount).values(company_id=company_id).on_conflict_do_nothing())
    session.execute(
        select(FirmAccount.company_id).where(FirmAccount.company_id == company_id).with_for_update()
    )
    mondays = sorted(set(weeks))
    if not mondays:
        return
    session.execute(
        insert(FirmWeek)
        .values([{"unit_key": unit_key, "monday": monday} for monday in mondays])
        .on_conflict_do_nothing()
    )
    session.execute(
        select(FirmWeek.monday)
        .where(FirmWeek.unit_key == unit_key, FirmWeek.monday.in_(mondays))
        .order_by(FirmWeek.monday)
        .with_for_update()
    )


def weeks_between(first: date, last: date) -> list[date]:
    """Return the Mondays of all weeks from ``first`` to ``last``."""
    monday = week_of(first)
    return [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]


def months_between(first: date, last: date) -> list[date]:
    """Return the first days of all months from ``first`` to ``last``."""
    found = [month_of(first)]
    while (following := next_month(found[-1])) <= last:
        found.append(following)
    return found


# Given back in time counts nowhere, too late stays counted; missed counts in its month and lowers
# what is granted.
_COUNTS = text(
    """
    SELECT (SELECT employees FROM firm_account WHERE company_id = :company) AS employees,
           (SELECT count(*) FROM vorgang WHERE company_id = :company AND closed_at IS NULL) AS open,
           (SELECT count(*) FROM firm_place p JOIN booking b ON b.id = p.booking_id
             WHERE p.company_id = :company AND b.status = 'no_show' AND b.day >= :since) AS missed,
           ARRAY(SELECT date_trunc('month', b.day)::date::text || ' ' || count(*) || ' '
                        || count(*) FILTER (WHERE p.late)
                   FROM firm_place p JOIN booking b ON b.id = p.booking_id
                  WHERE p.company_id = :company
                    AND (p.late OR b.status NOT IN ('cancelled', 'lapsed'))
                    AND b.day >= :first AND b.day < :after
                  GROUP BY date_trunc('month', b.day)) AS used
    """
)


def quotas(
    session: Session, company_id: int, months: Iterable[date], *, today: date, rules: Regeln
) -> dict[date, Kontingent]:
    """Return the quota of each of ``months`` (first days). One statement."""
    wanted = sorted(set(months))
    row = session.execute(
        _COUNTS,
        {
            "company": company_id,
            "since": add_months(today, -rules.absence_months),
            "first": wanted[0],
            "after": next_month(wanted[-1]),
        },
    ).one()
    used = {each.split()[0]: each.split()[1:] for each in row.used}
    found = {}
    for month in wanted:
        taken, late = used.get(month.isoformat(), ("0", "0"))
        found[month] = kontingent(row.employees, row.open, row.missed, int(taken), rules, int(late))
    return found


_MINUTES = text(
    """
    SELECT w.monday, w.roster, coalesce(b.taken, 0) AS taken
      FROM (SELECT date_trunc('week', day)::date AS monday,
                   sum(upper(cells) - lower(cells)) AS roster
              FROM roster_block WHERE unit_key = :unit AND day BETWEEN :first AND :last
               AND lane = ANY(:visits) GROUP BY 1) w
      LEFT JOIN (SELECT date_trunc('week', day)::date AS monday,
                        sum(upper(cells) - lower(cells)) AS taken
                   FROM booking WHERE unit_key = :unit AND day BETWEEN :first AND :last
                    AND lane = :lane AND status NOT IN ('cancelled', 'lapsed')
                  GROUP BY 1) b USING (monday)
    """
)


def lane_left(
    session: Session, unit_key: str, first: date, last: date, *, rules: Regeln
) -> dict[date, int]:
    """Return by Monday how many minutes the lane may still take in whole weeks. One statement."""
    rows = session.execute(
        _MINUTES,
        {
            "unit": unit_key,
            "first": week_of(first),
            "last": week_of(last) + timedelta(days=6),
            "visits": list(VISITS),
            "lane": FIRM_LANE,
        },
    )
    width = availability.CELL_MINUTES
    return {
        row.monday: max(0, lane_minutes(row.roster * width, rules) - row.taken * width)
        for row in rows
    }


def limits(
    session: Session,
    company_id: int,
    unit_key: str,
    first: date,
    last: date,
    *,
    today: date,
    rules: Regeln,
) -> Limits:
    """Return what the company may still take from ``first`` to ``last``. Two statements."""
    found = quotas(session, company_id, months_between(first, last), today=today, rules=rules)
    return Limits(
        places={month: each.left for month, each in found.items()},
        minutes=lane_left(session, unit_key, first, last, rules=rules),
    )


def set_employees(
    session: Session, actor: Actor, company_id: int, employees: int | None, *, now: datetime
) -> None:
    """Record how many people a company employs (None: not known); a lead does, it moves the quota.

    Raises ``NotAllowed``, ``NotFound``, ``InvalidInput``.
    """
    require(actor, Power.UNIT_LEAD)
    if employees is not None and not 0 <= employees <= MOST_EMPLOYEES:
        raise InvalidInput([FieldProblem("employees", "Bitte eine Zahl ab 0 angeben.")])
    if session.get(Company, company_id) is None:
        raise NotFound("Diese Firma gibt es hier nicht.")
    values = {"employees": employees, "set_by": actor.user_id, "set_at": now}
    session.execute(
        insert(FirmAccount)
        .values(company_id=company_id, **values)
        .on_conflict_do_update(index_elements=["company_id"], set_=values)
    )
    audit.record(
        session, actor, "firma.employees", "company", company_id, now=now,
        facts={"employees": employees},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FirmLoad:
    """A company with its open cases, its size as far as known, and its quota of a month."""

    company_id: int
    name: str
    employees: int | None
    open_cases: int
    quota: Kontingent


_LOADS = text(
    """
    WITH busiest AS (
        SELECT c.id, c.name, count(*) AS open FROM company c
          JOIN vorgang v ON v.company_id = c.id AND v.closed_at IS NULL
         GROUP BY c.id ORDER BY count(*) DESC, c.name_search LIMIT :limit),
    counted AS (
        SELECT p.company_id,
               count(*) FILTER (WHERE b.status = 'no_show' AND b.day >= :since) AS missed,
               count(*) FILTER (WHERE (p.late OR b.status NOT IN ('cancelled', 'lapsed'))
                                  AND b.day >= :first AND b.day < :after) AS used
          FROM firm_place p JOIN booking b ON b.id = p.booking_id
         WHERE p.company_id IN (SELECT id FROM busiest) GROUP BY p.company_id)
    SELECT f.id, f.name, f.open, a.employees,
           coalesce(n.missed, 0) AS missed, coalesce(n.used, 0) AS used
      FROM busiest f LEFT JOIN firm_account a ON a.company_id = f.id
      LEFT JOIN counted n ON n.company_id = f.id
     ORDER BY f.open DESC, f.name
    """
)


def loads(
    session: Session, month: date, *, today: date, rules: Regeln, limit: int = 50
) -> list[FirmLoad]:
    """Return the companies with most open cases and their quota of ``month``. One statement."""
    wanted = {
        "limit": limit,
        "since": add_months(today, -rules.absence_months),
        "first": month,
        "after": next_month(month),
    }
    return [
        FirmLoad(
            row.id,
            row.name,
            row.employees,
            row.open,
            kontingent(row.employees, row.open, row.missed, row.used, rules),
        )
        for row in session.execute(_LOADS, wanted)
    ]
