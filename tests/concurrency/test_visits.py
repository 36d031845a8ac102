"""Races of visits with several services and of extra places, each with a control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from abh.access.policy import ROLE_POWERS
from abh.appointments import desk_days, extra, staff
from abh.appointments.extra_tables import ExtraPlace
from abh.appointments.tables import Booking
from abh.appointments.visits import Visit
from abh.kernel.clock import FixedClock
from tests.concurrency.test_booking import (
    RACERS,
    _office,
    _proven,
    _race,
    race_engine,  # noqa: F401
    races,  # noqa: F401
)
from tests.integration.appointments.office import ADVICE, BIOMETRICS, UNIT, Office

NINE = 108


BOTH = ((BIOMETRICS, Visit(also=(ADVICE,))), (ADVICE, Visit(also=(BIOMETRICS,))))
EACH = ((BIOMETRICS, Visit()), (ADVICE, Visit()), *BOTH)


def _wishes(
    office: Office, day: date, clock: FixedClock, kinds: Sequence[tuple[str, Visit]]
) -> list:
    """One person asks for the two services in several combinations, at many times at once."""

    def wish(number: int):
        service, visit = kinds[number % len(kinds)]
        return lambda session: staff.book_for(
            session, office.clerk(), vorgang_id=None, person_id=office.persons[0],
            unit_key=UNIT, service_key=service, lane="einladung", day=day,
            start_cell=96 + 2 * number, clock=clock, visit=visit,
        )  # fmt: skip

    return [wish(number) for number in range(RACERS)]


def _purposes(session: Session) -> list[str]:
    return [
        each
        for row in session.scalars(select(Booking).where(Booking.status == "booked"))
        for each in (row.service_key, *row.also)
    ]


def test_one_person_gets_each_service_once_whatever_is_combined(
    races: sessionmaker[Session],  # noqa: F811
    clock: FixedClock,
) -> None:
    office, day = _office(races, clock, desks=3, persons=1)
    outcome = _race(_wishes(office, day, clock, EACH), races)
    assert set(outcome) == {"done", "AlreadyBooked"}
    with races() as session:
        found = _purposes(session)
        assert len(found) == len(set(found))
        assert found
        assert _proven(session)


def test_control_without_the_rule_a_service_is_booked_twice(
    races: sessionmaker[Session],  # noqa: F811
    clock: FixedClock,
) -> None:
    office, day = _office(races, clock, desks=3, persons=1)
    with races.begin() as session:
        session.execute(text("ALTER TABLE booking DROP CONSTRAINT ex_booking_person_purposes"))
    _race(_wishes(office, day, clock, BOTH), races)
    with races() as session:
        found = _purposes(session)
        assert len(found) > len(set(found))


@pytest.mark.parametrize("guarded", [True, False])
def test_of_many_leads_at_once_one_gets_the_extra_place(
    races: sessionmaker[Session],  # noqa: F811
    clock: FixedClock,
    guarded: bool,
) -> None:
    office, day = _office(races, clock, desks=1, persons=RACERS + 1)
    lead = replace(office.clerk(), powers=ROLE_POWERS["lead"], role="lead")
    with races.begin() as session:
        beside = staff.book_for(
            session, lead, vorgang_id=None, person_id=office.persons[RACERS], unit_key=UNIT,
            service_key=ADVICE, lane="einladung", day=day, start_cell=NINE, clock=clock,
        ).id  # fmt: skip
        if not guarded:
            session.execute(text("ALTER TABLE extra_place DROP CONSTRAINT ex_extra_place_desk"))

    def put(person: int):
        return lambda session: extra.book_extra(
            session, lead, beside, person_id=person, vorgang_id=None, service_key=ADVICE,
            reason="Erfahrungsgemäß kommt jede Dritte nicht", clock=clock,
        )  # fmt: skip

    outcome = _race([put(person) for person in office.persons[:RACERS]], races)
    with races() as session:
        made = session.scalar(select(func.count()).select_from(ExtraPlace))
        if guarded:
            assert outcome == {"done": 1, "SlotUnavailable": RACERS - 1}
            assert made == 1
            assert desk_days.deviations(session, UNIT, day, day) == []
        else:
            assert made > 1
