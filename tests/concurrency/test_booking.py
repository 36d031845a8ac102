"""Races for places with real commits, and the control that proves the races are real."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from abh.appointments import booking, desk_days, jobs, roster, service
from abh.appointments.booking import Draft
from abh.appointments.tables import Booking
from abh.db import make_engine, make_sessions
from abh.kernel.clock import FixedClock
from tests.integration.appointments.office import (
    ADVICE,
    BIOMETRICS,
    UNIT,
    Office,
    build_office,
    open_roster,
    week,
)

NINE = 108
RACERS = 16
Outcome = str


@pytest.fixture
def race_engine(fresh_database_url: str) -> Engine:
    return make_engine(fresh_database_url, pool_size=RACERS)


@pytest.fixture
def races(race_engine: Engine):
    yield make_sessions(race_engine)
    race_engine.dispose()


def _office(
    races: sessionmaker[Session], clock: FixedClock, desks: int, persons: int
) -> tuple[Office, date]:
    with races.begin() as session:
        office = build_office(session, desks=desks, persons=persons)
        return office, open_roster(session, office, clock, days=4)


def _race(tasks: Sequence[Callable[[Session], object]], races: sessionmaker[Session]) -> Counter:
    """Run every task in its own thread, connection and transaction, all starting at once."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[Session], object]) -> Outcome:
        gate.wait(30)
        try:
            with races.begin() as session:
                task(session)
        except OperationalError as error:
            return type(error.orig).__name__
        except Exception as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(len(tasks)) as pool:
        return Counter(pool.map(run, tasks))


def _overbooked(session: Session, table: str = "booking") -> int:
    return int(
        session.scalar(
            text(
                f"SELECT count(*) FROM {table} a JOIN {table} b ON a.id < b.id"
                " AND a.desk_id = b.desk_id AND a.day = b.day AND a.cells && b.cells"
                " WHERE a.status = 'booked' AND b.status = 'booked'"
            )
        )
        or 0
    )


def _proven(session: Session) -> bool:
    return desk_days.deviations(session, UNIT, date(2026, 1, 1), date(2027, 12, 31)) == []


def _invite(session: Session, office: Office, clock: FixedClock, person: int) -> str:
    return service.invite(
        session,
        office.clerk(),
        vorgang_id=person,
        person_id=office.persons[person],
        unit_key=UNIT,
        service_key=BIOMETRICS,
        book_until=date(2026, 12, 31),
        clock=clock,
    )[1]


def _book(token: str, day: date, cell: int, clock: FixedClock) -> Callable[[Session], object]:
    return lambda session: service.book_by_token(session, token, day, cell, clock=clock)


def test_of_sixteen_racers_for_one_place_exactly_one_gets_it(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=1, persons=RACERS)
    with races.begin() as session:
        tokens = [_invite(session, office, clock, person) for person in range(RACERS)]
    for round_ in range(5):
        cell = NINE + 4 * round_
        outcome = _race([_book(token, day, cell, clock) for token in tokens], races)
        assert outcome == {"done": 1, "SlotUnavailable": RACERS - 1}
        with races.begin() as session:
            winner = session.scalars(select(Booking).where(Booking.status == "booked")).one()
            booking.cancel(session, winner, now=clock.now())
    with races() as session:
        assert _proven(session)


def test_sixteen_racers_share_the_places_of_three_desks(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=3, persons=RACERS)
    with races.begin() as session:
        tokens = [_invite(session, office, clock, person) for person in range(RACERS)]
    outcome = _race([_book(token, day, NINE, clock) for token in tokens], races)
    assert outcome == {"done": 3, "SlotUnavailable": RACERS - 3}
    with races() as session:
        desks = session.scalars(select(Booking.desk_id)).all()
        tickets = session.scalars(select(Booking.ticket)).all()
        assert len(set(desks)) == 3
        assert set(tickets) == {f"B-{desk}01" for desk in desks}
        assert _proven(session)


def test_one_person_clicking_on_sixteen_places_gets_one(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=3, persons=1)
    with races.begin() as session:
        token = _invite(session, office, clock, 0)
    cells = [96 + 2 * n for n in range(RACERS)]
    outcome = _race([_book(token, day, cell, clock) for cell in cells], races)
    assert outcome == {"done": 1, "AlreadyBooked": RACERS - 1}
    with races() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 1
        assert _proven(session)


