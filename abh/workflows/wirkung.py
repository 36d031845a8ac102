"""The effect of the application as a row: written at receipt, renewed when facts turn out new."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from abh.workflows.dossier import Case
from abh.workflows.fiktion import Fiktion, fiktion
from abh.workflows.fiktion_worte import stored
from abh.workflows.tables import FiktionRecord, Vorgang

# Facts on which the effect of § 81(3), (4) AufenthG depends.
DECISIVE = frozenset(
    {
        "title_kind",
        "title_until",
        "lawful_until",
        "asylum_submitted_on",
        "received_on",
        "long_title_extension",
        "continuation_ordered_on",
    }
)
# Findings that the list of the desk shows from columns of the case.
LISTED = frozenset({"title_kind", "title_until", "job_start"})


def record_fiktion(session: Session, case: Case) -> Fiktion:
    """Write the effect of a new application."""
    effect = fiktion(case.facts)
    session.execute(insert(FiktionRecord).values(vorgang_id=case.id, **_values(effect)))
    return effect


def renew(session: Session, case: Case, keys: frozenset[str]) -> None:
    """Bring effect and list into line with findings of ``keys``; an effect that ended stays."""
    if keys & DECISIVE:
        session.execute(
            update(FiktionRecord)
            .where(FiktionRecord.vorgang_id == case.id, FiktionRecord.ended_on.is_(None))
            .values(**_values(fiktion(case.facts)))
        )
    if keys & LISTED:
        session.execute(
            update(Vorgang)
            .where(Vorgang.id == case.id)
            .values(
                title_kind=case.facts.title_kind.name,
                title_until=case.facts.title_until,
                job_start=case.facts.job_start,
            )
            .execution_options(synchronize_session=False)
        )


def _values(effect: Fiktion) -> dict[str, Any]:
    return {
        "kind": effect.kind.name,
        "norm": effect.norm,
        "since": effect.since,
        "words": stored(effect.spoken, effect.title_end),
    }
