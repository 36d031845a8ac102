"""Keeps for every case with an employer when a decision is expected and by when it is promised.

A job computes anew what changed and, once a day, everything that is open; each move is kept, so
that a company sees how its date has moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.fastlane import zusage
from abh.fastlane.erwartung import expected
from abh.fastlane.tables_firma import CaseOutlook, CaseOutlookChange
from abh.fastlane.wessen import applicant_states, decided_states
from abh.fastlane.zusage import Eintrag
from abh.kernel.clock import Clock
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows import registry

# How far back cases are measured, and how many of one kind at most: what took three years ago
# says little about today.
MEASURED_FOR = timedelta(days=365)
MOST_MEASURED = 2_000

_DUE = text(
    """
SELECT v.id, v.verfahren, v.version, v.received_on, v.row_version,
       o.vorgang_id IS NOT NULL AS known, o.expected_from, o.expected_to, o.cases, o.promised_on,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(s.to_state,
                 (s.at AT TIME ZONE 'Europe/Berlin')::date) ORDER BY s.seq), '[]')
          FROM vorgang_step s WHERE s.vorgang_id = v.id) AS log
  FROM vorgang v LEFT JOIN case_outlook o ON o.vorgang_id = v.id
 WHERE v.company_id IS NOT NULL AND v.id = ANY(:ids)
 ORDER BY v.id
"""
)
_WANTED = text(
    """
SELECT v.id FROM vorgang v LEFT JOIN case_outlook o ON o.vorgang_id = v.id
 WHERE v.company_id IS NOT NULL
   AND (o.vorgang_id IS NULL OR o.row_version <> v.row_version
        OR (o.decided_on IS NULL AND v.closed_at IS NULL AND o.computed_on < :today))
 ORDER BY v.id LIMIT :limit
"""
)
_MEASURED = text(
    """
SELECT x.verfahren, array_agg(x.days ORDER BY x.days) AS days FROM (
  SELECT v.verfahren, (min(s.at AT TIME ZONE 'Europe/Berlin')::date - v.received_on) AS days,
         row_number() OVER (PARTITION BY v.verfahren ORDER BY min(s.at) DESC) AS nth
    FROM vorgang_step s JOIN vorgang v ON v.id = s.vorgang_id
   WHERE s.at >= :since AND v.verfahren = ANY(:kinds)
     AND (v.verfahren || ':' || s.to_state) = ANY(:decided)
     AND (v.verfahren || ':' || s.from_state) <> ALL(:decided)
   GROUP BY v.id, v.verfahren, v.received_on) x
 WHERE x.nth <= :most GROUP BY x.verfahren
"""
)
_STORE = text(
    """
INSERT INTO case_outlook (vorgang_id, row_version, computed_on, expected_from, expected_to, cases,
                          promised_on, waited_days, decided_on)
VALUES (:vorgang_id, :row_version, :computed_on, :expected_from, :expected_to, :cases,
        :promised_on, :waited_days, :decided_on)
ON CONFLICT (vorgang_id) DO UPDATE SET row_version = excluded.row_version,
  computed_on = excluded.computed_on, expected_from = excluded.expected_from,
  expected_to = excluded.expected_to, cases = excluded.cases, promised_on = excluded.promised_on,
  waited_days = excluded.waited_days, decided_on = excluded.decided_on
"""
)
_MOVES = ("expected_from", "expected_to", "promised_on")


@dataclass(frozen=True, slots=True)
class Bewegung:
    """A day on which the expected range or the promised day of a case moved."""

    on: date
    expected_from: date | None
    expected_to: date | None
    cases: int
    promised_on: date | None


def sweep_outlook(session: Session, clock: Clock, limit: int = 500) -> int:
    """Compute the outlook of cases that changed or were not looked at today; returns how many."""
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    params = {"today": clock.today, "limit": limit}
    ids = [row.id for row in session.execute(_WANTED, params)]
    return refresh(session, clock, ids)


def refresh(session: Session, house: House, ids: Sequence[int]) -> int:
    """Compute the outlook of these cases and keep what moved; returns how many. Four statements."""
    if not ids:
        return 0
    rows = [dict(row) for row in session.execute(_DUE, {"ids": list(ids)}).mappings()]
    measured = durations(session, house, sorted({row["verfahren"] for row in rows}))
    found = [_outlook(house.law, house.today, row, measured) for row in rows]
    if found:
        session.execute(_STORE, found)
    moved = [
        {
            "vorgang_id": new["vorgang_id"],
            "on": house.today,
            "cases": new["cases"],
            **{key: new[key] for key in _MOVES},
        }
        for row, new in zip(rows, found, strict=True)
        if not row["known"] or any(row[key] != new[key] for key in _MOVES)
    ]
    if moved:
        session.execute(insert(CaseOutlookChange), moved)
    return len(found)


def durations(session: Session, house: House, kinds: Sequence[str]) -> Mapping[str, list[int]]:
    """Return by kind of case the days from receipt to decision of the last year, ascending."""
    decided = [
        f"{one.key}:{state}"
        for one in registry.PUBLISHED
        if one.key in kinds
        for state in decided_states(one)
    ]
    params = {
        "since": house.now() - MEASURED_FOR,
        "kinds": list(kinds),
        "decided": sorted(set(decided)),
        "most": MOST_MEASURED,
    }
    return {row.verfahren: list(row.days) for row in session.execute(_MEASURED, params)}


def moves(session: Session, vorgang_id: int, limit: int = 12) -> list[Bewegung]:
    """Return how the dates of a case have moved, newest first."""
    rows = session.scalars(
        select(CaseOutlookChange)
        .where(CaseOutlookChange.vorgang_id == vorgang_id)
        .order_by(CaseOutlookChange.id.desc())
        .limit(limit)
    )
    return [
        Bewegung(row.on, row.expected_from, row.expected_to, row.cases, row.promised_on)
        for row in rows
    ]


def outlook_of(session: Session, vorgang_id: int) -> CaseOutlook | None:
    """Return what is kept of a case; ``None`` until the job has seen it."""
    return session.get(CaseOutlook, vorgang_id)


def _outlook(
    law: Rechtsstand, today: date, row: Mapping[str, Any], measured: Mapping[str, list[int]]
) -> dict[str, Any]:
    verfahren = registry.get(row["verfahren"], row["version"])
    log = [Eintrag(state, date.fromisoformat(on)) for state, on in row["log"]]
    decided = zusage.decided_on(log, decided_states(verfahren))
    until = decided or today
    before = [entry for entry in log if entry.on <= until]
    days = zusage.waited(before, applicant_states(verfahren), until)
    range_ = None
    if decided is None:
        range_ = expected(measured.get(row["verfahren"], []), row["received_on"], today)
    return {
        "vorgang_id": row["id"],
        "row_version": row["row_version"],
        "computed_on": today,
        "expected_from": range_.earliest if range_ else None,
        "expected_to": range_.latest if range_ else None,
        "cases": range_.cases if range_ else len(measured.get(row["verfahren"], [])),
        "promised_on": zusage.promised_on(law, row["verfahren"], row["received_on"], days),
        "waited_days": days,
        "decided_on": decided,
    }
