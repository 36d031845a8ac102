"""Invitation, slots, hold, booking, moving, cancelling: what a person by link can and cannot do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, applicant_actor
from abh.access.tables import AuditEntry
from abh.appointments import desk_days, jobs, roster, service
from abh.appointments.release import release_case
from abh.appointments.rules import BookingRules
from abh.appointments.tables import Booking, Invitation, RosterBlock
from abh.kernel.clock import BERLIN, FixedClock, today
from abh.kernel.errors import NotAllowed, NotFound
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    UNIT,
    Office,
    build_office,
    open_roster,
    week,
)

EIGHT, NINE = 96, 108


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=2, persons=6)


@pytest.fixture
def day(session: Session, office: Office, clock: FixedClock) -> date:
    return open_roster(session, office, clock)


def _invite(
    session: Session,
    office: Office,
    clock: FixedClock,
    person: int = 0,
    service_key: str = BIOMETRICS,
    until: int = 10,
) -> str:
    _, token = service.invite(
        session,
        office.clerk(),
        vorgang_id=1000 + person,
        person_id=office.persons[person],
        unit_key=UNIT,
        service_key=service_key,
        book_until=today(clock) + timedelta(days=until),
        clock=clock,
    )
    return token


def _proven(session: Session) -> bool:
    return desk_days.deviations(session, UNIT, date(2026, 1, 1), date(2027, 12, 31)) == []


def test_a_foreign_or_withdrawn_link_finds_nothing(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    first = _invite(session, office, clock)
    second = _invite(session, office, clock)
    for token in ("", "x" * 22, first):
        with pytest.raises(NotFound, match="Link"):
            service.invitation_by_token(session, token)
    assert service.invitation_by_token(session, second).person_id == office.persons[0]
    service.withdraw_invitation(
        session, SYSTEM, vorgang_id=1000, service_key=BIOMETRICS, clock=clock
    )
    with pytest.raises(NotFound, match="Link"):
        service.book_by_token(session, second, day, NINE, clock=clock)


def test_the_token_is_not_stored(session: Session, office: Office, clock: FixedClock) -> None:
    token = _invite(session, office, clock)
    stored = session.scalar(select(Invitation.token_hash))
    assert stored is not None and token.encode() not in stored


def test_an_invitation_for_an_unknown_service_is_refused(
    session: Session, office: Office, clock: FixedClock
) -> None:
    with pytest.raises(NotFound, match="zaubern"):
        _invite(session, office, clock, service_key="zaubern")


def test_booking_takes_the_cells_and_gives_a_ticket(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    booked = service.book_by_token(session, _invite(session, office, clock), day, NINE, clock=clock)
    assert (booked.status, booked.day, booked.cells.lower, booked.cells.upper) == (
        "booked",
        day,
        NINE,
        NINE + 4,
    )
    assert booked.ticket == f"B-{booked.desk_id}01"
    assert _proven(session)


def test_sending_the_same_form_twice_books_once(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    token = _invite(session, office, clock)
    first = service.book_by_token(session, token, day, NINE, clock=clock)
    assert service.book_by_token(session, token, day, NINE, clock=clock).id == first.id
    assert session.scalar(select(func.count()).select_from(Booking)) == 1


def test_a_second_place_for_the_same_purpose_is_refused(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    token = _invite(session, office, clock)
    first = service.book_by_token(session, token, day, NINE, clock=clock)
    with pytest.raises(service.AlreadyBooked) as refused:
        service.book_by_token(session, token, day, NINE + 4, clock=clock)
    assert refused.value.booking_id == first.id
    other = _invite(session, office, clock, service_key=ADVICE)
    assert service.book_by_token(session, other, day, NINE + 4, clock=clock).id != first.id


def test_a_taken_time_is_refused_with_times_that_are_free(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    for person in (0, 1):
        token = _invite(session, office, clock, person)
        service.book_by_token(session, token, day, NINE, clock=clock)
    last = _invite(session, office, clock, 2)
    with pytest.raises(service.SlotUnavailable) as refused:
        service.book_by_token(session, last, day, NINE, clock=clock)
    offered = refused.value.alternatives
    assert offered and all((slot.day, slot.start_cell) != (day, NINE) for slot in offered)
    best = offered[0]
    booked = service.book_by_token(session, last, best.day, best.start_cell, clock=clock)
    assert booked.status == "booked"


@pytest.mark.parametrize("cell", [-1, 0, 95, 141, 150, 286, 288, 100_000])
def test_a_time_outside_the_roster_is_refused(
    session: Session, office: Office, clock: FixedClock, day: date, cell: int
) -> None:
    with pytest.raises(service.SlotUnavailable):
        service.book_by_token(session, _invite(session, office, clock), day, cell, clock=clock)


def test_nothing_nearer_than_the_lead_time_is_offered_or_booked(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    clock.at = datetime.combine(day, time(8, 1), tzinfo=BERLIN)
    token = _invite(session, office, clock)
    invitation = service.invitation_by_token(session, token)
    first = service.offered_slots(session, invitation, now=clock.now())[0]
    assert (first.day, first.time) == (day, time(10, 20))
    with pytest.raises(service.SlotUnavailable, match="zu nah"):
        service.book_by_token(session, token, day, 120, clock=clock)
    with pytest.raises(service.SlotUnavailable, match="zu nah"):
        service.book_by_token(session, token, day - timedelta(days=1), NINE, clock=clock)
    at_once = BookingRules(lead=timedelta(0))
    assert service.book_by_token(session, token, day, 120, clock=clock, rules=at_once)


def test_an_expired_invitation_books_nothing_but_shows_what_was_booked(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    used = _invite(session, office, clock, 0, until=0)
    unused = _invite(session, office, clock, 1, until=0)
    booked = service.book_by_token(session, used, day, NINE, clock=clock)
    clock.advance(timedelta(days=1))
    with pytest.raises(service.InvitationExpired):
        service.book_by_token(session, unused, day + timedelta(days=1), NINE, clock=clock)
    invitation = service.invitation_by_token(session, used)
    shown = service.booking_of(session, invitation)
    assert shown is not None and shown.id == booked.id


def test_only_desks_with_the_equipment_are_offered(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=2, equipment=[["biometrics", "barrier_free"], []])
    day = open_roster(session, office, clock)
    slots = service.free_slots(
        session, UNIT, BIOMETRICS, "einladung", from_day=day, days=1, limit=40, now=clock.now()
    )
    assert slots and {slot.desk_id for slot in slots} == {office.desks[0]}
    for person in (0, 1):
        token = _invite(session, office, clock, person)
        if person == 0:
            service.book_by_token(session, token, day, NINE, clock=clock)
        else:
            with pytest.raises(service.SlotUnavailable):
                service.book_by_token(session, token, day, NINE, clock=clock)


def test_the_desk_with_the_least_equipment_is_taken_first(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session, desks=2, equipment=[["biometrics", "barrier_free"], []])
    day = open_roster(session, office, clock)
    for person in range(3):
        token = _invite(session, office, clock, person, ADVICE)
        booked = service.book_by_token(session, token, day, 96 + 6 * person, clock=clock)
        assert booked.desk_id == office.desks[1]


def test_slots_are_distinct_times_spread_over_days(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    slots = service.free_slots(
        session, UNIT, BIOMETRICS, "einladung", from_day=day, days=30, limit=20, now=clock.now()
    )
    times = [(slot.day, slot.start_cell) for slot in slots]
    assert len(times) == 20 and times == sorted(set(times))
    assert len({slot.day for slot in slots}) == 5
    assert slots[0].start_cell == EIGHT
    few = service.free_slots(
        session, UNIT, BIOMETRICS, "einladung", from_day=day, days=1, limit=20, now=clock.now()
    )
    assert [slot.start_cell for slot in few] == list(range(96, 144, 4))


def test_slots_of_a_big_unit_come_in_few_statements_and_miss_no_day(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session, desks=70)
    day = open_roster(session, office, clock, days=40)
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    slots = service.free_slots(
        session, UNIT, ADVICE, "einladung", from_day=day, days=28, limit=20, now=clock.now()
    )
    assert (len(slots), len(statements)) == (20, 2)
    statements.clear()
    everything = service.free_slots(
        session, UNIT, ADVICE, "einladung", from_day=day, days=28, limit=160, now=clock.now()
    )
    assert len({slot.day for slot in everything}) == 20
    assert len(everything) == 160
    assert len(statements) <= 4


def test_a_hold_keeps_the_place_for_ten_minutes(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    invitation = service.invitation_by_token(session, _invite(session, office, clock))
    slot = service.Slot(day, NINE, office.desks[0], 20)
    held = service.hold(session, invitation, slot, now=clock.now())
    assert (held.status, held.ticket) == ("held", f"B-{held.desk_id}01")
    clock.advance(timedelta(minutes=9, seconds=59))
    booked = service.confirm(session, invitation, held.id, now=clock.now())
    assert (booked.status, booked.held_until, booked.ticket) == (
        "booked",
        None,
        f"B-{held.desk_id}01",
    )
    assert service.confirm(session, invitation, held.id, now=clock.now()).ticket == booked.ticket
    assert _proven(session)


def test_a_hold_confirmed_too_late_is_refused_before_and_after_the_sweep(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    invitation = service.invitation_by_token(session, _invite(session, office, clock))
    slot = service.Slot(day, NINE, office.desks[0], 20)
    held = service.hold(session, invitation, slot, now=clock.now())
    clock.advance(timedelta(minutes=10))
    with pytest.raises(service.HoldLapsed):
        service.confirm(session, invitation, held.id, now=clock.now())
    assert jobs.lapse_holds(session, clock, 100) == 1
    assert jobs.lapse_holds(session, clock, 100) == 0
    with pytest.raises(service.HoldLapsed):
        service.confirm(session, invitation, held.id, now=clock.now())
    assert _proven(session)


def test_the_hold_of_somebody_else_cannot_be_confirmed(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    mine = service.invitation_by_token(session, _invite(session, office, clock, 0))
    theirs = service.invitation_by_token(session, _invite(session, office, clock, 1))
    slot = service.Slot(day, NINE, office.desks[0], 20)
    held = service.hold(session, theirs, slot, now=clock.now())
    with pytest.raises(NotFound):
        service.confirm(session, mine, held.id, now=clock.now())


def test_holding_another_place_gives_the_first_back(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    invitation = service.invitation_by_token(session, _invite(session, office, clock))
    for cell in (NINE, NINE + 2, NINE + 20):
        slot = service.Slot(day, cell, office.desks[0], 20)
        service.hold(session, invitation, slot, now=clock.now())
        held = session.scalars(select(Booking).where(Booking.status == "held")).all()
        assert [row.cells.lower for row in held] == [cell]
        assert _proven(session)


def test_a_lapsed_hold_is_no_obstacle_even_before_the_sweep(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session, desks=1)
    day = open_roster(session, office, clock)
    slow = service.invitation_by_token(session, _invite(session, office, clock, 0))
    slot = service.Slot(day, NINE, office.desks[0], 20)
    service.hold(session, slow, slot, now=clock.now())
    token = _invite(session, office, clock, 1)
    with pytest.raises(service.SlotUnavailable):
        service.book_by_token(session, token, day, NINE + 2, clock=clock)
    clock.advance(timedelta(minutes=10))
    booked = service.book_by_token(session, token, day, NINE + 2, clock=clock)
    assert booked.person_id == office.persons[1]
    assert _proven(session)


def test_cancelling_frees_the_place_for_the_next(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    token = _invite(session, office, clock)
    service.book_by_token(session, token, day, NINE, clock=clock)
    cancelled = service.cancel_by_token(session, token, clock=clock)
    assert cancelled is not None and cancelled.status == "cancelled"
    assert service.cancel_by_token(session, token, clock=clock) is None
    assert _proven(session)
    assert service.book_by_token(session, token, day, NINE, clock=clock).status == "booked"


def test_moving_keeps_the_booking_and_frees_the_old_place(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    token = _invite(session, office, clock)
    booked = service.book_by_token(session, token, day, NINE, clock=clock)
    later = day + timedelta(days=1)
    moved = service.move_by_token(session, token, later, NINE + 2, clock=clock)
    assert (moved.id, moved.day, moved.cells.lower, moved.sequence) == (
        booked.id,
        later,
        NINE + 2,
        1,
    )
    assert _proven(session)


@pytest.mark.parametrize("last", [20_505, 2**31, 2**40])
def test_the_numbers_of_persons_may_grow_beyond_those_of_a_small_town(
    session: Session, clock: FixedClock, last: int
) -> None:
    """The order of the desks is drawn from the number: its product must fit whoever comes."""
    session.execute(text("SELECT setval('person_id_seq', :last)"), {"last": last})
    office = build_office(session, desks=2)
    day = open_roster(session, office, clock)
    assert min(office.persons) > last
    token = _invite(session, office, clock)
    booked = service.book_by_token(session, token, day, NINE, clock=clock)
    moved = service.move_by_token(session, token, day, NINE + 6, clock=clock)
    assert (moved.id, moved.cells.lower) == (booked.id, NINE + 6)


def test_a_move_may_overlap_the_old_place(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    day = open_roster(session, office, clock)
    token = _invite(session, office, clock)
    service.book_by_token(session, token, day, NINE, clock=clock)
    moved = service.move_by_token(session, token, day, NINE + 2, clock=clock)
    assert (moved.cells.lower, moved.ticket) == (NINE + 2, f"B-{moved.desk_id}01")
    assert _proven(session)


def test_a_move_to_a_taken_place_keeps_the_old_one(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    day = open_roster(session, office, clock)
    mine, theirs = _invite(session, office, clock, 0), _invite(session, office, clock, 1)
    service.book_by_token(session, mine, day, NINE, clock=clock)
    service.book_by_token(session, theirs, day, NINE + 4, clock=clock)
    with pytest.raises(service.SlotUnavailable):
        service.move_by_token(session, mine, day, NINE + 4, clock=clock)
    kept = service.booking_of(session, service.invitation_by_token(session, mine))
    assert kept is not None and (kept.cells.lower, kept.status) == (NINE, "booked")
    assert _proven(session)


@pytest.mark.parametrize(
    "act",
    [
        lambda s, actor, b, c: service.cancel(s, actor, b.id, clock=c),
        lambda s, actor, b, c: service.move(s, actor, b.id, b.day, NINE + 8, clock=c),
    ],
)
def test_neither_applicant_nor_another_unit_may_act_as_staff(
    session: Session,
    office: Office,
    clock: FixedClock,
    day: date,
    act: Callable[..., object],
) -> None:
    token = _invite(session, office, clock)
    booked = service.book_by_token(session, token, day, NINE, clock=clock)
    for actor in (applicant_actor(), office.clerk(unit_key="sg2")):
        with pytest.raises(NotAllowed):
            act(session, actor, booked, clock)
    act(session, office.clerk(), booked, clock)
    assert _proven(session)


def test_staff_book_under_the_same_guard(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    def book(person: int) -> Booking:
        return service.book_for(
            session,
            office.clerk(),
            vorgang_id=None,
            person_id=office.persons[person],
            unit_key=UNIT,
            service_key=ADVICE,
            lane="einladung",
            day=day,
            start_cell=NINE,
            clock=clock,
        )

    assert {book(0).desk_id, book(1).desk_id} == set(office.desks)
    with pytest.raises(service.SlotUnavailable):
        book(2)
    with pytest.raises(service.AlreadyBooked):
        service.book_for(
            session,
            office.clerk(),
            vorgang_id=None,
            person_id=office.persons[0],
            unit_key=UNIT,
            service_key=ADVICE,
            lane="einladung",
            day=day,
            start_cell=NINE + 6,
            clock=clock,
        )
    assert _proven(session)


def test_every_act_is_in_the_audit_log_without_names(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    token = _invite(session, office, clock)
    service.book_by_token(session, token, day, NINE, clock=clock)
    service.move_by_token(session, token, day, NINE + 4, clock=clock)
    service.cancel_by_token(session, token, clock=clock)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == [
        f"appointment.{act}" for act in ("invite", "book", "move", "cancel")
    ]
    assert {entry.vorgang_id for entry in entries} == {1000}
    assert not any("Muster" in str(entry.facts) for entry in entries)


def test_the_night_of_summer_time_offers_no_hour_that_does_not_exist(
    session: Session, office: Office, clock: FixedClock
) -> None:
    """Saturday to Sunday belongs to no roster; the block is made by hand, as for a raid."""
    sunday = date(2027, 3, 28)
    roster.apply_patterns(session, week(office), valid_from=today(clock), clock=clock)
    session.execute(
        insert(RosterBlock).values(
            unit_key=UNIT,
            desk_id=office.desks[0],
            user_id=office.users[0],
            day=sunday,
            cells=Range(12, 48),
            lane="notfall",
        )
    )
    roster.rebuild_desk_days(session, UNIT, [sunday])
    slots = service.free_slots(
        session, UNIT, ADVICE, "notfall", from_day=sunday, days=1, limit=20, now=clock.now()
    )
    assert [slot.time for slot in slots] == [time(1), time(1, 30), time(3), time(3, 30)]


def test_the_horizon_job_keeps_half_a_year_open(
    session: Session, office: Office, clock: FixedClock
) -> None:
    roster.apply_patterns(session, week(office), valid_from=today(clock), clock=clock)
    assert jobs.extend_horizon(session, clock, 500) > 200
    assert roster.horizon_of(session, UNIT) == today(clock) + timedelta(days=180)
    assert jobs.extend_horizon(session, clock, 500) == 0


def test_the_end_of_a_case_frees_its_places_and_ends_its_links(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    token = _invite(session, office, clock)
    advice = _invite(session, office, clock, service_key=ADVICE)
    service.book_by_token(session, token, day, NINE, clock=clock)
    service.book_by_token(session, advice, day + timedelta(days=1), NINE, clock=clock)
    other = service.book_by_token(
        session, _invite(session, office, clock, 1), day, NINE, clock=clock
    )
    assert release_case(session, office.clerk(), 1000, clock=clock) == 2
    assert release_case(session, office.clerk(), 1000, clock=clock) == 0
    assert session.scalars(select(Booking.id).where(Booking.status == "booked")).all() == [other.id]
    for ended in (token, advice):
        with pytest.raises(NotFound):
            service.invitation_by_token(session, ended)
    assert _proven(session)
