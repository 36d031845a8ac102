"""Full-text search over the sheets of the files that somebody may see, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require, unit_filter
from abh.documents.house import House
from abh.workflows.zugriff import RESTRICTED

MOST = 50
SHORTEST = 3
# What is shown is looked up after the fifty are chosen: a headline costs more than the search.
SEARCH_SQL = text(
    """
WITH asked AS MATERIALIZED (SELECT websearch_to_tsquery('german', :words) AS q),
hits AS MATERIALIZED (
  SELECT b.id, b.sheet_no, b.title, b.received_on, b.akte_id, v.number, v.unit_key
    FROM blatt_text t
    JOIN blatt b ON b.id = t.blatt_id
    JOIN vorgang v ON v.id = b.vorgang_id
   WHERE t.words @@ websearch_to_tsquery('german', :words)
     AND (CAST(:unit AS text) IS NULL OR v.unit_key = :unit)
     AND NOT (v.verfahren = ANY(:restricted) AND v.unit_key <> :own)
   ORDER BY t.blatt_id DESC
   LIMIT :most)
SELECT h.*, a.number AS akte,
       ts_headline('german', left(t.content, 20000), asked.q,
                   'StartSel=«, StopSel=», MaxWords=24, MinWords=8, MaxFragments=1') AS found
  FROM hits h JOIN blatt_text t ON t.blatt_id = h.id JOIN akte a ON a.id = h.akte_id, asked
 ORDER BY h.id DESC
"""
)


# A plan for any word reads the newest sheets until it has fifty, which for a rare word is all.
PLAN_FOR_THE_WORD = text("SET LOCAL plan_cache_mode = force_custom_plan")


def rows_of(
    connection: Session | Connection, words: str, unit: str | None, most: int, own: str = ""
) -> list[dict[str, Any]]:
    """Return the sheets with ``words`` in a transaction; ``unit`` None searches all units.

    Sheets of cases of a restricted class are found in the Sachgebiet ``own`` only.
    """
    connection.execute(PLAN_FOR_THE_WORD)
    params = {
        "words": words,
        "unit": unit,
        "most": most,
        "own": own,
        "restricted": sorted(RESTRICTED),
    }
    return [dict(row) for row in connection.execute(SEARCH_SQL, params).mappings()]


def search_sheets(
    session: Session, house: House, actor: Actor, words: str, *, most: int = MOST
) -> Sequence[Mapping[str, Any]]:
    """Return up to ``most`` sheets that hold ``words`` (web search syntax), with an excerpt.

    Only cases of the actor's Sachgebiet, unless they may see all. The look is recorded. Fewer
    than three letters find nothing.
    """
    require(actor, Power.CASE_READ)
    wanted = " ".join(words.replace("\0", " ").split())[:200]
    if len(wanted) < SHORTEST:
        return []
    found = rows_of(session, wanted, unit_filter(actor), most, actor.unit_key or "")
    audit.record_list(
        session, actor, "blatt.search", "blatt", [row["id"] for row in found], now=house.now()
    )
    return found
