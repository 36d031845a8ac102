"""A private PostgreSQL for development, demo and tests: no port, one socket, no password.

Run as ``python -m abh.localpg FOLDER --while PID`` it serves for as long as that process lives.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import psycopg
from psycopg import sql

from abh.configfiles import configuration_error
from abh.kernel.errors import ConfigurationError, Reason
from abh.pgcluster import (
    SUPERUSER,
    absolute,
    as_server_user,
    check_version,
    find_programs,
    is_alive,
    make_cluster,
    orphans,
    prepare_place,
    private_folder,
    send_signal,
    wait_for_end,
)

PORT = 5432  # only part of the socket's name: the server listens on no network address
SUN_PATH_MAX = 107  # bytes of a Unix socket's path on Linux
START_SECONDS = 60.0
STOP_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


def url(data_dir: Path, database: str) -> str:
    """Return the SQLAlchemy address of ``database`` in the server of ``data_dir``."""
    folder = quote(str(socket_dir(data_dir)), safe="")
    return f"postgresql+psycopg://{SUPERUSER}@/{quote(database, safe='')}?host={folder}&port={PORT}"


def socket_dir(data_dir: Path) -> Path:
    """Return where the socket lies: in the data folder, or below /tmp as root or for a long path.

    Both folders are 0700, so that trusting whoever opens the socket trusts their owner only. As
    root the server's user may not reach the data folder by this path.
    """
    path = absolute(data_dir)
    if os.geteuid() != 0 and len(os.fsencode(path / f".s.PGSQL.{PORT}.lock")) <= SUN_PATH_MAX:
        return path
    # a guessable name: private_folder refuses one that somebody else made first
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path("/tmp") / f"abh-pg-{os.getuid()}-{name}"  # noqa: S108  # nosec B108


@dataclass(frozen=True)
class LocalPostgres:
    """The server of one data folder; safe to use from several processes at once.

    ``durable=False`` gives up safety against a power cut for speed (tests only).
    """

    data_dir: Path
    durable: bool = True

    def start(self, *, tied: bool = False) -> subprocess.Popen[bytes] | None:
        """Start the server unless it runs already, making its cluster first; wait for it.

        ``tied`` ends it with the calling process, even by kill -9. Returns the child process, or
        None when the server was running. Raises ``ConfigurationError`` with the log's last lines.
        """
        absolute(self.data_dir).parent.mkdir(parents=True, exist_ok=True)
        lock = self.data_dir.with_name(self.data_dir.name + ".lock")
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if self.pid() and self._answers(None):
                return None
            place = prepare_place(self.data_dir)
            programs = find_programs()
            if not (place / "PG_VERSION").exists():
                make_cluster(programs, place)
            check_version(programs, place)
            self._clear_leftovers(place)
            process = self._spawn(programs, place, tied=tied)
            if not self._answers(process):
                raise self._failed()
            return process

    def stop(self) -> None:
        """Stop the server and wait; open connections are ended (fast shutdown)."""
        pid = self.pid()
        for sign in (signal.SIGINT, signal.SIGQUIT):
            if pid:
                send_signal(pid, sign)
                if wait_for_end(pid, STOP_SECONDS):
                    break
        if socket_dir(self.data_dir) != absolute(self.data_dir):
            with contextlib.suppress(OSError):
                socket_dir(self.data_dir).rmdir()

    def pid(self) -> int | None:
        """Return the running postmaster's process, or None; a stale file is not believed."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text("utf-8").splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        if not is_alive(pid):
            return None
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        place = os.fsencode(self.data_dir.resolve())
        return pid if b"postgres" in command[0] and place in command else None

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of ``database``."""
        return url(self.data_dir, database)

    def ensure_database(self, name: str) -> None:
        """Create ``name`` unless it exists."""
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def create_from_template(self, name: str, template: str) -> None:
        """Create ``name`` as a copy of ``template``, which nobody may be connected to."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop ``name`` if it exists, ending its connections."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(socket_dir(self.data_dir)),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        )

    def _spawn(self, programs: Path, place: Path, *, tied: bool) -> subprocess.Popen[bytes]:
        options = ["listen_addresses=", f"port={PORT}", "unix_socket_permissions=0700"]
        options.append(f"unix_socket_directories={socket_dir(self.data_dir)}")
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
            # Tests look at plans: they must not change with the minute in which rows were counted.
            options.append("autovacuum=off")
        command = [str(programs / "postgres"), "-D", str(place)]
        command += [part for option in options for part in ("-c", option)]
        with self._log().open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the caller, who stops the server last
                preexec_fn=_die_with_parent if tied else None,
                **as_server_user(),
            )

    def _answers(self, process: subprocess.Popen[bytes] | None) -> bool:
        """Wait until the server answers; False when it ends instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                self._connect().close()
                return True
            if (process.poll() is not None) if process else (self.pid() is None):
                return False
            time.sleep(0.05)
        raise self._failed()

    def _log(self) -> Path:
        return absolute(self.data_dir).with_name(self.data_dir.name + ".log")

    def _failed(self) -> ConfigurationError:
        log = self._log()
        tail = log.read_text("utf-8", "replace").splitlines()[-8:] if log.exists() else []
        text = f"startet nicht. Protokoll {log}:\n" + "\n".join(f"    {line}" for line in tail)
        return configuration_error("PostgreSQL", [Reason(text, key="pg.start")])

    def _clear_leftovers(self, place: Path) -> None:
        """After kill -9 children of the old postmaster may still hold its shared memory."""
        for child in orphans(place):
            send_signal(child, signal.SIGQUIT)
            wait_for_end(child, STOP_SECONDS)
        (place / "postmaster.pid").unlink(missing_ok=True)
        folder = socket_dir(self.data_dir)
        if folder != absolute(self.data_dir):
            private_folder(folder)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (folder / name).unlink(missing_ok=True)


@contextlib.contextmanager
def running(data_dir: Path, database: str) -> Iterator[LocalPostgres]:
    """Have the server of ``data_dir`` run with ``database`` present; stop it if started here."""
    server = LocalPostgres(data_dir)
    started = server.start(tied=True)
    try:
        server.ensure_database(database)
        yield server
    finally:
        if started:
            server.stop()
            started.wait()


def _die_with_parent() -> None:
    # runs in the child after the change of user, which would clear it
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _serve(data_dir: Path, pid: int, *, remove: bool) -> None:
    """Serve until ``pid`` is gone or a signal comes; then stop, and remove all if asked."""
    wanted = True

    def end(_sign: int, _frame: FrameType | None) -> None:
        nonlocal wanted
        wanted = False

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, end)
    server = LocalPostgres(data_dir, durable=not remove)
    process = server.start(tied=True)
    print("ready", flush=True)  # noqa: T201 - whoever started us waits for this line
    while wanted and is_alive(pid):
        if process is not None:
            process.poll()
        time.sleep(0.1)
    server.stop()
    if process is not None:
        process.wait()
    if remove:
        shutil.rmtree(socket_dir(data_dir), ignore_errors=True)
        shutil.rmtree(data_dir.resolve(), ignore_errors=True)
        shutil.rmtree(data_dir.parent, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve ``FOLDER`` while a process lives (used by the tests)."""
    parser = argparse.ArgumentParser(prog="python -m abh.localpg")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--while", dest="pid", type=int, required=True)
    parser.add_argument("--remove", action="store_true", help="remove folder and parent at the end")
    chosen = parser.parse_args(arguments)
    _serve(chosen.folder, chosen.pid, remove=chosen.remove)


if __name__ == "__main__":
    main()
