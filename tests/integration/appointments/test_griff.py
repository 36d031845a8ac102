"""The one statement that books: what it leaves is what the pure functions and the table say."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.tables import AuditEntry
from abh.appointments import availability, desk_days, griff
from abh.appointments.errors import AlreadyBooked
from abh.appointments.log import Act
from abh.appointments.placing import Wish
from abh.appointments.tables import Booking
from abh.kernel.clock import FixedClock
from tests.integration.appointments.office import (
    ADVICE,
    UNIT,
    Office,
    build_office,
    open_roster,
)

DICE = random.Random("cells:2026")
CASES = [(0, 0, 1), (availability.WHOLE_DAY, 0, 288), (availability.WHOLE_DAY, 287, 288)] + [
    (DICE.getrandbits(288) | DICE.getrandbits(288), start, start + DICE.randrange(1, 40))
    for start in (0, 1, 7, 8, 9, 100, 119, 120, 200, 247)
]


@pytest.mark.parametrize(("free", "start", "stop"), CASES)
def test_what_is_left_is_counted_as_the_pure_functions_count(
    session: Session, free: int, start: int, stop: int
) -> None:
    query = text(
        "SELECT remaining.* FROM (SELECT CAST(:free AS bytea) AS free,"
        f" CAST(:start AS int) AS start, CAST(:stop AS int) AS stop) AS chosen,"
        f" LATERAL ({griff.LEFT}) AS remaining"
    )
    values = {"free": availability.to_bytes(free), "start": start, "stop": stop}
    row = session.execute(query, values).one()
    left = free & ~availability.mask(start, stop)
    assert availability.from_bytes(row.free) == left
    assert (row.longest or 0) == availability.longest_run(left)


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=2, persons=2)


@pytest.fixture
def day(session: Session, office: Office, clock: FixedClock) -> date:
    return open_roster(session, office, clock)


def _wish(office: Office) -> Wish:
    return Wish(UNIT, ADVICE, "einladung", office.persons[0])


def test_the_object_is_the_row_and_its_desk_day_is_rules_minus_bookings(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    act = Act(office.clerk(), "appointment.book", {"why": "test"})
    taken = griff.take(session, _wish(office), day, 111, act, now=clock.now())
    assert taken is not None
    told = {key: value for key, value in vars(taken).items() if key in Booking.__table__.c}
    session.refresh(taken)
    assert told == {key: getattr(taken, key) for key in told}
    assert {*told, "purposes"} == set(Booking.__table__.c.keys())
    assert desk_days.deviations(session, UNIT, day, day) == []
    entry = session.scalars(select(AuditEntry).where(AuditEntry.entity == "booking")).one()
    assert (entry.action, entry.entity_id, entry.person_id, entry.at, entry.actor_id) == (
        "appointment.book",
        taken.id,
        taken.person_id,
        clock.now(),
        office.clerk().user_id,
    )
    assert entry.facts == {
        "day": day.isoformat(),
        "cell": 111,
        "desk": taken.desk_id,
        "service": ADVICE,
        "why": "test",
    }


def test_a_second_place_for_the_same_purpose_is_refused_and_writes_nothing(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    act = Act(office.clerk(), "appointment.book")
    first = griff.take(session, _wish(office), day, 96, act, now=clock.now())
    assert first is not None
    with pytest.raises(AlreadyBooked) as refused:
        griff.take(session, _wish(office), day, 111, act, now=clock.now())
    assert refused.value.booking_id == first.id
    assert session.scalars(select(Booking.id)).all() == [first.id]
    logged = select(AuditEntry.entity_id).where(AuditEntry.action == "appointment.book")
    assert session.scalars(logged).all() == [first.id]
    assert desk_days.deviations(session, UNIT, day, day) == []
