"""Writing the fees of a case: due at the application, or when something is done."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts
from abh.workflows.gebuehren import FeeLine, fees_for
from abh.workflows.tables import Fee


def charge(
    session: Session, vorgang_id: int, verfahren: Verfahren, facts: Facts, event: str = ""
) -> tuple[FeeLine, ...]:
    """Write the fees that are due now; one of each kind in a case. Returns what was written.

    An exemption is written as a fee that is waived with its norm, so that the file shows why
    nothing was asked for.
    """
    lines = tuple(line for line in fees_for(verfahren, facts, event) if line.amount is not None)
    for line in lines:
        session.execute(
            upsert(Fee)
            .values(vorgang_id=vorgang_id, **_columns(line))
            .on_conflict_do_nothing(index_elements=["vorgang_id", "code"])
        )
    return lines


def _columns(line: FeeLine) -> dict[str, Any]:
    return {
        "code": line.law_key,
        "label": line.label,
        "amount": line.amount,
        "norm": line.norm,
        "status": "waived" if line.waived_norm else "due",
        "waiver_norm": line.waived_norm,
    }
