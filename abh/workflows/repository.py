"""Reading cases: one statement gives everything the rules need, one more what the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Result, text
from sqlalchemy.orm import Session

from abh.kernel.errors import NotFound
from abh.workflows.zugriff import RESTRICTED

# One statement, so that facts are of one moment and a step costs one read (benchmark
# ``step_persisted``). Rows come as JSON; ``dossier`` turns them into values. As ``json``: building
# ``jsonb`` only to write it down costs the server twice as much.
CASE_SQL = """
SELECT to_json(v) AS vorgang,
       to_json(p) AS person,
       to_json(c) AS company,
       (SELECT coalesce(json_object_agg(f.key, json_build_object('value', f.value,
                 'remark', f.remark, 'by', f.display_name, 'at', f.found_at)), '{}')
          FROM (SELECT DISTINCT ON (x.key) x.key, x.value, x.remark, x.found_at, u.display_name
                  FROM case_finding x LEFT JOIN app_user u ON u.id = x.found_by
                 WHERE x.vorgang_id = v.id ORDER BY x.key, x.id DESC) f) AS findings,
       (SELECT coalesce(json_agg(y ORDER BY y.id), '[]')
          FROM (SELECT x.*, u.display_name AS by
                  FROM waiver x JOIN app_user u ON u.id = x.granted_by
                 WHERE x.vorgang_id = v.id) y) AS waivers,
       (SELECT coalesce(json_agg(json_build_object('id', x.id, 'blatt_id', x.blatt_id,
                 'kind', x.kind, 'accepted', x.accepted, 'remark', x.remark) ORDER BY x.id), '[]')
          FROM evidence x WHERE x.vorgang_id = v.id) AS evidence,
       (SELECT coalesce(json_agg(x ORDER BY x.id), '[]')
          FROM beteiligung x WHERE x.vorgang_id = v.id) AS beteiligungen,
       (SELECT coalesce(json_agg(x ORDER BY x.due_on, x.id), '[]')
          FROM frist x WHERE x.vorgang_id = v.id) AS fristen,
       (SELECT coalesce(json_agg(x ORDER BY x.id), '[]')
          FROM fee x WHERE x.vorgang_id = v.id) AS fees,
       (SELECT to_json(x) FROM fiktion x WHERE x.vorgang_id = v.id) AS fiktion
  FROM vorgang v
  JOIN person p ON p.id = v.person_id
  LEFT JOIN company c ON c.id = v.company_id
"""
_CASE_BY_ID = text(CASE_SQL + " WHERE v.id = :id")
# The lock an UPDATE of the row would take; rows that refer to the case can still be written.
_CASE_LOCKED = text(CASE_SQL + " WHERE v.id = :id FOR NO KEY UPDATE OF v")
_CASES_BY_IDS = text(CASE_SQL + " WHERE v.id = ANY(:ids) ORDER BY v.id")
_CASE_BY_NUMBER = text(CASE_SQL + " WHERE v.number = :number")
_CASE_BY_TOKEN = text(CASE_SQL + " WHERE v.status_token_hash = :hash")

_PAGE_SQL = text(
    """
