"""People without an appointment: by age, after due appointments, never called by two clerks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.appointments import booking, pauses, roster, service, walkin, wartezeit
from abh.appointments.booking import Draft
from abh.appointments.errors import BookingStateChanged
from abh.appointments.tables import Booking, WalkIn
from abh.appointments.walkin import CounterClosed
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import NotAllowed, NotFound
from abh.office.tables import Service
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    UNIT,
    Office,
    build_office,
    week,
)

DAY = date(2026, 11, 24)
NINE = 108


@pytest.fixture
def office(session: Session, clock: FixedClock) -> Office:
    made = build_office(session, desks=2, persons=4, equipment=[["biometrics", "barrier_free"], []])
    session.add(Service(key="notfall", name="Notfall", minutes=20))
    roster.apply_patterns(
        session, week(made, lane="kunden"), valid_from=clock.at.date(), clock=clock
    )
    roster.extend_horizon(session, until=DAY + timedelta(days=3), clock=clock)
    clock.at = datetime.combine(DAY, time(9), tzinfo=BERLIN)
    return made


def give(
    session: Session, office: Office, clock: FixedClock, key: str = ADVICE, **more: bool
) -> WalkIn:
    row, _token = walkin.give_ticket(session, office.clerk(), UNIT, key, clock=clock, **more)
    clock.advance(timedelta(minutes=1))
    return row


def call(session: Session, actor: Actor, clock: FixedClock) -> str:
    assert actor.desk_id is not None
    called = walkin.call_next(session, actor, actor.desk_id, clock=clock)
    found = called.booking or called.walk_in
    return found.ticket if found else ""


def _book(session: Session, office: Office, start: int, person: int = 0) -> Booking:
    draft = Draft(
        UNIT, office.desks[0], DAY, start, start + 6, "kunden", ADVICE, office.persons[person]
    )
    return booking.reserve(session, [draft], now=datetime(2026, 11, 1, tzinfo=BERLIN))[0]


def test_nobody_but_staff_of_the_unit_gives_and_calls_numbers(
    session: Session, office: Office, clock: FixedClock
) -> None:
    for actor in (applicant_actor(), office.clerk(unit_key="sg2")):
        with pytest.raises(NotAllowed):
            walkin.give_ticket(session, actor, UNIT, ADVICE, clock=clock)
        with pytest.raises(NotAllowed):
            walkin.call_next(session, actor, office.desks[0], clock=clock)


def test_after_the_last_shift_no_number_is_given(
    session: Session, office: Office, clock: FixedClock
) -> None:
    clock.at = datetime.combine(DAY, time(12), tzinfo=BERLIN)
    with pytest.raises(CounterClosed):
        walkin.give_ticket(session, office.clerk(), UNIT, ADVICE, clock=clock)
    with pytest.raises(NotFound):
        walkin.give_ticket(session, office.clerk(), UNIT, "unfug", clock=clock)


def test_due_appointments_then_emergencies_then_by_age(
    session: Session, office: Office, clock: FixedClock
) -> None:
    first = give(session, office, clock)
    second = give(session, office, clock)
    urgent = give(session, office, clock, "notfall")
    booked = _book(session, office, NINE)
    service.check_in(session, office.clerk(), booked.id, clock=clock)
    clerk = office.clerk()
    order = [call(session, clerk, clock) for _ in range(5)]
    assert order == [booked.ticket, urgent.ticket, first.ticket, second.ticket, ""]
    assert (first.ticket, urgent.ticket) == ("A-001", "N-003")


def test_an_early_appointment_waits_for_people_who_came_before_its_time(
    session: Session, office: Office, clock: FixedClock
) -> None:
    booked = _book(session, office, NINE + 12)
    service.check_in(session, office.clerk(), booked.id, clock=clock)
    walk_in = give(session, office, clock)
    clerk = office.clerk()
    assert [call(session, clerk, clock) for _ in range(2)] == [walk_in.ticket, booked.ticket]


def test_who_needs_a_barrier_free_desk_counts_as_earlier_and_is_called_only_there(
    session: Session, office: Office, clock: FixedClock
) -> None:
    first = give(session, office, clock)
    needs = give(session, office, clock, accessible=True)
    assert call(session, office.clerk(1), clock) == first.ticket
    assert call(session, office.clerk(1), clock) == ""
    later = give(session, office, clock)
    assert call(session, office.clerk(0), clock) == needs.ticket
    assert call(session, office.clerk(0), clock) == later.ticket


def test_absent_is_only_who_was_called_three_times(
    session: Session, office: Office, clock: FixedClock
) -> None:
    row = give(session, office, clock)
    clerk = office.clerk()
    call(session, clerk, clock)
    for _ in range(2):
        with pytest.raises(BookingStateChanged, match="3-mal"):
            walkin.close(session, clerk, row.id, "no_show", clock=clock)
        walkin.recall(session, clerk, row.id, clock=clock)
    assert walkin.close(session, clerk, row.id, "no_show", clock=clock).status == "no_show"
    walkin.close(session, clerk, row.id, "no_show", clock=clock)
    with pytest.raises(BookingStateChanged):
        walkin.close(session, clerk, row.id, "served", clock=clock)


def test_a_called_appointment_needs_three_calls_too(
    session: Session, office: Office, clock: FixedClock
) -> None:
    booked = _book(session, office, NINE)
    clerk = office.clerk()
    service.call(session, clerk, booked.id, clock=clock)
    with pytest.raises(BookingStateChanged, match="3-mal"):
        service.close(session, clerk, booked.id, "no_show", clock=clock)
    for _ in range(2):
        service.call(session, clerk, booked.id, clock=clock)
    assert service.close(session, clerk, booked.id, "no_show", clock=clock).status == "no_show"


def test_a_visit_handed_over_is_called_by_that_colleague_and_nobody_else(
    session: Session, office: Office, clock: FixedClock
) -> None:
    row, other = give(session, office, clock), give(session, office, clock)
    first, second = office.clerk(0), office.clerk(1)
    call(session, first, clock)
    walkin.hand_over(session, first, row.id, office.users[1], clock=clock)
    assert call(session, first, clock) == other.ticket
    assert call(session, first, clock) == ""
    assert call(session, second, clock) == row.ticket
    with pytest.raises(NotFound):
        walkin.hand_over(session, second, row.id, 999_999, clock=clock)


def test_an_appointment_is_handed_over_likewise(
    session: Session, office: Office, clock: FixedClock
) -> None:
    from abh.appointments import counter

    booked = _book(session, office, NINE)
    first, second = office.clerk(0), office.clerk(1)
    with pytest.raises(BookingStateChanged):
        counter.hand_over(session, first, booked.id, office.users[1], clock=clock)
    service.check_in(session, first, booked.id, clock=clock)
    counter.hand_over(session, first, booked.id, office.users[1], clock=clock)
    assert call(session, first, clock) == ""
    assert call(session, second, clock) == booked.ticket


def test_the_wait_is_a_range_and_shrinks_when_somebody_leaves(
    session: Session, office: Office, clock: FixedClock
) -> None:
    first, token = walkin.give_ticket(session, office.clerk(), UNIT, ADVICE, clock=clock)
    second, _ = walkin.give_ticket(session, office.clerk(), UNIT, ADVICE, clock=clock)
    before = wartezeit.forecast_of(session, second, clock=clock)
    assert before is not None
    # Two desks, thirty planned minutes: about a quarter of an hour.
    assert (before.low, before.middle, before.high, before.ahead) == (10, 15, 27, 1)
    walkin.leave(session, token, clock=clock)
    walkin.leave(session, token, clock=clock)
    after = wartezeit.forecast_of(session, second, clock=clock)
    assert after is not None
    assert after.ahead == 0
    assert first.status == "left"


def test_measured_visits_replace_the_planned_minutes(
    session: Session, office: Office, clock: FixedClock
) -> None:
    clerk = office.clerk()
    for _ in range(8):
        row = give(session, office, clock)
        call(session, clerk, clock)
        clock.advance(timedelta(minutes=4))
        walkin.close(session, clerk, row.id, "served", clock=clock)
    give(session, office, clock)
    last = give(session, office, clock)
    found = wartezeit.forecast_of(session, last, clock=clock)
    assert found is not None
    assert (found.low, found.middle) == (2, 2)


def test_what_nobody_clicked_yesterday_is_asked_for_today(
    session: Session, office: Office, clock: FixedClock
) -> None:
    booked, row = _book(session, office, NINE), give(session, office, clock)
    clerk = office.clerk()
    call(session, clerk, clock)
    clock.advance(timedelta(days=1))
    asked = service.unfinished(session, clerk, UNIT, clock=clock)
    assert [line.booking_id for line in asked] == [booked.id]
    assert [each.id for each in walkin.unfinished(session, UNIT, clock)] == [row.id]
    walkin.close(session, clerk, row.id, "no_show", clock=clock)
    service.close(session, clerk, booked.id, "no_show", clock=clock)
    assert service.unfinished(session, clerk, UNIT, clock=clock) == []
    assert walkin.unfinished(session, UNIT, clock) == []
    assert replace(clerk).user_id == row.served_by


def test_the_wait_is_told_for_each_service_at_the_desks_that_can_do_it(
    session: Session, office: Office, clock: FixedClock
) -> None:
    give(session, office, clock, BIOMETRICS)
    give(session, office, clock, BIOMETRICS)
    give(session, office, clock, ADVICE)
    found = wartezeit.forecasts(session, UNIT, clock=clock)
    # Fingerprints at one desk: two of twenty minutes, and half of the advice that either desk does.
    # Advice at both: all forty minutes of fingerprints and the thirty of advice, over two desks.
    assert {key: each.middle for key, each in found.items() if each} == {
        BIOMETRICS: 55,
        ADVICE: 35,
        "notfall": 0,
    }
    pauses.begin(session, office.clerk(0), office.desks[0], clock=clock)
    assert wartezeit.forecasts(session, UNIT, clock=clock)[BIOMETRICS] is None


def test_after_the_day_a_number_never_called_was_served_or_has_left(
    session: Session, office: Office, clock: FixedClock
) -> None:
    rows = [give(session, office, clock) for _ in range(3)]
    clerk = office.clerk()
    with pytest.raises(BookingStateChanged):
        walkin.close(session, clerk, rows[0].id, "left", clock=clock)
    call(session, clerk, clock)
    clock.at = datetime.combine(DAY, time(20), tzinfo=BERLIN)
    # Called once only: nobody is there any more who could call twice more.
    walkin.close(session, clerk, rows[0].id, "no_show", clock=clock)
    walkin.close(session, clerk, rows[1].id, "left", clock=clock)
    with pytest.raises(BookingStateChanged):
        walkin.close(session, clerk, rows[2].id, "no_show", clock=clock)
    walkin.close(session, clerk, rows[2].id, "served", clock=clock, result="auskunft")
    assert [row.status for row in rows] == ["no_show", "left", "served"]
    assert walkin.unfinished(session, UNIT, clock) == []
    # Told in the evening, or never called at all, it says nothing of how long visits are.
    assert wartezeit.forecasts(session, UNIT, clock=clock)


def test_after_the_day_somebody_who_was_there_is_compared_and_served(
    session: Session, office: Office, clock: FixedClock
) -> None:
    booked = _book(session, office, NINE)
    clerk = office.clerk()
    clock.advance(timedelta(days=1))
    here = service.check_in(session, clerk, booked.id, clock=clock)
    assert here.checked_in_at == datetime.combine(DAY, time(9), tzinfo=BERLIN)
    assert service.close(session, clerk, booked.id, "served", clock=clock).status == "served"
    assert service.unfinished(session, clerk, UNIT, clock=clock) == []
