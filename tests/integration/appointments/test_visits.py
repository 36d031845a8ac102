"""A visit of several persons or services is one place, under the same guard as every other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.appointments import (
    booking,
    desk_days,
    invitations,
    open_booking,
    search,
    staff,
    standby,
    together,
)
from abh.appointments import service as appointments
from abh.appointments.errors import AlreadyBooked, SlotUnavailable
from abh.appointments.tables import Booking, Standby
from abh.appointments.together import Member
from abh.appointments.visits import Visit
from abh.kernel.clock import FixedClock
from abh.kernel.errors import InvalidInput, NotAllowed, NotFound
from abh.office.tables import Desk, Service
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    UNIT,
    Office,
    build_office,
    open_roster,
)

EIGHT, NINE, LANE = 96, 108, "einladung"
FAMILY = Visit(persons=5)
BOTH = Visit(also=(ADVICE,))


@pytest.fixture
def office(session: Session) -> Office:
    made = build_office(session, desks=3, persons=8)
    session.execute(
        update(Service)
        .where(Service.key == BIOMETRICS)
        .values(per_person=10, most_persons=5, interpreter_minutes=15)
    )
    session.execute(
        update(Service).where(Service.key == ADVICE).values(interpreter_minutes=5, open=True)
    )
    return made


@pytest.fixture
def day(session: Session, office: Office, clock: FixedClock) -> date:
    return open_roster(session, office, clock)


def _book(
    session: Session,
    office: Office,
    clock: FixedClock,
    day: date,
    cell: int,
    *,
    visit: Visit,
    person: int = 0,
    service: str = BIOMETRICS,
) -> Booking:
    return staff.book_for(
        session, office.clerk(), vorgang_id=None, person_id=office.persons[person], unit_key=UNIT,
        service_key=service, lane=LANE, day=day, start_cell=cell, clock=clock, visit=visit,
    )  # fmt: skip


def _proven(session: Session) -> bool:
    return desk_days.deviations(session, UNIT, date(2026, 11, 1), date(2027, 12, 31)) == []


@pytest.mark.parametrize(
    ("service", "visit", "minutes"),
    [
        (BIOMETRICS, Visit(), 20),
        (BIOMETRICS, FAMILY, 60),
        (BIOMETRICS, Visit(interpreter=True), 35),
        (BIOMETRICS, BOTH, 50),
        (ADVICE, Visit(also=(BIOMETRICS,), interpreter=True), 70),
    ],
)
def test_the_minutes_of_a_visit_come_from_the_services(
    session: Session, office: Office, service: str, visit: Visit, minutes: int
) -> None:
    assert search.need_of(session, service, visit).minutes == minutes


def test_a_family_gets_one_longer_slot_and_its_cells_are_gone(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    slots = search.free_slots(
        session, UNIT, BIOMETRICS, LANE, from_day=day, days=1, limit=99, now=clock.now(),
        visit=FAMILY,
    )  # fmt: skip
    assert [slot.time.hour for slot in slots] == [8, 9, 10, 11]
    taken = _book(session, office, clock, day, EIGHT, visit=FAMILY)
    assert (taken.end_cell - taken.start_cell, taken.persons) == (12, 5)
    assert _proven(session)


def test_further_services_ask_for_a_desk_that_can_do_all_of_them(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    session.execute(update(Desk).values(equipment=[]))
    session.execute(update(Desk).where(Desk.id == office.desks[2]).values(equipment=["biometrics"]))
    taken = _book(
        session, office, clock, day, EIGHT, visit=Visit(also=(BIOMETRICS,)), service=ADVICE
    )
    assert taken.desk_id == office.desks[2]
    with pytest.raises(SlotUnavailable) as refused:
        _book(session, office, clock, day, EIGHT, visit=BOTH, person=1)
    assert {slot.minutes for slot in refused.value.alternatives} == {50}


@pytest.mark.parametrize(
    "visit",
    [
        Visit(persons=6),
        Visit(persons=0),
        Visit(also=(BIOMETRICS,)),
        Visit(also=(ADVICE,), persons=2),
        Visit(also=("a", "b", "c", "d")),
    ],
)
def test_a_visit_that_cannot_be_is_refused_with_its_reason(
    session: Session, office: Office, day: date, clock: FixedClock, visit: Visit
) -> None:
    with pytest.raises((InvalidInput, NotFound)):
        search.need_of(session, BIOMETRICS, visit)
    with pytest.raises((InvalidInput, NotFound)):
        _book(session, office, clock, day, EIGHT, visit=visit)
    assert _proven(session)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((BIOMETRICS, BOTH), (ADVICE, Visit())),
        ((ADVICE, Visit()), (BIOMETRICS, BOTH)),
        ((BIOMETRICS, BOTH), (ADVICE, Visit(also=(BIOMETRICS,)))),
        ((BIOMETRICS, Visit()), (BIOMETRICS, FAMILY)),
    ],
)
def test_one_open_place_per_person_and_purpose_counts_every_service_of_a_visit(
    session: Session,
    office: Office,
    day: date,
    clock: FixedClock,
    first: tuple[str, Visit],
    second: tuple[str, Visit],
) -> None:
    taken = _book(session, office, clock, day, EIGHT, service=first[0], visit=first[1])
    with pytest.raises(AlreadyBooked) as refused:
        _book(session, office, clock, day, 120, service=second[0], visit=second[1])
    assert refused.value.booking_id == taken.id
    # Somebody else, and the same person after giving it back, may.
    _book(session, office, clock, day, 120, service=second[0], visit=second[1], person=1)
    staff.cancel(session, office.clerk(), taken.id, clock=clock)
    _book(session, office, clock, day, EIGHT, service=second[0], visit=second[1])
    assert _proven(session)


def test_the_database_itself_refuses_the_second_place_for_a_further_service(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    _book(session, office, clock, day, EIGHT, visit=BOTH)
    with pytest.raises(IntegrityError, match="ex_booking_person_purposes"), session.begin_nested():
        session.execute(
            text(
                "INSERT INTO booking (unit_key, desk_id, day, cells, lane, service_key, person_id,"
                " status, created_at) VALUES (:unit, :desk, :day, '[130,136)', 'einladung',"
                " :service, :person, 'booked', now())"
            ),
            {
                "unit": UNIT,
                "desk": office.desks[1],
                "day": day,
                "service": ADVICE,
                "person": office.persons[0],
            },
        )


def test_a_moved_visit_keeps_its_length_and_what_it_is_for(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    visit = Visit(also=(), persons=3, interpreter=True)
    taken = _book(session, office, clock, day, EIGHT, visit=visit)
    moved = staff.move(session, office.clerk(), taken.id, day, 120, clock=clock)
    assert (moved.start_cell, moved.end_cell) == (120, 131)
    assert (moved.persons, moved.interpreter) == (3, True)
    assert _proven(session)


def test_an_invitation_for_a_family_offers_and_books_the_longer_slot(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    invitation, token = invitations.invite(
        session, office.clerk(), vorgang_id=7, person_id=office.persons[0], unit_key=UNIT,
        service_key=BIOMETRICS, book_until=day + timedelta(days=9), clock=clock, visit=FAMILY,
    )  # fmt: skip
    slots = invitations.offered_slots(session, invitation, now=clock.now())
    assert {slot.minutes for slot in slots} == {60}
    booked = invitations.book_by_token(session, token, day, EIGHT, clock=clock)
    again = invitations.book_by_token(session, token, day, EIGHT, clock=clock)
    assert (booked.id, booked.persons, booked.end_cell) == (again.id, 5, EIGHT + 12)


def test_an_open_visit_needs_every_service_to_be_open(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    with pytest.raises(NotFound):
        open_booking.free(session, UNIT, ADVICE, now=clock.now(), visit=Visit(also=(BIOMETRICS,)))


def _members(office: Office, count: int) -> list[Member]:
    return [Member(person) for person in office.persons[:count]]


def _together(
    session: Session, office: Office, clock: FixedClock, day: date, count: int, cell: int = NINE
) -> list[Booking]:
    return together.book_together(
        session, office.clerk(), _members(office, count), unit_key=UNIT, service_key=BIOMETRICS,
        lane=LANE, day=day, start_cell=cell, clock=clock,
    )  # fmt: skip


def test_a_family_sits_at_adjoining_desks_at_the_same_time(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    taken = _together(session, office, clock, day, 3)
    assert {each.start_cell for each in taken} == {NINE}
    assert sorted(each.desk_id for each in taken) == sorted(office.desks)
    assert len({each.ticket for each in taken}) == 3
    assert _proven(session)


def test_adjoining_means_one_room_and_all_or_nobody(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    session.execute(update(Desk).where(Desk.id == office.desks[2]).values(room="202"))
    with pytest.raises(SlotUnavailable) as refused:
        _together(session, office, clock, day, 3)
    assert refused.value.alternatives == ()
    assert session.scalar(text("SELECT count(*) FROM booking")) == 0
    assert {each.desk_id for each in _together(session, office, clock, day, 2)} == set(
        office.desks[:2]
    )


def test_offered_together_is_what_can_be_booked_together(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    _book(session, office, clock, day, EIGHT, visit=Visit(), person=7)
    slots = together.free_together(
        session, UNIT, BIOMETRICS, LANE, 3, from_day=day, days=1, limit=99, now=clock.now()
    )
    assert slots
    assert all(slot.start_cell >= 100 for slot in slots)
    for slot in slots:
        taken = _together(session, office, clock, slot.day, 3, slot.start_cell)
        for each in taken:
            staff.cancel(session, office.clerk(), each.id, clock=clock)
    with pytest.raises(SlotUnavailable) as refused:
        _together(session, office, clock, day, 3, EIGHT)
    assert refused.value.alternatives[0].start_cell == 100


def test_one_member_with_a_place_already_stops_all(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    _book(session, office, clock, day, 130, visit=Visit(), person=1)
    with pytest.raises(AlreadyBooked):
        _together(session, office, clock, day, 3)
    assert session.scalar(text("SELECT count(*) FROM booking")) == 1
    assert _proven(session)


def test_together_is_an_act_of_the_unit_and_of_a_sane_number(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    with pytest.raises(NotAllowed):
        together.book_together(
            session, office.clerk(unit_key="sg2"), _members(office, 2), unit_key=UNIT,
            service_key=BIOMETRICS, lane=LANE, day=day, start_cell=NINE, clock=clock,
        )  # fmt: skip
    with pytest.raises(InvalidInput):
        _together(session, office, clock, day, 1)


def test_a_call_needs_a_desk_for_every_service_of_the_visit(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    session.execute(update(Desk).where(Desk.id == office.desks[0]).values(equipment=[]))
    taken = _book(
        session, office, clock, day, EIGHT, visit=Visit(also=(BIOMETRICS,)), service=ADVICE
    )
    clock.advance(appointments.instant(day, EIGHT) - clock.now())
    appointments.check_in(session, office.clerk(), taken.id, clock=clock)
    assert appointments.call_next(session, office.clerk(), office.desks[0], clock=clock) is None
    (line,) = appointments.passed_over(session, office.clerk(), office.desks[0], clock=clock)
    assert line.missing_equipment == ("biometrics",)
    called = appointments.call_next(session, office.clerk(1), office.desks[1], clock=clock)
    assert called is not None
    assert called.id == taken.id


WHEELCHAIR = Visit(needs=("barrier_free",))


def test_a_barrier_free_desk_is_offered_and_taken_where_it_is_needed(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    session.execute(
        update(Desk)
        .where(Desk.id == office.desks[2])
        .values(equipment=["barrier_free", "biometrics"])
    )
    taken = _book(session, office, clock, day, EIGHT, visit=WHEELCHAIR)
    assert (taken.desk_id, taken.needs) == (office.desks[2], ["barrier_free"])
    with pytest.raises(SlotUnavailable):
        _book(session, office, clock, day, EIGHT, visit=WHEELCHAIR, person=1)
    # Others still find the desks that have no more than they need.
    assert (
        _book(session, office, clock, day, EIGHT, visit=Visit(), person=2).desk_id
        in (office.desks[:2])
    )
    moved = staff.move(session, office.clerk(), taken.id, day, NINE, clock=clock)
    assert moved.desk_id == office.desks[2]


def _waits(session: Session, person: int, need: int, visit: Visit, day: date) -> None:
    session.add(
        Standby(
            person_id=person, unit_key=UNIT, service_key=BIOMETRICS, lane=LANE, need=need,
            email=f"p{person}@example.org", until=day + timedelta(days=30),
            created_at=day_start(day), also=list(visit.also), persons=visit.persons,
            needs=list(visit.needs),
        )
    )  # fmt: skip
    session.flush()


def day_start(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)


def test_a_freed_place_goes_to_the_first_whose_whole_visit_fits_that_desk(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    freed = _book(session, office, clock, day, EIGHT, visit=BOTH)  # fifty minutes
    _waits(session, office.persons[1], 3, FAMILY, day)  # sixty minutes: too long
    _waits(session, office.persons[2], 2, WHEELCHAIR, day)  # not at this desk
    _waits(session, office.persons[3], 1, BOTH, day)
    _waits(session, office.persons[4], 0, Visit(), day)
    booking.cancel(session, freed, now=clock.now())
    held = standby.offer_freed(session, freed, now=clock.now())
    assert held is not None
    assert (held.person_id, held.also, held.status) == (office.persons[3], [ADVICE], "held")
    assert held.end_cell - held.start_cell == 10
    assert _proven(session)


def test_who_has_a_place_for_one_of_the_services_is_not_offered_the_visit(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    _book(session, office, clock, day, NINE, visit=Visit(), person=3, service=ADVICE)
    freed = _book(session, office, clock, day, EIGHT, visit=BOTH)
    _waits(session, office.persons[3], 3, BOTH, day)
    _waits(session, office.persons[4], 0, BOTH, day)
    booking.cancel(session, freed, now=clock.now())
    held = standby.offer_freed(session, freed, now=clock.now())
    assert held is not None
    assert held.person_id == office.persons[4]


def test_the_list_takes_no_visit_that_cannot_be(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    with pytest.raises(InvalidInput):
        standby.join(
            session, {}, unit_key=UNIT, service_key=BIOMETRICS, lane=LANE, email="a@example.org",
            until=day, need=0, now=clock.now(), visit=Visit(persons=6),
        )  # fmt: skip
