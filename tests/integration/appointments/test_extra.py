"""Overbooking is one person more on a booked place: decided by who may, reasoned, on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS, Power
from abh.access.tables import AuditEntry
from abh.appointments import desk_days, extra, search, staff
from abh.appointments.errors import AlreadyBooked, SlotUnavailable
from abh.appointments.extra_tables import ExtraPlace
from abh.appointments.tables import Booking
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed
from tests.integration.appointments.office import ADVICE, UNIT, Office, build_office, open_roster

NINE, LANE, REASON = 108, "einladung", "Erfahrungsgemäß kommt jede Dritte nicht"


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=1, persons=6)


@pytest.fixture
def day(session: Session, office: Office, clock: FixedClock) -> date:
    return open_roster(session, office, clock)


@pytest.fixture
def lead(office: Office) -> Actor:
    return replace(office.clerk(), powers=ROLE_POWERS["lead"], role="lead")


@pytest.fixture
def booked(session: Session, office: Office, clock: FixedClock, day: date) -> Booking:
    return _book(session, office, clock, day)


def _book(
    session: Session,
    office: Office,
    clock: FixedClock,
    day: date,
    cell: int = NINE,
    person: int = 0,
) -> Booking:
    return staff.book_for(
        session, office.clerk(), vorgang_id=None, person_id=office.persons[person], unit_key=UNIT,
        service_key=ADVICE, lane=LANE, day=day, start_cell=cell, clock=clock,
    )  # fmt: skip


def _extra(
    session: Session,
    actor: Actor,
    beside: Booking,
    office: Office,
    clock: FixedClock,
    *,
    person: int = 1,
    reason: str = REASON,
) -> Booking:
    return extra.book_extra(
        session, actor, beside.id, person_id=office.persons[person], vorgang_id=None,
        service_key=ADVICE, reason=reason, clock=clock,
    )  # fmt: skip


def _proven(session: Session) -> bool:
    return desk_days.deviations(session, UNIT, date(2026, 11, 1), date(2027, 12, 31)) == []


def test_only_who_holds_the_power_overbooks(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    for actor in (
        office.clerk(),
        replace(lead, powers=lead.powers - {Power.EXTRA_PLACE}),
        replace(lead, unit_key="sg2"),
    ):
        with pytest.raises(NotAllowed):
            _extra(session, actor, booked, office, clock)
    assert session.query(ExtraPlace).count() == 0


@pytest.mark.parametrize("reason", ["", "   ", "voll"])
def test_an_extra_place_needs_a_reason(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock, reason: str
) -> None:
    with pytest.raises(InvalidInput, match="begründen"):
        _extra(session, lead, booked, office, clock, reason=reason)


def test_an_extra_place_is_a_row_of_its_own_with_reason_risk_and_record(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    taken = _extra(session, lead, booked, office, clock)
    place = session.get_one(ExtraPlace, taken.extra_id)
    assert (place.reason, place.made_by) == (REASON, lead.user_id)
    # Nothing was measured: everybody is taken to come, and then it overflows for certain.
    assert place.risk_permille == 1000
    assert (taken.desk_id, taken.cells) == (booked.desk_id, booked.cells)
    assert taken.ticket.startswith("Z-")
    entry = session.query(AuditEntry).filter(AuditEntry.action == "appointment.extra").one()
    assert (entry.entity_id, entry.facts["reason"]) == (taken.id, REASON)
    assert _proven(session)


def test_beside_a_booking_stands_one_more_and_never_two(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    _extra(session, lead, booked, office, clock)
    with pytest.raises(SlotUnavailable, match="schon einen Zusatzplatz"):
        _extra(session, lead, booked, office, clock, person=2)
    with pytest.raises(SlotUnavailable):
        _book(session, office, clock, booked.day, person=3)
    assert _proven(session)


def test_an_extra_place_that_was_given_back_can_be_made_again(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    taken = _extra(session, lead, booked, office, clock)
    staff.cancel(session, lead, taken.id, clock=clock)
    again = _extra(session, lead, booked, office, clock, person=2)
    assert again.extra_id != taken.extra_id
    assert _proven(session)


def test_when_the_booked_person_cancels_the_extra_one_has_the_desk_alone(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    _extra(session, lead, booked, office, clock)
    staff.cancel(session, lead, booked.id, clock=clock)
    with pytest.raises(SlotUnavailable):
        _book(session, office, clock, booked.day, person=3)
    assert _proven(session)


def test_a_free_time_is_booked_the_usual_way(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    staff.cancel(session, lead, booked.id, clock=clock)
    with pytest.raises(Conflict, match="ist frei"):
        _extra(session, lead, booked, office, clock)


def test_a_person_with_a_place_gets_no_extra_one_and_nothing_stays_behind(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    with pytest.raises(AlreadyBooked):
        _extra(session, lead, booked, office, clock, person=0)
    assert session.query(ExtraPlace).count() == 0
    assert _proven(session)


def test_no_search_ever_offers_an_extra_place(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    taken = _extra(session, lead, booked, office, clock)
    staff.cancel(session, lead, taken.id, clock=clock)
    slots = search.free_slots(
        session, UNIT, ADVICE, LANE, from_day=booked.day, days=1, limit=99, now=clock.now()
    )
    assert NINE not in {slot.start_cell for slot in slots}


def test_a_moved_extra_booking_becomes_an_ordinary_one(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    taken = _extra(session, lead, booked, office, clock)
    moved = staff.move(session, lead, taken.id, booked.day, 120, clock=clock)
    assert moved.extra_id is None
    assert moved.ticket.startswith("B-")
    assert _proven(session)


def test_the_database_ties_an_extra_booking_to_its_place_and_keeps_applicants_out(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    taken = _extra(session, lead, booked, office, clock)
    for change, rule in (
        ("cells = '[111,117)'", "fk_booking_extra_place"),
        ("extra_id = NULL", "ex_booking_desk"),
        ("extra_id = extra_id + 1", "fk_booking_extra_place"),
    ):
        with pytest.raises(IntegrityError, match=rule), session.begin_nested():
            session.execute(
                text(f"UPDATE booking SET {change} WHERE id = :id"),
                {"id": taken.id},
            )


def test_the_outlook_is_the_chance_that_more_come_than_there_are_places(
    session: Session, office: Office, booked: Booking, lead: Actor, clock: FixedClock
) -> None:
    _book(session, office, clock, booked.day, 120, person=2)
    session.execute(
        text(
            "INSERT INTO booking (unit_key, desk_id, day, cells, lane, service_key, person_id,"
            " status, created_at) SELECT :unit, :desk, date '2026-09-01' + n, '[108,114)',"
            " 'einladung', :service, :person,"
            " CASE WHEN n % 2 = 0 THEN 'no_show' ELSE 'served' END, :at"
            " FROM generate_series(1, 60) AS n"
        ),
        {
            "unit": UNIT,
            "desk": office.desks[0],
            "service": ADVICE,
            "person": office.persons[5],
            "at": clock.now(),
        },
    )
    (line,) = extra.outlook(session, lead, UNIT, booked.day, now=clock.now())
    assert (line.places, line.extra, line.ended, line.missed) == (2, 0, 60, 30)
    # At a cautious 38 % of absence all three come in about a quarter of all cases.
    assert 0.2 < line.risk < 0.3
    taken = _extra(session, lead, booked, office, clock)
    assert session.get_one(ExtraPlace, taken.extra_id).risk_permille == round(1000 * line.risk)
    (after,) = extra.outlook(session, lead, UNIT, booked.day, now=clock.now())
    assert after.extra == 1
    assert after.risk > line.risk
    with pytest.raises(NotAllowed):
        extra.outlook(session, office.clerk(), UNIT, booked.day, now=clock.now())