SELECT (SELECT coalesce(jsonb_agg(to_jsonb(b) ORDER BY b.sheet_no DESC), '[]')
          FROM (SELECT * FROM blatt WHERE akte_id = :akte_id
                   AND (vorgang_id IS NULL OR vorgang_id NOT IN (
                        SELECT o.id FROM vorgang o WHERE o.akte_id = :akte_id
                           AND o.verfahren = ANY(:restricted) AND o.unit_key <> :own))
                 ORDER BY sheet_no DESC LIMIT 500) b) AS sheets,
       (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.seq DESC), '[]')
          FROM (SELECT * FROM vorgang_step WHERE vorgang_id = :id
                 ORDER BY seq DESC LIMIT 200) s) AS steps,
       (SELECT coalesce(jsonb_agg(to_jsonb(l) - 'content' || jsonb_build_object(
                 'signer', u.display_name, 'preparer', q.display_name,
                 'print_state', (SELECT j.state FROM print_job j WHERE j.letter_id = l.id
                                  AND j.paper = 'letter' ORDER BY j.id DESC LIMIT 1),
                 'print_message', (SELECT j.message FROM print_job j WHERE j.letter_id = l.id
                                    AND j.paper = 'letter' ORDER BY j.id DESC LIMIT 1),
                 'dispatch', (SELECT to_jsonb(d) FROM dispatch d WHERE d.letter_id = l.id
                               ORDER BY d.id DESC LIMIT 1)) ORDER BY l.id DESC), '[]')
          FROM letter l LEFT JOIN app_user u ON u.id = l.final_signer_id
          LEFT JOIN app_user q ON q.id = l.prepared_by
         WHERE l.vorgang_id = :id) AS letters,
       (SELECT coalesce(jsonb_agg(to_jsonb(k) || jsonb_build_object(
                 'start_cell', lower(k.cells), 'end_cell', upper(k.cells), 'desk', d.name)
                 ORDER BY k.id DESC), '[]')
          FROM booking k JOIN desk d ON d.id = k.desk_id
         WHERE k.vorgang_id = :id) AS bookings,
       (SELECT coalesce(jsonb_agg(to_jsonb(i) - 'token_hash' ORDER BY i.id DESC), '[]')
          FROM invitation i WHERE i.vorgang_id = :id) AS invitations,
       (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.id DESC), '[]')
          FROM form_issue f WHERE f.vorgang_id = :id) AS forms,
       (SELECT coalesce(jsonb_agg(to_jsonb(k) ORDER BY k.id DESC), '[]')
          FROM card_order k WHERE k.vorgang_id = :id) AS cards,
       (SELECT u.display_name FROM app_user u WHERE u.id = :owner_id) AS owner
"""
)

_DESK_SQL = """
SELECT v.id, v.number, v.verfahren, v.version, v.state, v.state_since, v.received_on, v.harm_on,
       v.harm_key,
       v.title_until, v.job_start, v.owner_id, v.row_version,
       p.family_name, p.given_names, p.birth_year, p.birth_month, p.birth_day,
       c.name AS company, u.display_name AS owner,
       (SELECT min(f.due_on) FROM frist f
         WHERE f.vorgang_id = v.id AND f.status = 'running') AS next_due
  FROM vorgang v
  JOIN person p ON p.id = v.person_id
  LEFT JOIN company c ON c.id = v.company_id
  LEFT JOIN app_user u ON u.id = v.owner_id
 WHERE v.closed_at IS NULL AND {scope} AND v.verfahren <> ALL(:hidden)
   AND (CAST(:state AS text) IS NULL OR v.state = :state)
   AND (v.harm_on, v.id) > (:after_day, :after_id)
 ORDER BY v.harm_on, v.id
 LIMIT :limit
"""
_DESK_UNIT = text(_DESK_SQL.format(scope="v.unit_key = :unit"))
_DESK_OWNER = text(_DESK_SQL.format(scope="v.owner_id = :owner"))
_COUNTS = text(
    """
SELECT state, count(*) AS cases, min(received_on) AS oldest
  FROM vorgang WHERE unit_key = :unit AND closed_at IS NULL AND verfahren <> ALL(:hidden)
 GROUP BY state
"""
)
_DUE = text(
    """
SELECT f.id, f.kind, f.label, f.norm, f.due_on, v.number, v.state, p.family_name, p.given_names,
       u.display_name AS owner
  FROM frist f JOIN vorgang v ON v.id = f.vorgang_id JOIN person p ON p.id = v.person_id
  LEFT JOIN app_user u ON u.id = v.owner_id
 WHERE f.status = 'running' AND f.due_on <= :until AND v.unit_key = :unit
   AND v.verfahren <> ALL(:hidden)
 ORDER BY f.due_on, f.id LIMIT :limit
