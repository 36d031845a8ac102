"""Guests who answer at the same moment: never more than places; without the guard there are."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import SYSTEM
from abh.appointments import event_guests, events
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.db import make_engine, make_sessions
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import InvalidInput
from abh.kernel.ids import new_token, token_hash
from abh.persons.service import create_person
from tests import factories
from tests.integration.appointments.contact import PERSON

RACERS = 8
BEGINS = datetime(2026, 12, 15, 15, tzinfo=BERLIN)


@pytest.fixture
def races(fresh_office_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(fresh_office_url, pool_size=RACERS)
    yield make_sessions(engine)
    engine.dispose()


def _invited(races: sessionmaker[Session], clock: FixedClock) -> tuple[int, list[str]]:
    """Eight people with a place each, and four more places for their guests."""
    with races.begin() as session:
        lead = factories.staff(session, "SG7", rank="SGL")
        plan = events.Plan(
            "beratungstag", "Tag", "Rathaus", BEGINS, BEGINS + timedelta(hours=2), RACERS + 4, 2,
            (), date(2026, 12, 8),
        )  # fmt: skip
        event = events.make_event(session, lead, "SG7", plan, now=clock.now())
        tokens = [new_token() for _ in range(RACERS)]
        for number, token in enumerate(tokens):
            name = f"Gast{chr(65 + number)}"
            person = create_person(
                session, SYSTEM, {**PERSON, "family_name": name}, now=clock.now()
            )
            session.add(
                EventGuest(
                    event_id=event.id,
                    person_id=person.id,
                    token_hash=token_hash(token),
                    invited_at=clock.now(),
                )
            )
        return event.id, tokens


def _answer_together(
    races: sessionmaker[Session], tokens: list[str], clock: FixedClock
) -> Counter[str]:
    gate = threading.Barrier(len(tokens))

    def run(token: str) -> str:
        with races() as session:
            event_guests.by_token(session, token)
            gate.wait(30)
            try:
                event_guests.reply(
                    session, token, coming=True, guests=2, accessible=False, language="de",
                    now=clock.now(),
                )  # fmt: skip
                session.commit()
            except InvalidInput:
                session.rollback()
                return "full"
            return "coming"

    with ThreadPoolExecutor(len(tokens)) as pool:
        return Counter(pool.map(run, tokens))


def test_guests_who_answer_together_never_take_one_place_too_many(
    races: sessionmaker[Session], clock: FixedClock, tmp_path: Path
) -> None:
    event_id, tokens = _invited(races, clock)
    assert _answer_together(races, tokens, clock) == {"coming": 2, "full": 6}
    with races() as session:
        event = session.get_one(GroupEvent, event_id)
        assert event.taken == event.places == RACERS + 4


def test_without_the_check_the_same_answers_take_too_many(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    event_id, tokens = _invited(races, clock)
    with races.begin() as session:
        session.execute(
            text("ALTER TABLE group_event DROP CONSTRAINT ck_group_event_places_suffice")
        )
    assert _answer_together(races, tokens, clock) == {"coming": 8}
    with races() as session:
        event = session.get_one(GroupEvent, event_id)
        assert event.taken > event.places
