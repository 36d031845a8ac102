"""Fifty people of a company in one transaction while the public books at the same office.

Rounds that count are followed by giving the places back; rounds in which the connection is killed
at a random moment show that a group is booked whole or not at all.
"""

from __future__ import annotations

import random
import threading
import time as clock_time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from abh.appointments import roster, service
from abh.appointments.errors import AlreadyBooked, SlotUnavailable
from abh.appointments.tables import Booking, DeskDay
from abh.bench.firm_world import UNIT, Firm, make_firm
from abh.bench.server import connect
from abh.bench.world import World
from abh.fastlane import termine
from abh.fastlane.tables_termine import FirmPlace
from abh.fastlane.zugang import acting
from abh.persons.tables import Person

SERVICE, PUBLIC, ADVICE = "biometrie_antrag", "kunden", "beratung"
_BARE = (
    "INSERT INTO bare_booking (unit_key, desk_id, day, cells, lane, service_key, person_id,"
    " status, created_at) SELECT unit_key, desk_id, day, cells, lane, service_key, person_id,"
    " status, created_at FROM booking WHERE id = %s"
)


@dataclass
class Outcome:
    """Milliseconds of the rounds and of their floor; what went wrong is counted."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    public: int = 0
    overbooked: int = 0
    partial: int = 0
    killed: int = 0
    errors: list[str] = field(default_factory=list)


def run(world: World, url: str, *, people: int, rounds: int, kills: int, load: int) -> Outcome:
    """Book ``people`` in ``rounds`` under ``load`` public threads, then ``kills`` times killed."""
    first, last = _open(world)
    with world.sessions.begin() as session:
        firm = make_firm(session, "Alpha", people=people, today=world.today, now=world.house.now())
        public = _public_people(session, world)
    found = Outcome()
    wish = termine.Wish(UNIT, SERVICE, tuple((p,) for p in firm.persons), first, last)
    with _public_load(world, public, load, (first, last), found):
        for number in range(rounds):
            _round(world, url, firm, wish, f"round{number}", found)
        dice = random.Random(f"kills:{kills}")
        for number in range(kills):
            _killed(world, firm, wish, f"kill{number}", dice.uniform(0.0, 1.2), found)
    found.overbooked = _overbooked(world)
    return found


def _open(world: World) -> tuple[date, date]:
    """Keep a roster for a whole month ahead: the group stays within the quota of that month."""
    month = (world.today.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    with world.sessions.begin() as session:
        roster.extend_horizon(session, until=last, clock=world.clock)
    return month, last


def _public_people(session: Session, world: World) -> list[int]:
    made = make_firm(session, "Privat", people=200, today=world.today, now=world.house.now())
    return list(made.persons)


def _round(
    world: World, url: str, firm: Firm, wish: termine.Wish, key: str, found: Outcome
) -> None:
    begun = clock_time.perf_counter()
    with world.sessions() as session:
        who = acting(session, firm.actor, clock=world.clock)
        taken = termine.book_group(session, world.house, who, wish, key=key)
        session.commit()
    found.ours.append((clock_time.perf_counter() - begun) * 1000)
    found.floor.append(_bare(url, [each.id for each in taken]))
    _give_back(world, firm)


def _bare(url: str, ids: list[int]) -> float:
    """Return the milliseconds of as many bare inserts and one commit into an empty copy."""
    with connect(url) as raw:
        raw.execute("DROP TABLE IF EXISTS bare_booking")
        raw.execute("CREATE TABLE bare_booking (LIKE booking INCLUDING ALL)")
        raw.commit()
        begun = clock_time.perf_counter()
        for each in ids:
            raw.execute(_BARE, (each,))
        raw.commit()
        return (clock_time.perf_counter() - begun) * 1000


def _give_back(world: World, firm: Firm) -> None:
    with world.sessions.begin() as session:
        who = acting(session, firm.actor, clock=world.clock)
        ids = session.scalars(
            select(Booking.id).where(
                Booking.person_id.in_(firm.persons), Booking.status == "booked"
            )
        ).all()
        termine.cancel(session, world.house, who, ids)


def _killed(
    world: World, firm: Firm, wish: termine.Wish, key: str, share: float, found: Outcome
) -> None:
    """Kill the backend somewhere in the transaction; count groups that are booked in part."""
    usual = sorted(found.ours)[len(found.ours) // 2] / 1000
    try:
        with world.sessions() as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            killer = threading.Timer(usual * share, _terminate, (world, pid))
            killer.start()
            try:
                who = acting(session, firm.actor, clock=world.clock)
                termine.book_group(session, world.house, who, wish, key=key)
                session.commit()
            finally:
                killer.cancel()
                killer.join()
    except DBAPIError:
        found.killed += 1
    with world.sessions() as session:
        number = session.scalar(
            select(func.count())
            .select_from(FirmPlace)
            .join(Booking, Booking.id == FirmPlace.booking_id)
            .where(Booking.status == "booked")
        )
        found.partial += number not in (0, len(firm.persons))
    _give_back(world, firm)


def _terminate(world: World, pid: int) -> None:
    with world.sessions() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@contextmanager
def _public_load(
    world: World, people: list[int], threads: int, span: tuple[date, date], found: Outcome
) -> Iterator[None]:
    """Let people without a firm book and give back all the time, each thread its own people."""
    end = threading.Event()
    with world.sessions() as session:
        days = session.scalars(
            select(DeskDay.day)
            .where(DeskDay.unit_key == UNIT, DeskDay.lane == PUBLIC, DeskDay.day.between(*span))
            .distinct()
        ).all()
    workers = [
        threading.Thread(target=_visit, args=(world, people[n::threads], days, n, end, found))
        for n in range(threads)
    ]
    for each in workers:
        each.start()
    try:
        yield
    finally:
        end.set()
        for each in workers:
            each.join(30)


def _visit(
    world: World,
    people: list[int],
    days: list[date],
    number: int,
    end: threading.Event,
    found: Outcome,
) -> None:
    dice, mine = random.Random(f"public:{number}"), list(people)
    while not end.is_set():
        person = dice.choice(mine)
        try:
            with world.sessions.begin() as session:
                taken = service.book_for(
                    session, world.clerk, vorgang_id=None, person_id=person, unit_key=UNIT,
                    service_key=ADVICE, lane=PUBLIC, day=dice.choice(days),
                    start_cell=dice.randrange(90, 120, 3), clock=world.clock,
                )  # fmt: skip
            found.public += 1
            with world.sessions.begin() as session:
                service.cancel(session, world.clerk, taken.id, clock=world.clock)
        except (SlotUnavailable, AlreadyBooked):
            continue
        except Exception as error:
            found.errors.append(repr(error)[:200])


def _overbooked(world: World) -> int:
    with world.sessions() as session:
        number = session.scalar(
            text(
                "SELECT count(*) FROM booking a JOIN booking b ON a.id < b.id"
                " AND a.desk_id = b.desk_id AND a.day = b.day AND a.cells && b.cells"
                " WHERE a.status IN ('held', 'booked') AND b.status IN ('held', 'booked')"
            )
        )
        # Everything that is public stands on a person of its own; none may sit twice.
        twice = session.scalar(
            select(func.count()).select_from(
                select(Person.id)
                .join(Booking, Booking.person_id == Person.id)
                .where(Booking.status == "booked")
                .group_by(Person.id, Booking.service_key)
                .having(func.count() > 1)
                .subquery()
            )
        )
        return int(number or 0) + int(twice or 0)
