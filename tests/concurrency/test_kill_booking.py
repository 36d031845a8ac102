"""kill -9 of PostgreSQL and of booking processes: no acknowledged place lost, none given twice."""

from __future__ import annotations

import os
import random
import threading
import time
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from abh.appointments import desk_days
from abh.appointments.errors import AlreadyBooked, SlotUnavailable
from abh.appointments.tables import Booking
from abh.bench import race
from abh.db import make_engine, make_sessions
from abh.migrate import upgrade
from tests.concurrency.conftest import start
from tests.concurrency.test_kill import Server, server  # noqa: F401

pytestmark = pytest.mark.slow

# The suite books a few; KILL_BOOKINGS=20000 is the whole measure (minutes).
BOOKINGS = int(os.environ.get("KILL_BOOKINGS", "80"))
THREADS, KILLS = 8, max(2, BOOKINGS // 2000)
# Wishes are drawn by lot, each tried once: of as many as there are places two in three are free.
DAYS = max(12, BOOKINGS // 40)


def _wishes(world: race.World) -> list[race.Place]:
    dice = random.Random(31)
    cells = [race.FIRST_CELL + race.CELLS * n for n in range(race.TIMES)]
    return [
        race.Place(person, dice.choice(world.days), dice.choice(cells), dice.choice(world.desks))
        for person in world.persons
    ]


def _keep_booking(
    world: race.World,
    wishes: list[race.Place],
    told: set[int],
    errors: list[str],
    end: threading.Event,
) -> None:
    book = race.through_the_service(world)
    while wishes and not end.is_set():
        wish = wishes.pop()
        try:
            with world.sessions.begin() as session:
                booked = book(session, wish)
        except (SlotUnavailable, AlreadyBooked):
            continue
        except DBAPIError:
            # The server is gone: this one was never acknowledged.
            time.sleep(0.05)
        except Exception as error:
            errors.append(repr(error))
        else:
            assert isinstance(booked, int)
            told.add(booked)


def _sound(sessions: sessionmaker[Session], told: set[int]) -> None:
    outcome = race.Outcome(acknowledged=sorted(told))
    with sessions() as session:
        world = race.World(sessions, race.FixedClock(race.MONDAY), None, (), (), ())  # type: ignore[arg-type]
        race._examine(world, outcome, "booking")
        assert (outcome.overbooked, outcome.lost) == (0, 0)
        assert desk_days.deviations(session, race.UNIT, date(2026, 1, 1), date(2029, 1, 1)) == []
        persons = session.scalars(select(Booking.person_id).where(Booking.status == "booked")).all()
        assert len(persons) == len(set(persons))


def test_a_killed_postgresql_loses_no_acknowledged_booking(server: Server) -> None:  # noqa: F811
    server.postgres.ensure_database("abh")
    url = server.postgres.url("abh")
    upgrade(url)
    engine = make_engine(url, pool_size=THREADS)
    sessions = make_sessions(engine)
    world = race.build(sessions, people=100, rounds=DAYS)
    wishes, told, errors = _wishes(world), set[int](), list[str]()
    chance = random.Random(4711)
    for _ in range(KILLS):
        end = threading.Event()
        threads = [
            threading.Thread(target=_keep_booking, args=(world, wishes, told, errors, end))
            for _ in range(THREADS)
        ]
        before = len(told)
        for thread in threads:
            thread.start()
        wanted = before + BOOKINGS // KILLS
        deadline = time.monotonic() + 60 + BOOKINGS / 10
        while len(told) < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(told) >= wanted
        time.sleep(chance.uniform(0, 0.2))
        server.kill()
        end.set()
        for thread in threads:
            thread.join(30)
        server.start()
        engine.dispose()
    assert errors == []
    _sound(sessions, told)
    engine.dispose()


def test_a_killed_booking_process_leaves_every_acknowledged_place(
    program: dict[str, str], fresh_database_url: str
) -> None:
    engine = make_engine(fresh_database_url)
    sessions = make_sessions(engine)
    race.build(sessions, people=60, rounds=4)
    process = start(program, "booker")
    told: set[int] = set()
    assert process.stdout is not None
    while len(told) < 25:
        told.add(int(process.stdout.readline()))
    process.kill()
    told |= {int(line) for line in process.stdout.read().split() if line.isdecimal()}
    process.wait(10)
    _sound(sessions, told)
    engine.dispose()
