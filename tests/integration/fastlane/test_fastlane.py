"""A company sees what a mandate covers, and nothing else; forbidden things come first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser, AuditEntry
from abh.demo import load as demo
from abh.fastlane import service
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.zugang import acting
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed
from abh.office.file import load_office
from abh.office.service import import_office
from abh.settings import load_settings
from abh.workflows.tables import Vorgang


@pytest.fixture(scope="module")
def loaded(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A small demo without mandates, in a transaction that is rolled back at the end."""
    settings = load_settings(
        {"ABH_MODE": "test", "ABH_VAR_DIR": str(tmp_path_factory.mktemp("demo") / "var")}
    )
    clock = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            import_office(session, SYSTEM, load_office(settings.office_file), now=clock.now())
            demo.load(session, settings, scale=0.0006, seed=3, clock=clock)
            demo._open_logins(session, settings, clock)
            session.execute(update(Mandate).values(revoked_at=clock.now()))
            session.commit()
        yield connection
        outer.rollback()


@pytest.fixture
def house(loaded: Connection) -> Iterator[Session]:
    with loaded.begin_nested() as point:
        with Session(
            loaded, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        point.rollback()


def hr(session: Session) -> Actor:
    user = session.scalars(select(AppUser).where(AppUser.login == demo.HR_LOGIN)).one()
    return actor_of_user(user)


def clerk(session: Session) -> Actor:
    user = session.scalars(select(AppUser).where(AppUser.login == "m.oezdamar")).one()
    return actor_of_user(user)


def case(session: Session) -> Vorgang:
    company = select(CompanyMember.company_id)
    return session.scalars(
        select(Vorgang).where(Vorgang.company_id.in_(company)).order_by(Vorgang.id).limit(1)
    ).one()


def grant(session: Session, clock: FixedClock, scope: list[str], **dates: Any) -> Mandate:
    vorgang = case(session)
    data = {
        "company_id": vorgang.company_id,
        "person_id": vorgang.person_id,
        "scope": scope,
        "valid_from": "2026-11-01",
        "valid_until": "2026-12-31",
        **dates,
    }
    return service.grant_mandate(session, clerk(session), data, clock=clock)


def seen(session: Session, clock: FixedClock) -> list[service.VisibleCase]:
    return service.cases_after(session, acting(session, hr(session), clock=clock), clock=clock)


def test_without_a_mandate_nothing_is_visible(house: Session, clock: FixedClock) -> None:
    assert seen(house, clock) == []


def test_staff_and_strangers_do_not_get_the_companies_page(
    house: Session, clock: FixedClock
) -> None:
    with pytest.raises(NotAllowed):
        acting(house, clerk(house), clock=clock)
    with pytest.raises(NotAllowed):
        service.grant_mandate(house, hr(house), {}, clock=clock)


def test_a_mandate_ends_on_its_day_and_at_once_when_revoked(
    house: Session, clock: FixedClock
) -> None:
    mandate = grant(house, clock, ["state"], valid_until="2026-11-23")
    assert len(seen(house, clock)) == 1
    clock.advance(timedelta(days=1))
    assert seen(house, clock) == []
    clock.advance(timedelta(days=-1))
    service.revoke_mandate(house, clerk(house), mandate.id, clock=clock)
    assert seen(house, clock) == []
    service.revoke_mandate(house, clerk(house), mandate.id, clock=clock)


def test_only_what_the_scope_names_is_filled(house: Session, clock: FixedClock) -> None:
    grant(house, clock, ["tasks"])
    (row,) = seen(house, clock)
    assert row.whose_turn
    assert (row.state, row.decided, row.appointment_on) == (None, None, None)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("hearing", "in Prüfung"),
        ("suspended", "in Prüfung"),
        ("refused", "Prüfung abgeschlossen"),
        ("awaiting_applicant", "wartet auf Unterlagen"),
    ],
)
def test_an_employer_learns_neither_of_a_hearing_nor_of_a_refusal(
    house: Session, clock: FixedClock, state: str, words: str
) -> None:
    house.execute(update(Vorgang).where(Vorgang.id == case(house).id).values(state=state))
    house.expire_all()
    grant(house, clock, ["state", "tasks", "decisions"])
    (row,) = seen(house, clock)
    assert row.state == words
    if state != "awaiting_applicant":
        assert row.whose_turn == "Ausländerbehörde"


def test_a_mandate_does_not_open_a_case_with_another_employer(
    house: Session, clock: FixedClock
) -> None:
    grant(house, clock, ["state"])
    vorgang = case(house)
    other = house.scalars(
        select(Vorgang.company_id).where(Vorgang.company_id != vorgang.company_id).limit(1)
    ).one()
    vorgang.company_id = other
    house.flush()
    assert seen(house, clock) == []


def test_one_mandate_in_force_and_no_endless_or_empty_one(
    house: Session, clock: FixedClock
) -> None:
    grant(house, clock, ["state"])
    with pytest.raises(Conflict):
        grant(house, clock, ["tasks"])
    with pytest.raises(InvalidInput) as caught:
        grant(house, clock, [], valid_until="2026-01-01")
    assert {problem.field for problem in caught.value.problems} == {"scope"}
    with pytest.raises(InvalidInput, match="vor dem Beginn"):
        grant(house, clock, ["state"], valid_until="2026-01-01")


def test_the_look_of_a_company_is_logged(house: Session, clock: FixedClock) -> None:
    grant(house, clock, ["state"])
    seen(house, clock)
    entry = house.scalars(select(AuditEntry).where(AuditEntry.action == "fastlane.list")).one()
    assert entry.is_read
    assert entry.actor_kind == "employer"
    assert entry.facts["ids"] == [case(house).id]
    assert isinstance(entry.at, datetime)
    assert entry.at.date() == date(2026, 11, 23)
