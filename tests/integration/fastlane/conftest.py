"""An office with one case of a company, made once; each test rolls its own rows back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane import firmen
from abh.fastlane.tables import CompanyMember
from abh.fastlane.zugang import Acting, acting
from abh.kernel.clock import BERLIN, FixedClock
from abh.outbox.tables import OutboxMessage
from abh.persons.tables import Company
from abh.workflows.tables import Vorgang
from tests import factories

START = datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN)
PROOF = ("ab" * 32, "Auszug.pdf")
FIRM = {
    "kind": "employer",
    "name": "Beispiel Systems GmbH",
    "register_court": "Düsseldorf",
    "register_no": "HRB 12345",
    "street": "Musterweg 1",
    "postcode": "40210",
    "city": "Düsseldorf",
    "contact_name": "Erika Beispiel",
    "contact_email": "erika@beispiel.example",
    "sites": ["Hafen", "Flughafen"],
}


@pytest.fixture(scope="module")
def town(
    office_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Connection, House, FixedClock]]:
    """The office with one filed case, in a transaction that is rolled back at the end."""
    clock = FixedClock(START)
    with office_engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            house = factories.make_house(session, clock, tmp_path_factory.mktemp("store"))
            factories.file_case(session, house, applicant_actor(), evidence=())
            session.commit()
        yield connection, house, clock
        outer.rollback()


@pytest.fixture
def desk(town: tuple[Connection, House, FixedClock]) -> Iterator[SimpleNamespace]:
    """Session, house, clock, the case, and a lead who admits; rolled back after the test."""
    connection, house, clock = town
    clock.advance(START - clock.now())
    with connection.begin_nested() as point:
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            lead = factories.staff(session, "SG1", rank="SGL")
            case = session.scalars(select(Vorgang)).one()
            yield SimpleNamespace(
                session=session, house=house, clock=clock, lead=lead, case=case,
                clerk=factories.staff(session, "SG1", rank="SB"),
            )  # fmt: skip
        point.rollback()


def token_in_mail(session: Session, kind: str) -> str:
    """Return the token of the newest link of this kind that was mailed."""
    row = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.kind == "mail", OutboxMessage.payload["text"].astext.contains(kind))
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).one()
    return str(row.payload["text"].split(kind)[1].split()[0])


def admitted(desk: Any, **changes: Any) -> Company:
    """Return a company that was let in, the employer of the case unless told otherwise."""
    firmen.register(desk.session, desk.house, {**FIRM, **changes}, PROOF)
    row = firmen.queue(desk.session, desk.lead)[-1]
    known = firmen.candidates(desk.session, row)
    chosen = known[0]["id"] if known and "name" not in changes else None
    firmen.decide(desk.session, desk.house, desk.lead, row.id, "approve", company_id=chosen)
    return desk.session.get_one(Company, row.company_id)


def login_of(desk: Any, company_id: int, name: str, role: str = "admin") -> Actor:
    """Return the actor of a new member; the hash is no password, so that it costs nothing."""
    user = AppUser(
        login=f"{name}@firma.example", display_name=name.title(), password_hash="!",
        role="employer", rank="EXTERN", powers=["fastlane.company"], created_at=desk.clock.now(),
    )  # fmt: skip
    desk.session.add(user)
    desk.session.flush()
    desk.session.add(CompanyMember(user_id=user.id, company_id=company_id, role=role))
    desk.session.flush()
    return actor_of_user(user)


def boss(desk: Any, company_id: int, name: str = "boss") -> Acting:
    """Return an administrator of a company, acting for it."""
    return acting(desk.session, login_of(desk, company_id, name), clock=desk.clock)
