"""Training: who may do which Verfahren, whose decisions a second pair of eyes saw, what is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.documents.letters import LETTERS
from abh.kernel.clock import BERLIN
from abh.workflows.einarbeitungsregel import Proposal, Track, propose
from abh.workflows.zugriff import hidden_in

_STAFF = text(
    """
SELECT u.id, u.display_name AS name, u.in_training,
       coalesce(jsonb_object_agg(q.verfahren, q.level) FILTER (WHERE q.verfahren IS NOT NULL), '{}')
         AS levels
  FROM app_user u LEFT JOIN qualification q ON q.user_id = u.id
 WHERE u.unit_key = :unit AND u.active AND u.role IN ('clerk','lead')
 GROUP BY u.id ORDER BY u.in_training DESC, u.display_name
"""
)
# Decisions alone: what is only information proves nothing about deciding.
_TRACKS = text(
    """
WITH drafts AS (
    SELECT l.id, l.prepared_by, v.verfahren, l.state IN ('released','dispatched') AS released,
           l.final_signer_id IS DISTINCT FROM l.prepared_by AS second,
           l.state = 'void' AND EXISTS (SELECT FROM vorgang_step s WHERE s.vorgang_id = v.id
              AND s.step = 'zurueckgegeben' AND s.facts ->> 'letter' = l.id::text) AS returned
      FROM letter l JOIN vorgang v ON v.id = l.vorgang_id
      JOIN app_user u ON u.id = l.prepared_by AND u.unit_key = :unit
     WHERE l.created_at >= :since AND l.key || ':' || l.outcome = ANY(:acts)
       AND v.verfahren <> ALL(:hidden)
), last AS (
    SELECT prepared_by, verfahren, max(id) FILTER (WHERE returned) AS id FROM drafts GROUP BY 1, 2
)
SELECT d.prepared_by, d.verfahren, count(*) FILTER (WHERE d.released) AS decided,
       count(*) FILTER (WHERE d.released AND d.second) AS four_eyes,
       count(*) FILTER (WHERE d.returned) AS returned,
       count(*) FILTER (WHERE d.released AND d.id > coalesce(l.id, 0)) AS in_a_row
  FROM drafts d JOIN last l USING (prepared_by, verfahren) GROUP BY 1, 2
"""
).bindparams(bindparam("acts", type_=ARRAY(Text)), bindparam("hidden", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Learning:
    """Somebody in training in one Verfahren: what was done, and what is proposed."""

    verfahren: str
    track: Track
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk in the matrix; ``four_eyes`` of ``decided`` went through a second pair of eyes."""

    id: int
    name: str
    in_training: bool
    levels: Mapping[str, str]
    decided: int = 0
    four_eyes: int = 0
    learning: tuple[Learning, ...] = field(default=())

    @property
    def share(self) -> int | None:
        """Share of four-eyes decisions in whole per cent, None where nothing was decided."""
        return round(100 * self.four_eyes / self.decided) if self.decided else None


def acts() -> list[str]:
    """Return the letters that decide, as ``key:outcome``."""
    return sorted(
        f"{kind.key}:{variant.outcome}"
        for kind in LETTERS.values()
        for variant in kind.variants
        if variant.act
    )


def matrix(session: Session, actor: Actor, unit_key: str, since: date) -> list[Clerk]:
    """Return the clerks of a unit with what they may do and decided since, trainees first.

    Two statements. Raises ``NotAllowed`` for who does not lead the unit.
    """
    require(actor, Power.UNIT_LEAD, unit_key)
    params = {
        "unit": unit_key,
        "acts": acts(),
        "since": datetime.combine(since, time(), tzinfo=BERLIN),
        "hidden": hidden_in(actor, unit_key),
    }
    tracks: dict[int, list[Mapping[str, Any]]] = {}
    for row in session.execute(_TRACKS, params).mappings():
        tracks.setdefault(row["prepared_by"], []).append(dict(row))
    return [
        _clerk(dict(row), tracks.get(row["id"], []))
        for row in session.execute(_STAFF, {"unit": unit_key}).mappings()
    ]


def _clerk(row: Mapping[str, Any], tracks: list[Mapping[str, Any]]) -> Clerk:
    by_verfahren = {one["verfahren"]: one for one in tracks}
    learning = []
    for key in sorted(key for key, level in row["levels"].items() if level == "training"):
        one = by_verfahren.get(key)
        track = Track(one["decided"], one["returned"], one["in_a_row"]) if one else Track()
        learning.append(Learning(key, track, propose(track)))
    return Clerk(
        id=row["id"],
        name=row["name"],
        in_training=row["in_training"],
        levels=row["levels"],
        decided=sum(one["decided"] for one in tracks),
        four_eyes=sum(one["four_eyes"] for one in tracks),
        learning=tuple(learning),
    )
