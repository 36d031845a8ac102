"""Many connections after the same places at once: how many get one, and what went wrong.

The way of booking is an argument, so that the suite can run it with ways that are known to be
wrong: a race that does not catch those proves nothing.
"""

from __future__ import annotations

import random
import threading
import time as clock_time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import psycopg
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS
from abh.access.tables import AppUser
from abh.appointments import roster, service
from abh.appointments.errors import SlotUnavailable
from abh.appointments.patterns import PatternSpec
from abh.appointments.tables import DeskDay
from abh.bench.server import connect
from abh.kernel.clock import FixedClock
from abh.office.tables import Desk, Sachgebiet, Service
from abh.persons.tables import Person

UNIT, SERVICE, LANE, MINUTES = "race", "race-advice", "kunden", 30
DESKS, TIMES = 10, 10
FIRST_CELL, CELLS = 96, MINUTES // 5
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
PATTERNS = ("same", "spread", "free")


@dataclass(frozen=True)
class Place:
    """A wish: this time of this day; ``desk`` for ways of booking that name one.

    ``second`` is another desk that is wanted with it (0: none), as by a large family.
    """

    person_id: int
    day: date
    cell: int
    desk: int
    second: int = 0


# Books in the transaction that its caller commits; raises SlotUnavailable when there is no place.
Way = Callable[[Session, Place], object]


@dataclass
class Outcome:
    """What came of all rounds.

    ``seconds`` are those in which everybody was at it, ``cpu`` those this process computed in them:
    what others do on the same machine changes the first, hardly the second.
    """

    acts: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    acknowledged: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    overbooked: int = 0
    lost: int = 0

    @property
    def deadlocks(self) -> int:
        """How many transactions PostgreSQL ended because they waited in a circle."""
        return self.errors["DeadlockDetected"]

    @property
    def per_second(self) -> float:
        """Answers a second, refusals included."""
        return self.acts / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of this process's core per answer."""
        return 1000 * self.cpu / self.acts

    @property
    def sound(self) -> bool:
        """Whether nothing went wrong: no place twice, none lost, no error but "taken"."""
        return not (self.overbooked or self.lost or self.errors)


@dataclass(frozen=True)
class World:
    """A unit of ten desks with ten times a day: 100 places for every round.

    The first ``warm_up`` days are for rounds that do not count: each connection learns its
    statements there, as those of a server do in its first minute.
    """

    sessions: sessionmaker[Session]
    clock: FixedClock
    clerk: Actor
    desks: tuple[int, ...]
    persons: tuple[int, ...]
    days: tuple[date, ...]
    warm_up: int = 0


