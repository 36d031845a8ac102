"""Letters that left: service, notification, and the action period that begins with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import dispatch
from abh.documents.akte import NewSheet, file_sheets
from abh.documents.house import House
from abh.documents.tables import Dispatch, Letter
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import Conflict, NotFound
from abh.kernel.fristen import Bekanntgabe, klagefrist
from abh.workflows import uhren
from abh.workflows.aenderung import noted
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
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
    changes, notes = begin_action_period(session, house, case, letter, known)
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


def record_deed(
    session: Session, house: House, actor: Actor, letter_id: int, pdf: NewSheet, *, served_on: date
) -> StepDone | None:
    """File the scanned deed or receipt of a letter and record the day of service that it proves.

    A letter that was not noted as sent counts as sent on the day of service. Raises ``Conflict``
    for a way without deed, else as ``record_dispatch``.
    """
    letter = session.get(Letter, letter_id)
    if letter is None or letter.vorgang_id is None:
        raise NotFound(f"Brief {letter_id}")
    case = lock_case(session, house, letter.vorgang_id, expected_version=None)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW, Power.COUNTER)
    if Channel(letter.channel or "") not in dispatch.FORMAL | {Channel.REGISTERED}:
        raise Conflict("Dieser Brief geht auf einem Weg ohne Urkunde oder Beleg.")
    sent = session.scalar(
        select(Dispatch.handed_over_on)
        .where(Dispatch.letter_id == letter_id, Dispatch.returned_on.is_(None))
        .order_by(Dispatch.id.desc())
        .limit(1)
    )
    sheet = file_sheets(
        session, house.blobs, letter.akte_id, [pdf], now=house.now(), vorgang_id=letter.vorgang_id
    )[0]
    done: StepDone | None = None
    if sent is None or letter.channel != Channel.REGISTERED:
        done = record_dispatch(
            session,
            house,
            actor,
            letter_id,
            on=sent or served_on,
            served_on=served_on,
            evidence=f"Blatt {sheet.sheet_no}",
        )
    dispatch.attach_deed(session, house, actor, letter_id, sheet.id)
    return done


def begin_action_period(
    session: Session, house: House, case: Case, letter: Letter, known: Bekanntgabe | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the notification of a letter work on its case: changes of the case and notes for its log.

    A refused application gets its action period under both readings and loses its fiction; any
    other letter, or one that is not notified yet, changes nothing. The case is locked.
    """
    changes: dict[str, Any] = {}
    notes: dict[str, Any] = {"letter": letter.id, "channel": letter.channel}
    effective = known is not None and known.is_effective
    period = klagefrist(known, house.law) if known is not None and effective else None
    if letter.remedy != "klage_1_monat" or period is None or case.state != "refused":
        return changes, notes
    uhren.stop_clocks(session, case.id, now=house.now(), kinds=["klage", "klage_warnung"])
    for kind, label, clock in (
        ("klage_warnung", "Klagefrist (früheste Lesart)", period.earliest),
        ("klage", "Bestandskraft (späteste Lesart)", period.latest),
    ):
        uhren.start_clock(session, case.id, kind, label, clock, letter_id=letter.id)
    latest = known.latest if known is not None else None
    changes["remedy"] = Remedy(notified_on=latest, action_until=period.latest.end)
    changes["awaiting_service"] = None
    # § 81(4) AufenthG lasts until the decision, which takes effect when notified (§ 43 VwVfG);
    # of the two readings the later one is held against the person.
    session.execute(
        update(FiktionRecord)
        .where(FiktionRecord.vorgang_id == case.id, FiktionRecord.ended_on.is_(None))
        .values(ended_on=latest, ended_by="Ablehnung bekannt gegeben")
    )
    notes["action_until"] = period.latest.end.isoformat()
    return changes, notes


def letters_of(session: Session, ids: Sequence[int]) -> Sequence[Letter]:
    """Return letters by id, to tell what a step made."""
    return session.scalars(select(Letter).where(Letter.id.in_(ids)).order_by(Letter.id)).all()
