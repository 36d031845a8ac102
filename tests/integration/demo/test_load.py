"""The demo fills an empty house; its cases are such as the rules themselves would accept."""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from abh.access.passwords import matches
from abh.access.tables import AppUser
from abh.db import make_engine, make_sessions, transaction
from abh.demo import load as demo
from abh.demo.paths import PATHS
from abh.documents.store import BlobStore
from abh.documents.tables import Blatt
from abh.install import install_office
from abh.kernel.clock import BERLIN, FixedClock, today
from abh.kernel.errors import ConfigurationError
from abh.kernel.rechtsstand import Rechtsstand
from abh.localpg import LocalPostgres
from abh.settings import Settings, load_settings, load_yaml_dir
from abh.workflows import repository
from abh.workflows.checklist import evaluate_checklist, unsettled_items
from abh.workflows.dossier import case_of
from abh.workflows.tables import CaseCounter, Vorgang, VorgangStep

CLOCK = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return CLOCK


@pytest.fixture(scope="module")
def settings(
    pg: LocalPostgres, template_db: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    name = f"demo_{uuid.uuid4().hex}"
    pg.create_from_template(name, template_db)
    var = str(tmp_path_factory.mktemp("demo"))
    yield load_settings({"ABH_MODE": "test", "ABH_VAR_DIR": var, "ABH_DATABASE_URL": pg.url(name)})
    pg.drop_database(name)


@pytest.fixture(scope="module")
def loaded(settings: Settings) -> Iterator[sessionmaker[Session]]:
    """One load for all tests of this module, which only read."""
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine)
    install_office(sessions, settings.office_file, clock=CLOCK)
    with transaction(sessions) as session:
        demo.load(session, settings, scale=0.004, seed=1, clock=CLOCK)
        demo._open_logins(session, settings, CLOCK)
    yield sessions
    engine.dispose()


def test_every_state_is_there_and_numbers_have_no_gaps(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        states = Counter(session.scalars(select(Vorgang.state)))
        assert sum(states.values()) == 400
        assert set(states) <= {path.state for path in PATHS}
        assert states["issued"] > states["completeness_check"] > 0
        for year, last in session.execute(select(CaseCounter.year, CaseCounter.last)):
            like = f"ABH-{year}-%"
            found = session.scalar(
                select(func.count()).select_from(Vorgang).where(Vorgang.number.like(like))
            )
            assert found == last


def test_every_log_ends_in_the_state_of_its_case(loaded: sessionmaker[Session]) -> None:
    broken = text(
        "SELECT count(*) FROM vorgang v JOIN LATERAL (SELECT to_state, seq, at FROM vorgang_step s"
        " WHERE s.vorgang_id = v.id ORDER BY seq DESC LIMIT 1) s ON true"
        " WHERE s.to_state <> v.state OR s.seq + 1 <> v.row_version OR s.at <> v.state_since"
    )
    backwards = text(
        "SELECT count(*) FROM vorgang_step a JOIN vorgang_step b ON b.vorgang_id = a.vorgang_id"
        " AND b.seq = a.seq + 1 WHERE b.at < a.at OR b.from_state <> a.to_state"
    )
    with loaded() as session:
        assert session.scalar(broken) == 0
        assert session.scalar(backwards) == 0
        assert session.scalar(select(func.max(VorgangStep.at))) <= session.scalar(
            select(func.max(Vorgang.state_since))
        )


def test_open_cases_are_readable_by_the_rules_and_ready_ones_are_ready(
    loaded: sessionmaker[Session], settings: Settings, clock: FixedClock
) -> None:
    law = Rechtsstand(load_yaml_dir(settings.law_dir))
    with loaded() as session:
        ids = session.scalars(select(Vorgang.id).where(Vorgang.closed_at.is_(None))).all()
        for vorgang_id in ids:
            case = case_of(repository.case_row(session, vorgang_id=vorgang_id), law, today(clock))
            items = evaluate_checklist(case.verfahren, case.facts)
            open_items = [(item.key, item.why) for item in unsettled_items(items)]
            if case.state == "decision_ready":
                assert open_items == [], case.number
            if case.state == "awaiting_applicant":
                assert open_items, case.number
        assert len(ids) > 50


def test_the_showcase_stands_on_top_of_the_list_of_sg1(
    loaded: sessionmaker[Session], clock: FixedClock
) -> None:
    with loaded() as session:
        top = session.execute(
            select(Vorgang.state, Vorgang.harm_key)
            .where(Vorgang.unit_key == "SG1", Vorgang.closed_at.is_(None))
            .order_by(Vorgang.harm_on, Vorgang.id)
            .limit(2)
        ).all()
    assert [tuple(row) for row in top] == [
        ("completeness_check", "titel"),
        ("awaiting_applicant", "titel"),
    ]


def test_every_sheet_can_be_opened(loaded: sessionmaker[Session], settings: Settings) -> None:
    store = BlobStore(settings.store_dir)
    with loaded() as session:
        hashes = session.scalars(select(Blatt.blob_sha256).distinct()).all()
    assert 10 <= len(hashes) < 40
    assert all(store.get(sha).startswith(b"%PDF-") for sha in hashes)


def test_printed_logins_open_the_accounts(
    loaded: sessionmaker[Session], settings: Settings
) -> None:
    with loaded() as session:
        stored = dict(session.execute(select(AppUser.login, AppUser.password_hash)).all())
    shown = demo.logins(settings)
    assert len({password for _, _, password in shown}) == len(shown)
    assert all(matches(stored[login], password) for _, login, password in shown)
    assert not matches(stored["s.lindenau"], "!")


def test_new_rows_go_on_after_the_copied_ones(loaded: sessionmaker[Session]) -> None:
    with loaded() as session:
        highest = session.scalar(select(func.max(Vorgang.id)))
        following = session.scalar(text("SELECT nextval(pg_get_serial_sequence('vorgang','id'))"))
    assert following == highest + 1


def test_production_takes_no_invented_people(
    loaded: sessionmaker[Session], settings: Settings, clock: FixedClock
) -> None:
    real = dataclasses.replace(settings, mode="production")
    with loaded() as session, pytest.raises(ConfigurationError, match="Echtbetrieb"):
        demo.load(session, real, scale=0.001, seed=1, clock=clock)
