"""A faulty installation does not open, and says everything that is wrong at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from abh import preflight, wiring
from abh.access.actor import applicant_actor
from abh.cli import main
from abh.db import make_engine, make_sessions
from abh.jobs import JOBS
from abh.kernel.clock import FixedClock
from abh.kernel.errors import ConfigurationError
from abh.outbox.service import enqueue
from abh.settings import ROOT
from abh.workflows import registry
from tests import factories

Env = dict[str, str]


@pytest.fixture
def env(tmp_path: Path, fresh_office_url: str) -> Env:
    """An installation without fault: own copies of law and signature table."""
    shutil.copytree(ROOT / "config" / "rechtsstand", tmp_path / "law")
    shutil.copy(ROOT / "config" / "zeichnung.yaml", tmp_path / "zeichnung.yaml")
    return {
        "ABH_MODE": "test",
        "ABH_VAR_DIR": str(tmp_path / "var"),
        "ABH_DATABASE_URL": fresh_office_url,
        "ABH_LAW_DIR": str(tmp_path / "law"),
        "ABH_ZEICHNUNG_FILE": str(tmp_path / "zeichnung.yaml"),
    }


def told(env: Env) -> str:
    _, faults = preflight.examine(env, jobs=[job.function for job in JOBS])
    return "\n".join(str(fault) for fault in faults)


def _edit(path: Path, old: str, new: str) -> None:
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")


@pytest.fixture
def sql(fresh_office_url: str) -> Iterator[Callable[[str], None]]:
    engine = make_engine(fresh_office_url, pool_size=1)

    def run(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(statement))

    yield run
    engine.dispose()


def test_a_sound_installation_opens(env: Env) -> None:
    assert told(env) == ""
    assert preflight.ready(env).mode == "test"


def test_faults_of_every_part_are_told_together(env: Env, tmp_path: Path, monkeypatch) -> None:
    _edit(tmp_path / "law" / "fristen.yaml", "anhoerung.mindestens:", "anhoerung.vergessen:")
    (tmp_path / "zeichnung.yaml").write_text("[]\n")
    (tmp_path / "store").write_text("in the way")
    monkeypatch.setattr(wiring, "HANDLERS", {"mail": "abh.outbox.mail:nobody"})
    monkeypatch.setattr(registry, "FINGERPRINTS", {("P02", 1): "0"})
    monkeypatch.setattr(preflight, "STATIC", tmp_path / "no_fonts")
    monkeypatch.setattr(preflight, "ROOT", tmp_path)
    said = told({**env, "ABH_STORE_DIR": str(tmp_path / "store")})
    for part in (
        "„anhoerung.mindestens“ fehlt",
        "zeichnung.yaml",
        "nicht beschreibbar",
        "abh.outbox.mail:nobody fehlt",
        "nach der Veröffentlichung geändert",
        "NotoSans-Regular",
    ):
        assert part in said
    assert said.count("Abhilfe:") >= 6


def test_a_gap_and_an_overlap_of_law_are_named_with_their_file(env: Env, tmp_path: Path) -> None:
    law = tmp_path / "law" / "fristen.yaml"
    _edit(law, "until: 2024-12-31, value: 3", "until: 2024-11-30, value: 3")
    _edit(law, "until: 2024-12-31, value: 3", "until: 2025-02-01, value: 3")
    said = told(env)
    assert "bekanntgabe.post: Lücke" in said
    assert "bekanntgabe.elektronisch: Überschneidung" in said


def test_a_value_that_ended_before_today_is_named(env: Env, tmp_path: Path) -> None:
    _edit(
        tmp_path / "law" / "fristen.yaml",
        "{from: 2020-01-01, value: 1, source: VwGO}",
        "{from: 2020-01-01, until: 2020-12-31, value: 1, source: VwGO}",
    )
    assert "klagefrist, § 74" in told(env)


def test_wrong_settings_do_not_hide_the_rest(env: Env, monkeypatch) -> None:
    monkeypatch.setattr(registry, "FINGERPRINTS", {("P02", 1): "0"})
    said = told({**env, "ABH_UPLOAD_MB": "0", "ABH_BASE_URL": "nirgends"})
    for part in ("upload_mb", "base_url", "nach der Veröffentlichung geändert"):
        assert part in said


def test_a_database_behind_or_away_is_one_fault_with_its_remedy(
    env: Env, empty_database_url: str, tmp_path: Path
) -> None:
    assert "abh db upgrade" in told({**env, "ABH_DATABASE_URL": empty_database_url})
    away = f"postgresql+psycopg://postgres@/abh?host={tmp_path}"
    assert "Datenbank: nicht erreichbar" in told({**env, "ABH_DATABASE_URL": away})


def test_an_office_never_imported_is_a_fault(env: Env, fresh_database_url: str) -> None:
    assert "abh office import" in told({**env, "ABH_DATABASE_URL": fresh_database_url})


def test_only_a_house_without_a_file_of_its_own_may_be_begun_in_the_browser(
    env: Env, fresh_database_url: str, empty_database_url: str
) -> None:
    bare = {**env, "ABH_DATABASE_URL": fresh_database_url, "ABH_OFFICE_FILE": ""}
    assert preflight.ready(bare, setup=True).wants_setup
    for refused, setup in (
        (bare, False),
        ({**bare, "ABH_OFFICE_FILE": env["ABH_ZEICHNUNG_FILE"]}, True),
        ({**bare, "ABH_DATABASE_URL": empty_database_url}, True),
    ):
        with pytest.raises(ConfigurationError):
            preflight.ready(refused, setup=setup)


def test_cases_and_messages_of_another_release_are_named(
    env: Env, fresh_office_url: str, clock: FixedClock, tmp_path: Path, sql
) -> None:
    engine = make_engine(fresh_office_url, pool_size=1)
    with make_sessions(engine)() as session, session.begin():
        house = factories.make_house(session, clock, tmp_path / "blobs")
        numbers = [
            factories.file_case(
                session, house, applicant_actor(), evidence=(), person__family_name=name
            ).number
            for name in ("Eins", "Zwei", "Drei")
        ]
        enqueue(session, "fax", "fax:1", {}, now=clock.now())
    engine.dispose()
    sql(f"UPDATE vorgang SET state = 'mond' WHERE number = '{numbers[0]}'")
    sql(f"UPDATE vorgang SET version = 7 WHERE number = '{numbers[1]}'")
    sql(f"UPDATE vorgang SET verfahren = 'P99' WHERE number = '{numbers[2]}'")
    said = told(env)
    assert f"{numbers[0]}: Zustand „mond“ gibt es in P02 Version 1 nicht" in said
    assert f"{numbers[1]}: Verfahren P02 Version 7 ist unbekannt" in said
    assert f"{numbers[2]}: Verfahren P99 Version 1 ist unbekannt" in said
    assert "„fax“ gibt es keinen Zusteller" in said


@pytest.mark.parametrize(
    ("command", "code"),
    [(["-m", "abh.worker"], 2), (["-m", "abh.scheduler"], 2), (["-c", "import wsgi"], 3)],
)
def test_no_process_starts_half_configured(
    env: Env, fresh_database_url: str, command: list[str], code: int
) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **env, "ABH_DATABASE_URL": fresh_database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert "kein Amt eingespielt" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_tells_and_ends_with_two(env: Env, fresh_database_url: str) -> None:
    good = CliRunner().invoke(main, ["pruefen"], env=env)
    assert (good.exit_code, "kein Fehler" in good.output) == (0, True)
    bad = CliRunner().invoke(main, ["pruefen"], env={**env, "ABH_DATABASE_URL": fresh_database_url})
    assert bad.exit_code == 2
    assert "Abhilfe: abh office import" in bad.output
