"""Import of the office is repeatable; routing and owners follow the office's own rules."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, applicant_actor
from abh.access.tables import AppUser
from abh.kernel.clock import FixedClock
from abh.kernel.errors import ConfigurationError, NotAllowed
from abh.office import service
from abh.office.file import load_office
from abh.office.tables import Closure, Desk, OfficeProfile, Qualification
from abh.persons.tables import Household
from abh.settings import ROOT

DATA = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")


@dataclass
class Somebody:
    household_id: int | None = None


def bring(session: Session, clock: FixedClock, data: Any = DATA) -> service.ImportReport:
    return service.import_office(session, SYSTEM, data, now=clock.now())


def counts(session: Session) -> list[int | None]:
    tables = (AppUser, Desk, Qualification, Closure, OfficeProfile)
    return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def user_id(session: Session, login: str) -> int:
    return session.scalars(select(AppUser.id).where(AppUser.login == login)).one()


def test_only_administrators_bring_an_office(session: Session, clock: FixedClock) -> None:
    with pytest.raises(NotAllowed):
        service.import_office(session, applicant_actor(), DATA, now=clock.now())


def test_without_an_office_there_is_no_letterhead(session: Session) -> None:
    with pytest.raises(ConfigurationError, match="abh office import"):
        service.profile(session)


def test_a_second_import_changes_nothing_and_keeps_passwords(
    session: Session, clock: FixedClock
) -> None:
    assert bring(session, clock).changed
    session.execute(update(AppUser).where(AppUser.login == "m.oezdamar").values(password_hash="x"))
    before = counts(session)
    assert not bring(session, clock).changed
    assert counts(session) == before
    query = select(AppUser.password_hash).where(AppUser.login == "m.oezdamar")
    assert session.scalars(query).one() == "x"


def test_who_leaves_the_file_cannot_log_in_and_who_returns_can(
    session: Session, clock: FixedClock
) -> None:
    bring(session, clock)
    shrunk = copy.deepcopy(DATA)
    shrunk["staff"] = [p for p in DATA["staff"] if p["login"] != "s.lindenau"]
    shrunk["desks"] = [d for d in DATA["desks"] if d["key"] != "SG1-02"]
    shrunk["roster"] = [r for r in DATA["roster"] if r["desk"] != "SG1-02"]
    report = bring(session, clock, shrunk)
    assert report.closed_accounts == ("s.lindenau",)
    assert any("SG1-02" in line for line in report.left_over)
    assert not session.scalars(select(AppUser.active).where(AppUser.login == "s.lindenau")).one()
    bring(session, clock)
    assert session.scalars(select(AppUser.active).where(AppUser.login == "s.lindenau")).one()


def test_a_login_of_a_company_is_never_made_staff(session: Session, clock: FixedClock) -> None:
    bring(session, clock)
    session.execute(
        update(AppUser)
        .where(AppUser.login == "m.oezdamar")
        .values(role="employer", rank="EXTERN", unit_key=None)
    )
    with pytest.raises(ConfigurationError, match="Firma"):
        bring(session, clock)


@pytest.mark.parametrize(
    ("verfahren", "title", "unit"),
    [
        ("P02", None, "SG1"),
        ("P06", None, "SG2"),
        ("P33", None, "SG7"),
        ("P24", "P11", "SG3"),
        ("P24", None, "SG8"),
        ("P99", None, "SG8"),
    ],
)
def test_the_main_purpose_decides_the_unit_and_the_unclear_goes_to_triage(
    session: Session, clock: FixedClock, verfahren: str, title: str | None, unit: str
) -> None:
    bring(session, clock)
    assert service.route(session, verfahren, title_verfahren=title) == unit


def test_the_owner_is_trained_and_never_a_trainee(session: Session, clock: FixedClock) -> None:
    bring(session, clock)
    owner = service.owner_for(session, "P02", Somebody())
    assert owner == user_id(session, "a.wolanska")
    assert service.qualification(session, owner, "P02") == "trained"
    assert service.qualification(session, user_id(session, "l.aschenbach"), "P02") == "training"
    session.execute(
        update(AppUser)
        .where(AppUser.unit_key == "SG1", AppUser.role == "clerk")
        .values(active=False)
    )
    assert service.owner_for(session, "P02", Somebody()) == user_id(session, "k.wintermann")


def test_the_clerk_of_the_household_keeps_the_household_if_trained(
    session: Session, clock: FixedClock
) -> None:
    bring(session, clock)

    def household(login: str) -> Somebody:
        row = Household(name="Test", owner_id=user_id(session, login))
        session.add(row)
        session.flush()
        return Somebody(row.id)

    mine = service.owner_for(session, "P02", household("s.lindenau"))
    assert mine == user_id(session, "s.lindenau")
    # in training for P02: the household's clerk cannot own this one
    other = service.owner_for(session, "P02", household("t.perlbach"))
    assert other == user_id(session, "a.wolanska")


def test_a_desk_knows_its_printer_and_the_house_its_closing_days(
    session: Session, clock: FixedClock
) -> None:
    bring(session, clock)
    desk = service.desks(session, "SG1")[0]
    printer = service.printer_of_desk(session, desk.id)
    assert printer is not None
    assert printer.uri == "file:print/SG1-01"
    day = DATA["closures"][0]["day"]
    only_sg8 = next(c["day"] for c in DATA["closures"] if c["unit"] == "SG8")
    assert service.is_closed(session, "SG1", day)
    assert service.is_closed(session, "SG8", only_sg8)
    assert not service.is_closed(session, "SG1", only_sg8)
    assert service.closed_days(session, "SG8", only_sg8, day) == {only_sg8, day}
