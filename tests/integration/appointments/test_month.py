"""The month shows exactly the times that a search day by day finds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from abh.appointments import booking
from abh.appointments.booking import Draft
from abh.appointments.search import free_slots, month_slots
from abh.kernel.clock import FixedClock
from abh.kernel.errors import NotFound
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    UNIT,
    build_office,
    open_roster,
)


@pytest.mark.parametrize("service_key", [ADVICE, BIOMETRICS])
def test_the_month_agrees_with_the_search(
    session: Session, clock: FixedClock, service_key: str
) -> None:
    office = build_office(session, desks=3, persons=5, equipment=[["biometrics"], [], []])
    day: date = open_roster(session, office, clock)
    for person, (desk, start) in enumerate([(0, 96), (1, 96), (2, 96), (0, 120), (1, 132)]):
        draft = Draft(
            UNIT, office.desks[desk], day, start, start + 6, "einladung", ADVICE,
            office.persons[person],
        )  # fmt: skip
        booking.reserve(session, [draft], now=clock.now())
    found = month_slots(
        session, UNIT, service_key, "einladung",
        from_day=clock.at.date(), days=14, now=clock.now(),
    )  # fmt: skip
    for number in range(14):
        each = clock.at.date() + timedelta(days=number)
        slots = free_slots(
            session, UNIT, service_key, "einladung",
            from_day=each, days=1, limit=500, now=clock.now(),
        )  # fmt: skip
        assert found.get(each, []) == [slot.start_cell for slot in slots]
    assert any(found.values())


def test_a_month_of_an_unknown_service_is_refused(session: Session, clock: FixedClock) -> None:
    build_office(session, desks=1)
    with pytest.raises(NotFound):
        month_slots(
            session, UNIT, "unfug", "einladung",
            from_day=clock.at.date(), days=3, now=clock.now(),
        )  # fmt: skip
