"""``abh roster``: what the operator sees when all is well and when a row lies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from abh.appointments import cli
from abh.kernel.clock import FixedClock
from tests.integration.appointments.office import UNIT, build_office, open_roster


@pytest.fixture
def day(
    fresh_sessions: sessionmaker[Session],
    fresh_database_url: str,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> date:
    monkeypatch.setenv("ABH_MODE", "test")
    monkeypatch.setenv("ABH_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("ABH_DATABASE_URL", fresh_database_url)
    monkeypatch.setattr(cli, "make_clock", lambda _settings: clock)
    with fresh_sessions.begin() as session:
        return open_roster(session, build_office(session, desks=1), clock)


def test_the_check_says_so_when_all_is_well(day: date) -> None:
    result = CliRunner().invoke(cli.roster_group, ["pruefen"])
    assert (result.exit_code, result.output) == (0, f"{UNIT}: 0 Abweichungen.\n")


def test_the_check_names_the_row_that_lies_and_the_rebuild_mends_it(
    day: date, fresh_sessions: sessionmaker[Session]
) -> None:
    with fresh_sessions.begin() as session:
        session.execute(text("UPDATE desk_day SET longest = 1 WHERE day = :day"), {"day": day})
    result = CliRunner().invoke(cli.roster_group, ["pruefen"])
    assert result.exit_code == 1
    assert f"{day:%d.%m.%Y}" in result.output and "abh roster rebuild" in result.output
    assert CliRunner().invoke(cli.roster_group, ["rebuild"]).exit_code == 0
    assert CliRunner().invoke(cli.roster_group, ["pruefen"]).exit_code == 0
