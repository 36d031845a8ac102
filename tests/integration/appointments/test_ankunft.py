"""Reporting in the waiting room: into the queue by code, compared by nobody yet."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.tables import AuditEntry
from abh.appointments import ankunft, booking, service
from abh.appointments.booking import Draft
from abh.appointments.tables import Booking
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import NotFound
from abh.office.tables import Sachgebiet
from tests.integration.appointments.office import ADVICE, UNIT, Office, build_office, open_roster

SECRET = b"s" * 32
TEN = 120


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=1, persons=2)


@pytest.fixture
def place(session: Session, office: Office, clock: FixedClock) -> Booking:
    """A place of today at ten; it is nine."""
    day = open_roster(session, office, clock)
    clock.at = datetime.combine(day, time(9), tzinfo=BERLIN)
    return _book(session, office, day, 0, TEN)


def _book(session: Session, office: Office, day: date, person: int, start: int) -> Booking:
    draft = Draft(
        UNIT, office.desks[0], day, start, start + 3, "einladung", ADVICE, office.persons[person]
    )
    return booking.reserve(session, [draft], now=datetime(2026, 11, 1, tzinfo=BERLIN))[0]


def _report(session: Session, clock: FixedClock, typed: str, unit: str = UNIT) -> object:
    return ankunft.report(session, SECRET, unit, typed, clock=clock)


def test_a_code_puts_its_person_into_the_queue_once(
    session: Session, office: Office, clock: FixedClock, place: Booking
) -> None:
    code = ankunft.code_of(SECRET, place.id)
    first = _report(session, clock, code.lower().replace("-", " "))
    assert isinstance(first, ankunft.Arrival)
    assert (first.outcome, first.ticket, first.at) == ("here", place.ticket, time(10))
    assert (place.status, place.reported_at) == ("checked_in", clock.now())
    clock.advance(timedelta(minutes=5))
    assert _report(session, clock, code) == first
    assert place.reported_at == clock.now() - timedelta(minutes=5)
    acts = session.scalars(select(AuditEntry.action)).all()
    assert acts.count("appointment.report") == 1


def test_who_reported_is_not_compared_and_so_not_served(
    session: Session, office: Office, clock: FixedClock, place: Booking
) -> None:
    _report(session, clock, ankunft.code_of(SECRET, place.id))
    assert place.checked_in_at is None
    (line,) = service.waiting(session, UNIT, place.day)
    assert line.here_since == clock.now()
    clerk = office.clerk()
    service.call(session, clerk, place.id, clock=clock)
    with pytest.raises(service.BookingStateChanged):
        service.close(session, clerk, place.id, "served", clock=clock)
    service.check_in(session, clerk, place.id, clock=clock)
    assert service.close(session, clerk, place.id, "served", clock=clock).status == "served"


def test_who_reported_and_left_is_called_three_times_or_asked_for_the_next_day(
    session: Session, office: Office, clock: FixedClock, place: Booking
) -> None:
    other = _book(session, office, place.day, 1, TEN + 6)
    for each in (place, other):
        _report(session, clock, ankunft.code_of(SECRET, each.id))
    clock.advance(timedelta(hours=2))
    clerk = office.clerk()
    with pytest.raises(service.BookingStateChanged):
        service.close(session, clerk, place.id, "no_show", clock=clock)
    for _ in range(3):
        service.call(session, clerk, place.id, clock=clock)
    assert service.close(session, clerk, place.id, "no_show", clock=clock).status == "no_show"
    clock.advance(timedelta(days=1))
    assert service.close(session, clerk, other.id, "no_show", clock=clock).status == "no_show"


def test_unknown_codes_other_days_and_what_is_over_are_answered_alike(
    session: Session, office: Office, clock: FixedClock, place: Booking
) -> None:
    code = ankunft.code_of(SECRET, place.id)
    assert _report(session, clock, "K7QM-2XVD") is None
    assert _report(session, clock, "") is None
    clock.advance(timedelta(days=-1))
    assert _report(session, clock, code) is None
    clock.advance(timedelta(days=1))
    for status in ("cancelled", "lapsed", "no_show", "served"):
        place.status = status
        session.flush()
        assert _report(session, clock, code) is None
    assert place.reported_at is None


def test_at_the_wrong_terminal_the_answer_leads_to_the_right_one(
    session: Session, office: Office, clock: FixedClock, place: Booking
) -> None:
    found = _report(session, clock, ankunft.code_of(SECRET, place.id), unit="sg2")
    assert isinstance(found, ankunft.Arrival)
    assert found.outcome == "elsewhere"
    assert found.unit_name == session.get_one(Sachgebiet, UNIT).name
    assert place.status == "booked"


def test_a_terminal_is_found_by_its_token_only(session: Session, office: Office) -> None:
    token = ankunft.terminal_token(SECRET, UNIT)
    assert ankunft.unit_of(session, SECRET, token).key == UNIT
    with pytest.raises(NotFound):
        ankunft.unit_of(session, SECRET, "A" * 22)
