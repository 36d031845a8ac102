"""Appointments of a case: booking one for its person, and what a missed one does to it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import service as appointments
from abh.appointments.tables import Booking
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict
from abh.workflows.aenderung import noted
from abh.workflows.effects import BIOMETRICS
from abh.workflows.intake import notify_letters
from abh.workflows.steps import check_scope, lock_case


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


def lane_of(service_key: str) -> str:
    """Return the lane of the roster in which staff book: biometrics grow out of a case."""
    return "einladung" if service_key == BIOMETRICS else "kunden"


def book_visit(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    service_key: str,
    *,
    day: date,
    start_cell: int,
) -> Booking:
    """Book a place for the person of an open case; the status page shows it too.

    Locks the case before the places, so that a case that ends at the same moment gives this place
    back as well. Raises what ``appointments.book_for`` raises, ``Conflict`` for a closed case.
    """
    case = lock_case(session, house, vorgang_id, expected_version=None)
    check_scope(actor, case)
    if case.vorgang["closed_at"] is not None:
        raise Conflict("Der Vorgang ist abgeschlossen.")
    return appointments.book_for(
        session,
        actor,
        vorgang_id=case.id,
        person_id=case.person["id"],
        unit_key=case.vorgang["unit_key"],
        service_key=service_key,
        lane=lane_of(service_key),
        day=day,
        start_cell=start_cell,
        clock=house,
        rules=appointments.rules_of(house.profile),
    )


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("a listener on appointments needs a furnished house as its clock")
    return clock
