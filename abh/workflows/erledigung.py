"""Why the object of a case is gone, as the office found it."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.workflows.tables import CaseFinding


def note_cause(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    cause: str,
    remark: str = "",
) -> None:
    """Write down why a case has lost its object; the step that ends it reads this finding.

    The caller holds the case's lock (``steps.lock_case``).
    """
    session.execute(
        insert(CaseFinding).values(
            vorgang_id=vorgang_id,
            key="ended_because",
            value=cause,
            remark=remark,
            found_by=actor.user_id,
            found_at=house.now(),
        )
    )