def build(sessions: sessionmaker[Session], *, people: int, rounds: int, warm_up: int = 0) -> World:
    """Make the unit with its roster and ``people`` for each of ``rounds``, committed."""
    clock = FixedClock(MONDAY)
    rounds += warm_up
    days = _working_days(rounds)
    keys = [f"race-{n:02d}" for n in range(DESKS)]
    with sessions.begin() as session:
        session.add(Sachgebiet(key=UNIT, name="Rennen"))
        session.add(Service(key=SERVICE, name="Rennen", minutes=MINUTES))
        session.flush()
        desk_rows = [{"key": k, "name": k, "unit_key": UNIT, "room": "0"} for k in keys]
        desks = tuple(session.scalars(insert(Desk).returning(Desk.id), desk_rows))
        user_rows = [
            {
                "login": k,
                "display_name": k,
                "password_hash": "!",
                "role": "clerk",
                "unit_key": UNIT,
                "created_at": MONDAY,
            }
            for k in keys
        ]
        users = tuple(session.scalars(insert(AppUser).returning(AppUser.id), user_rows))
        persons = _persons(session, people * rounds)
        end = time(8 + TIMES * MINUTES // 60)
        week = [
            PatternSpec(UNIT, key, key, weekday, time(8), end, LANE)
            for key in keys
            for weekday in range(5)
        ]
        roster.apply_patterns(session, week, valid_from=MONDAY.date(), clock=clock)
        roster.extend_horizon(session, until=days[-1], clock=clock)
    return World(sessions, clock, _clerk(users[0], keys[0]), desks, persons, days, warm_up)


def existing(sessions: sessionmaker[Session]) -> World:
    """Return the world that ``build`` made on this database, for another process."""
    with sessions() as session:
        desks = session.scalars(
            select(Desk.id).where(Desk.unit_key == UNIT).order_by(Desk.id)
        ).all()
        persons = session.scalars(select(Person.id).order_by(Person.id)).all()
        days = session.scalars(
            select(DeskDay.day)
            .where(DeskDay.unit_key == UNIT, DeskDay.day >= date(2027, 1, 4))
            .distinct()
            .order_by(DeskDay.day)
        ).all()
        user = session.scalars(select(AppUser).where(AppUser.unit_key == UNIT).limit(1)).one()
        clerk = _clerk(user.id, user.login)
    return World(sessions, FixedClock(MONDAY), clerk, tuple(desks), tuple(persons), tuple(days))


def _clerk(user_id: int, login: str) -> Actor:
    return Actor(
        kind="staff",
        user_id=user_id,
        name="Rennen",
        login=login,
        role="clerk",
        rank="SB",
        in_training=False,
        powers=ROLE_POWERS["clerk"],
        unit_key=UNIT,
    )


def _working_days(count: int) -> tuple[date, ...]:
    # January to June without the Christmas days that nobody works on.
    first = date(2027, 1, 4)
    found: list[date] = []
    for number in range(3 * count + 10):
        day = first + timedelta(days=number)
        if day.weekday() < 5 and len(found) < count:
            found.append(day)
    return tuple(found)


def _persons(session: Session, count: int) -> tuple[int, ...]:
    rows = [
        {
            "family_name": f"Rennen{n}",
            "given_names": "Kim",
            "name_search": f"RENNEN{n} KIM",
            "name_plain": f"RENNEN{n} KIM",
            "birth_year": 1990,
            "nationalities": ["UKR"],
            "created_at": MONDAY,
        }
        for n in range(count)
    ]
    return tuple(session.scalars(insert(Person).returning(Person.id), rows))


def through_the_service(world: World) -> Way:
    """Return the way staff book: guard, lock, constraint, ticket, audit entry."""

    def book(session: Session, place: Place) -> object:
        return service.book_for(
            session,
            world.clerk,
            vorgang_id=None,
            person_id=place.person_id,
            unit_key=UNIT,
            service_key=SERVICE,
            lane=LANE,
            day=place.day,
            start_cell=place.cell,
            clock=world.clock,
        ).id

    return book


def run(world: World, pattern: str, way: Way, *, people: int, table: str = "booking") -> Outcome:
    """Let ``people`` connections book at once in as many rounds as the world has days.

    ``same``: all want one time (and desk); ``spread``: any of the 100 places; ``free``: a place of
    one's own; ``pairs``: two of three desks at one time, in an order of one's own. Counts what is
    overbooked and what was acknowledged but is not in ``table``.
    """
    dice = random.Random(f"{pattern}:2026")
    outcome = Outcome()
    with ThreadPoolExecutor(people) as pool:
        for number, day in enumerate(world.days):
            persons = world.persons[number * people : (number + 1) * people]
            wishes = _wishes(pattern, persons, day, world.desks, dice)
            gate = threading.Barrier(people + 1)
            acts = [pool.submit(_book, world, way, wish, gate) for wish in wishes]
            gate.wait(60)
            begun, computed = clock_time.perf_counter(), clock_time.process_time()
            for act in acts:
                booked, error = act.result()
                if booked is not None:
                    outcome.acknowledged.append(booked)
                if error:
                    outcome.errors[error] += 1
            if number >= world.warm_up:
                outcome.seconds += clock_time.perf_counter() - begun
                outcome.cpu += clock_time.process_time() - computed
                outcome.acts += len(wishes)
    _examine(world, outcome, table)
    return outcome


def _wishes(
    pattern: str, persons: Sequence[int], day: date, desks: Sequence[int], dice: random.Random
) -> list[Place]:
    places = [(desk, FIRST_CELL + CELLS * n) for n in range(TIMES) for desk in desks]
    if pattern == "pairs":
        pairs = [dice.sample(desks[:3], 2) for _ in persons]
        return [
            Place(person, day, FIRST_CELL, *pair)
            for person, pair in zip(persons, pairs, strict=True)
        ]
    if pattern == "same":
        chosen = [places[0]] * len(persons)
    elif pattern == "spread":
        chosen = [dice.choice(places) for _ in persons]
    else:
        chosen = dice.sample(places, len(persons))
    return [
        Place(person, day, cell, desk) for person, (desk, cell) in zip(persons, chosen, strict=True)
    ]


def _book(world: World, way: Way, wish: Place, gate: threading.Barrier) -> tuple[int | None, str]:
    with world.sessions() as session:
        session.connection()  # so that opening it is not measured
        gate.wait(60)
        try:
            booked = way(session, wish)
            session.commit()
        except SlotUnavailable:
            return None, ""
        except OperationalError as error:
            return None, type(error.orig).__name__
        except Exception as error:
            return None, type(error).__name__
    return (booked if isinstance(booked, int) else None), ""


def _examine(world: World, outcome: Outcome, table: str) -> None:
    with world.sessions() as session:
        outcome.overbooked = int(
            session.scalar(
                text(
                    f"SELECT count(*) FROM {table} a JOIN {table} b ON a.id < b.id"
                    " AND a.desk_id = b.desk_id AND a.day = b.day AND a.cells && b.cells"
                    " WHERE a.status = 'booked' AND b.status = 'booked'"
                )
            )
            or 0
        )
        kept = session.scalar(
            text(f"SELECT count(*) FROM {table} WHERE id = ANY(:ids) AND status = 'booked'"),
            {"ids": outcome.acknowledged},
        )
        outcome.lost = len(set(outcome.acknowledged)) - int(kept or 0)


_BARE = (
    "INSERT INTO bare_booking (unit_key, desk_id, day, cells, lane, service_key, person_id, status,"
    " created_at) VALUES (%s, %s, %s, int4range(%s, %s), %s, %s, %s, 'booked', %s)"
)


def bare(url: str, world: World, *, people: int) -> Outcome:
    """Return what single-row inserts with commit by ``people`` raw connections cost.

    Into an empty copy of the table with all its indexes and constraints, everyone a free place.
    """
    with connect(url) as owner:
        owner.execute("DROP TABLE IF EXISTS bare_booking")
        owner.execute("CREATE TABLE bare_booking (LIKE booking INCLUDING ALL)")
    raw = [connect(url) for _ in range(people)]
    dice = random.Random("bare:2026")
    outcome = Outcome()
    try:
        with ThreadPoolExecutor(people) as pool:
            for number, day in enumerate(world.days):
                persons = world.persons[number * people : (number + 1) * people]
                wishes = _wishes("free", persons, day, world.desks, dice)
                gate = threading.Barrier(people + 1)
                done = [
                    pool.submit(_insert, connection, wish, gate)
                    for connection, wish in zip(raw, wishes, strict=True)
                ]
                gate.wait(60)
                begun, computed = clock_time.perf_counter(), clock_time.process_time()
                for each in done:
                    each.result()
                if number >= world.warm_up:
                    outcome.seconds += clock_time.perf_counter() - begun
                    outcome.cpu += clock_time.process_time() - computed
                    outcome.acts += len(wishes)
    finally:
        for connection in raw:
            connection.close()
    return outcome


def _insert(connection: psycopg.Connection, wish: Place, gate: threading.Barrier) -> None:
    gate.wait(60)
    last = wish.cell + CELLS
    connection.execute(
        _BARE,
        (UNIT, wish.desk, wish.day, wish.cell, last, LANE, SERVICE, wish.person_id, MONDAY),
    )
    connection.commit()
