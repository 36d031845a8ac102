"""A company with many cases and one login, for the benchmarks of its pages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from abh.access.policy import Power
from abh.access.tables import AppUser, UserSession
from abh.bench.population import TWENTY, make_originals, multiply
from abh.bench.server import connect
from abh.bench.world import MONDAY, World, furnish
from abh.db import transaction
from abh.documents.house import House
from abh.fastlane import ausblick
from abh.fastlane.tables import CompanyMember
from abh.fastlane.tables_zugang import CompanyAccess
from abh.kernel.clock import FixedClock
from abh.kernel.ids import new_token, token_hash
from abh.settings import load_settings
from abh.web.app import create_app, make_services
from abh.web.session import COOKIE_PLAIN

LOGIN = "hr.messung"
_MANDATES = text(
    """
INSERT INTO mandate (company_id, person_id, scope, valid_from, valid_until, recorded_at)
SELECT DISTINCT company_id, person_id, ARRAY['state','tasks','appointments','decisions'],
       CAST(:day AS date), CAST(:day AS date) + 365, :now
  FROM vorgang WHERE company_id = :company
"""
)


@dataclass(frozen=True, slots=True)
class Firma:
    """The pages of a company with ``cases`` cases, asked for by its HR."""

    client: FlaskClient
    engine: Engine
    base_url: str
    cases: int


@contextmanager
def company(database_url: str, cases: int) -> Iterator[Firma]:
    """Fill a fresh database with the cases of one company and log its HR in."""
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            make_originals(world)
            _multiply(database_url, cases)
            with transaction(world.sessions) as session:
                token = _people(session)
            _outlook(world)
            # as the server does by itself within a minute
            with connect(database_url) as connection:
                connection.autocommit = True
                connection.execute("ANALYZE")
            client, engine, base_url = _pages(database_url, Path(folder), token)
        finally:
            world.close()
        try:
            with engine.connect() as connection:
                found = connection.scalar(text("SELECT count(*) FROM vorgang"))
            yield Firma(client, engine, base_url, int(found or 0))
        finally:
            engine.dispose()


def _multiply(url: str, cases: int) -> None:
    with connect(url) as connection:
        rows = connection.execute("SELECT id FROM vorgang ORDER BY id").fetchall()
        shares = {case_id: 20 // len(rows) for (case_id,) in rows}
        each = sum(shares.values()) or TWENTY
        multiply(connection, shares, max(2, -(-cases // each)))
    with connect(url) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _people(session: Session) -> str:
    """Let HR of the company with the most cases in, with a mandate of everybody."""
    company_id = session.scalar(
        text(
            "SELECT company_id FROM vorgang WHERE company_id IS NOT NULL"
            " GROUP BY company_id ORDER BY count(*) DESC LIMIT 1"
        )
    )
    user = AppUser(
        login=LOGIN,
        display_name="HR (Messung)",
        role="employer",
        rank="EXTERN",
        password_hash="!",  # noqa: S106 # nosec B106: nobody can log in with that
        powers=[Power.FASTLANE_COMPANY],
        created_at=MONDAY,
    )
    session.add(user)
    session.flush()
    session.add(CompanyMember(user_id=user.id, company_id=company_id, role="hr"))
    clerk = session.scalars(select(AppUser.id).where(AppUser.role == "lead").limit(1)).one()
    session.add(CompanyAccess(company_id=company_id, approved_at=MONDAY, approved_by=clerk))
    params = {"company": company_id, "day": MONDAY.date(), "now": MONDAY}
    session.execute(_MANDATES, params)
    token = new_token()
    session.execute(
        insert(UserSession).values(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=MONDAY,
            last_seen_at=MONDAY,
            expires_at=MONDAY + timedelta(hours=12),
        )
    )
    return token


def _outlook(world: World) -> None:
    house: House = world.house
    while True:
        with transaction(world.sessions) as session:
            if not ausblick.sweep_outlook(session, house, 1_000):
                return


def _pages(url: str, folder: Path, token: str) -> tuple[FlaskClient, Engine, str]:
    settings = load_settings(
        {"ABH_MODE": "test", "ABH_DATABASE_URL": url, "ABH_VAR_DIR": str(folder)}
    )
    services = make_services(settings, clock=FixedClock(MONDAY))
    client = create_app(settings, services=services).test_client()
    client.set_cookie(COOKIE_PLAIN, token, domain="127.0.0.1")
    return client, services.engine, "http://127.0.0.1"