def test_the_same_form_sent_sixteen_times_at_once_books_once_and_says_so_to_all(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=3, persons=1)
    with races.begin() as session:
        token = _invite(session, office, clock, 0)
    outcome = _race([_book(token, day, NINE, clock)] * RACERS, races)
    assert outcome == {"done": RACERS}
    with races() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 1


def test_confirm_and_sweeper_agree_on_a_hold_in_its_last_moment(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=1, persons=10)
    later = FixedClock(clock.at + timedelta(minutes=10))
    for person in range(10):
        slot = service.Slot(day, 96 + 4 * person, office.desks[0], 20)
        with races.begin() as session:
            invitation = service.invitation_by_token(
                session, _invite(session, office, clock, person)
            )
            held = service.hold(session, invitation, slot, now=clock.now())
        just_in_time = later.now() - timedelta(microseconds=1)

        def confirm(session: Session, hold: int = held.id, now=just_in_time) -> None:
            booking.confirm(session, hold, now=now)

        outcome = _race([confirm, lambda s: jobs.lapse_holds(s, later, 10)], races)
        with races() as session:
            status = session.scalar(select(Booking.status).where(Booking.id == held.id))
            assert (status, outcome["done"]) in {("booked", 2), ("lapsed", 1)}
            assert _proven(session)


def _draft(office: Office, desk: int, day: date, start: int, person: int) -> Draft:
    return Draft(
        UNIT, office.desks[desk], day, start, start + 6, "einladung", ADVICE, office.persons[person]
    )


def _mixed_tasks(
    office: Office, day: date, dice: random.Random, clock: FixedClock
) -> list[Callable[[Session], object]]:
    """Six acts that fight for the same desks: families at several desks, moves, cancellations."""

    def family(session: Session) -> None:
        # Own dice, because threads share the outer ones.
        own = random.Random(seeds.pop())
        desks = own.sample(range(3), own.choice((2, 3)))
        persons = own.sample(range(len(office.persons)), len(desks))
        start = own.choice((96, 100, 102, 108))
        drafts = [
            _draft(office, desk, day + timedelta(days=own.randrange(2)), start, person)
            for desk, person in zip(desks, persons, strict=True)
        ]
        booking.reserve(session, drafts, now=clock.now())

    def change(session: Session) -> None:
        own = random.Random(seeds.pop())
        rows = session.scalars(
            select(Booking).where(Booking.status == "booked").order_by(Booking.id)
        ).all()
        if not rows:
            return
        chosen = own.choice(rows)
        if own.random() < 0.5:
            booking.cancel(session, chosen, now=clock.now())
        else:
            to = _draft(office, own.randrange(3), day + timedelta(days=own.randrange(2)), 102, 0)
            booking.move(session, chosen, to, now=clock.now())

    def rebuild(session: Session) -> None:
        roster.rebuild_desk_days(session, UNIT, [day, day + timedelta(days=1)])

    seeds = [dice.randrange(1 << 30) for _ in range(8)]
    return [family, family, family, change, change, dice.choice((rebuild, family))]


REFUSALS = {"done", "SlotUnavailable", "AlreadyBooked", "BookingStateChanged"}


@pytest.mark.slow
def test_two_hundred_rounds_of_mixed_bookings_of_several_desks_know_no_deadlock(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=3, persons=12)
    dice = random.Random(2026)
    total: Counter[Outcome] = Counter()
    for _ in range(200):
        total += _race(_mixed_tasks(office, day, dice, clock), races)
    assert total.keys() <= REFUSALS
    assert total["done"] > 200
    assert total["SlotUnavailable"] > 50
    with races() as session:
        assert _overbooked(session) == 0
        assert _proven(session)


