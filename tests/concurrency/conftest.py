"""Real processes on a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from abh.db import make_engine, make_sessions
from abh.settings import ROOT
from tests import factories
from tests.concurrency.town import Town

_started: list[subprocess.Popen[str]] = []


@pytest.fixture
def program(fresh_database_url, tmp_path) -> Iterator[dict[str, str]]:
    """Environment of the processes; those that a test left running are ended after it."""
    yield {
        **os.environ,
        "ABH_MODE": "test",
        "ABH_VAR_DIR": str(tmp_path / "var"),
        "ABH_DATABASE_URL": fresh_database_url,
        "ABH_MAIL_URL": "folder:mail",
        "ABH_WORKER_POLL_SECONDS": "0.05",
    }
    while _started:
        process = _started.pop()
        process.kill()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


def start(environment: dict[str, str], name: str) -> subprocess.Popen[str]:
    """Start a function of ``tests.concurrency.programs`` as a process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.concurrency.programs", name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    _started.append(process)
    return process


@pytest.fixture
def town(fresh_office_url, clock, tmp_path) -> Iterator[Town]:
    """The Düsseldorf office with real commits."""
    engine = make_engine(fresh_office_url, pool_size=12)
    sessions = make_sessions(engine)
    with sessions() as session:
        house = factories.make_house(session, clock, tmp_path / "store")
        yield Town(
            sessions,
            house,
            factories.staff(session, "SG1", rank="SB"),
            factories.staff(session, "SG1", rank="SB", nth=1),
            factories.staff(session, "SG1", rank="EINARB"),
            factories.staff(session, "SG1", rank="SGL"),
        )
    engine.dispose()
