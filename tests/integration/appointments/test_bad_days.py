"""Holds and bookings when clocks jump, on the leap day and at midnight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS
from abh.appointments import booking, desk_days, invitations, jobs, planning, roster, search, staff
from abh.appointments.booking import Draft
from abh.appointments.calendar_file import CalendarOffice, calendar_file
from abh.appointments.errors import HoldLapsed, SlotUnavailable
from abh.appointments.rules import RULES
from abh.appointments.tables import Booking
from abh.kernel.clock import FixedClock
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    UNIT,
    Office,
    build_office,
    open_roster,
    week,
)

SPRING, AUTUMN, LEAP = date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29)
AUTHORITY = CalendarOffice("Amt", "Straße 1", "amt.example")


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=1, persons=6)


@pytest.fixture
def lead(office: Office) -> Actor:
    return replace(office.clerk(), powers=ROLE_POWERS["lead"], role="lead")


def _night(
    session: Session, office: Office, lead: Actor, clock: FixedClock, day: date, end: time
) -> None:
    """Work in the night: no pattern, a block by hand."""
    planning.add_block(
        session, lead, UNIT, desk_id=office.desks[0], user_id=office.users[0], day=day,
        start=time(1), end=end, lane="notfall", clock=clock,
    )  # fmt: skip


def _starts(session: Session, clock: FixedClock, day: date) -> list[time]:
    slots = search.free_slots(
        session, UNIT, ADVICE, "notfall", from_day=day, days=1, limit=99, now=clock.now()
    )
    return [slot.time for slot in slots]


def _take(
    session: Session,
    office: Office,
    day: date,
    cell: int,
    now: datetime,
    *,
    held_until: datetime | None = None,
    person: int = 0,
) -> Booking:
    draft = Draft(
        UNIT, office.desks[0], day, cell, cell + 6, "notfall", ADVICE, office.persons[person],
        held_until=held_until,
    )  # fmt: skip
    return booking.reserve(session, [draft], now=now)[0]


def _proven(session: Session) -> bool:
    return desk_days.deviations(session, UNIT, date(2026, 11, 1), date(2028, 12, 31)) == []


def test_in_the_spring_night_the_skipped_hour_cannot_be_booked(
    session: Session, office: Office, lead: Actor
) -> None:
    clock = FixedClock(datetime(2027, 3, 26, 12, tzinfo=UTC))
    _night(session, office, lead, clock, SPRING, time(4))
    assert _starts(session, clock, SPRING) == [time(1), time(1, 30), time(3), time(3, 30)]
    for cell in (21, 24, 30, 35):
        with pytest.raises(SlotUnavailable):
            _take(session, office, SPRING, cell, clock.now())
    _take(session, office, SPRING, 36, clock.now())
    assert _proven(session)


def test_in_the_autumn_night_the_repeated_hour_is_booked_once(
    session: Session, office: Office, lead: Actor
) -> None:
    clock = FixedClock(datetime(2027, 10, 30, 12, tzinfo=UTC))
    _night(session, office, lead, clock, AUTUMN, time(4))
    assert _starts(session, clock, AUTUMN) == [time(1 + n // 2, 30 * (n % 2)) for n in range(6)]
    first = _take(session, office, AUTUMN, 24, clock.now())
    with pytest.raises(SlotUnavailable):
        _take(session, office, AUTUMN, 24, clock.now(), person=1)
    ics = calendar_file(first, AUTHORITY, "https://amt.example/x", now=clock.now()).decode()
    assert "DTSTART;TZID=Europe/Berlin:20271031T020000" in ics
    assert _proven(session)


@pytest.mark.parametrize(
    ("day", "asked"),
    [
        (SPRING, datetime(2027, 3, 28, 0, 55, tzinfo=UTC)),
        (AUTUMN, datetime(2027, 10, 31, 0, 55, tzinfo=UTC)),
        (LEAP, datetime(2028, 2, 28, 22, 55, tzinfo=UTC)),
    ],
)
def test_a_hold_lasts_ten_real_minutes_across_the_change_and_midnight(
    session: Session, office: Office, lead: Actor, day: date, asked: datetime
) -> None:
    clock = FixedClock(asked)
    _night(session, office, lead, clock, day, time(6))
    until = clock.now() + RULES.hold
    kept = _take(session, office, day, 60, clock.now(), held_until=until)
    clock.advance(timedelta(minutes=9, seconds=59))
    assert jobs.lapse_holds(session, clock, 10) == 0
    with pytest.raises(SlotUnavailable):
        _take(session, office, day, 60, clock.now(), person=1)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(HoldLapsed):
        booking.confirm(session, kept.id, now=clock.now())
    assert jobs.lapse_holds(session, clock, 10) == 1
    _take(session, office, day, 60, clock.now(), person=1)
    assert _proven(session)


def test_a_clock_that_jumps_back_ends_no_hold_early_and_confirms_once(
    session: Session, office: Office, lead: Actor, clock: FixedClock
) -> None:
    day = date(2026, 11, 24)
    _night(session, office, lead, clock, day, time(6))
    kept = _take(session, office, day, 60, clock.now(), held_until=clock.now() + RULES.hold)
    clock.advance(timedelta(hours=-3))
    assert jobs.lapse_holds(session, clock, 10) == 0
    assert booking.confirm(session, kept.id, now=clock.now()).status == "booked"
    clock.advance(timedelta(days=1))
    assert booking.confirm(session, kept.id, now=clock.now()).status == "booked"
    assert jobs.lapse_holds(session, clock, 10) == 0
    assert _proven(session)


def test_a_clock_that_jumps_forward_ends_holds_and_keeps_bookings(
    session: Session, office: Office, lead: Actor, clock: FixedClock
) -> None:
    day = date(2026, 11, 26)
    _night(session, office, lead, clock, day, time(6))
    kept = _take(session, office, day, 60, clock.now(), held_until=clock.now() + RULES.hold)
    firm = _take(session, office, day, 36, clock.now(), person=1)
    clock.advance(timedelta(hours=5))
    assert jobs.lapse_holds(session, clock, 10) == 1
    session.expire_all()
    assert (kept.status, firm.status) == ("lapsed", "booked")
    assert _proven(session)


def test_the_leap_day_is_planned_booked_and_moved_like_any_tuesday(
    session: Session, office: Office
) -> None:
    clock = FixedClock(datetime(2028, 2, 21, 8, tzinfo=UTC))
    roster.apply_patterns(session, week(office), valid_from=date(2028, 2, 21), clock=clock)
    roster.extend_horizon(session, until=date(2028, 3, 10), clock=clock)
    slots = search.month_slots(
        session, UNIT, ADVICE, "einladung", from_day=date(2028, 2, 28), days=3, now=clock.now()
    )
    assert list(slots) == [date(2028, 2, 28), LEAP, date(2028, 3, 1)]
    taken = staff.book_for(
        session, office.clerk(), vorgang_id=None, person_id=office.persons[0], unit_key=UNIT,
        service_key=ADVICE, lane="einladung", day=LEAP, start_cell=96, clock=clock,
    )  # fmt: skip
    ics = calendar_file(taken, AUTHORITY, "https://amt.example/x", now=clock.now()).decode()
    assert "20280229T080000" in ics
    moved = staff.move(session, office.clerk(), taken.id, date(2028, 3, 1), 96, clock=clock)
    assert moved.day == date(2028, 3, 1)
    assert _proven(session)


def test_a_shift_until_midnight_offers_its_last_half_hour(
    session: Session, office: Office, lead: Actor, clock: FixedClock
) -> None:
    day = date(2026, 12, 31)
    planning.add_block(
        session, lead, UNIT, desk_id=office.desks[0], user_id=office.users[0], day=day,
        start=time(23), end=time(0), lane="notfall", clock=clock,
    )  # fmt: skip
    assert _starts(session, clock, day) == [time(23), time(23, 30)]
    taken = _take(session, office, day, 282, clock.now())
    ics = calendar_file(taken, AUTHORITY, "https://amt.example/x", now=clock.now()).decode()
    assert "DTEND;TZID=Europe/Berlin:20270101T000000" in ics


def test_a_retried_request_books_once_even_when_the_clock_jumped_between(
    session: Session, office: Office, clock: FixedClock
) -> None:
    day = open_roster(session, office, clock)
    _invitation, token = invitations.invite(
        session, office.clerk(), vorgang_id=9, person_id=office.persons[0], unit_key=UNIT,
        service_key=BIOMETRICS, book_until=day + timedelta(days=7), clock=clock,
    )  # fmt: skip
    first = invitations.book_by_token(session, token, day, 108, clock=clock)
    for jump in (timedelta(hours=-5), timedelta(minutes=30), timedelta(days=2)):
        clock.advance(jump)
        assert invitations.book_by_token(session, token, day, 108, clock=clock).id == first.id
    assert session.query(Booking).count() == 1