def test_a_new_week_while_people_book_loses_no_booking(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=2, persons=12)
    with races.begin() as session:
        tokens = [_invite(session, office, clock, person) for person in range(12)]

    def shorten(session: Session) -> None:
        roster.apply_patterns(session, week(office, end=time(11)), valid_from=day, clock=clock)

    books = [_book(token, day, 96 + 4 * (n // 2), clock) for n, token in enumerate(tokens)]
    outcome = _race([*books, shorten], races)
    assert outcome.keys() <= REFUSALS
    with races() as session:
        booked = session.scalar(select(func.count()).select_from(Booking))
        assert booked == outcome["done"] - 1
        assert _overbooked(session) == 0
        assert _proven(session)


def test_two_clerks_never_call_the_same_person(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=4, persons=8)
    clock.at += timedelta(days=(day - clock.at.date()).days, hours=3)
    with races.begin() as session:
        for person in range(8):
            draft = _draft(office, person % 4, day, 96 + 6 * (person // 4), person)
            booking.reserve(session, [draft], now=clock.now())
    called: list[int] = []

    def call(session: Session, index: int) -> None:
        chosen = service.call_next(
            session, office.clerk(index % 4), office.desks[index % 4], clock=clock
        )
        if chosen is not None:
            called.append(chosen.id)

    outcome = _race(
        [lambda session, index=index: call(session, index) for index in range(RACERS)], races
    )
    assert outcome == {"done": RACERS}
    assert len(called) == len(set(called)) == 8


def _copy_without_constraint(races: sessionmaker[Session]) -> None:
    with races.begin() as session:
        session.execute(
            text("CREATE TABLE naive_booking (LIKE booking INCLUDING DEFAULTS INCLUDING IDENTITY)")
        )


def test_control_the_same_race_overbooks_without_lock_and_constraint(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    """The naive way: look whether the place is free, then insert. All have looked by then."""
    office, day = _office(races, clock, desks=1, persons=RACERS)
    _copy_without_constraint(races)
    all_have_looked = threading.Barrier(RACERS)

    def book(session: Session, person: int) -> None:
        place = {"desk": office.desks[0], "day": day, "person": person}
        taken = session.scalar(
            text(
                "SELECT count(*) FROM naive_booking WHERE desk_id = :desk AND day = :day"
                " AND cells && int4range(108, 112)"
            ),
            place,
        )
        all_have_looked.wait(30)
        if not taken:
            session.execute(
                text(
                    "INSERT INTO naive_booking (unit_key, desk_id, day, cells, lane, service_key,"
                    " person_id, status, created_at) VALUES ('sg1', :desk, :day,"
                    " int4range(108, 112), 'einladung', 'beratung', :person, 'booked', now())"
                ),
                place,
            )

    tasks = [lambda session, person=person: book(session, person) for person in office.persons]
    assert _race(tasks, races) == {"done": RACERS}
    with races() as session:
        assert _overbooked(session, "naive_booking") == RACERS * (RACERS - 1) // 2


def test_control_locks_out_of_order_do_deadlock(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    """Two bookings of two desks, each locking in its own order: the sorted lock is what helps."""
    office, day = _office(races, clock, desks=2, persons=2)
    both_hold_one = threading.Barrier(2)

    def lock_one_by_one(session: Session, order: Sequence[int]) -> None:
        for number, desk in enumerate(order):
            desk_days.lock(session, [(desk, day)])
            if number == 0:
                both_hold_one.wait(30)

    first, second = office.desks
    outcome = _race(
        [
            lambda session: lock_one_by_one(session, (first, second)),
            lambda session: lock_one_by_one(session, (second, first)),
        ],
        races,
    )
    assert outcome == {"done": 1, "DeadlockDetected": 1}


def test_the_constraint_alone_stops_a_booking_that_goes_round_the_lock(
    races: sessionmaker[Session], clock: FixedClock
) -> None:
    office, day = _office(races, clock, desks=1, persons=2)
    drafts = [_draft(office, 0, day, NINE, person) for person in range(2)]
    with races.begin() as session:
        booking.reserve(session, drafts[:1], now=clock.now())
        # A bitmap that lies, as after an accident: free although booked.
        session.execute(text("UPDATE desk_day SET free = decode(repeat('ff', 36), 'hex')"))
    with races.begin() as session:
        with pytest.raises(service.SlotUnavailable):
            booking.reserve(session, drafts[1:], now=clock.now())
        first = session.scalars(select(Booking)).one()
        later = booking.reserve(session, [_draft(office, 0, day, NINE + 12, 1)], now=clock.now())[0]
        with pytest.raises(service.SlotUnavailable):
            booking.move(session, later, _draft(office, 0, day, NINE + 1, 1), now=clock.now())
        assert first.status == "booked"
    with races() as session:
        assert _overbooked(session) == 0
