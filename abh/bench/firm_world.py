"""Companies with employees, mandates and open cases in an imported office, for measuring and races.

Rows are written as they are after intake; booking itself goes through the real services.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS
from abh.access.tables import AppUser
from abh.documents.tables import Akte
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_termine import FirmAccount
from abh.fastlane.tables_zugang import CompanyAccess
from abh.kernel.ids import content_hash
from abh.persons.tables import Company, Household, Person
from abh.workflows.tables import Vorgang

UNIT = "SG1"
SCOPE = ["appointments", "decisions", "state", "tasks"]


@dataclass(frozen=True)
class Firm:
    """A company with its login and the people it may book for; ``families`` hold each other."""

    company_id: int
    actor: Actor
    persons: tuple[int, ...]
    cases: tuple[int, ...]


def make_firm(
    session: Session,
    name: str,
    *,
    people: int,
    today: date,
    now: datetime,
    employees: int | None = 2000,
    family_of: int = 1,
    state: str = "in_review",
) -> Firm:
    """Write a company whose ``people`` have open cases here; each ``family_of`` share a home."""
    company = session.scalars(
        insert(Company).returning(Company.id),
        [{"name": name, "name_search": name.upper(), "created_at": now}],
    ).one()
    actor = _login(session, name, company, now)
    clerk = session.scalars(select(AppUser.id).where(AppUser.unit_key == UNIT).limit(1)).one()
    session.execute(
        insert(CompanyAccess).values(company_id=company, approved_at=now, approved_by=clerk)
    )
    persons = _people(session, name, people, family_of, now)
    cases = _cases(session, name, company, persons, today, now, state)
    session.execute(
        insert(Mandate),
        [
            {
                "company_id": company,
                "person_id": person,
                "scope": SCOPE,
                "valid_from": today - timedelta(days=30),
                "valid_until": today + timedelta(days=365),
                "recorded_at": now,
                "recorded_by": clerk,
            }
            for person in persons
        ],
    )
    session.execute(insert(FirmAccount).values(company_id=company, employees=employees))
    return Firm(company, actor, persons, cases)


def _login(session: Session, name: str, company: int, now: datetime) -> Actor:
    user = session.scalars(
        insert(AppUser).returning(AppUser.id),
        [
            {
                "login": f"{name.lower()}@firma.example",
                "display_name": name,
                "password_hash": "!",
                "role": "employer",
                "rank": "EXTERN",
                "powers": sorted(ROLE_POWERS["employer"]),
                "created_at": now,
            }
        ],
    ).one()
    session.execute(insert(CompanyMember).values(user_id=user, company_id=company))
    return Actor(
        kind="employer",
        user_id=user,
        name=name,
        login=f"{name.lower()}@firma.example",
        role="employer",
        rank="EXTERN",
        in_training=False,
        powers=ROLE_POWERS["employer"],
        unit_key=None,
    )


def _people(
    session: Session, name: str, count: int, family_of: int, now: datetime
) -> tuple[int, ...]:
    homes: Sequence[int] = ()
    if family_of > 1:
        wanted = [{"name": f"{name} {n}"} for n in range(-(-count // family_of))]
        homes = session.scalars(insert(Household).returning(Household.id), wanted).all()
    rows: list[dict[str, Any]] = [
        {
            "family_name": f"{name}{n:03d}",
            "given_names": "Kim",
            "name_search": f"{name.upper()}{n:03d} KIM",
            "name_plain": f"{name.upper()}{n:03d} KIM",
            "birth_year": 1990,
            "birth_month": 5,
            "birth_day": 4,
            "nationalities": ["IND"],
            "email": f"kim{n}@{name.lower()}.example",
            "language": "en",
            "household_id": homes[n // family_of] if homes else None,
            "created_at": now,
        }
        for n in range(count)
    ]
    return tuple(session.scalars(insert(Person).returning(Person.id), rows))


def _cases(
    session: Session,
    name: str,
    company: int,
    persons: Sequence[int],
    today: date,
    now: datetime,
    state: str,
) -> tuple[int, ...]:
    files = session.scalars(
        insert(Akte).returning(Akte.id, sort_by_parameter_order=True),
        [
            {"person_id": person, "number": f"54/{name}-{person:07d}", "created_at": now}
            for person in persons
        ],
    ).all()
    rows = [
        {
            "number": f"54-{name}-{person}",
            "verfahren": "P02",
            "version": 1,
            "state": state,
            "state_since": now,
            "person_id": person,
            "akte_id": file,
            "unit_key": UNIT,
            "company_id": company,
            "received_on": today - timedelta(days=20),
            "received_channel": "employer",
            "opened_at": now,
            "title_kind": "NATIONALES_VISUM",
            "title_until": today + timedelta(days=60),
            "harm_on": today + timedelta(days=60),
            "harm_key": "titel",
            "antrag": {},
            "status_token_hash": bytes.fromhex(content_hash(f"{name}{person}".encode())),
        }
        for person, file in zip(persons, files, strict=True)
    ]
    return tuple(session.scalars(insert(Vorgang).returning(Vorgang.id), rows))
