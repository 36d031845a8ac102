"""One office in a database of its own for all staff pages; every test's rows are rolled back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from abh.access.actor import applicant_actor
from abh.access.passwords import hash_password
from abh.access.sessions import ABSOLUTE
from abh.access.tables import AppUser, UserSession
from abh.appointments import service as appointments
from abh.db import make_engine, make_sessions
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.ids import new_token, token_hash
from abh.localpg import LocalPostgres
from abh.office.file import load_office, roster_entries
from abh.settings import ROOT, Settings, load_settings
from abh.web import health
from abh.web.app import Services, create_app
from abh.web.session import COOKIE_PLAIN
from abh.workflows.intake import Filed
from tests import factories
from tests.conftest import rolled_back

PASSWORD = "richtig-geraten"
CLERK, COLLEAGUE, TRAINEE = "m.oezdamar", "s.lindenau", ""
LEAD = "k.wintermann"


@pytest.fixture(scope="session")
def staff_database(pg: LocalPostgres, office_template: str) -> Iterator[str]:
    """A database with the imported office, its roster and one known password."""
    # Several workers run files of this folder at the same time.
    name = "staff_pages_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
    pg.create_from_template(name, office_template)
    engine = make_engine(pg.url(name))
    clock = FixedClock(_start())
    with make_sessions(engine)() as session, session.begin():
        data = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
        specs = [appointments.PatternSpec(**_spec(entry)) for entry in roster_entries(data)]
        appointments.apply_patterns(session, specs, valid_from=date(2026, 11, 23), clock=clock)
        appointments.extend_horizon(session, until=date(2026, 12, 31), clock=clock)
        session.execute(update(AppUser).values(password_hash=hash_password(PASSWORD)))
    engine.dispose()
    yield pg.url(name)
    pg.drop_database(name)


def _start() -> datetime:
    return datetime(2026, 11, 23, 8, 0, tzinfo=factories.BERLIN)


def _spec(entry: Any) -> dict[str, Any]:
    return {
        "unit_key": entry.unit_key,
        "desk_key": entry.desk_key,
        "login": entry.login,
        "weekday": entry.weekday,
        "start": time.fromisoformat(entry.start),
        "end": time.fromisoformat(entry.end),
        "lane": entry.lane,
    }


@pytest.fixture(scope="session")
def staff_engine(staff_database: str) -> Iterator[Engine]:
    engine = make_engine(staff_database)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(staff_engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions whose commits are savepoints of one transaction, rolled back at the end."""
    with rolled_back(staff_engine) as connection:
        yield sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )


@dataclass
class Amt:
    """The office as tests use it."""

    app: Flask
    sessions: sessionmaker[Session]
    house: House
    clock: FixedClock

    def file(self, **changes: Any) -> Filed:
        """File an application by the portal."""
        with self.sessions() as session, session.begin():
            actor = applicant_actor()
            return factories.file_case(session, self.house, actor, **changes)

    def client(self, login: str = CLERK, *, desk: bool = True) -> Browser:
        """Return a browser that is logged in, at the first desk of the unit."""
        client = self.app.test_client()
        token = new_token()
        with self.sessions() as session, session.begin():
            user = session.query(AppUser).filter(AppUser.login == login).one()
            desks = _desks(session, user.unit_key) if desk and user.unit_key else []
            now = self.clock.now()
            session.add(
                UserSession(
                    token_hash=token_hash(token),
                    user_id=user.id,
                    desk_id=desks[0] if desks else None,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + ABSOLUTE,
                )
            )
        client.set_cookie(COOKIE_PLAIN, token)
        return Browser(client)

    def row(self, sql: str, **params: Any) -> Any:
        """Return one row."""
        from sqlalchemy import text

        with self.sessions() as session:
            return session.execute(text(sql), params).mappings().one()

    def change(self, sql: str, **params: Any) -> None:
        """Change rows behind the back of the services, to begin a test where it matters."""
        from sqlalchemy import text

        with self.sessions() as session, session.begin():
            session.execute(text(sql), params)


def _desks(session: Session, unit: str) -> list[int]:
    from abh.office import service as office

    return [desk.id for desk in office.desks(session, unit)]


def told(page: str) -> str:
    """Return the words of the notices on a page, for the message of a failed test."""
    blocks = page.split("abh-notice__body")[1:] or [page.split("<main", 1)[-1]]
    words = (re.sub(r"<[^>]+>|\s+", " ", block)[:900] for block in blocks)
    return " | ".join(re.sub(" +", " ", each) for each in words)


class Browser:
    """A test client that sends the form token and the version the page showed."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, status: int = 200, **kwargs: Any) -> TestResponse:
        answer = self.client.get(url, **kwargs)
        assert answer.status_code == status, (answer.status_code, told(answer.text))
        return answer

    def post(self, url: str, data: dict[str, Any], *, status: int = 303) -> TestResponse:
        data = {"csrf_token": self.token(), **data}
        answer = self.client.post(url, data=data, content_type="multipart/form-data")
        assert answer.status_code == status, (answer.status_code, told(answer.text))
        return answer

    def token(self) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/frist").text)
        assert found
        return found[1]

    def version(self, number: str) -> str:
        page = self.get(f"/vorgang/{number}").text
        found = re.search(r'name="row_version" value="(\d+)"', page)
        assert found
        return found[1]

    def act(
        self,
        number: str,
        path: str,
        fid: str,
        *,
        status: int = 303,
        version: str = "",
        **typed: Any,
    ) -> TestResponse:
        """Send a form of the case page."""
        data = {f"{fid}.{key}": value for key, value in typed.items()}
        data["row_version"] = version or self.version(number)
        return self.post(f"/vorgang/{number}/{path}", data, status=status)


@pytest.fixture(scope="session")
def staff_app(
    staff_engine: Engine, staff_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """The application with all its routes, made once; its services are those of each test."""
    folder = tmp_path_factory.mktemp("staff")
    settings: Settings = load_settings(
        {"ABH_MODE": "test", "ABH_VAR_DIR": str(folder), "ABH_DATABASE_URL": staff_database}
    )
    clock, sessions = FixedClock(_start()), make_sessions(staff_engine)
    services = Services(settings, staff_engine, sessions, clock, health.Readiness({}))
    return create_app(settings, services=services)


@pytest.fixture
def amt(
    staff_app: Flask, sessions: sessionmaker[Session], clock: FixedClock, tmp_path: Path
) -> Iterator[Amt]:
    """The application over the imported office."""
    with sessions() as session:
        house = factories.make_house(session, clock, tmp_path / "blobs")
    before = staff_app.extensions["abh"]
    staff_app.extensions["abh"] = replace(
        before,
        settings=replace(before.settings, var_dir=tmp_path / "var"),
        sessions=sessions,
        clock=clock,
        readiness=health.Readiness({}),
        office_name="",
        more={"house": house},
    )
    yield Amt(staff_app, sessions, house, clock)
    staff_app.extensions["abh"] = before


@pytest.fixture
def clerk(amt: Amt) -> Browser:
    """A clerk of Sachgebiet 1."""
    return amt.client()