"""
)


def case_row(
    session: Session,
    *,
    vorgang_id: int | None = None,
    number: str | None = None,
    token_hash: bytes | None = None,
    lock: bool = False,
) -> Mapping[str, Any]:
    """Return the case with all that its rules look at; raises ``NotFound``. One statement.

    ``lock`` (with ``vorgang_id``) waits for whoever changes the case now. What stands around the
    row is then as old as the statement, so the caller must compare ``row_version``.
    """
    if vorgang_id is not None:
        found = session.execute(_CASE_LOCKED if lock else _CASE_BY_ID, {"id": vorgang_id})
    elif number is not None and "\x00" in number:
        # PostgreSQL has no NUL in texts: such a number is nobody's.
        raise NotFound("Diesen Vorgang gibt es nicht.")
    elif number is not None:
        found = session.execute(_CASE_BY_NUMBER, {"number": number})
    else:
        found = session.execute(_CASE_BY_TOKEN, {"hash": token_hash})
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("Diesen Vorgang gibt es nicht.")
    return _known(dict(row))


def case_rows(session: Session, ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Return many cases, each as ``case_row`` gives it, in the order of their keys. One statement.

    For sweepers, which hold the locks already.
    """
    return [_known(row) for row in _plain(session.execute(_CASES_BY_IDS, {"ids": list(ids)}))]


def _known(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a case without the hash of its status link, which no rule and no page may see."""
    row["vorgang"].pop("status_token_hash")
    return row


def page_row(session: Session, vorgang: Mapping[str, Any], own_unit: str = "") -> Mapping[str, Any]:
    """Return what only the screen shows: file, timeline, letters, appointments. One statement.

    Sheets of a restricted case are left out unless that case belongs to ``own_unit``.
    """
    params = {
        "id": vorgang["id"],
        "akte_id": vorgang["akte_id"],
        "owner_id": vorgang["owner_id"],
        "restricted": sorted(RESTRICTED),
        "own": own_unit,
    }
    return dict(session.execute(_PAGE_SQL, params).mappings().one())


def desk_rows(
    session: Session,
    *,
    unit: str | None = None,
    owner: int | None = None,
    state: str | None = None,
    after: tuple[date, int] = (date.min, 0),
    limit: int = 50,
    hidden: Sequence[str] = (),
) -> list[Mapping[str, Any]]:
    """Return open cases of a unit or of one clerk, first what suffers harm first.

    Pages by key (``after`` is the last row's ``(harm_on, id)``), so that page 400 costs what
    page 1 costs. ``limit`` is capped at 200; ``hidden`` are the Verfahren whose cases the reader
    must not know (``zugriff.hidden_in``).
    """
    params = {
        "hidden": list(hidden),
        "state": state,
        "after_day": after[0],
        "after_id": after[1],
        "limit": min(limit, 200),
    }
    if owner is not None:
        found = session.execute(_DESK_OWNER, params | {"owner": owner})
    else:
        found = session.execute(_DESK_UNIT, params | {"unit": unit})
    return _plain(found)


def counts_by_state(
    session: Session, unit: str, hidden: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """Return the number of open cases of a unit by state with the oldest receipt."""
    return _plain(session.execute(_COUNTS, {"unit": unit, "hidden": list(hidden)}))


def due_soon(
    session: Session, unit: str, until: date, limit: int = 50, hidden: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """Return running clocks of a unit that end by ``until``, soonest first."""
    params = {"unit": unit, "until": until, "limit": limit, "hidden": list(hidden)}
    return _plain(session.execute(_DUE, params))


def _plain(found: Result[Any]) -> list[Mapping[str, Any]]:
    keys = tuple(found.keys())
    return [dict(zip(keys, row, strict=True)) for row in found]
