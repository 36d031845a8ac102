"""Letters that left: service, notification, and the action period that begins with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import dispatch
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.errors import NotFound
from abh.kernel.fristen import klagefrist
from abh.workflows import uhren
from abh.workflows.aenderung import noted
from abh.workflows.definition import Power
from abh.workflows.facts import Remedy
from abh.workflows.steps import (
    StepDone,
    check_scope,
    lock_case,
    need_power,
)
from abh.workflows.tables import FiktionRecord


def record_dispatch(
    session: Session,
    house: House,
    actor: Actor,
    letter_id: int,
    *,
    on: date,
    served_on: date | None = None,
    evidence: str = "",
) -> StepDone | None:
    """Record that a letter left and when it was served; a refusal starts its action period.

    The period under both readings stands as two clocks: ``klage_warnung`` ends first, ``klage``
    last; only the later one makes the refusal final.
    """
    letter = session.get(Letter, letter_id)
    if letter is None or letter.vorgang_id is None:
        raise NotFound(f"Brief {letter_id}")
    case = lock_case(session, house, letter.vorgang_id, expected_version=None)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW, Power.COUNTER)
    letter, known = dispatch.hand_over(
        session, house, actor, letter_id, on=on, served_on=served_on, evidence=evidence
    )
    changes: dict[str, Any] = {}
    notes: dict[str, Any] = {"letter": letter_id, "channel": letter.channel}
    period = klagefrist(known, house.law) if known is not None else None
    if letter.remedy == "klage_1_monat" and period is not None and case.state == "refused":
        uhren.stop_clocks(session, case.id, now=house.now(), kinds=["klage", "klage_warnung"])
        uhren.start_clock(
            session,
            case.id,
            "klage_warnung",
            "Klagefrist (früheste Lesart)",
            period.earliest,
            letter_id=letter_id,
        )
        uhren.start_clock(
            session,
            case.id,
            "klage",
            "Bestandskraft (späteste Lesart)",
            period.latest,
            letter_id=letter_id,
        )
        changes["remedy"] = Remedy(
            notified_on=known.latest if known else None, action_until=period.latest.end
        )
        changes["awaiting_service"] = None
        # § 81(4) AufenthG lasts until the decision, which takes effect when notified (§ 43 VwVfG);
        # of the two readings the later one is held against the person.
        session.execute(
            update(FiktionRecord)
            .where(FiktionRecord.vorgang_id == case.id, FiktionRecord.ended_on.is_(None))
            .values(ended_on=known.latest if known else None, ended_by="Ablehnung bekannt gegeben")
        )
        notes["action_until"] = period.latest.end.isoformat()
    return noted(
        session,
        house,
        actor,
        case,
        "versand",
        "Brief abgegangen",
        "§ 41 VwVfG NRW, LZG NRW",
        evidence,
        changes,
        notes,
    )


def letters_of(session: Session, ids: Sequence[int]) -> Sequence[Letter]:
    """Return letters by id, to tell what a step made."""
    return session.scalars(select(Letter).where(Letter.id.in_(ids)).order_by(Letter.id)).all()
