"""The race itself: the service passes it, and every known wrong way of booking is caught by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from abh.appointments import booking, griff
from abh.appointments.booking import Draft
from abh.appointments.errors import SlotUnavailable
from abh.bench import race
from abh.db import make_engine, make_sessions

PEOPLE, ROUNDS = 16, 5
INSERT = (
    "INSERT INTO {table} (unit_key, desk_id, day, cells, lane, service_key, person_id, status,"
    " created_at) VALUES ('race', :desk, :day, int4range(:start, :end), 'kunden', 'race-advice',"
    " :person, 'booked', now()) RETURNING id"
)


@pytest.fixture
def sessions(fresh_database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(fresh_database_url, pool_size=PEOPLE)
    with engine.begin() as connection:
        # A deadlock is found after a second, each of dozens after the other; here at once.
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'"))
    engine.dispose()
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> race.World:
    return race.build(sessions, people=PEOPLE, rounds=ROUNDS)


def _values(place: race.Place) -> dict[str, object]:
    return {
        "desk": place.desk,
        "day": place.day,
        "start": place.cell,
        "end": place.cell + race.CELLS,
        "person": place.person_id,
    }


def _unlock(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = "FOR UPDATE OF dd SKIP LOCKED"
    assert lock in griff._TAKE_FREE
    monkeypatch.setattr(griff, "_TAKE_FREE", griff._TAKE_FREE.replace(lock, ""))


def _copy(world: race.World, name: str, including: str) -> None:
    with world.sessions.begin() as session:
        session.execute(text(f"CREATE TABLE {name} (LIKE booking INCLUDING {including})"))


@pytest.mark.parametrize("pattern", race.PATTERNS)
def test_the_service_is_sound_in_every_pattern(world: race.World, pattern: str) -> None:
    outcome = race.run(world, pattern, race.through_the_service(world), people=PEOPLE)
    assert outcome.sound, outcome
    wanted = {"same": 10 * ROUNDS, "free": PEOPLE * ROUNDS}
    assert len(outcome.acknowledged) == wanted.get(pattern, len(outcome.acknowledged))
    assert outcome.acts == PEOPLE * ROUNDS


def test_mutant_check_then_insert_is_caught(world: race.World) -> None:
    _copy(world, "naive_booking", "DEFAULTS INCLUDING IDENTITY")

    def look_then_insert(session: Session, place: race.Place) -> object:
        taken = session.scalar(
            text(
                "SELECT count(*) FROM naive_booking WHERE desk_id = :desk AND day = :day"
                " AND cells && int4range(:start, :end)"
            ),
            _values(place),
        )
        if taken:
            raise SlotUnavailable()
        return session.scalar(text(INSERT.format(table="naive_booking")), _values(place))

    outcome = race.run(world, "same", look_then_insert, people=PEOPLE, table="naive_booking")
    assert outcome.overbooked > 0
    assert not outcome.sound


def test_mutant_without_lock_and_constraint_is_caught(
    world: race.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service itself, with both of its guards taken away."""
    _unlock(monkeypatch)
    with world.sessions.begin() as session:
        session.execute(text("ALTER TABLE booking DROP CONSTRAINT ex_booking_desk"))
    outcome = race.run(world, "same", race.through_the_service(world), people=PEOPLE)
    assert outcome.overbooked > 0
    assert not outcome.sound


def test_without_the_lock_the_constraint_alone_still_holds(
    world: race.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unlock(monkeypatch)
    outcome = race.run(world, "same", race.through_the_service(world), people=PEOPLE)
    assert (outcome.overbooked, outcome.lost, outcome.deadlocks) == (0, 0, 0)


def test_mutant_plain_insert_that_catches_the_violation_deadlocks(world: race.World) -> None:
    _copy(world, "plain_booking", "ALL")
    _forget_persons(world, "plain_booking")

    def insert_and_catch(session: Session, place: race.Place) -> object:
        try:
            for desk in (place.desk, place.second):
                values = {**_values(place), "desk": desk}
                booked = session.scalar(text(INSERT.format(table="plain_booking")), values)
        except IntegrityError as error:
            raise SlotUnavailable() from error
        return booked

    outcome = race.run(world, "pairs", insert_and_catch, people=PEOPLE, table="plain_booking")
    assert outcome.overbooked == 0
    assert outcome.deadlocks > 0
    assert not outcome.sound


def test_two_desks_at_once_do_not_deadlock_through_the_guard(world: race.World) -> None:
    _forget_persons(world, "booking")

    def reserve(session: Session, place: race.Place) -> object:
        last = place.cell + race.CELLS
        drafts = [
            Draft(
                race.UNIT, desk, place.day, place.cell, last, race.LANE, race.SERVICE,
                place.person_id,
            )
            for desk in (place.desk, place.second)
        ]  # fmt: skip
        return booking.reserve(session, drafts, now=world.clock.now())[0].id

    outcome = race.run(world, "pairs", reserve, people=PEOPLE)
    assert outcome.sound, outcome
    assert len(outcome.acknowledged) == ROUNDS


def _forget_persons(world: race.World, table: str) -> None:
    """Drop the rule of one place per person: here it is about desks alone."""
    with world.sessions.begin() as session:
        rule = session.scalar(
            text(
                "SELECT indexname FROM pg_indexes WHERE tablename = :table"
                " AND indexdef LIKE '%UNIQUE%(person_id, service_key)%'"
            ),
            {"table": table},
        )
        session.execute(text(f'DROP INDEX "{rule}"'))
        visits = session.scalar(
            text(
                "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass)"
                " AND contype = 'x' AND pg_get_constraintdef(oid) LIKE '%purposes%'"
            ),
            {"table": table},
        )
        session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{visits}"'))


def test_mutant_that_acknowledges_before_it_commits_is_caught(world: race.World) -> None:
    def forget(session: Session, place: race.Place) -> object:
        booked = race.through_the_service(world)(session, place)
        session.rollback()
        return booked

    outcome = race.run(world, "free", forget, people=PEOPLE)
    assert outcome.lost == PEOPLE * ROUNDS
