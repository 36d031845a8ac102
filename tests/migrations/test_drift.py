"""Migrations and tables say the same, and may be applied by several processes at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from abh.migrate import drift, revisions, upgrade
from abh.settings import ROOT


def test_migrated_database_has_exactly_the_tables_of_the_code(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    assert drift(empty_database_url) == []
    have, newest = revisions(empty_database_url)
    assert have == newest


def test_two_processes_that_start_together_migrate_once(
    empty_database_url: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "abh.cli", "db", "upgrade"]
    env = {**os.environ, "ABH_DATABASE_URL": empty_database_url, "ABH_VAR_DIR": str(tmp_path)}
    both = [subprocess.Popen(command, cwd=ROOT, env=env) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert drift(empty_database_url) == []


def test_migrations_are_numbered_without_gaps() -> None:
    names = sorted(file.name for file in (ROOT / "alembic" / "versions").glob("*.py"))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
