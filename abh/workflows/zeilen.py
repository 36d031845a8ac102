"""State, log and audit entry of many steps at once: a statement for each kind, however many.

For sweepers. One statement with all rows as one JSON document costs driver and server a third of
the same rows sent one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM
from abh.db import as_json
from abh.kernel.errors import Conflict

_MOVE = text(
    """
UPDATE vorgang v
   SET state = r.b_state, state_since = r.b_since, row_version = v.row_version + 1,
       closed_at = r.b_closed, progress = r.b_progress, harm_on = r.b_harm_on,
       harm_key = r.b_harm_key
  FROM json_to_recordset(CAST(:rows AS json)) AS r(b_id bigint, b_version int, b_state text,
       b_since timestamptz, b_closed timestamptz, b_progress jsonb, b_harm_on date,
       b_harm_key text)
 WHERE v.id = r.b_id AND v.row_version = r.b_version
"""
)
_LOG = text(
    """
INSERT INTO vorgang_step (vorgang_id, seq, step, from_state, to_state, at, actor_id, actor_name,
       norm, reason, facts)
SELECT r.vorgang_id, r.seq, r.step, r.from_state, r.to_state, r.at, r.actor_id, r.actor_name,
       r.norm, r.reason, r.facts
  FROM json_to_recordset(CAST(:rows AS json)) AS r(vorgang_id bigint, seq int, step text,
       from_state text, to_state text, at timestamptz, actor_id bigint, actor_name text,
       norm text, reason text, facts jsonb)
"""
)


@dataclass
class Rows:
    """What many steps of the system write, in the order in which it happened.

    Also where one case takes several steps. It has to be written before anybody reads those cases
    again.
    """

    moves: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def write(self, session: Session) -> None:
        """Write what was collected; raises ``Conflict`` when a case is not at its version."""
        if not self.moves:
            return
        for moves in _turns(self.moves):
            moved = session.execute(_MOVE, {"rows": as_json(moves)})
            if moved.rowcount != len(moves):  # type: ignore[attr-defined]
                raise Conflict("Ein Vorgang wurde eben von jemand anderem geändert.")
        session.execute(_LOG, {"rows": as_json(self.lines)})
        audit.record_all(session, SYSTEM, self.entries)
        self.moves, self.lines, self.entries = [], [], []


def _turns(moves: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield moves so that no case is in a group twice: one statement writes a row only once."""
    group: list[Mapping[str, Any]] = []
    seen: set[int] = set()
    for move in moves:
        if move["b_id"] in seen:
            yield group
            group, seen = [], set()
        group.append(move)
        seen.add(move["b_id"])
    yield group
