"""The private PostgreSQL starts anywhere, survives kill -9 and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from abh.db import make_engine
from abh.kernel.errors import ConfigurationError
from abh.localpg import LocalPostgres, running, socket_dir
from abh.pgcluster import is_alive, wait_for_end
from abh.settings import ROOT


@pytest.fixture
def server() -> Iterator[LocalPostgres]:
    # the wheel's user must reach it, which pytest's own 0700 folders prevent for root
    with tempfile.TemporaryDirectory(prefix="abh-pg-") as folder:
        server = LocalPostgres(Path(folder) / "pg", durable=False)
        yield server
        server.stop()


def _rows(server: LocalPostgres) -> int:
    engine = make_engine(server.url("abh"))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM kept")).scalar_one()
    engine.dispose()
    return int(found)


def _fill(server: LocalPostgres) -> None:
    server.ensure_database("abh")
    engine = make_engine(server.url("abh"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (id int)"))
        connection.execute(text("INSERT INTO kept VALUES (1), (2)"))
    engine.dispose()


def test_acknowledged_rows_survive_kill_of_the_postmaster(server: LocalPostgres) -> None:
    server = LocalPostgres(server.data_dir, durable=True)
    process = server.start()
    assert process
    _fill(server)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert server.pid() is None
    assert server.start()
    assert _rows(server) == 2


def test_stale_pid_file_of_another_process_is_not_believed(server: LocalPostgres) -> None:
    server.start()
    _fill(server)
    server.stop()
    (server.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n", "utf-8")
    assert server.pid() is None
    server.start()
    assert _rows(server) == 2


def test_second_start_joins_the_running_server(server: LocalPostgres) -> None:
    first = server.start()
    assert first
    assert LocalPostgres(server.data_dir).start() is None
    assert server.pid() == first.pid


def test_it_listens_on_no_network_address_and_its_socket_is_private(server: LocalPostgres) -> None:
    process = server.start()
    assert process
    with psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert socket_dir(server.data_dir).stat().st_mode & 0o077 == 0


def test_extensions_the_rules_need_are_there(server: LocalPostgres) -> None:
    server.start()
    with psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection:
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT 'Müller' IS NFC NORMALIZED").fetchone() == (True,)


def test_tied_server_ends_with_its_parent_even_by_kill() -> None:
    with tempfile.TemporaryDirectory(prefix="abh-pg-") as folder:
        data = Path(folder) / "pg"
        code = (
            "import os, signal, sys\nfrom pathlib import Path\n"
            "from abh.localpg import LocalPostgres\n"
            "LocalPostgres(Path(sys.argv[1])).start(tied=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(data)], cwd=ROOT, check=False)
        assert done.returncode == -signal.SIGKILL
        pid = LocalPostgres(data).pid()
        assert pid is None or wait_for_end(pid, 20)
        LocalPostgres(data).stop()  # takes away the folder of the socket


def test_long_paths_do_not_break_the_socket(server: LocalPostgres) -> None:
    deep = LocalPostgres(server.data_dir.parent / ("d" * 60) / ("e" * 60) / "pg", durable=False)
    deep.start()
    try:
        deep.ensure_database("abh")
    finally:
        deep.stop()
    assert len(str(socket_dir(deep.data_dir))) < 100
    assert not socket_dir(deep.data_dir).exists()


def test_interrupted_initdb_is_begun_again(server: LocalPostgres) -> None:
    server.start()
    server.stop()
    (server.data_dir / "PG_VERSION").unlink()
    server.start()
    server.ensure_database("abh")


def test_data_of_another_version_are_refused_not_destroyed(server: LocalPostgres) -> None:
    server.start()
    server.stop()
    (server.data_dir / "PG_VERSION").write_text("13\n", "ascii")
    with pytest.raises(ConfigurationError, match="PostgreSQL 13"):
        server.start()
    assert (server.data_dir / "base").is_dir()


def test_wrong_program_folder_is_named(
    server: LocalPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABH_PG_BIN", "/nowhere")
    with pytest.raises(ConfigurationError, match="ABH_PG_BIN=/nowhere"):
        server.start()


def test_copies_of_a_template_are_independent(server: LocalPostgres) -> None:
    server.start()
    _fill(server)
    server.create_from_template("copy", "abh")
    with psycopg.connect(server.url("copy").replace("+psycopg", "")) as connection:
        connection.execute("DELETE FROM kept")
    assert _rows(server) == 2
    server.drop_database("copy")


def test_running_stops_only_what_it_started(server: LocalPostgres) -> None:
    with running(server.data_dir, "abh"):
        pid = server.pid()
        assert pid
        with running(server.data_dir, "abh"):
            assert server.pid() == pid
        assert is_alive(pid)
    assert server.pid() is None


def test_guardian_ends_the_server_and_its_folder_with_the_process_it_watches() -> None:
    folder = Path(tempfile.mkdtemp(prefix="abh-guard-"))
    folder.chmod(0o755)
    watched = subprocess.Popen(["sleep", "60"])
    guardian = subprocess.Popen(
        [sys.executable, "-m", "abh.localpg", str(folder / "pg"), "--remove"]
        + ["--while", str(watched.pid)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert guardian.stdout
    assert guardian.stdout.readline() == b"ready\n"
    pid = LocalPostgres(folder / "pg").pid()
    assert pid
    watched.kill()
    watched.wait()
    assert guardian.wait(20) == 0
    time.sleep(0.1)
    assert not is_alive(pid)
    assert not folder.exists()
