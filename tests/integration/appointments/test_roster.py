"""The roster: patterns become days, and free time is always rules minus bookings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.appointments import availability, booking, desk_days, roster
from abh.appointments.booking import Draft
from abh.appointments.errors import AlreadyBooked, BookingStateChanged, SlotUnavailable
from abh.appointments.patterns import PatternSpec
from abh.appointments.tables import Booking, DeskDay, RosterBlock, RosterHorizon, RosterPattern
from abh.kernel.clock import FixedClock, today
from abh.kernel.errors import InvalidInput
from abh.office.tables import Closure
from tests.integration.appointments.office import (
    ADVICE,
    OTHER_UNIT,
    UNIT,
    build_office,
    build_persons,
    open_roster,
    week,
)

MONDAY = date(2026, 11, 23)


def _blocks(session: Session, day: date) -> list[tuple[int, int, int, str]]:
    rows = session.execute(
        select(RosterBlock.desk_id, RosterBlock.cells, RosterBlock.lane)
        .where(RosterBlock.day == day)
        .order_by(RosterBlock.desk_id, RosterBlock.cells)
    )
    return [(row.desk_id, row.cells.lower, row.cells.upper, row.lane) for row in rows]


def _deviations(session: Session) -> list[desk_days.Deviation]:
    return desk_days.deviations(session, UNIT, date(2026, 1, 1), date(2027, 12, 31))


def _draft(desk: int, day: date, start: int, end: int, person: int) -> Draft:
    return Draft(UNIT, desk, day, start, end, "einladung", ADVICE, person)


def test_weekends_and_holidays_stay_empty(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    open_roster(session, office, clock, days=60)
    days = set(session.scalars(select(RosterBlock.day)))
    assert date(2026, 12, 24) in days
    assert not days & {date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}


def test_applying_the_same_week_again_changes_nothing(session: Session, clock: FixedClock) -> None:
    office = build_office(session)
    open_roster(session, office, clock)
    before = _blocks(session, MONDAY)
    change = roster.apply_patterns(session, week(office), valid_from=MONDAY, clock=clock)
    assert (change.added, change.ended) == (0, 0)
    clock.advance(timedelta(days=3))
    change = roster.apply_patterns(session, week(office), valid_from=MONDAY, clock=clock)
    assert (change.added, change.ended) == (0, 0)
    assert _blocks(session, MONDAY) == before


def test_extending_twice_makes_each_day_once(session: Session, clock: FixedClock) -> None:
    office = build_office(session)
    open_roster(session, office, clock, days=7)
    count = session.scalar(select(func.count()).select_from(RosterBlock))
    until = today(clock) + timedelta(days=7)
    assert roster.extend_horizon(session, until=until, clock=clock) == 0
    assert session.scalar(select(func.count()).select_from(RosterBlock)) == count
    assert roster.extend_horizon(session, until=until + timedelta(days=1), clock=clock) == 2
    assert session.scalar(select(RosterHorizon.until)) == until + timedelta(days=1)


def test_a_new_week_replaces_the_days_ahead_and_keeps_the_days_gone_by(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session, desks=1)
    open_roster(session, office, clock)
    clock.advance(timedelta(days=2))
    shorter = week(office, end=time(10))
    roster.apply_patterns(session, shorter, valid_from=MONDAY, clock=clock)
    assert _blocks(session, MONDAY) == [(office.desks[0], 96, 144, "einladung")]
    assert _blocks(session, today(clock)) == [(office.desks[0], 96, 120, "einladung")]
    assert session.scalar(
        select(func.count()).where(RosterPattern.valid_until == today(clock) - timedelta(days=1))
    ) == len(shorter)
    assert _deviations(session) == []


def test_a_week_that_strands_a_booking_names_it_and_keeps_it(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session, desks=1)
    day = open_roster(session, office, clock)
    early, late = (
        booking.reserve(
            session, [_draft(office.desks[0], day, start, start + 6, person)], now=clock.now()
        )[0]
        for start, person in ((96, office.persons[0]), (130, office.persons[1]))
    )
    change = roster.apply_patterns(session, week(office, end=time(10)), valid_from=day, clock=clock)
    assert change.stranded == (late.id,)
    session.refresh(late)
    assert (early.status, late.status) == ("booked", "booked")
    assert _deviations(session) == []


def test_a_block_made_by_hand_wins_over_the_pattern(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    session.execute(
        insert(RosterBlock).values(
            unit_key=UNIT,
            desk_id=office.desks[0],
            user_id=office.users[0],
            day=MONDAY,
            cells=Range(108, 114),
            lane="pause",
        )
    )
    open_roster(session, office, clock, days=0)
    desk = office.desks[0]
    assert _blocks(session, MONDAY) == [
        (desk, 96, 108, "einladung"),
        (desk, 108, 114, "pause"),
        (desk, 114, 144, "einladung"),
    ]
    assert _deviations(session) == []


def test_a_closure_that_comes_later_empties_the_day(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    day = open_roster(session, office, clock)
    session.add(Closure(day=day, unit_key=None, reason="Personalversammlung"))
    session.flush()
    assert [deviation.key.day for deviation in _deviations(session)] == [day]
    roster.extend_horizon(session, until=today(clock), clock=clock)
    assert session.scalar(select(DeskDay.longest).where(DeskDay.day == day)) == 0
    assert _deviations(session) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"desk_key": "nirgends"}, "Platz nirgends"),
        ({"login": "niemand"}, "Konto niemand"),
        ({"lane": "expressspur"}, "expressspur"),
        ({"weekday": 7}, "Wochentag 7"),
        ({"start": time(8, 3)}, "fünf Minuten"),
        ({"start": time(13)}, "endet vor dem Anfang"),
    ],
)
def test_a_faulty_pattern_is_refused_with_its_reason(
    session: Session, clock: FixedClock, change: dict[str, object], message: str
) -> None:
    build_office(session, desks=1)
    given = {
        "unit_key": UNIT,
        "desk_key": "sg1-1",
        "login": "clerk1",
        "weekday": 0,
        "start": time(8),
        "end": time(12),
        "lane": "kunden",
    }
    with pytest.raises(InvalidInput, match=message):
        roster.apply_patterns(
            session,
            [PatternSpec(**{**given, **change})],
            valid_from=MONDAY,
            clock=clock,  # type: ignore[arg-type]
        )


def test_a_clerk_in_two_places_is_refused_even_across_units(
    session: Session, clock: FixedClock
) -> None:
    office = build_office(session)
    open_roster(session, office, clock)
    lent = PatternSpec(OTHER_UNIT, "sg1-2", "clerk1", 0, time(11), time(13), "kunden")
    with pytest.raises(InvalidInput, match="Person clerk1 ist doppelt verplant"):
        roster.apply_patterns(session, [lent], valid_from=MONDAY, clock=clock)


def test_a_desk_lent_to_another_unit_serves_both(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    open_roster(session, office, clock)
    lent = PatternSpec(OTHER_UNIT, "sg1-1", "clerk1", 0, time(13), time(15), "einladung")
    roster.apply_patterns(session, [lent], valid_from=MONDAY, clock=clock)
    roster.extend_horizon(session, until=MONDAY, clock=clock)
    rows = session.execute(
        select(DeskDay.unit_key, DeskDay.longest)
        .where(DeskDay.day == MONDAY)
        .order_by(DeskDay.unit_key)
    ).all()
    assert [tuple(row) for row in rows] == [(UNIT, 48), (OTHER_UNIT, 24)]


def test_the_check_finds_a_bitmap_changed_by_hand(session: Session, clock: FixedClock) -> None:
    office = build_office(session, desks=1)
    day = open_roster(session, office, clock)
    assert _deviations(session) == []
    session.execute(
        update(DeskDay)
        .where(DeskDay.day == day)
        .values(free=availability.to_bytes(availability.mask(96, 150)), longest=54)
    )
    assert [deviation.key.day for deviation in _deviations(session)] == [day]
    assert roster.rebuild_desk_days(session, UNIT, [day]) == 1
    assert _deviations(session) == []


def _random_act(
    session: Session, clock: FixedClock, dice: random.Random, desks: Sequence[int], person: int
) -> None:
    day = MONDAY + timedelta(days=dice.randrange(5))
    start = dice.randrange(90, 144)
    end = start + dice.randrange(1, 12)
    known = session.scalars(select(Booking).order_by(Booking.id)).all()
    act = dice.choice(("book", "book", "book", "hold", "move", "cancel", "lapse"))
    draft = _draft(dice.choice(desks), day, start, end, person)
    if act == "book":
        booking.reserve(session, [draft], now=clock.now())
    elif act == "hold":
        held = replace(draft, held_until=clock.now() + timedelta(minutes=10))
        booking.reserve(session, [held], now=clock.now())
    elif act == "move" and known:
        booking.move(session, dice.choice(known), draft, now=clock.now())
    elif act == "cancel" and known:
        booking.cancel(session, dice.choice(known), now=clock.now())
    elif act == "lapse":
        clock.advance(timedelta(minutes=11))
        booking.lapse_holds(session, now=clock.now(), limit=5)


@pytest.mark.parametrize("seed", range(6))
def test_free_time_is_rules_minus_bookings_after_any_history(
    session: Session, clock: FixedClock, seed: int
) -> None:
    dice = random.Random(seed)
    office = build_office(session, desks=3, persons=0)
    open_roster(session, office, clock, days=7)
    persons = build_persons(session, 60)
    for person in persons:
        try:
            _random_act(session, clock, dice, office.desks, person)
        except (SlotUnavailable, AlreadyBooked, BookingStateChanged):
            continue
    if seed % 2:
        roster.apply_patterns(
            session, week(office, time(9), time(11)), valid_from=MONDAY, clock=clock
        )
    assert session.scalar(select(func.count()).select_from(Booking)) > 5
    assert _deviations(session) == []
