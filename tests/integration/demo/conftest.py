"""One loaded demo for all tests of this folder, which only read it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from abh.db import make_engine, make_sessions, transaction
from abh.demo import load as demo
from abh.install import install_office
from abh.kernel.clock import BERLIN, FixedClock
from abh.localpg import LocalPostgres
from abh.settings import Settings, load_settings

CLOCK = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))


@pytest.fixture(scope="package")
def clock() -> FixedClock:
    return CLOCK


@pytest.fixture(scope="package")
def settings(
    pg: LocalPostgres, template_db: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    name = f"demo_{uuid.uuid4().hex}"
    pg.create_from_template(name, template_db)
    var = str(tmp_path_factory.mktemp("demo"))
    yield load_settings({"ABH_MODE": "test", "ABH_VAR_DIR": var, "ABH_DATABASE_URL": pg.url(name)})
    pg.drop_database(name)


@pytest.fixture(scope="package")
def loaded(settings: Settings) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine)
    install_office(sessions, settings.office_file, clock=CLOCK)
    with transaction(sessions) as session:
        demo.load(session, settings, scale=0.012, seed=1, clock=CLOCK)
        demo._open_logins(session, settings, CLOCK)
    yield sessions
    engine.dispose()
