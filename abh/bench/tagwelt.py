"""An office on a working Monday: cases of the demo, two hundred at their desks, status links."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.access.tables import AppUser, UserSession
from abh.bench.server import connect
from abh.bench.web import Office
from abh.bench.world import MONDAY
from abh.db import make_engine, make_sessions, transaction
from abh.demo.load import load
from abh.documents.service import grant_mandate
from abh.install import install_office
from abh.kernel.clock import FileClock
from abh.kernel.ids import new_token, token_hash
from abh.office.tables import Desk
from abh.workflows.zugriff import hidden_in

SEED = 54
_COPY_TRAINING = text(
    "INSERT INTO qualification (user_id, verfahren, level)"
    " SELECT :new, verfahren, 'trained' FROM qualification WHERE user_id = :old"
)
# Open cases go round among those who now work in their unit.
_SHARE_OUT = text(
    """
UPDATE vorgang v SET owner_id = c.ids[1 + mod(v.id, cardinality(c.ids))]
  FROM (SELECT unit_key, array_agg(id ORDER BY id) AS ids FROM app_user
         WHERE id = ANY(:staff) GROUP BY unit_key) c
 WHERE c.unit_key = v.unit_key AND v.closed_at IS NULL
"""
)
_UNITS = text(
    "SELECT s.key FROM sachgebiet s WHERE NOT s.central AND EXISTS (SELECT FROM app_user u"
    " WHERE u.unit_key = s.key AND u.role = 'clerk') ORDER BY s.key"
)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody at a desk: the login of the browser, and the numbers of the own open cases."""

    token: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayWorld:
    """Who is there: clerks, status links of applicants, names to look for, what can be booked."""

    clerks: tuple[Clerk, ...]
    links: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    services: tuple[str, ...]
    cases: int


def fill(office: Office, *, staff: int, applicants: int, scale: float) -> DayWorld:
    """Install the office on its migrated database, with 100,000 × ``scale`` cases and all people.

    Fewer applicants than wanted when there are not as many open cases. The role must be superuser:
    cases are shared out without a step for each.
    """
    engine = make_engine(office.settings.database_url)
    sessions = make_sessions(engine)
    clock = FileClock(office.settings.var_dir / "clock")
    try:
        install_office(sessions, office.settings.office_file, clock=clock)
        with transaction(sessions) as session:
            load(session, office.settings, scale=scale, seed=SEED, clock=clock)
        with transaction(sessions) as session:
            people = _staff(session, staff)
            tokens = _log_in(session, people)
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(_SHARE_OUT, {"staff": list(people)})
            links = _links(session, applicants)
            world = _world(session, tokens, links)
    finally:
        engine.dispose()
    # as the server does by itself within a minute
    with connect(office.settings.database_url) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return world


def _staff(session: Session, wanted: int) -> dict[int, str]:
    """Return ``wanted`` clerks with their units: those of the office, then colleagues like them."""
    query = (
        select(AppUser.id, AppUser.unit_key)
        .where(
            AppUser.role == "clerk",
            AppUser.rank == "SB",
            AppUser.active,
            AppUser.unit_key.is_not(None),
        )
        .order_by(AppUser.id)
        .limit(wanted)
    )
    known = [(row.id, str(row.unit_key)) for row in session.execute(query)]
    people = dict(known)
    for number in range(wanted - len(known)):
        old, unit = known[number % len(known)]
        user = AppUser(
            login=f"tag.{number:03d}",
            display_name=f"Tag {number:03d}",
            password_hash="!",  # noqa: S106 # nosec B106: nobody can log in with that
            role="clerk",
            rank="SB",
            unit_key=unit,
            created_at=MONDAY,
        )
        session.add(user)
        session.flush()
        session.execute(_COPY_TRAINING, {"new": user.id, "old": old})
        grant_mandate(session, user.id, valid_from=date(2020, 1, 1))
        people[user.id] = unit
    return people


def _log_in(session: Session, people: Mapping[int, str]) -> dict[int, str]:
    """Give everybody a desk and a login; return the tokens."""
    rows = [
        {"key": f"tag-{user}", "name": f"Platz {user}", "unit_key": unit, "room": "0"}
        for user, unit in people.items()
    ]
    desks = session.scalars(insert(Desk).returning(Desk.id, sort_by_parameter_order=True), rows)
    tokens = {user: new_token() for user in people}
    session.execute(
        insert(UserSession),
        [
            {
                "token_hash": token_hash(tokens[user]),
                "user_id": user,
                "desk_id": desk,
                "created_at": MONDAY,
                "last_seen_at": MONDAY,
                "expires_at": MONDAY + timedelta(hours=12),
            }
            for user, desk in zip(people, desks.all(), strict=True)
        ],
    )
    return tokens


def _links(session: Session, wanted: int) -> tuple[str, ...]:
    """Make links for the status of open cases; the office keeps only what proves them."""
    query = text(
        "SELECT id FROM vorgang WHERE closed_at IS NULL AND verfahren <> ALL(:hidden)"
        " ORDER BY md5(number) LIMIT :wanted"
    )
    # Of a removal nobody is told (§ 59(1) sentence 8 AufenthG): its page does not exist.
    given = {"wanted": wanted, "hidden": hidden_in(applicant_actor(), None)}
    links = [(int(case), new_token()) for case in session.scalars(query, given)]
    session.execute(
        text("UPDATE vorgang SET status_token_hash = :hash WHERE id = :id"),
        [{"id": case, "hash": token_hash(token)} for case, token in links],
    )
    return tuple(token for _, token in links)


def _world(session: Session, tokens: Mapping[int, str], links: Sequence[str]) -> DayWorld:
    mine: dict[int, list[str]] = defaultdict(list)
    query = text(
        "SELECT owner_id, number FROM vorgang WHERE closed_at IS NULL ORDER BY harm_on, id"
    )
    for owner, number in session.execute(query):
        mine[owner].append(number)
    names = list(
        session.scalars(text("SELECT family_name FROM person ORDER BY md5(id::text) LIMIT 500"))
    )
    random.Random(SEED).shuffle(names)
    return DayWorld(
        clerks=tuple(Clerk(token, tuple(mine[user])) for user, token in tokens.items()),
        links=tuple(links),
        names=tuple(names),
        units=tuple(session.scalars(_UNITS)),
        services=tuple(session.scalars(text("SELECT key FROM service WHERE open ORDER BY key"))),
        cases=int(session.scalar(text("SELECT count(*) FROM vorgang")) or 0),
    )
