"""A small office for tests of this room: one unit, desks with clerks, a service, persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import ROLE_POWERS
from abh.access.tables import AppUser
from abh.appointments import roster
from abh.appointments.patterns import PatternSpec
from abh.kernel.clock import Clock, today
from abh.office.tables import Desk, Sachgebiet, Service
from abh.persons.tables import Person

LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)
UNIT, OTHER_UNIT = "sg1", "sg2"
BIOMETRICS, ADVICE = "biometrie", "beratung"


@dataclass(frozen=True)
class Office:
    """Ids of what was made; ``logins[i]`` sits at ``desks[i]``."""

    desks: tuple[int, ...]
    desk_keys: tuple[str, ...]
    logins: tuple[str, ...]
    users: tuple[int, ...]
    persons: tuple[int, ...]

    def clerk(self, index: int = 0, unit_key: str = UNIT) -> Actor:
        """The clerk at desk ``index`` as an actor with all powers of a clerk."""
        return Actor(
            kind="staff",
            user_id=self.users[index],
            name="Clerk",
            login=self.logins[index],
            role="clerk",
            rank="SB",
            in_training=False,
            powers=frozenset(ROLE_POWERS["clerk"]),
            unit_key=unit_key,
            desk_id=self.desks[index],
        )


def build_office(
    session: Session,
    *,
    desks: int = 2,
    persons: int = 4,
    equipment: Sequence[Sequence[str]] = (),
) -> Office:
    """Make units, ``desks`` desks with a clerk each (all with biometrics unless said), persons."""
    session.add_all(
        [
            Sachgebiet(key=UNIT, name="Arbeit und Studium"),
            Sachgebiet(key=OTHER_UNIT, name="Familie"),
            Service(key=BIOMETRICS, name="Biometrie", minutes=20, equipment=["biometrics"]),
            Service(key=ADVICE, name="Beratung", minutes=30),
        ]
    )
    session.flush()
    keys = [f"sg1-{n + 1}" for n in range(desks)]
    logins = [f"clerk{n + 1}" for n in range(desks)]
    equipped = [list(equipment[n]) if equipment else ["biometrics"] for n in range(desks)]
    session.add_all(
        Desk(key=key, name=f"Platz {key}", unit_key=UNIT, room="101", equipment=has)
        for key, has in zip(keys, equipped, strict=True)
    )
    session.add_all(
        AppUser(
            login=login,
            display_name=login,
            password_hash="-",
            role="clerk",
            unit_key=UNIT,
            created_at=LONG_AGO,
        )
        for login in logins
    )
    session.flush()
    return Office(
        tuple(session.scalars(select(Desk.id).order_by(Desk.id))),
        tuple(keys),
        tuple(logins),
        tuple(session.scalars(select(AppUser.id).order_by(AppUser.id))),
        build_persons(session, persons),
    )


def build_persons(session: Session, count: int) -> tuple[int, ...]:
    """Make ``count`` persons and return their ids."""
    rows = [
        {
            "family_name": f"Muster{n}",
            "given_names": "Kim",
            "name_search": f"MUSTER{n} KIM",
            "name_plain": f"MUSTER{n} KIM",
            "birth_year": 1990,
            "birth_month": 2,
            "birth_day": None,
            "nationalities": ["UKR"],
            "created_at": LONG_AGO,
        }
        for n in range(count)
    ]
    return tuple(session.scalars(insert(Person).returning(Person.id), rows)) if rows else ()


def week(
    office: Office,
    start: time = time(8),
    end: time = time(12),
    *,
    lane: str = "einladung",
    unit_key: str = UNIT,
) -> list[PatternSpec]:
    """The same shift at all desks from Monday to Friday."""
    return [
        PatternSpec(unit_key, desk, login, weekday, start, end, lane)
        for desk, login in zip(office.desk_keys, office.logins, strict=True)
        for weekday in range(5)
    ]


def open_roster(
    session: Session, office: Office, clock: Clock, *, days: int = 14, end: time = time(12)
) -> date:
    """Put the week on the roster for ``days`` days; return the next working Tuesday."""
    first = today(clock)
    roster.apply_patterns(session, week(office, end=end), valid_from=first, clock=clock)
    roster.extend_horizon(session, until=first + timedelta(days=days), clock=clock)
    return first + timedelta(days=(1 - first.weekday()) % 7)
