"""Calendar feeds: whose places, no names, valid for calendars, dead when revoked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from abh.access.tables import AppUser
from abh.appointments import booking, feeds, placing
from abh.appointments import service as appointments
from abh.appointments.tables_contact import CalendarFeed
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.errors import NotAllowed, NotFound
from tests import factories
from tests.integration.appointments.contact import UNIT, book, open_desk

DAY = date(2026, 12, 1)
SITS, OTHER = "s.lindenau", "m.oezdamar"


@pytest.fixture(scope="session")
def engine(office_engine: Engine) -> Engine:
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    made = factories.make_house(session, clock, tmp_path / "store")
    open_desk(session, made, clock)
    return made


def read(session: Session, house: House, token: str) -> list[dict[str, str]]:
    data = feeds.feed_file(session, house, token, now=house.now())
    calendar = Calendar.from_ical(data)
    assert b"Okonkwo" not in data
    assert not calendar.errors
    for event in calendar.walk("VEVENT"):
        # RFC 5545, 3.6.1: these must be there, each once.
        assert all(len(event.get(n, ())) for n in ("UID",))
        assert event.decoded("dtstart") < event.decoded("dtend")
        assert event["dtstamp"]
    return [
        {"uid": str(e["uid"]), "seq": str(e["sequence"]), "text": str(e["summary"])}
        for e in calendar.walk("VEVENT")
    ]


def test_a_clerk_sees_the_places_of_the_own_shifts_and_the_unit_all(
    session: Session, house: House
) -> None:
    place = book(session, house, DAY)
    lead = factories.staff(session, UNIT, rank="SGL")
    _feed, mine = feeds.make_feed(
        session, factories.actor_of(session, SITS), unit=False, now=house.now()
    )
    _feed, other = feeds.make_feed(
        session, factories.actor_of(session, OTHER), unit=False, now=house.now()
    )
    _feed, whole = feeds.make_feed(session, lead, unit=True, now=house.now())
    (entry,) = read(session, house, mine)
    assert entry["text"].startswith(place.ticket)
    assert read(session, house, whole) == [entry]
    assert read(session, house, other) == []


def test_a_move_keeps_the_entry_with_a_higher_sequence_and_a_cancellation_takes_it_out(
    session: Session, house: House
) -> None:
    place = book(session, house, DAY)
    _feed, token = feeds.make_feed(
        session, factories.actor_of(session, SITS), unit=False, now=house.now()
    )
    (before,) = read(session, house, token)
    later = DAY + timedelta(days=1)
    rules = appointments.RULES
    moved = placing.move_to(session, None, place, later, 126, now=house.now(), rules=rules)
    (after,) = read(session, house, token)
    assert (before["uid"], before["seq"], after["seq"]) == (after["uid"], "0", "1")
    booking.cancel(session, moved, now=house.now())
    assert read(session, house, token) == []


def test_a_revoked_a_replaced_and_a_leavers_address_are_worth_nothing(
    session: Session, house: House
) -> None:
    clerk = factories.actor_of(session, SITS)
    feed, first = feeds.make_feed(session, clerk, unit=False, now=house.now())
    _new, second = feeds.make_feed(session, clerk, unit=False, now=house.now())
    assert feed.revoked_at is not None
    for token in (first, "A" * 22):
        with pytest.raises(NotFound):
            feeds.feed_file(session, house, token, now=house.now())
    read(session, house, second)
    session.execute(update(AppUser).where(AppUser.login == SITS).values(active=False))
    session.expire_all()
    with pytest.raises(NotFound):
        feeds.feed_file(session, house, second, now=house.now())


def test_only_its_owner_and_the_lead_revoke_and_only_leads_see_a_whole_unit(
    session: Session, house: House
) -> None:
    clerk, other = (factories.actor_of(session, login) for login in (SITS, OTHER))
    lead = factories.staff(session, UNIT, rank="SGL")
    feed, _token = feeds.make_feed(session, clerk, unit=False, now=house.now())
    with pytest.raises(NotAllowed):
        feeds.revoke(session, other, feed.id, now=house.now())
    with pytest.raises(NotAllowed):
        feeds.make_feed(session, clerk, unit=True, now=house.now())
    with pytest.raises(NotAllowed):
        feeds.revoke(session, replace(lead, unit_key="SG2"), feed.id, now=house.now())
    feeds.revoke(session, lead, feed.id, now=house.now())
    assert feeds.feeds_of(session, clerk) == []


def test_the_address_is_stored_as_a_hash_only(session: Session, house: House) -> None:
    clerk = factories.actor_of(session, SITS)
    _feed, token = feeds.make_feed(session, clerk, unit=False, now=house.now())
    row = session.scalars(select(CalendarFeed)).one()
    assert token.encode() not in row.token_hash
    read(session, house, token)
    session.refresh(row)
    assert row.last_read_on == house.today
