"""The public pages over a real database, with a furnished house and plain forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import Actor
from abh.access.tables import UserSession
from abh.db import make_sessions
from abh.documents.house import House
from abh.kernel.clock import FixedClock, SystemClock
from abh.kernel.ids import new_token, token_hash
from abh.web import app as web_app
from abh.web import assets, catalogs, health
from abh.web.pages import antrag, firma_anmeldung
from tests import factories

if not (assets.VENDOR / "kern.css").is_file():
    assets.install()
catalogs.compile_catalogs()

MODULES = (
    "abh.web.health",
    "abh.web.pages.desk_befehle",
    "abh.web.pages.suche",
    "abh.web.pages.login",
    "abh.web.pages.antrag",
    "abh.web.pages.status",
    "abh.web.pages.status_zugang",
    "abh.web.pages.tablet",
    "abh.web.pages.termin",
    "abh.web.pages.notfall",
    "abh.web.pages.ankunft",
    "abh.web.pages.termine",
    "abh.web.pages.termine_link",
    "abh.web.pages.termine_verlegen",
    "abh.web.pages.warten",
    "abh.web.pages.papier",
    "abh.web.pages.firma",
    "abh.web.pages.firma_vorgang",
    "abh.web.pages.firma_antrag",
    "abh.web.pages.firma_tabelle",
    "abh.web.pages.firma_hilfe",
    "abh.web.pages.firma_mitteilungen",
    "abh.web.pages.vorgang_nachrichten",
    "abh.web.pages.firma_anmeldung",
    "abh.web.pages.firma_zugang",
    "abh.web.pages.firma_schnittstellen",
    "abh.web.pages.firmen",
    "abh.web.pages.veranstaltungen",
    "abh.web.pages.desk",
    "abh.web.pages.vorgang",
    "abh.web.api",
)

TYPED: dict[str, Any] = {
    "person.family_name": "Nguyễn",
    "person.given_names": "Thị Ánh Tuyết",
    "person.birth_date_day": "00",
    "person.birth_date_month": "05",
    "person.birth_date_year": "1996",
    "person.nationalities.0": "VNM",
    "person.nationalities.1": "POL",
    "person.street": "Graf-Adolf-Straße 12",
    "person.postcode": "40212",
    "person.city": "Düsseldorf",
    "person.email": "tuyet@example.org",
    "title_kind": "NATIONALES_VISUM",
    "title_until_day": "20",
    "title_until_month": "12",
    "title_until_year": "2026",
    "employer": "Beispiel Systems GmbH",
    "salary_year": "48.000",
    "job_permanent": "1",
    "degree_on_day": "30",
    "degree_on_month": "6",
    "degree_on_year": "2025",
}


@pytest.fixture(scope="session")
def engine(office_engine: Engine) -> Engine:
    """The public pages of an office that is there already, not imported for each test."""
    return office_engine


@pytest.fixture
def house(session: Session, clock: FixedClock, tmp_path: Path) -> House:
    """The Düsseldorf office with law, signature rules, renderer and a store of its own."""
    made = factories.make_house(session, clock, tmp_path / "store")
    session.commit()
    return made


@pytest.fixture(scope="session")
def public_app(office_engine: Engine) -> Flask:
    """The application with all its routes, made once; its services are those of each test."""
    settings = SimpleNamespace(
        mode="test",
        secret_key="k" * 40,
        database_url="",
        base_url="http://localhost",
        var_dir=Path("var"),
        upload_mb=2,
        upload_pages=50,
    )
    clock, sessions = SystemClock(), make_sessions(office_engine)
    services = web_app.Services(settings, office_engine, sessions, clock, health.Readiness({}))
    return web_app.create_app(settings, services=services, page_modules=MODULES)


@pytest.fixture
def flask_app(
    public_app: Flask,
    sessions: sessionmaker[Session],
    house: House,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    before = public_app.extensions["abh"]
    public_app.extensions["abh"] = replace(
        before,
        settings=SimpleNamespace(**vars(before.settings)),
        sessions=sessions,
        clock=clock,
        readiness=health.Readiness({}),
        office_name="",
        more={"house": house},
    )
    for brake in (antrag.BRAKE, firma_anmeldung.BRAKE):
        monkeypatch.setattr(brake, "_seen", type(brake._seen)())
    yield public_app
    public_app.extensions["abh"] = before


class Visitor:
    """A browser without JavaScript: fetches a page, fills its form, sends it with its token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kw: Any) -> Any:
        return self.client.get(path, **kw)

    def hidden(self, path: str) -> dict[str, str]:
        text = self.client.get(path).text
        pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
        return dict(pairs)

    def post(self, path: str, data: dict[str, Any], *, of: str = "") -> Any:
        token = self.hidden(of or path)["csrf_token"]
        return self.client.post(
            path,
            data={"csrf_token": token, **data},
            content_type="multipart/form-data",
        )

    def apply(self, *, files: dict[str, Any] | None = None, **changes: Any) -> Any:
        """Send an application; ``files`` maps kinds to (name, bytes) or a list of those."""
        hidden = self.hidden("/antrag/p02?lang=de")
        data = {**hidden, **TYPED, **changes}
        return self.client.post(
            "/antrag/p02", data={**data, **sent(files)}, content_type="multipart/form-data"
        )


def sent(files: dict[str, Any] | None) -> dict[str, Any]:
    """Return files as the test client sends them."""
    out: dict[str, Any] = {}
    for kind, given in (files or {}).items():
        many = given if isinstance(given, list) else [given]
        out[f"files.{kind}"] = [(BytesIO(data), name) for name, data in many]
    return out


def log_in(client: FlaskClient, session: Session, user_id: int, clock: FixedClock) -> None:
    """Give the browser a session of ``user_id``, as the login page does."""
    token = new_token()
    session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=clock.now(),
            last_seen_at=clock.now(),
            expires_at=clock.now() + timedelta(hours=8),
        )
    )
    session.commit()
    client.set_cookie("abh-sid", token)


@pytest.fixture
def clerk(client: FlaskClient, session: Session, house: House, clock: FixedClock) -> Actor:
    """A trained clerk of SG1, logged in."""
    who = factories.staff(session, "SG1", rank="SB")
    log_in(client, session, who.user_id or 0, clock)
    return who


@pytest.fixture
def client(flask_app: Flask) -> FlaskClient:
    return flask_app.test_client()


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)
