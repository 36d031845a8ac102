"""The papers of a case in the person's hand: prescribed forms and the card that was handed over."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.workflows.heute_lage import CARD, Paper

_HELD = text(
    """
SELECT f.form AS key, f.valid_until AS until, f.entry_81_5a IS NOT NULL AS work, f.issued_on AS day
  FROM form_issue f WHERE f.vorgang_id = :id AND f.returned_on IS NULL
UNION ALL
SELECT :card, k.valid_until, false, k.handed_over_on
  FROM card_order k WHERE k.vorgang_id = :id AND k.state = 'handed_over'
 ORDER BY day DESC LIMIT 20
"""
)


def papers_of(session: Session, vorgang_id: int) -> tuple[Paper, ...]:
    """Return what was handed out in a case and not taken back, newest first."""
    rows = session.execute(_HELD, {"id": vorgang_id, "card": CARD})
    return tuple(Paper(row.key, row.until, bool(row.work)) for row in rows)
