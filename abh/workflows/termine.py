"""Appointments of a case: booking one for its person, and what a missed one does to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import extra, together
from abh.appointments import service as appointments
from abh.appointments.mitteilung import Way, What, tell_place
from abh.appointments.tables import Booking
from abh.appointments.together import Member
from abh.appointments.visits import ALONE, Visit
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import Conflict, NotFound
from abh.persons.tables import Person
from abh.workflows.aenderung import noted
from abh.workflows.effects import BIOMETRICS
from abh.workflows.intake import notify_letters
from abh.workflows.steps import check_scope, load_case, lock_case
from abh.workflows.tables import Vorgang


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
    visit: Visit = ALONE,
) -> Booking:
    """Book a place for the person of an open case; the status page shows it too.

    Locks the case before the places, so that a case that ends at the same moment gives this place
    back as well. Raises what ``appointments.book_for`` raises, ``Conflict`` for a closed case.
    """
    case = lock_case(session, house, vorgang_id, expected_version=None)
    check_scope(actor, case)
    if case.vorgang["closed_at"] is not None:
        raise Conflict("Der Vorgang ist abgeschlossen.")
    taken = appointments.book_for(
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
        visit=visit,
    )
    tell_place(session, house, taken, "booked")
    return taken


def move_visit(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    booking_id: int,
    *,
    day: date,
    start_cell: int,
) -> Way:
    """Move a place of a case for its person; return by which way they are told, "" for none.

    Locks the case before the places. Raises ``NotFound`` for a place of another case,
    ``BookingStateChanged``, ``SlotUnavailable`` with alternatives.
    """
    place = _place_of(session, house, actor, vorgang_id, booking_id)
    before, was = place.sequence, (place.day, place.start_cell)
    moved = appointments.move(
        session, actor, booking_id, day, start_cell,
        clock=house, rules=appointments.rules_of(house.profile),
    )  # fmt: skip
    what: What = "desk" if was == (moved.day, moved.start_cell) else "moved"
    return tell_place(session, house, moved, what) if moved.sequence != before else ""


def cancel_visit(
    session: Session, house: House, actor: Actor, vorgang_id: int, booking_id: int, reason: str
) -> Way:
    """Give a place of a case back for its person; return by which way they are told.

    Locks the case before the places. Raises ``NotFound`` for a place of another case,
    ``BookingStateChanged`` once the visit goes on.
    """
    _place_of(session, house, actor, vorgang_id, booking_id)
    ended = appointments.cancel(session, actor, booking_id, clock=house, reason=reason)
    return tell_place(session, house, ended, "cancelled")


def _place_of(
    session: Session, house: House, actor: Actor, vorgang_id: int, booking_id: int
) -> Booking:
    case = lock_case(session, house, vorgang_id, expected_version=None)
    check_scope(actor, case)
    place = session.get(Booking, booking_id, populate_existing=True)
    if place is None or place.vorgang_id != case.id:
        raise NotFound("Diesen Termin gibt es in diesem Vorgang nicht.")
    return place


def book_family(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    service_key: str,
    others: Sequence[int],
    *,
    day: date,
    start_cell: int,
) -> list[Booking]:
    """Book the person of a case and ``others`` (persons) at adjoining desks, all or none.

    Each place belongs to the person's own open case in this unit, if there is one. Locks all these
    cases first, in order. Raises what ``together.book_together`` raises, ``Conflict`` for a closed
    case, and ``NotFound`` for somebody outside the household.
    """
    first = load_case(session, house, vorgang_id=vorgang_id)
    check_scope(actor, first)
    unit, household = first.vorgang["unit_key"], first.person["household_id"]
    known = session.scalars(
        select(Person.id).where(Person.id.in_(others), Person.household_id == household)
    ).all()
    if household is None or set(known) != set(others):
        raise NotFound("Diese Person gehört nicht zum Haushalt.")
    cases = _open_cases(session, others, unit)
    for case_id in sorted({vorgang_id, *cases.values()}):
        locked = lock_case(session, house, case_id, expected_version=None)
        if case_id == vorgang_id and locked.vorgang["closed_at"] is not None:
            raise Conflict("Der Vorgang ist abgeschlossen.")
    taken = together.book_together(
        session,
        actor,
        [
            Member(first.person["id"], vorgang_id),
            *(Member(each, cases.get(each)) for each in others),
        ],
        unit_key=unit,
        service_key=service_key,
        lane=lane_of(service_key),
        day=day,
        start_cell=start_cell,
        clock=house,
        rules=appointments.rules_of(house.profile),
    )
    for each in taken:
        tell_place(session, house, each, "booked", family_of=first.person["id"])
    return taken


def _open_cases(session: Session, persons: Sequence[int], unit: str) -> dict[int, int]:
    """Return the newest open case of each person in the unit."""
    rows = session.execute(
        select(Vorgang.person_id, func.max(Vorgang.id))
        .where(
            Vorgang.person_id.in_(persons), Vorgang.unit_key == unit, Vorgang.closed_at.is_(None)
        )
        .group_by(Vorgang.person_id)
    )
    return dict(rows.all())


def book_extra(
    session: Session,
    house: House,
    actor: Actor,
    number: str,
    beside_id: int,
    *,
    service_key: str,
    reason: str,
) -> Booking:
    """Put the person of an open case on an extra place; see ``appointments.extra.book_extra``.

    Raises ``Conflict`` for a closed case or one of another unit than the booked place.
    """
    found = load_case(session, house, number=number)
    case = lock_case(session, house, found.id, expected_version=None)
    check_scope(actor, case)
    if case.vorgang["closed_at"] is not None:
        raise Conflict("Der Vorgang ist abgeschlossen.")
    beside = session.get(Booking, beside_id)
    if beside is not None and beside.unit_key != case.vorgang["unit_key"]:
        raise Conflict("Vorgang und Platz gehören zu verschiedenen Sachgebieten.")
    taken = extra.book_extra(
        session,
        actor,
        beside_id,
        person_id=case.person["id"],
        vorgang_id=case.id,
        service_key=service_key,
        reason=reason,
        clock=house,
    )
    tell_place(session, house, taken, "booked")
    return taken


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("a listener on appointments needs a furnished house as its clock")
    return clock
