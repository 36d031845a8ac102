"""Everybody is reminded of the place they have: once, in their language, never of one they lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from abh.appointments import booking, jobs, placing, roster
from abh.appointments import service as appointments
from abh.appointments.reminders import LATE
from abh.appointments.tables_contact import BookingReminder
from abh.documents.house import House
from abh.documents.tables import Letter, PrintJob
from abh.kernel.clock import BERLIN, FixedClock
from tests import factories
from tests.integration.appointments.contact import book, open_desk, queued

DAY = date(2026, 12, 8)
TEN = 120


@pytest.fixture(scope="session")
def engine(office_engine: Engine) -> Engine:
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    made = factories.make_house(session, clock, tmp_path / "store")
    open_desk(session, made, clock)
    return made


def at(clock: FixedClock, days_before: int, hours: float = 0.1, day: date = DAY) -> None:
    """Move the clock to so many days and hours after ten o'clock that many days before."""
    there = datetime.combine(day - timedelta(days=days_before), time(10), tzinfo=BERLIN)
    clock.at = there + timedelta(hours=hours)


def remind(session: Session, house: House) -> int:
    return jobs.remind(session, house, 100)


def test_a_mail_goes_out_three_days_and_one_day_before_and_each_once(
    session: Session, house: House, clock: FixedClock
) -> None:
    book(session, house, DAY, email="ada@example.org", language="en")
    at(clock, 3, -1)
    assert remind(session, house) == 0
    at(clock, 3)
    assert [remind(session, house), remind(session, house)] == [1, 0]
    at(clock, 2)
    assert remind(session, house) == 0
    at(clock, 1)
    assert [remind(session, house), remind(session, house)] == [1, 0]
    first, second = queued(session, "mail")
    assert first.payload["subject"] == "Your appointment on 08.12.2026"
    assert "at 10:00" in first.payload["text"]
    assert first.dedup_key != second.dedup_key
    assert "Okonkwo" not in str(first.payload)
    assert "Beratung" not in str(first.payload)


def test_who_booked_after_the_moment_of_a_reminder_gets_the_next_one_only(
    session: Session, house: House, clock: FixedClock
) -> None:
    at(clock, 3, 1)
    book(session, house, DAY, email="ada@example.org")
    at(clock, 3, 2)
    assert remind(session, house) == 0
    at(clock, 1)
    assert remind(session, house) == 1


def test_what_a_dead_scheduler_missed_for_long_is_left_out(
    session: Session, house: House, clock: FixedClock
) -> None:
    book(session, house, DAY, email="ada@example.org")
    at(clock, 3, LATE.total_seconds() / 3600 + 0.5)
    assert remind(session, house) == 0
    at(clock, 1, 5)
    assert remind(session, house) == 1
    at(clock, 0, 1)
    assert remind(session, house) == 0


def test_no_reminder_of_a_place_given_back_and_one_of_the_place_moved_to(
    session: Session, house: House, clock: FixedClock
) -> None:
    lost = book(session, house, DAY, TEN, email="eins@example.org")
    moved = book(session, house, DAY, TEN + 12, email="zwei@example.org")
    booking.cancel(session, lost, now=house.now())
    later = DAY + timedelta(days=1)
    placing.move_to(session, None, moved, later, TEN, now=house.now(), rules=appointments.RULES)
    at(clock, 3, 3)
    assert remind(session, house) == 0
    at(clock, 3, day=later)
    assert remind(session, house) == 1
    (mail,) = queued(session, "mail")
    assert mail.payload["to"] == ["zwei@example.org"]
    assert "09.12.2026" in mail.payload["subject"]


def test_who_has_no_mail_gets_a_letter_a_week_before_printed_at_the_unit(
    session: Session, house: House, clock: FixedClock
) -> None:
    book(session, house, DAY, language="ar")
    at(clock, 7)
    assert [remind(session, house), remind(session, house)] == [1, 0]
    letter = session.scalars(select(Letter).where(Letter.outcome == "erinnerung")).one()
    assert letter.state == "released"
    assert letter.content["recipient"][1:] == ["Graf-Adolf-Straße 12", "40212 Düsseldorf"]
    assert letter.content["foreign"][0]["lang"] == "ar"
    assert session.scalar(select(func.count()).where(PrintJob.letter_id == letter.id)) == 1
    at(clock, 3)
    assert remind(session, house) == 0


def test_without_an_address_nothing_is_sent_and_nothing_tried_again(
    session: Session, house: House, clock: FixedClock
) -> None:
    book(session, house, DAY, street="", postcode="", city="")
    at(clock, 7)
    assert [remind(session, house), remind(session, house)] == [0, 0]
    assert session.scalars(select(Letter.id)).all() == []
    assert session.scalar(select(func.count()).select_from(BookingReminder)) == 1


def test_short_messages_are_sent_only_where_they_are_switched_on(
    session: Session, house: House, clock: FixedClock
) -> None:
    book(session, house, DAY, phone="+49 170 1234567", street="", language="uk")
    at(clock, 3)
    assert remind(session, house) == 0
    assert remind(session, replace(house, sms=True)) == 1
    (message,) = queued(session, "sms")
    assert message.payload["to"] == "+49 170 1234567"
    assert message.payload["text"].startswith("Ваш термін: 08.12.2026, 10:00")


def test_the_hour_is_that_on_the_wall_also_across_the_change_of_clocks(
    session: Session, house: House, clock: FixedClock
) -> None:
    # Monday 29 March 2027 is Easter; Tuesday 30 March is two days after the leap of the clocks.
    clock.at = datetime(2027, 3, 1, 9, tzinfo=BERLIN)
    appointments.extend_horizon(session, until=date(2027, 4, 10), clock=clock)
    day = date(2027, 3, 30)
    book(session, house, day, email="ada@example.org")
    at(clock, 3, -0.05, day=day)
    assert remind(session, house) == 0
    at(clock, 3, 0.05, day=day)
    assert remind(session, house) == 1


@pytest.mark.parametrize(
    ("day", "hours_in_between"),
    [(date(2027, 3, 30), 23), (date(2027, 11, 2), 25)],  # the clocks change on 28.3. and 31.10.
)
def test_a_reminder_keeps_the_hour_on_the_wall_across_the_change_of_clocks(
    session: Session, house: House, clock: FixedClock, day: date, hours_in_between: int
) -> None:
    change = day - timedelta(days=2)
    begins = datetime.combine(change, time(0), tzinfo=BERLIN).astimezone(UTC)
    ends = datetime.combine(change + timedelta(days=1), time(0), tzinfo=BERLIN).astimezone(UTC)
    assert ends - begins == timedelta(hours=hours_in_between)
    clock.at = datetime.combine(day - timedelta(days=30), time(10), tzinfo=BERLIN)
    roster.extend_horizon(session, until=day, clock=clock)
    book(session, house, day, email="ada@example.org", language="en")
    for days_before in (3, 1):
        # Ten on the wall of that day, whether the day in between had 23 hours or 25.
        there = datetime.combine(day - timedelta(days=days_before), time(10), tzinfo=BERLIN)
        clock.at = there - timedelta(minutes=10)
        assert remind(session, house) == 0
        clock.at = there + timedelta(minutes=10)
        assert [remind(session, house), remind(session, house)] == [1, 0]
