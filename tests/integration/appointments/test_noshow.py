"""No-shows are counted per service and lead time, for the supervisor only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from abh.access.policy import ROLE_POWERS
from abh.appointments import booking, noshow
from abh.appointments.booking import Draft
from abh.appointments.tables import Booking
from abh.kernel.clock import FixedClock
from abh.kernel.errors import NotAllowed
from tests.integration.appointments.office import ADVICE, UNIT, build_office, open_roster


def test_visits_that_ended_are_counted_by_service_and_lead_time(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session, desks=1, persons=4)
    day: date = open_roster(session, office, clock)
    leads = [2, 2, 20, 60]
    for person, lead in enumerate(leads):
        start = 96 + 6 * person
        draft = Draft(
            UNIT, office.desks[0], day, start, start + 6, "einladung", ADVICE,
            office.persons[person],
        )  # fmt: skip
        asked = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=lead)
        booking.reserve(session, [draft], now=asked)
    first = session.query(Booking).order_by(Booking.id).first()
    session.execute(update(Booking).values(status="served"))
    session.execute(update(Booking).where(Booking.id == first.id).values(status="no_show"))
    lead = replace(office.clerk(), powers=ROLE_POWERS["lead"])
    rows = noshow.measured(session, lead, UNIT, now=clock.now())
    assert [(row.lead, row.ended, row.missed) for row in rows] == [
        ("bis 7 Tage", 2, 1),
        ("bis 30 Tage", 1, 0),
        ("länger", 1, 0),
    ]
    assert rows[0].rate == 0.5
    with pytest.raises(NotAllowed):
        noshow.measured(session, office.clerk(), UNIT, now=clock.now())
