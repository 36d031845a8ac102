"""Post is known with its legal date the day it comes, counted in people, closed once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import SYSTEM, Actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.office.file import load_office
from abh.office.service import import_office
from abh.persons.service import create_person
from abh.post import service
from abh.settings import Settings


@pytest.fixture
def house(
    sessions: sessionmaker[Session], settings: Settings, clock: FixedClock
) -> sessionmaker[Session]:
    with sessions() as session, session.begin():
        import_office(session, SYSTEM, load_office(settings.office_file), now=clock.now())
    return sessions


def staff(session: Session, login: str) -> Actor:
    return actor_of_user(session.scalars(select(AppUser).where(AppUser.login == login)).one())


def item(**changes: Any) -> dict[str, Any]:
    return {
        "received_on": "2026-11-20",
        "channel": "paper",
        "kind": "documents",
        "subject": "Gehaltsnachweis",
        "unit_key": "SG1",
        "person_id": "",
        **changes,
    }


def test_a_clerk_enters_only_for_the_own_unit_the_scan_clerk_for_all(
    house: sessionmaker[Session], clock: FixedClock
) -> None:
    with house() as session:
        clerk, scan = staff(session, "m.oezdamar"), staff(session, "k.sassenfeld")
        with pytest.raises(NotAllowed):
            service.register_item(session, clerk, item(unit_key="SG3"), clock=clock)
        assert service.register_item(session, scan, item(unit_key="SG3"), clock=clock).id
        with pytest.raises(NotFound):
            service.register_item(session, scan, item(unit_key="SG99"), clock=clock)
        with pytest.raises(NotAllowed):
            service.open_items(session, clerk, "SG3", clock=clock)


@pytest.mark.parametrize(
    ("day", "allowed"),
    [("2026-11-24", False), ("2026-11-23", True), ("2026-01-05", True), ("2025-11-21", False)],
)
def test_the_stamp_may_lie_before_today_never_after(
    house: sessionmaker[Session], clock: FixedClock, day: str, allowed: bool
) -> None:
    with house() as session:
        clerk = staff(session, "m.oezdamar")
        if allowed:
            made = service.register_item(session, clerk, item(received_on=day), clock=clock)
            assert made.received_on.isoformat() == day
        else:
            with pytest.raises(InvalidInput):
                service.register_item(session, clerk, item(received_on=day), clock=clock)


def test_open_post_is_counted_in_items_and_in_people(
    house: sessionmaker[Session], clock: FixedClock
) -> None:
    with house() as session:
        clerk = staff(session, "m.oezdamar")
        person = create_person(
            session,
            SYSTEM,
            {"given_names": "Ada", "birth_date": "01.02.1990", "nationalities": ["IND"]},
            now=clock.now(),
        )
        for day in ("2026-11-20", "2026-11-18", "2026-11-19"):
            service.register_item(
                session, clerk, item(received_on=day, person_id=person.id), clock=clock
            )
        service.register_item(session, clerk, item(), clock=clock)
        count = service.open_count(session, clerk, "SG1")
        assert (count.items, count.persons) == (4, 2)
        listed = service.open_items(session, clerk, "SG1", clock=clock)
        assert [row.age_days for row in listed] == [5, 4, 3, 3]
        assert listed[0].person == "Ada"


def test_an_item_is_closed_once(house: sessionmaker[Session], clock: FixedClock) -> None:
    with house() as session:
        clerk = staff(session, "m.oezdamar")
        made = service.register_item(session, clerk, item(), clock=clock)
        service.close_item(session, clerk, made.id, clock=clock)
        with pytest.raises(Conflict):
            service.close_item(session, clerk, made.id, clock=clock)
        assert service.open_items(session, clerk, "SG1", clock=clock) == []


def test_every_fault_of_an_item_is_named(house: sessionmaker[Session], clock: FixedClock) -> None:
    with house() as session, pytest.raises(InvalidInput) as caught:
        service.register_item(
            session,
            staff(session, "m.oezdamar"),
            {"received_on": "31.02.", "channel": "taube", "subject": "a\x00b"},
            clock=clock,
        )
    assert {problem.field for problem in caught.value.problems} == {
        "received_on",
        "channel",
        "kind",
        "subject",
        "unit_key",
    }
