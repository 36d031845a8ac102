"""Minutes that no firm booked go to the public in time, and only those."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.appointments import booking, desk_days, roster, rueckgabe
from abh.appointments.booking import Draft
from abh.appointments.tables import Booking, RosterBlock, Standby
from abh.kernel.clock import BERLIN, FixedClock
from tests.integration.appointments.office import (
    ADVICE,
    UNIT,
    Office,
    build_office,
    open_roster,
    week,
)

TWO_DAYS = timedelta(hours=48)
TUESDAY = date(2026, 11, 24)
NINE, TEN = 9 * 12, 10 * 12


def firm_desk(session: Session, clock: FixedClock) -> Office:
    """One desk whose whole day belongs to the firms."""
    office = build_office(session, desks=1)
    roster.apply_patterns(
        session, week(office, lane="firmen"), valid_from=date(2026, 11, 23), clock=clock
    )
    roster.extend_horizon(session, until=date(2026, 12, 4), clock=clock)
    return office


def minutes(session: Session, lane: str, day: date | None = None) -> int:
    found = select(RosterBlock).where(RosterBlock.lane == lane)
    if day:
        found = found.where(RosterBlock.day == day)
    return sum((b.cells.upper - b.cells.lower) * 5 for b in session.scalars(found))


def give_back(session: Session, clock: FixedClock) -> int:
    return rueckgabe.return_unused(session, now=clock.now(), before=TWO_DAYS)


def sound(session: Session) -> bool:
    return not desk_days.deviations(session, UNIT, date(2026, 1, 1), date(2027, 12, 31))


def book(session: Session, office: Office, clock: FixedClock, lane: str) -> Booking:
    draft = Draft(UNIT, office.desks[0], TUESDAY, NINE, TEN, lane, ADVICE, office.persons[0])
    (held,) = booking.reserve(session, [draft], now=clock.now())
    return booking.confirm(session, held.id, now=clock.now())


def test_only_what_begins_within_two_days_is_given_back(
    session: Session, clock: FixedClock
) -> None:
    firm_desk(session, clock)
    whole = minutes(session, "firmen", TUESDAY)
    given = give_back(session, clock)
    assert minutes(session, "kunden", TUESDAY) == whole
    assert minutes(session, "kunden", date(2026, 11, 26)) == 0
    assert given == minutes(session, "kunden")
    public = select(RosterBlock.returned_from).where(RosterBlock.lane == "kunden")
    assert set(session.scalars(public)) == {"firmen"}
    assert sound(session)
    assert give_back(session, clock) == 0


@pytest.mark.parametrize(("hour", "given"), [(7, False), (8, True)])
def test_the_hour_counts_not_the_day(
    session: Session, clock: FixedClock, hour: int, given: bool
) -> None:
    firm_desk(session, clock)
    first = session.scalars(
        select(RosterBlock).where(RosterBlock.day == TUESDAY).order_by(RosterBlock.cells)
    ).first()
    assert first
    assert first.cells.lower == 8 * 12
    now = datetime(2026, 11, 22, hour, 0, tzinfo=BERLIN)
    rueckgabe.return_unused(session, now=now, before=TWO_DAYS)
    assert (minutes(session, "kunden", TUESDAY) > 0) is given


def test_what_a_firm_booked_stays_and_comes_back_when_cancelled(
    session: Session, clock: FixedClock
) -> None:
    office = firm_desk(session, clock)
    booked = book(session, office, clock, "firmen")
    give_back(session, clock)
    assert minutes(session, "firmen", TUESDAY) == 60
    assert sound(session)
    booking.cancel(session, booked, now=clock.now())
    assert give_back(session, clock) == 60
    assert minutes(session, "firmen", TUESDAY) == 0
    assert sound(session)


def test_a_citizen_who_booked_returned_minutes_keeps_them_when_the_week_is_made_anew(
    session: Session, clock: FixedClock
) -> None:
    office = firm_desk(session, clock)
    give_back(session, clock)
    book(session, office, clock, "kunden")
    roster.lock_roster(session)
    roster.remake(session, [UNIT], date(2026, 11, 23), date(2026, 12, 4))
    assert minutes(session, "firmen", TUESDAY) == 0
    assert sound(session)


def test_returned_minutes_are_offered_first_to_those_who_wait_longest(
    session: Session, clock: FixedClock
) -> None:
    office = firm_desk(session, clock)
    for number, person in enumerate(office.persons[:2]):
        session.add(
            Standby(
                person_id=person,
                unit_key=UNIT,
                service_key=ADVICE,
                lane="kunden",
                email="warten@example.org",
                until=date(2026, 12, 31),
                created_at=clock.now() - timedelta(days=number),
            )
        )
    session.flush()
    give_back(session, clock)
    held = session.scalars(select(Booking).where(Booking.status == "held")).all()
    assert [place.person_id for place in sorted(held, key=lambda each: each.start_cell)] == [
        office.persons[1],
        office.persons[0],
    ]
    assert {place.day for place in held} == {TUESDAY}
    assert sound(session)


def test_an_office_without_firm_lane_has_nothing_to_give(
    session: Session, clock: FixedClock
) -> None:
    open_roster(session, build_office(session, desks=1), clock)
    assert give_back(session, clock) == 0
