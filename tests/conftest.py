"""Shared fixtures: one private PostgreSQL per run, a database per worker, clock, settings, printer.

Which database: ``session`` or ``sessions`` for nearly everything (rolled back at the end);
``fresh_sessions`` where real commits matter, as in races; ``fresh_database_url`` for programs.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, sessionmaker

from abh.db import make_engine, make_sessions, transaction
from abh.kernel.clock import BERLIN, FixedClock
from abh.localpg import LocalPostgres
from abh.migrate import upgrade
from abh.settings import ROOT, Settings, load_settings
from tests.runfolder import controller, run_folder

# How fast examples are drawn is a matter of the machine; no test asserts seconds.
property_settings.register_profile("house", suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("house")

TEMPLATE = "abh_template"
# Read before the settings of the shell are hidden from the tests.
BILDER = os.environ.get("ABH_BILDER") == "1"


@contextmanager
def _locked(name: str) -> Iterator[None]:
    folder = run_folder()
    folder.mkdir(mode=0o755 if os.getuid() == 0 else 0o700, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def pg() -> LocalPostgres:
    """The run's PostgreSQL, shared by all workers.

    A guardian process owns it and ends it with the run, even when that is killed.
    """
    server = LocalPostgres(run_folder() / "pg", durable=False)
    with _locked("server"):
        if server.pid() is None:
            _start_guardian(server.data_dir)
    return server


def _start_guardian(folder: Path) -> None:
    command = [sys.executable, "-m", "abh.localpg", str(folder), "--remove"]
    with (folder.parent / "guardian.log").open("wb") as log:
        guardian = subprocess.Popen(
            [*command, "--while", str(controller())],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert guardian.stdout
    readable, _, _ = select.select([guardian.stdout], [], [], 60)
    said = guardian.stdout.readline() if readable else b"nothing in 60 s"
    if said != b"ready\n":
        guardian.terminate()
        pytest.exit(f"no test database ({said!r}): {folder.parent / 'guardian.log'}", 1)
    (folder.parent / "guardian.pid").write_text(str(guardian.pid))


class _CompiledTemplates(BytecodeCache):
    """Page templates compiled once per test process, found again by name and content.

    Nearly every test of a page makes an application of its own, whose first page compiles all.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self._kept.get((bucket.key, bucket.checksum))
        if found:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def pytest_configure() -> None:
    """A developer's own settings must not reach the tests."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _CompiledTemplates()}
    for name in [name for name in os.environ if name.startswith("ABH_") and name != "ABH_PG_BIN"]:
        del os.environ[name]


def pytest_collection_finish() -> None:
    """What is loaded now stays: the collector need not look through it in the midst of tests."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller stops the server and waits, so that a finished run leaves nothing behind."""
    gc.unfreeze()  # or libraries report what they believe to be leaks
    note = run_folder() / "guardian.pid"
    if hasattr(config, "workerinput") or not note.exists():
        return
    os.kill(int(note.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 20
    while run_folder().exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture(scope="session")
def template_db(pg: LocalPostgres) -> str:
    """Name of a database with all migrations applied, to be copied, never connected to."""
    with _locked("template"):
        done = run_folder() / "template.done"
        if not done.exists():
            pg.drop_database(TEMPLATE)
            pg.ensure_database(TEMPLATE)
            upgrade(pg.url(TEMPLATE))
            engine = make_engine(pg.url(TEMPLATE), pool_size=1)
            with engine.begin() as connection:
                connection.execute(text(_NUMBERS_APART))
            engine.dispose()
            done.touch()
    return TEMPLATE


# Where two tables count from one, the number of a letter is also that of a company: a product that
# takes one for the other passes its tests, and a test that does fails by chance. Here no number
# means two things; the order of the names makes them the same in every run. The audit log alone
# counts from one, for its tests forge lines by number.
_NUMBERS_APART = """SELECT setval(seqrelid, 1000000 * row_number() OVER (ORDER BY relname), true)
    FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
    WHERE relname <> 'audit_entry_id_seq'"""


@pytest.fixture(scope="session")
def database_url(pg: LocalPostgres, template_db: str) -> str:
    """Address of this worker's own migrated database; leave no committed rows in it."""
    name = "worker_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
    pg.create_from_template(name, template_db)
    return pg.url(name)


@pytest.fixture
def fresh_database_url(pg: LocalPostgres, template_db: str) -> Iterator[str]:
    """Address of a migrated database for this one test, with real commits; dropped afterwards."""
    name = f"fresh_{uuid.uuid4().hex}"
    pg.create_from_template(name, template_db)
    yield pg.url(name)
    pg.drop_database(name)


@pytest.fixture(scope="session")
def office_template(pg: LocalPostgres, template_db: str) -> str:
    """Name of a migrated database with the Düsseldorf office imported, to be copied.

    Importing hashes a password for everybody on the staff, which takes seconds: once is enough.
    """
    from tests import factories

    name = "template_office"
    with _locked("office"):
        done = run_folder() / "office.done"
        if not done.exists():
            pg.drop_database(name)
            pg.create_from_template(name, template_db)
            engine = make_engine(pg.url(name), pool_size=1)
            with transaction(make_sessions(engine)) as session:
                clock = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))
                factories.make_office(session, clock)
            engine.dispose()
            done.touch()
    return name


