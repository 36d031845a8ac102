"""Booking for a company: everybody or nobody, within the quota, each place in one name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from abh.access.tables import AuditEntry
from abh.appointments import desk_days, roster
from abh.appointments.patterns import PatternSpec
from abh.appointments.tables import Booking
from abh.bench.firm_world import Firm, make_firm
from abh.db import make_engine, make_sessions
from abh.documents.house import House
from abh.fastlane import kontingent_stand, termine, termine_nachricht, termine_stand
from abh.fastlane.kontingent import Satz
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_termine import FirmGroup, FirmPlace
from abh.fastlane.termine import GroupDoesNotFit, QuotaExhausted, Wish
from abh.fastlane.zugang import Acting, acting
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotFound
from abh.office.file import load_office, roster_entries
from abh.outbox.tables import OutboxMessage
from abh.settings import ROOT
from tests import factories

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN)
FIRST, LAST = date(2026, 11, 30), date(2026, 12, 18)
BIOMETRICS = "biometrie_antrag"


def with_roster(session: Session, clock: FixedClock) -> None:
    data = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
    specs = [
        PatternSpec(
            each.unit_key, each.desk_key, each.login, each.weekday,
            time.fromisoformat(each.start), time.fromisoformat(each.end), each.lane,
        )
        for each in roster_entries(data)
        if each.unit_key == "SG1"
    ]  # fmt: skip
    roster.apply_patterns(session, specs, valid_from=NOW.date(), clock=clock)
    roster.extend_horizon(session, until=date(2026, 12, 31), clock=clock, units=["SG1"])


@pytest.fixture(scope="module")
def lane(office_engine: Engine) -> Iterator[Connection]:
    """The office with the roster of its first unit, rolled back at the end."""
    with office_engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            with_roster(session, FixedClock(NOW))
            session.commit()
        yield connection
        outer.rollback()


@pytest.fixture
def session(lane: Connection) -> Iterator[Session]:
    with lane.begin_nested() as point:
        with Session(lane, join_transaction_mode="create_savepoint") as session:
            yield session
        point.rollback()


@pytest.fixture
def house(session: Session, tmp_path: Path) -> House:
    return factories.make_house(session, FixedClock(NOW), tmp_path / "store")


def firm(session: Session, name: str = "Alpha", people: int = 6, **more: Any) -> Firm:
    return make_firm(session, name, people=people, today=NOW.date(), now=NOW, **more)


def who(session: Session, one: Firm) -> Acting:
    return acting(session, one.actor, clock=FixedClock(NOW))


def wish(one: Firm, *parties: tuple[int, ...], **changes: Any) -> Wish:
    given = parties or tuple((person,) for person in one.persons)
    usual = {"unit_key": "SG1", "service_key": BIOMETRICS, "first": FIRST, "last": LAST}
    return Wish(parties=given, **{**usual, **changes})


def sound(session: Session) -> bool:
    return not desk_days.deviations(session, "SG1", NOW.date(), LAST)


# --- refused first ---


def test_another_companys_place_and_an_ended_mandate_do_not_exist(
    session: Session, house: House
) -> None:
    alpha, beta = firm(session), firm(session, "Beta")
    (taken,) = termine.book_group(
        session, house, who(session, alpha), wish(alpha, alpha.persons[:1]), key="1"
    )
    with pytest.raises(NotFound) as strange:
        termine.cancel(session, house, who(session, beta), [taken.id])
    session.execute(update(Mandate).values(revoked_at=NOW))
    with pytest.raises(NotFound) as ended:
        termine.cancel(session, house, who(session, alpha), [taken.id])
    assert str(strange.value) == str(ended.value)
    assert termine_stand.places(session, who(session, alpha), today=NOW.date()) == []
    assert session.get_one(Booking, taken.id).status == "booked"


def test_strangers_and_people_who_need_not_come_are_refused_and_nobody_is_booked(
    session: Session, house: House
) -> None:
    alpha, beta = firm(session), firm(session, "Beta")
    session.execute(
        text(
            "INSERT INTO case_finding (vorgang_id, key, value, found_at) VALUES"
            " (:case, 'biometrics_on', '\"2026-11-20\"', now()),"
            " (:case, 'biometrics_usable', 'true', now())"
        ),
        {"case": alpha.cases[0]},
    )
    wanted = wish(alpha, (alpha.persons[0],), (alpha.persons[1],), (beta.persons[0],))
    with pytest.raises(GroupDoesNotFit) as refused:
        termine.book_group(session, house, who(session, alpha), wanted, key="1")
    proposal = refused.value.proposal
    assert set(proposal.refused) == {alpha.persons[0], beta.persons[0]}
    assert "Verwendbare Biometrie" in proposal.refused[alpha.persons[0]]
    assert proposal.fitting == (alpha.persons[1],)
    assert session.scalar(select(func.count()).select_from(FirmPlace)) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service_key": "beratung"}, "leistung"),
        ({"unit_key": "SG3"}, "sg"),
        ({"last": date(2028, 1, 1)}, "bis"),
        ({"first": date(2026, 11, 1)}, "bis"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    session: Session, house: House, changes: dict[str, Any], field: str
) -> None:
    alpha = firm(session, people=1)
    with pytest.raises(InvalidInput) as refused:
        termine.propose(session, house, who(session, alpha), wish(alpha, **changes))
    assert [problem.field for problem in refused.value.problems] == [field]


def test_who_may_only_look_books_nothing(session: Session, house: House) -> None:
    from dataclasses import replace

    alpha = firm(session, people=1)
    reader = who(session, alpha)
    reader = replace(reader, chosen=replace(reader.chosen, role="read"))
    with pytest.raises(Exception, match="nur lesen"):
        termine.book_group(session, house, reader, wish(alpha), key="1")


# --- what works ---


def test_a_group_with_families_is_booked_at_once_each_in_one_name(
    session: Session, house: House
) -> None:
    alpha = firm(session, people=6, family_of=3)
    acts = who(session, alpha)
    families = (alpha.persons[:3], alpha.persons[3:])
    taken = termine.book_group(session, house, acts, wish(alpha, *families), key="k")
    assert {each.person_id for each in taken} == set(alpha.persons)
    for family in families:
        own = sorted((b for b in taken if b.person_id in family), key=lambda b: b.start_cell)
        assert len({(b.day, b.desk_id) for b in own}) == 1
        assert [b.start_cell for b in own] == [own[0].start_cell + 4 * n for n in range(3)]
    assert {each.vorgang_id for each in taken} == set(alpha.cases)
    assert sound(session)
    again = termine.book_group(session, house, acts, wish(alpha, *families), key="k")
    assert {each.id for each in again} == {each.id for each in taken}
    logged = session.scalars(
        select(AuditEntry).where(
            AuditEntry.action == "appointment.book", AuditEntry.actor_id == alpha.actor.user_id
        )
    ).all()
    assert len(logged) == 6
    names = [each.name for each in termine_stand.places(session, acts, today=NOW.date())]
    assert len(set(names)) == 6


def test_beyond_the_quota_nobody_is_booked_and_the_part_that_fits_is_named(
    session: Session, house: House
) -> None:
    alpha = firm(session, people=9, employees=20)  # small: six in a month
    acts = who(session, alpha)
    within = {"first": date(2026, 12, 1), "last": LAST}
    with pytest.raises(GroupDoesNotFit) as refused:
        termine.book_group(session, house, acts, wish(alpha, **within), key="1")
    plan = refused.value.proposal.plan
    assert len(plan.seats) == 6
    assert set(plan.left.values()) == {"kontingent"}
    part = tuple((person,) for person in refused.value.proposal.fitting)
    assert len(termine.book_group(session, house, acts, wish(alpha, *part, **within), key="2")) == 6
    month = kontingent_stand.quotas(
        session, alpha.company_id, [date(2026, 12, 1)], today=NOW.date(),
        rules=termine.house_rules(house),
    )[date(2026, 12, 1)]  # fmt: skip
    assert (month.places, month.used, month.left) == (6, 6, 0)


def test_a_missed_place_stays_counted_and_lowers_the_quota_a_cancelled_one_does_not(
    session: Session, house: House
) -> None:
    alpha = firm(session, people=4, employees=20)
    acts = who(session, alpha)
    taken = termine.book_group(session, house, acts, wish(alpha, first=date(2026, 12, 1)), key="1")
    session.execute(update(Booking).where(Booking.id == taken[0].id).values(status="no_show"))
    termine.cancel(session, house, acts, [taken[1].id])
    december = kontingent_stand.quotas(
        session, alpha.company_id, [date(2026, 12, 1)], today=NOW.date(),
        rules=termine.house_rules(house),
    )[date(2026, 12, 1)]  # fmt: skip
    assert (december.places, december.used) == (5, 3)


def test_a_place_given_back_too_late_for_others_stays_counted(
    session: Session, house: House
) -> None:
    alpha = firm(session, people=3, employees=20)
    acts = who(session, alpha)
    near = wish(alpha, first=NOW.date(), last=NOW.date() + timedelta(days=7))
    taken = termine.book_group(session, house, acts, near, key="1")
    soon = [each for each in taken if each.day <= NOW.date() + timedelta(days=1)]
    assert len(soon) == 3
    termine.cancel(session, house, acts, [soon[0].id])
    month = NOW.date().replace(day=1)
    quota = kontingent_stand.quotas(
        session, alpha.company_id, [month], today=NOW.date(), rules=termine.house_rules(house)
    )[month]
    assert quota.used == 3
    assert quota.why[-1] == Satz("spaet", {"num": 1, "days": 2})


def test_a_place_moves_in_the_same_name_and_not_into_a_month_without_quota(
    session: Session, house: House
) -> None:
    alpha = firm(session, people=7, employees=20)
    acts = who(session, alpha)
    november = termine.book_group(
        session, house, acts,
        wish(alpha, alpha.persons[:1], last=FIRST, first=date(2026, 11, 24)), key="1",
    )[0]  # fmt: skip
    rest = tuple((person,) for person in alpha.persons[1:])
    termine.book_group(session, house, acts, wish(alpha, *rest, first=date(2026, 12, 1)), key="2")
    before = (november.person_id, november.service_key, november.ticket)
    moved = termine.move(session, house, acts, november.id, date(2026, 11, 26), 108)
    assert (moved.day, moved.start_cell) == (date(2026, 11, 26), 108)
    assert (moved.person_id, moved.service_key) == before[:2]
    with pytest.raises(QuotaExhausted):
        termine.move(session, house, acts, moved.id, date(2026, 12, 15), 108)
    assert sound(session)


def test_a_colleague_comes_instead_with_a_place_in_the_own_name_but_only_once(
    session: Session, house: House
) -> None:
    alpha = firm(session, people=3)
    acts = who(session, alpha)
    old = termine.book_group(session, house, acts, wish(alpha, alpha.persons[:1]), key="1")[0]
    new = termine.substitute(session, house, acts, old.id, alpha.persons[1], key="2")
    assert new.id != old.id
    assert (new.day, new.start_cell, new.desk_id) == (old.day, old.start_cell, old.desk_id)
    session.refresh(old)
    assert (old.status, old.person_id, new.person_id) == (
        "cancelled", alpha.persons[0], alpha.persons[1],
    )  # fmt: skip
    same = termine.substitute(session, house, acts, old.id, alpha.persons[1], key="2")
    assert same.id == new.id
    with pytest.raises(Conflict):
        termine.substitute(session, house, acts, new.id, alpha.persons[2], key="3")
    with pytest.raises(InvalidInput):  # who has a place needs none
        termine.substitute(session, house, acts, old.id, alpha.persons[1], key="4")
    assert sound(session)


def test_every_change_is_told_once_in_the_persons_language(session: Session, house: House) -> None:
    alpha = firm(session, people=2)
    acts = who(session, alpha)
    taken = termine.book_group(session, house, acts, wish(alpha), key="1")
    assert termine_nachricht.tell_places(session, house, 10) == 2
    assert termine_nachricht.tell_places(session, house, 10) == 0
    termine.cancel(session, house, acts, [taken[0].id])
    assert termine_nachricht.tell_places(session, house, 10) == 1
    mails = session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "mail").order_by(OutboxMessage.id)
    ).all()
    subjects = [mail.payload["subject"] for mail in mails]
    assert len(subjects) == 3
    assert not [subject for subject in subjects if "Termin" in subject]  # told in English


def test_nobody_hears_of_a_place_that_was_given_back_before(session: Session, house: House) -> None:
    alpha = firm(session, people=1)
    acts = who(session, alpha)
    (taken,) = termine.book_group(session, house, acts, wish(alpha), key="1")
    termine.cancel(session, house, acts, [taken.id])
    termine_nachricht.tell_places(session, house, 10)
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0


# --- races, with real commits ---


@pytest.fixture(scope="module")
def races(
    pg: Any, office_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[sessionmaker[Session], House]]:
    """One database for all races of this module; each makes companies of its own."""
    pg.create_from_template("firm_races", office_template)
    engine = make_engine(pg.url("firm_races"), pool_size=6)
    sessions = make_sessions(engine)
    clock = FixedClock(NOW)
    with sessions.begin() as session:
        with_roster(session, clock)
        house = factories.make_house(session, clock, tmp_path_factory.mktemp("store"))
    yield sessions, house
    engine.dispose()
    pg.drop_database("firm_races")


def at_once(sessions: sessionmaker[Session], *acts: Callable[[Session], Any]) -> list[Any]:
    gun, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[Session], Any]) -> None:
        gun.wait(30)
        try:
            with sessions.begin() as session:
                results[place] = act(session)
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def last_place(races: tuple[sessionmaker[Session], House], name: str) -> tuple[list[Any], int]:
    """Let two logins of a company ask for one place each when one is left in December."""
    sessions, house = races
    with sessions.begin() as session:
        one = firm(session, name, people=7, employees=20)
        acts = who(session, one)
        five = tuple((person,) for person in one.persons[:5])
        termine.book_group(
            session, house, acts, wish(one, *five, first=date(2026, 12, 1)), key="five"
        )

    def ask(person: int, day: int) -> Callable[[Session], Any]:
        # Weeks apart: no cell and no week makes them meet, only the quota of the month.
        wanted = wish(one, (person,), first=date(2026, 12, day))
        return lambda session: termine.book_group(session, house, acts, wanted, key=f"k{person}")

    outcome = at_once(sessions, ask(one.persons[5], 1), ask(one.persons[6], 14))
    with sessions() as session:
        taken = session.scalar(
            select(func.count()).select_from(FirmPlace).where(
                FirmPlace.company_id == one.company_id
            )
        )  # fmt: skip
        assert sound(session)
    return outcome, int(taken or 0)


def test_two_bookings_of_a_company_for_the_last_place_of_its_quota(
    races: tuple[sessionmaker[Session], House],
) -> None:
    outcome, taken = last_place(races, "Letzter")
    assert taken == 6
    assert [type(each).__name__ for each in outcome].count("GroupDoesNotFit") == 1


def test_control_without_the_lock_the_quota_is_exceeded(
    races: tuple[sessionmaker[Session], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    both_planned = threading.Barrier(2)
    real = termine.viele.reserve_all

    def late(session: Session, drafts: Any, **more: Any) -> Any:
        if len(drafts) == 1:
            both_planned.wait(20)
        return real(session, drafts, **more)

    monkeypatch.setattr(termine.stand, "lock", lambda *args: None)
    monkeypatch.setattr(termine.viele, "reserve_all", late)
    outcome, taken = last_place(races, "Ohne")
    assert taken == 7, outcome


def test_the_same_form_sent_twice_at_once_books_once(
    races: tuple[sessionmaker[Session], House],
) -> None:
    sessions, house = races
    with sessions.begin() as session:
        one = firm(session, "Doppelt", people=3)
        acts = who(session, one)
    sent = [
        lambda session: [
            each.id for each in termine.book_group(session, house, acts, wish(one), key="same")
        ]
    ] * 2
    first, second = at_once(sessions, *sent)
    assert sorted(first) == sorted(second)
    assert len(first) == 3


def test_a_killed_connection_leaves_nobody_booked(
    races: tuple[sessionmaker[Session], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend is killed when all places are taken and nothing is committed."""
    sessions, house = races
    with sessions.begin() as session:
        one = firm(session, "Tot", people=10)
        acts = who(session, one)
    real = termine.audit.record_all

    def killed(session: Session, *args: Any) -> None:
        taken = session.scalar(
            select(func.count()).select_from(Booking).where(Booking.person_id.in_(one.persons))
        )
        assert taken == 10
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with sessions() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        real(session, *args)

    monkeypatch.setattr(termine.audit, "record_all", killed)
    with pytest.raises(DBAPIError), sessions.begin() as session:
        termine.book_group(session, house, acts, wish(one), key="1")
    monkeypatch.undo()
    with sessions.begin() as session:
        left = select(func.count()).select_from(Booking).where(Booking.person_id.in_(one.persons))
        assert session.scalar(left) == 0
        assert session.scalar(
            select(func.count()).select_from(FirmGroup).where(
                FirmGroup.company_id == one.company_id
            )
        ) == 0  # fmt: skip
        assert sound(session)
        assert len(termine.book_group(session, house, acts, wish(one), key="1")) == 10
