"""What a supervisor changes of the roster is at once true for everybody who books."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS
from abh.appointments import booking, desk_days, jobs, planning, roster
from abh.appointments.booking import Draft
from abh.appointments.errors import SlotUnavailable
from abh.appointments.tables import Booking, RosterBlock
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.office import repository
from tests.integration.appointments.office import ADVICE, UNIT, Office, build_office, open_roster

NINE = 108


@pytest.fixture
def office(session: Session) -> Office:
    return build_office(session, desks=2, persons=6)


@pytest.fixture
def day(session: Session, office: Office, clock: FixedClock) -> date:
    return open_roster(session, office, clock)


@pytest.fixture
def lead(office: Office) -> Actor:
    return replace(office.clerk(), powers=ROLE_POWERS["lead"], role="lead")


def _book(session: Session, office: Office, day: date, desk: int = 0, person: int = 0) -> Booking:
    draft = Draft(
        UNIT,
        office.desks[desk],
        day,
        NINE,
        NINE + 6,
        "einladung",
        ADVICE,
        office.persons[person],
    )
    return booking.reserve(session, [draft], now=jan(day))[0]


def jan(_: date) -> datetime:

    return datetime(2026, 11, 1, tzinfo=UTC)


def _proven(session: Session) -> bool:
    return desk_days.deviations(session, UNIT, date(2026, 11, 1), date(2027, 12, 31)) == []


def _blocks(session: Session, day: date) -> list[tuple[int, int, str, int, int]]:
    rows = session.scalars(
        select(RosterBlock)
        .where(RosterBlock.day == day)
        .order_by(RosterBlock.desk_id, RosterBlock.id)
    )
    return [(r.desk_id, r.user_id, r.lane, r.cells.lower, r.cells.upper) for r in rows]


def test_a_clerk_may_not_touch_the_roster(
    session: Session, office: Office, day: date, clock: FixedClock
) -> None:
    with pytest.raises(NotAllowed):
        planning.close_day(session, office.clerk(), UNIT, day, "Umzug", clock=clock)
    with pytest.raises(NotAllowed):
        planning.record_absence(
            session, office.clerk(), office.users[1], first=day, last=day, clock=clock
        )


def test_a_lead_may_not_touch_the_roster_of_another_unit(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    with pytest.raises(NotAllowed):
        planning.close_day(session, replace(lead, unit_key="sg2"), UNIT, day, "Umzug", clock=clock)


def test_an_absence_names_the_bookings_it_hits_and_drops_none(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    booked = _book(session, office, day)
    hits = planning.record_absence(session, lead, office.users[0], first=day, last=day, clock=clock)
    assert [(hit.booking_id, hit.time, hit.minutes) for hit in hits] == [(booked.id, time(9), 30)]
    session.refresh(booked)
    assert booked.status == "booked"
    assert [block[0] for block in _blocks(session, day)] == [office.desks[1]]
    with pytest.raises(SlotUnavailable):
        _book(session, office, day, person=1)
    assert _proven(session)


def test_a_cover_keeps_the_desk_open_where_it_does_not_collide_with_own_work(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    booked = _book(session, office, day)
    planning.set_lane(session, lead, _block_id(session, day, office.desks[1]), "pause", clock=clock)
    hits = planning.record_absence(
        session,
        lead,
        office.users[0],
        first=day,
        last=day,
        cover_id=office.users[1],
        clock=clock,
    )
    # The cover sits at the own desk all morning (in a pause): the other desk stays empty.
    assert [hit.booking_id for hit in hits] == [booked.id]
    planning.record_absence(
        session,
        lead,
        office.users[0],
        first=day + timedelta(days=1),
        last=day + timedelta(days=1),
        cover_id=office.users[1],
        clock=clock,
    )
    assert _proven(session)


def test_a_cover_with_free_time_takes_the_whole_shift(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    from tests.integration.appointments.office import week

    only_first = [each for each in week(office) if each.login == office.logins[0]]
    roster.apply_patterns(session, only_first, valid_from=day, clock=clock)
    booked = _book(session, office, day)
    hits = planning.record_absence(
        session,
        lead,
        office.users[0],
        first=day,
        last=day,
        cover_id=office.users[1],
        clock=clock,
    )
    assert hits == []
    assert _blocks(session, day) == [(office.desks[0], office.users[1], "einladung", 96, 144)]
    assert booked.status == "booked"
    assert _proven(session)


def _block_id(session: Session, day: date, desk_id: int) -> int:
    return session.scalars(
        select(RosterBlock.id).where(RosterBlock.day == day, RosterBlock.desk_id == desk_id)
    ).one()


def test_an_absence_counts_for_days_the_horizon_reaches_later(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    far = day + timedelta(days=28)
    planning.record_absence(session, lead, office.users[0], first=far, last=far, clock=clock)
    assert jobs.extend_horizon(session, clock, 60) > 0
    assert [block[0] for block in _blocks(session, far)] == [office.desks[1]]


def test_the_return_brings_the_desk_back(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    before = _blocks(session, day)
    planning.record_absence(session, lead, office.users[0], first=day, last=day, clock=clock)
    absence = roster.absences(session, day, day)[office.users[0]][0]
    planning.end_absence(session, lead, absence.id, clock=clock)
    planning.end_absence(session, lead, absence.id, clock=clock)
    assert _blocks(session, day) == before
    assert _proven(session)


def test_a_closure_by_hand_hits_bookings_and_survives_an_import_of_the_office(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    booked = _book(session, office, day)
    hits = planning.close_day(session, lead, UNIT, day, "Personalversammlung", clock=clock)
    assert [hit.booking_id for hit in hits] == [booked.id]
    repository.replace_closures(session, [])
    with pytest.raises(SlotUnavailable):
        _book(session, office, day, desk=1, person=1)
    assert _proven(session)


def test_a_block_by_hand_wins_over_the_pattern_and_its_removal_gives_the_cells_back(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    booked = _book(session, office, day)
    hits = planning.add_block(
        session,
        lead,
        UNIT,
        desk_id=office.desks[0],
        user_id=office.users[0],
        day=day,
        start=time(9),
        end=time(10),
        lane="notfall",
        clock=clock,
    )
    assert [hit.booking_id for hit in hits] == [booked.id]
    mine = [block for block in _blocks(session, day) if block[0] == office.desks[0]]
    assert sorted(block[2:] for block in mine) == [
        ("einladung", 96, 108),
        ("einladung", 120, 144),
        ("notfall", 108, 120),
    ]
    with pytest.raises(InvalidInput, match="schon verplant"):
        planning.add_block(
            session,
            lead,
            UNIT,
            desk_id=office.desks[1],
            user_id=office.users[0],
            day=day,
            start=time(9, 30),
            end=time(10),
            lane="kunden",
            clock=clock,
        )
    block_id = session.scalars(
        select(RosterBlock.id).where(RosterBlock.day == day, RosterBlock.pattern_id.is_(None))
    ).one()
    assert planning.remove_by_hand(session, lead, block_id, clock=clock) == []
    with pytest.raises(NotFound):
        planning.remove_by_hand(session, lead, block_id, clock=clock)
    assert _proven(session)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": time(9, 3)}, "fünf Minuten"),
        ({"end": time(8)}, "vor dem Anfang"),
        ({"lane": "expressspur"}, "expressspur"),
        ({"day": date(2026, 11, 20)}, "Vergangene Tage"),
    ],
)
def test_a_faulty_block_is_refused_with_its_reason(
    session: Session,
    office: Office,
    day: date,
    lead: Actor,
    clock: FixedClock,
    change: dict[str, object],
    message: str,
) -> None:
    given = {
        "desk_id": office.desks[0],
        "user_id": office.users[0],
        "day": day,
        "start": time(9),
        "end": time(10),
        "lane": "notfall",
        **change,
    }
    with pytest.raises(InvalidInput, match=message):
        planning.add_block(session, lead, UNIT, clock=clock, **given)  # type: ignore[arg-type]


def test_a_copied_week_is_like_its_source_without_holidays_and_the_absent(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    roster.extend_horizon(session, until=date(2027, 1, 10), clock=clock)
    planning.add_block(
        session,
        lead,
        UNIT,
        desk_id=office.desks[0],
        user_id=office.users[0],
        day=day,
        start=time(14),
        end=time(16),
        lane="notfall",
        clock=clock,
    )
    christmas = date(2026, 12, 22)
    planning.record_absence(
        session, lead, office.users[1], first=christmas, last=christmas, clock=clock
    )
    planning.copy_week(session, lead, UNIT, source=day, target=christmas, clock=clock)
    assert {block[0] for block in _blocks(session, christmas)} == {office.desks[0]}
    assert ("notfall", 168, 192) in {block[2:] for block in _blocks(session, christmas)}
    assert _blocks(session, date(2026, 12, 25)) == []
    assert _proven(session)
    with pytest.raises(InvalidInput):
        planning.copy_week(session, lead, UNIT, source=day, target=day, clock=clock)
    with pytest.raises(Conflict):
        planning.copy_week(
            session, lead, UNIT, source=day, target=day - timedelta(days=21), clock=clock
        )


def test_the_load_of_a_lane_counts_minutes(
    session: Session, office: Office, day: date, lead: Actor, clock: FixedClock
) -> None:
    _book(session, office, day)
    (line,) = planning.lane_load(session, UNIT, day, day)
    assert (line.lane, line.rostered, line.booked, line.free) == ("einladung", 480, 30, 450)