@pytest.fixture(scope="session")
def office_engine(pg: LocalPostgres, office_template: str) -> Iterator[Engine]:
    """Engine on this worker's own database with the office; leave no committed rows in it."""
    name = "office_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
    pg.create_from_template(name, office_template)
    engine = make_engine(pg.url(name))
    yield engine
    engine.dispose()


@pytest.fixture
def fresh_office_url(pg: LocalPostgres, office_template: str) -> Iterator[str]:
    """Address of a database with the office for this one test, with real commits."""
    name = f"fresh_{uuid.uuid4().hex}"
    pg.create_from_template(name, office_template)
    yield pg.url(name)
    pg.drop_database(name)


@pytest.fixture
def empty_database_url(pg: LocalPostgres) -> Iterator[str]:
    """Address of a database without any table, for this one test."""
    name = f"empty_{uuid.uuid4().hex}"
    pg.ensure_database(name)
    yield pg.url(name)
    pg.drop_database(name)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on this worker's database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Session factory whose commits are savepoints of one transaction, rolled back at the end."""
    with rolled_back(engine) as connection:
        yield sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Connection]:
    """A transaction that leaves nothing behind, not even numbers taken from sequences.

    PostgreSQL rolls no sequence back; with the same numbers a test writes the same letters as the
    one before, and ``factories.RememberingRenderer`` knows them.
    """
    with engine.connect() as connection:
        with connection.begin() as outer:
            before = connection.execute(text(_SEQUENCES)).one()
            yield connection
            outer.rollback()
        with connection.begin():
            connection.execute(text(_SEQUENCES_BACK), before._mapping)


_SEQUENCES = """SELECT array_agg(seqrelid::int) AS ids,
    array_agg(coalesce(pg_sequence_last_value(seqrelid), 0)) AS lasts FROM pg_sequence"""
_SEQUENCES_BACK = """SELECT setval(id::regclass, greatest(was, 1), was > 0)
    FROM unnest(cast(:ids as int[]), cast(:lasts as bigint[])) AS old(id, was)
    WHERE coalesce(pg_sequence_last_value(id::regclass), 0) <> was"""


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One session of ``sessions``."""
    with sessions() as session:
        yield session


@pytest.fixture
def fresh_sessions(fresh_database_url: str) -> Iterator[sessionmaker[Session]]:
    """Session factory with real commits on a database of its own."""
    engine = make_engine(fresh_database_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """Monday 23 November 2026, 08:00 in Berlin, until the test moves it."""
    return FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of mode ``test``: own var folder, this worker's database."""
    return load_settings(
        {"ABH_MODE": "test", "ABH_VAR_DIR": str(tmp_path / "var"), "ABH_DATABASE_URL": database_url}
    )


@dataclass(frozen=True)
class IppPrinter:
    """A running printer: where to print, and the folder in which printed documents appear."""

    uri: str
    folder: Path


@pytest.fixture
def ipp_printer(tmp_path: Path) -> Iterator[IppPrinter]:
    """A printer for this one test."""
    with running_printer(tmp_path) as printer:
        yield printer


@contextmanager
def running_printer(tmp_path: Path) -> Iterator[IppPrinter]:
    """CUPS' reference printer on a free port of this machine, keeping what it prints.

    It insists on a message bus (for DNS-SD) although it then announces nothing: a private one.
    """
    short = Path(tempfile.mkdtemp(prefix="abh-ipp-"))  # a socket's path may have 107 bytes
    spool = tmp_path / "spool"
    spool.mkdir()
    bus = f"unix:path={short / 'bus'}"
    (short / "bus.conf").write_text(BUS_CONF.format(bus=bus), "utf-8")
    path = os.environ["PATH"] + ":/usr/sbin"
    daemon = subprocess.Popen(
        [
            shutil.which("dbus-daemon") or "dbus-daemon",
            f"--config-file={short}/bus.conf",
            "--nofork",
        ],
        stderr=subprocess.DEVNULL,
    )
    printer = None
    try:
        _wait_until((short / "bus").exists, "dbus-daemon")
        port = free_port()
        with (tmp_path / "ippeveprinter.log").open("wb") as log:
            printer = subprocess.Popen(
                # fmt: off
                [
                    shutil.which("ippeveprinter", path=path) or "ippeveprinter",
                    "-r",
                    "off",
                    "-n",
                    "localhost",
                    "-p",
                    str(port),
                    "-d",
                    str(spool),
                    "-k",
                    "-f",
                    "application/pdf",
                    "-s",
                    "600",
                    "Testdrucker",
                ],
                # fmt: on
                env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus, "TMPDIR": str(tmp_path)},
                stdout=log,
                stderr=log,
            )
        _wait_until(lambda: _accepts(port), "ippeveprinter")
        yield IppPrinter(f"ipp://localhost:{port}/ipp/print", spool)
    finally:
        for process in (printer, daemon):
            if process:
                process.terminate()
                process.wait(10)
        shutil.rmtree(short, ignore_errors=True)


BUS_CONF = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>{bus}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/>
<allow own="*"/></policy></busconfig>
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until(ready, what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not start"
        time.sleep(0.05)
