"""The counter: who is called, who may be checked in, how a visit ends."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, applicant_actor
from abh.access.tables import AuditEntry
from abh.appointments import booking, desk_days, service
from abh.appointments.booking import Draft
from abh.appointments.tables import Booking
from abh.documents.akte import open_akte
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import NotAllowed, NotFound
from abh.office.tables import Qualification
from abh.workflows.tables import Vorgang
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    LONG_AGO,
    UNIT,
    Office,
    build_office,
    open_roster,
)

EIGHT, NINE, TEN = 96, 108, 120


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=2, persons=4, equipment=[["biometrics"], []])


@pytest.fixture
def day(session: Session, office: Office, clock: FixedClock) -> date:
    day = open_roster(session, office, clock)
    clock.at = datetime.combine(day, time(9, 0), tzinfo=BERLIN)
    return day


def _book(
    session: Session, office: Office, day: date, person: int, start: int, desk: int = 0
) -> Booking:
    key = BIOMETRICS if desk == 0 else ADVICE
    draft = Draft(
        UNIT,
        office.desks[desk],
        day,
        start,
        start + 4,
        "einladung",
        key,
        office.persons[person],
        2000 + person,
    )
    return booking.reserve(session, [draft], now=datetime(2026, 11, 1, tzinfo=BERLIN))[0]


def test_only_staff_of_the_unit_call_check_in_and_close(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    booked = _book(session, office, day, 0, EIGHT)
    for actor in (applicant_actor(), SYSTEM, office.clerk(unit_key="sg2")):
        with pytest.raises(NotAllowed):
            service.call_next(session, actor, office.desks[0], clock=clock)
        with pytest.raises(NotAllowed):
            service.call(session, actor, booked.id, clock=clock)
        with pytest.raises(NotAllowed):
            service.check_in(session, actor, booked.id, clock=clock)
        with pytest.raises(NotAllowed):
            service.identity(session, actor, booked.id, now=clock.now())
        with pytest.raises(NotAllowed):
            service.close(session, actor, booked.id, "no_show", clock=clock)
    assert booked.status == "booked"


def test_a_visit_goes_from_call_over_check_in_to_served(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    clerk = office.clerk()
    booked = _book(session, office, day, 0, NINE)
    called = service.call_next(session, clerk, office.desks[0], clock=clock)
    assert called is not None and called.id == booked.id
    assert (called.status, called.called_to) == ("called", office.desks[0])
    shown = service.identity(session, clerk, booked.id, now=clock.now())
    assert (shown.family_name, shown.birth_date) == ("Muster0", "00.02.1990")
    service.check_in(session, clerk, booked.id, clock=clock)
    served = service.close(session, clerk, booked.id, "served", clock=clock)
    assert (served.status, served.served_by) == ("served", office.users[0])
    assert service.close(session, clerk, booked.id, "served", clock=clock).id == booked.id
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [f"appointment.{act}" for act in ("call", "identity", "check_in", "served")]


def test_nobody_is_served_whose_identity_was_not_compared(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    booked = _book(session, office, day, 0, NINE)
    service.call(session, office.clerk(), booked.id, clock=clock)
    with pytest.raises(service.BookingStateChanged):
        service.close(session, office.clerk(), booked.id, "served", clock=clock)


def test_the_rule_of_calling_is_present_and_due_then_present_then_due(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    clerk = office.clerk()
    absent_due = _book(session, office, day, 0, EIGHT)
    present_early = _book(session, office, day, 1, TEN)
    present_due = _book(session, office, day, 2, NINE)
    absent_early = _book(session, office, day, 3, TEN + 6)
    for visitor in (present_early, present_due):
        service.check_in(session, clerk, visitor.id, clock=clock)
    order = []
    while called := service.call_next(session, clerk, office.desks[0], clock=clock):
        order.append(called.id)
    assert order == [present_due.id, present_early.id, absent_due.id]
    assert absent_early.status == "booked"


def test_a_desk_calls_only_what_its_equipment_allows(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    _book(session, office, day, 0, EIGHT, desk=0)
    advice = _book(session, office, day, 1, NINE, desk=1)
    clerk = office.clerk(1)
    called = service.call_next(session, clerk, office.desks[1], clock=clock)
    assert called is not None and called.id == advice.id
    assert service.call_next(session, clerk, office.desks[1], clock=clock) is None


def test_a_person_called_by_a_colleague_cannot_be_called_again(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    booked = _book(session, office, day, 0, NINE)
    service.call(session, office.clerk(0), booked.id, clock=clock)
    clock.advance(timedelta(minutes=2))
    recalled = service.call(session, office.clerk(0), booked.id, clock=clock)
    assert recalled.called_at == clock.now()
    with pytest.raises(service.BookingStateChanged):
        service.call(session, office.clerk(1), booked.id, clock=clock)


def test_another_day_is_neither_called_nor_checked_in(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    booked = _book(session, office, day + timedelta(days=1), 0, NINE)
    assert service.call_next(session, office.clerk(), office.desks[0], clock=clock) is None
    with pytest.raises(service.BookingStateChanged, match=r"25\.11\.2026"):
        service.call(session, office.clerk(), booked.id, clock=clock)
    with pytest.raises(service.BookingStateChanged):
        service.check_in(session, office.clerk(), booked.id, clock=clock)


def test_a_no_show_is_recorded_only_when_due_and_never_after_check_in(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    clerk = office.clerk()
    early = _book(session, office, day, 0, TEN)
    here = _book(session, office, day, 1, NINE)
    due = _book(session, office, day, 2, EIGHT)
    service.check_in(session, clerk, here.id, clock=clock)
    for visitor in (early, here):
        with pytest.raises(service.BookingStateChanged):
            service.close(session, clerk, visitor.id, "no_show", clock=clock)
    missed = service.close(session, clerk, due.id, "no_show", clock=clock)
    assert missed.status == "no_show" and missed.closed_at == clock.now()
    assert service.close(session, clerk, due.id, "no_show", clock=clock).id == due.id
    assert desk_days.deviations(session, UNIT, day, day) == []


def test_an_unknown_visit_is_not_found(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    with pytest.raises(NotFound):
        service.check_in(session, office.clerk(), 99_999, clock=clock)
    with pytest.raises(NotFound):
        service.call_next(session, office.clerk(), 99_999, clock=clock)


def test_the_list_of_the_day_shows_numbers_and_no_names(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    _book(session, office, day, 1, NINE)
    _book(session, office, day, 0, EIGHT)
    cancelled = _book(session, office, day, 2, TEN)
    service.cancel(session, office.clerk(), cancelled.id, clock=clock)
    lines = service.waiting(session, UNIT, day)
    assert [(line.time, line.ticket, line.minutes, line.service) for line in lines] == [
        (time(8), f"B-{office.desks[0]}02", 20, "Biometrie"),
        (time(9), f"B-{office.desks[0]}01", 20, "Biometrie"),
    ]
    assert "Muster" not in repr(lines)


def _with_case(session: Session, office: Office, booked: Booking, number: int) -> None:
    """Give a visit a case of P02, whose clerks must be qualified for it."""
    akte = open_akte(session, booked.person_id, f"54/{number}", now=LONG_AGO)
    case = Vorgang(
        number=f"ABH-2026-{number:07d}",
        verfahren="P02",
        version=1,
        state="appointment_pending",
        state_since=LONG_AGO,
        person_id=booked.person_id,
        akte_id=akte.id,
        unit_key=UNIT,
        received_on=date(2026, 11, 2),
        received_channel="portal",
        opened_at=LONG_AGO,
        harm_on=date(2027, 2, 2),
        harm_key="klage75",
        antrag={},
        status_token_hash=number.to_bytes(4, "big"),
    )
    session.add(case)
    session.flush()
    booked.vorgang_id = case.id
    session.flush()


def test_next_is_only_who_the_clerk_is_qualified_for_and_the_rest_is_told(
    session: Session, office: Office, clock: FixedClock, day: date
) -> None:
    blue_card = _book(session, office, day, 0, EIGHT)
    _with_case(session, office, blue_card, 1)
    clerk, desk = office.clerk(0), office.desks[0]
    assert service.call_next(session, clerk, desk, clock=clock) is None
    (told,) = service.passed_over(session, clerk, desk, clock=clock)
    assert (told.ticket, told.missing_equipment, told.verfahren) == (blue_card.ticket, (), "P02")
    (told,) = service.passed_over(session, clerk, office.desks[1], clock=clock)
    assert told.missing_equipment == ("biometrics",)
    session.add(Qualification(user_id=office.users[0], verfahren="P02", level="training"))
    session.flush()
    assert service.passed_over(session, clerk, desk, clock=clock) == []
    called = service.call_next(session, clerk, desk, clock=clock)
    assert called is not None and called.id == blue_card.id
