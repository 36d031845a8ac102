"""Group events: never more people than places, answers by link, who came, what was handed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor
from abh.appointments import event_guests, events
from abh.appointments.events import EventFull, EventOver, Plan
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.persons.service import create_person
from tests import factories
from tests.integration.appointments.contact import PERSON, queued

UNIT = "SG7"
BEGINS = datetime(2026, 12, 15, 15, tzinfo=BERLIN)
PLAN = Plan(
    kind="beratungstag",
    title="Beratungstag",
    place="Rathaus, Plenarsaal",
    starts_at=BEGINS,
    ends_at=BEGINS + timedelta(hours=2),
    places=5,
    guests_each=3,
    languages=("de", "en"),
    reply_until=date(2026, 12, 8),
)


@pytest.fixture(scope="session")
def engine(office_engine: Engine) -> Engine:
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    return factories.make_house(session, clock, tmp_path / "store")


@pytest.fixture
def lead(session: Session, house: House) -> Actor:
    return factories.staff(session, UNIT, rank="SGL")


def plan(session: Session, lead: Actor, house: House, **changes: Any) -> GroupEvent:
    return events.make_event(session, lead, UNIT, replace(PLAN, **changes), now=house.now())


def invite(
    session: Session, house: House, lead: Actor, event: GroupEvent, name: str, **person: Any
) -> tuple[EventGuest, str]:
    """Invite a new person and return the row and the token of the link."""
    data = {**PERSON, "family_name": name, "email": "gast@example.org", **person}
    made = create_person(session, SYSTEM, data, now=house.now())
    guest = event_guests.invite(session, house, lead, event.id, made.id)
    if not made.email:
        return guest, ""
    link = next(
        w for w in queued(session, "mail")[-1].payload["text"].split() if "/einladung/" in w
    )
    return guest, link.rsplit("/", 1)[1]


def answer(session: Session, house: House, token: str, coming: bool = True, guests: int = 0) -> Any:
    return event_guests.reply(
        session, token, coming=coming, guests=guests, accessible=False, language="en",
        now=house.now(),
    )  # fmt: skip


def test_only_who_leads_plans_and_every_fault_is_named(
    session: Session, lead: Actor, house: House
) -> None:
    clerk = factories.staff(session, UNIT, rank="SB")
    with pytest.raises(NotAllowed):
        plan(session, clerk, house)
    wrong = {
        "kind": "unfug", "title": " ", "place": "", "places": 0, "guests_each": 21,
        "languages": ("xx",), "starts_at": house.now(), "ends_at": house.now(),
        "reply_until": date(2027, 1, 1),
    }  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        plan(session, lead, house, **wrong)
    assert {p.field for p in caught.value.problems} == set(wrong)


def test_everybody_invited_keeps_a_place_and_guests_take_the_rest(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    _ada, first = invite(session, house, lead, event, "Eins")
    _bo, second = invite(session, house, lead, event, "Zwei")
    answer(session, house, first, guests=3)
    session.refresh(event)
    assert event.taken == 5
    with pytest.raises(InvalidInput, match="noch 0"):
        answer(session, house, second, guests=1)
    assert answer(session, house, second).reply == "yes"
    with pytest.raises(EventFull):
        invite(session, house, lead, event, "Drei")
    answer(session, house, first, coming=False)
    session.refresh(event)
    assert event.taken == 1
    invite(session, house, lead, event, "Drei")


def test_the_database_refuses_what_goes_past_the_service(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house, places=2)
    guest, _token = invite(session, house, lead, event, "Eins")
    for statement in (
        update(EventGuest).where(EventGuest.id == guest.id).values(reply="yes", guests=2),
        update(EventGuest).where(EventGuest.id == guest.id).values(guests=1),
        update(GroupEvent).where(GroupEvent.id == event.id).values(places=1, taken=2),
        insert(EventGuest).values(
            event_id=event.id, person_id=guest.person_id, token_hash=b"x", invited_at=house.now()
        ),
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(statement)


def test_an_answer_can_be_changed_until_the_day_and_not_after(
    session: Session, lead: Actor, house: House, clock: FixedClock
) -> None:
    event = plan(session, lead, house)
    _guest, token = invite(session, house, lead, event, "Eins")
    assert answer(session, house, token, guests=2).guests == 2
    assert answer(session, house, token, coming=False).guests == 0
    with pytest.raises(InvalidInput):
        answer(session, house, token, guests=4)
    clock.at = datetime(2026, 12, 9, 0, 1, tzinfo=BERLIN)
    with pytest.raises(EventOver):
        answer(session, house, token)


def test_without_mail_the_invitation_is_a_letter(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    invite(session, house, lead, event, "Brief", email="", language="tr")
    letter = session.scalars(select(Letter).where(Letter.outcome == "veranstaltung")).one()
    assert letter.state == "released"
    assert letter.content["foreign"][0]["lang"] == "tr"
    assert "/einladung/" in letter.content["fields"]["hints"][0]


def test_a_person_is_invited_once_and_again_after_withdrawal(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    guest, token = invite(session, house, lead, event, "Eins")
    with pytest.raises(Conflict, match="schon eingeladen"):
        event_guests.invite(session, house, lead, event.id, guest.person_id)
    event_guests.withdraw(session, house, lead, guest.id)
    with pytest.raises(NotFound):
        answer(session, house, token)
    event_guests.invite(session, house, lead, event.id, guest.person_id)
    session.refresh(event)
    assert event.taken == 1


def test_only_on_the_day_somebody_is_let_in_and_only_then_handed_anything(
    session: Session, lead: Actor, house: House, clock: FixedClock
) -> None:
    event = plan(session, lead, house, kind="einbuergerungsfeier")
    guest, _token = invite(session, house, lead, event, "Eins")
    with pytest.raises(Conflict, match="am Tag"):
        event_guests.check_in(session, lead, guest.id, now=house.now())
    clock.at = BEGINS
    with pytest.raises(Conflict, match="da ist"):
        event_guests.mark_handed(session, lead, guest.id, now=house.now())
    event_guests.check_in(session, lead, guest.id, now=house.now())
    came = event_guests.check_in(session, lead, guest.id, now=house.now() + timedelta(hours=1))
    assert came.came_at == BEGINS
    handed = event_guests.mark_handed(session, lead, guest.id, now=house.now())
    assert handed.handed_over_by == lead.user_id
    with pytest.raises(Conflict):
        event_guests.withdraw(session, house, lead, guest.id)


def test_at_a_counselling_day_nothing_is_handed_over(
    session: Session, lead: Actor, house: House, clock: FixedClock
) -> None:
    event = plan(session, lead, house)
    guest, _token = invite(session, house, lead, event, "Eins")
    clock.at = BEGINS
    event_guests.check_in(session, lead, guest.id, now=house.now())
    with pytest.raises(Conflict, match="nichts"):
        event_guests.mark_handed(session, lead, guest.id, now=house.now())


def test_a_cancelled_event_is_told_to_who_would_have_come(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    invite(session, house, lead, event, "Eins", email="eins@example.org")
    _guest, token = invite(session, house, lead, event, "Zwei", email="zwei@example.org")
    answer(session, house, token, coming=False)
    assert events.cancel(session, house, lead, event.id) == 1
    assert queued(session, "mail")[-1].payload["to"] == ["eins@example.org"]
    with pytest.raises(EventOver):
        events.cancel(session, house, lead, event.id)
    with pytest.raises(EventOver):
        answer(session, house, token)


def test_in_other_units_the_event_does_not_exist(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    stranger = factories.staff(session, "SG1", rank="SGL")
    with pytest.raises(NotFound):
        event_guests.guest_list(session, stranger, event.id, now=house.now())
    assert events.events_of(session, stranger, since=house.now()) == []


def test_two_people_never_get_the_same_number(session: Session, lead: Actor, house: House) -> None:
    event = plan(session, lead, house, kind="einbuergerungsfeier")
    one, _ = invite(session, house, lead, event, "Eins")
    two, _ = invite(session, house, lead, event, "Zwei")
    note = event_guests.note_certificates
    assert note(session, lead, event.id, {one.id: "E1", two.id: "E2"}, now=house.now()) == 2
    with pytest.raises(InvalidInput, match="E1"), session.begin_nested():
        note(session, lead, event.id, {two.id: "E1"}, now=house.now())


def test_a_change_is_told_once_and_calendars_of_who_comes_follow(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    _one, first = invite(session, house, lead, event, "Eins", email="eins@example.org")
    _two, second = invite(session, house, lead, event, "Zwei", email="zwei@example.org")
    invite(session, house, lead, event, "Drei", email="drei@example.org")
    answer(session, house, first, guests=1)
    answer(session, house, second, coming=False)
    later = replace(PLAN, starts_at=BEGINS + timedelta(hours=1), place="Rathaus, Foyer", places=9)
    assert events.change(session, house, lead, event.id, later) == 2
    told = {m.payload["to"][0]: m.payload for m in queued(session, "mail")[3:]}
    assert set(told) == {"eins@example.org", "drei@example.org"}
    # Only who said yes can have it in a calendar.
    assert told["drei@example.org"]["attachments"] == []
    (file,) = told["eins@example.org"]["attachments"]
    assert file["method"] == "REQUEST"
    entry = Calendar.from_ical(file["text"]).walk("VEVENT")[0]
    assert (entry["sequence"], str(entry["location"])) == (1, "Rathaus, Foyer")
    assert entry["dtstart"].dt == BEGINS + timedelta(hours=1)
    # More places are no news to anybody.
    assert events.change(session, house, lead, event.id, replace(later, places=20)) == 0
    assert events.cancel(session, house, lead, event.id) == 2
    (file,) = queued(session, "mail")[-1].payload["attachments"]
    entry = Calendar.from_ical(file["text"]).walk("VEVENT")[0]
    assert (str(entry["status"]), entry["sequence"]) == ("CANCELLED", 3)


def test_places_are_not_cut_below_what_is_given(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    _one, token = invite(session, house, lead, event, "Eins")
    answer(session, house, token, guests=2)
    with pytest.raises(InvalidInput) as refused:
        events.change(session, house, lead, event.id, replace(PLAN, places=2, guests_each=1))
    assert {p.field for p in refused.value.problems} == {"places", "guests_each"}
    with pytest.raises(NotAllowed):
        clerk = factories.staff(session, UNIT, rank="SB")
        events.change(session, house, clerk, event.id, PLAN)


def test_who_is_no_longer_invited_is_told_and_who_had_declined_is_not(
    session: Session, lead: Actor, house: House
) -> None:
    event = plan(session, lead, house)
    one, _token = invite(session, house, lead, event, "Eins", email="eins@example.org")
    two, declined = invite(session, house, lead, event, "Zwei", email="zwei@example.org")
    answer(session, house, declined, coming=False)
    assert event_guests.withdraw(session, house, lead, one.id)
    assert not event_guests.withdraw(session, house, lead, one.id)
    assert not event_guests.withdraw(session, house, lead, two.id)
    mail = queued(session, "mail")[-1].payload
    assert mail["to"] == ["eins@example.org"]
    assert "gilt nicht mehr" in mail["text"] or "no longer valid" in mail["text"]


def test_once_it_has_begun_nobody_answers_any_more(
    session: Session, lead: Actor, house: House, clock: FixedClock
) -> None:
    event = plan(session, lead, house, reply_until=BEGINS.date())
    _one, token = invite(session, house, lead, event, "Eins")
    clock.at = BEGINS
    with pytest.raises(EventOver):
        answer(session, house, token)
