"""Who has a place taken, moved or given back by the office is told, with a link that works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from icalendar import Calendar
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import invitations, jobs, mitteilung, open_booking, standby, verlegen
from abh.appointments import service as appointments
from abh.appointments.desk_days import rebuild_desk_days
from abh.appointments.errors import AppointmentBegun, BookingStateChanged, SlotUnavailable
from abh.appointments.tables import Booking, RosterBlock, Standby
from abh.documents.house import House
from abh.documents.tables import Letter, PrintJob
from abh.kernel.clock import BERLIN, FixedClock
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.tables import OutboxMessage
from abh.persons.tables import Person
from tests import factories
from tests.integration.appointments.contact import PERSON, SERVICE, UNIT, book, open_desk, queued

DAY = date(2026, 12, 8)
NINE, TEN = 108, 120


@pytest.fixture(scope="session")
def engine(office_engine: Engine) -> Engine:
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    made = factories.make_house(session, clock, tmp_path / "store")
    open_desk(session, made, clock)
    return made


@pytest.fixture
def clerk(session: Session, house: House) -> Actor:
    return factories.staff(session, UNIT, rank="SB")


@dataclass(frozen=True)
class Worker:
    """What the handler is given; the house is its clock."""

    session: Session
    house: House

    def write(self, message: OutboxMessage) -> dict[str, Any]:
        ctx = HandlerContext(self.house, cast(Any, None), cast(Any, None))
        return mitteilung.write(self.session, dict(message.payload), ctx)


@pytest.fixture
def worker(session: Session, house: House) -> Worker:
    return Worker(session, house)


def link_of(text: str) -> str:
    return next(w for w in text.split() if "/termine/link/" in w).rsplit("/", 1)[1]


def second_desk(session: Session, clock: FixedClock, house: House) -> None:
    """Let another desk take people from nine to twelve, too."""
    both = [
        appointments.PatternSpec(UNIT, desk, login, weekday, time(9), time(12), "kunden")
        for desk, login in (("SG1-05", "s.lindenau"), ("SG1-01", "m.oezdamar"))
        for weekday in range(5)
    ]
    appointments.apply_patterns(session, both, valid_from=house.today, clock=clock, units=[UNIT])


def close_desk_of(session: Session, place: Booking) -> None:
    """Take the desk of a place off the roster for that day."""
    gone = delete(RosterBlock).where(
        RosterBlock.desk_id == place.desk_id, RosterBlock.day == place.day
    )
    session.execute(gone)
    rebuild_desk_days(session, UNIT, [place.day])


def test_a_mail_in_the_language_of_the_person_with_calendar_and_a_link_that_moves(
    session: Session, house: House
) -> None:
    place = book(session, house, DAY, email="ada@example.org", language="fr")
    assert mitteilung.tell_place(session, house, place, "booked") == "mail"
    (mail,) = queued(session, "mail")
    assert mail.payload["text"].startswith("Vous avez un rendez-vous le 08.12.2026 à 10:00")
    assert mail.payload["attachments"][0]["method"] == "REQUEST"
    assert "Okonkwo" not in str(mail.payload)
    token = link_of(mail.payload["text"])
    verlegen.move_by_link(session, token, DAY, NINE, now=house.now())
    session.refresh(place)
    assert (place.start_cell, place.sequence, place.status) == (NINE, 1, "booked")
    assert mitteilung.tell_place(session, house, place, "moved") == "mail"
    assert "a été déplacé" in queued(session, "mail")[-1].payload["text"]
    token = link_of(queued(session, "mail")[-1].payload["text"])
    open_booking.give_back(session, open_booking.by_token(session, token)[1], now=house.now())
    session.refresh(place)
    assert mitteilung.tell_place(session, house, place, "cancelled") == "mail"
    assert queued(session, "mail")[-1].payload["attachments"][0]["method"] == "CANCEL"


def test_without_mail_a_letter_is_ordered_and_made_once_for_the_place_as_it_is(
    session: Session, house: House, worker: Worker, clerk: Actor
) -> None:
    place = book(session, house, DAY)
    assert mitteilung.tell_place(session, house, place, "booked") == "letter"
    appointments.move(session, clerk, place.id, DAY, NINE, clock=house)
    assert mitteilung.tell_place(session, house, place, "moved") == "letter"
    first, second = queued(session, "termin")
    # The first place is gone before its letter was made: nobody shall come at ten.
    assert worker.write(first) == {"via": "overtaken"}
    letter = session.get_one(Letter, worker.write(second)["letter"])
    assert (letter.key, letter.outcome) == ("N06", "erinnerung")
    said = " ".join(letter.content["fields"]["opening"])
    assert "der bisherige gilt nicht mehr" in said
    assert "09:00" in said
    assert "/termine/link/" in letter.content["fields"]["hints"][0]
    assert session.scalar(select(PrintJob.letter_id)) == letter.id


def test_who_cannot_be_reached_is_named_and_a_letter_that_cannot_be_made_fails_aloud(
    session: Session, house: House, worker: Worker
) -> None:
    nobody = book(session, house, DAY, street="")
    assert mitteilung.tell_place(session, house, nobody, "booked") == ""
    assert queued(session, "termin") == []
    place = book(session, house, DAY, NINE, family_name="Zwei")
    mitteilung.tell_place(session, house, place, "booked")
    (order,) = queued(session, "termin")
    session.execute(update(Person).where(Person.id == place.person_id).values(street=""))
    session.expire_all()
    with pytest.raises(DeliveryFailed, match="ließ sich nicht"):
        worker.write(order)


def test_of_a_family_those_without_an_address_are_told_by_that_of_the_first(
    session: Session, house: House
) -> None:
    first = book(session, house, DAY, email="ada@example.org")
    child = book(session, house, DAY, NINE, given_names="Bo")
    way = mitteilung.tell_place(session, house, child, "booked", family_of=first.person_id)
    assert way == "mail"
    assert queued(session, "mail")[-1].payload["to"] == ["ada@example.org"]


def test_what_a_move_leaves_is_offered_to_the_list_with_day_time_and_end(
    session: Session, house: House, clerk: Actor
) -> None:
    place = book(session, house, DAY)
    person = {**PERSON, "family_name": "Wartend", "language": "en"}
    standby.join(
        session, person, unit_key=UNIT, service_key=SERVICE, lane="kunden",
        email="w@example.org", until=DAY, need=0, now=house.now(),
    )  # fmt: skip
    appointments.move(session, clerk, place.id, DAY, NINE, clock=house)
    held = session.scalars(select(Booking).where(Booking.status == "held")).one()
    assert (held.day, held.start_cell) == (DAY, TEN)
    assert jobs.offer_places(session, house, 10) == 1
    text = queued(session, "mail")[-1].payload["text"]
    assert text.startswith("A place has become free: 08.12.2026, 10:00.")
    # Two hours from eight o'clock on.
    assert "until 23.11.2026, 10:00" in text
    assert session.scalars(select(Standby.offers)).all() == [1]


def test_a_place_off_the_roster_keeps_its_time_at_another_desk(
    session: Session, house: House, clock: FixedClock, clerk: Actor
) -> None:
    second_desk(session, clock, house)
    place = book(session, house, DAY)
    old = place.desk_id
    close_desk_of(session, place)
    best = verlegen.next_best(session, place, now=house.now())
    assert best is not None
    assert (best.day, best.start_cell) == (DAY, TEN)
    moved = appointments.move(session, clerk, place.id, best.day, best.start_cell, clock=house)
    assert moved.id == place.id
    assert moved.desk_id != old
    assert (moved.day, moved.start_cell, moved.sequence) == (DAY, TEN, 1)


def test_without_another_desk_the_nearest_time_after_is_proposed_and_the_same_is_refused(
    session: Session, house: House, clerk: Actor
) -> None:
    place = book(session, house, DAY)
    close_desk_of(session, place)
    best = verlegen.next_best(session, place, now=house.now())
    assert best is not None
    assert best.day > DAY
    with pytest.raises(SlotUnavailable) as refused:
        appointments.move(session, clerk, place.id, DAY, TEN, clock=house)
    assert refused.value.alternatives


def test_what_has_begun_is_neither_moved_nor_given_back_by_link(
    session: Session, house: House, clock: FixedClock
) -> None:
    place = book(session, house, DAY, email="ada@example.org")
    mitteilung.tell_place(session, house, place, "booked")
    token = link_of(queued(session, "mail")[-1].payload["text"])
    _row, invited = invitations.invite(
        session, factories.staff(session, UNIT, rank="SB"), vorgang_id=1,
        person_id=place.person_id, unit_key=UNIT, service_key=SERVICE, book_until=DAY,
        clock=clock, lane="kunden",
    )  # fmt: skip
    clock.at = datetime.combine(DAY, time(10), tzinfo=BERLIN)
    later = DAY + timedelta(days=1)
    acts: list[Any] = [
        lambda: verlegen.move_by_link(session, token, later, TEN, now=clock.now()),
        lambda: open_booking.give_back(session, place, now=clock.now()),
        lambda: invitations.move_by_token(session, invited, later, TEN, clock=clock),
        lambda: invitations.cancel_by_token(session, invited, clock=clock),
    ]
    for act in acts:
        with pytest.raises(AppointmentBegun):
            act()
    assert not verlegen.movable(place, clock.now())
    session.refresh(place)
    assert (place.status, place.start_cell) == ("booked", TEN)


def test_places_of_firms_and_draws_are_not_moved_by_link(session: Session, house: House) -> None:
    place = book(session, house, DAY, email="ada@example.org")
    mitteilung.tell_place(session, house, place, "booked")
    token = link_of(queued(session, "mail")[-1].payload["text"])
    place.lane = "firmen"
    session.flush()
    with pytest.raises(BookingStateChanged):
        verlegen.move_by_link(session, token, DAY, NINE, now=house.now())


def test_the_calendar_of_the_mail_has_the_link_of_the_place(session: Session, house: House) -> None:
    place = book(session, house, DAY, email="ada@example.org")
    mitteilung.tell_place(session, house, place, "booked")
    payload = queued(session, "mail")[-1].payload
    event = Calendar.from_ical(payload["attachments"][0]["text"]).walk("VEVENT")[0]
    assert link_of(payload["text"]) in str(event["url"])
