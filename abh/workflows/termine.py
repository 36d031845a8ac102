"""What an appointment does to its case: a missed one counts, and the machine concludes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.workflows.aenderung import noted
from abh.workflows.intake import notify_letters
from abh.workflows.steps import lock_case


def lock_visited_case(
    session: Session, actor: Actor, *, now: datetime, clock: Clock, vorgang_id: int
) -> None:
    """Lock the case before its places, in the order in which every step of a case locks."""
    lock_case(session, _house(clock), vorgang_id, expected_version=None)


def count_no_show(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    clock: Clock,
    vorgang_id: int,
    booking_id: int,
) -> None:
    """Count a missed appointment; the first is followed by a new invitation (§ 82(4) AufenthG).

    From the second on a clerk may hear the person. A case that does not wait for the appointment
    keeps the count and is not moved.
    """
    house = _house(clock)
    case = lock_case(session, house, vorgang_id, expected_version=None)
    if case.vorgang["closed_at"] is not None:
        return
    done = noted(
        session,
        house,
        actor,
        case,
        "termin_versaeumt",
        "Termin versäumt",
        "§ 82 Abs. 4 AufenthG",
        "",
        {"no_shows": case.facts.no_shows + 1, "missed_appointment": True},
        {"booking": booking_id},
    )
    notify_letters(session, house, done.letters)


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("a listener on appointments needs a furnished house as its clock")
    return clock
