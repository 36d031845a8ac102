"""``abh up``: database, migrations, first data, then web, worker and scheduler, until Ctrl-C."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from abh import localpg
from abh.children import Child
from abh.db import make_engine, make_sessions
from abh.first_start import missing_steps, run_step
from abh.kernel.errors import ConfigurationError
from abh.migrate import revisions, upgrade
from abh.office.service import has_office
from abh.settings import LOCAL_DATABASE, ROOT, Settings

Program = tuple[str, Sequence[str]]
LOGINS = "abh.demo.load:logins"
STOP_SECONDS = 10.0
POLL_SECONDS = 0.2
# How often a house that is set up in the browser is asked whether it is open now.
LOOK_SECONDS = 2.0


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the database's address; a private server that does not run yet runs meanwhile."""
    if not settings.local_database:
        yield settings.database_url
        return
    with localpg.running(settings.pg_dir, LOCAL_DATABASE):
        yield settings.database_url


def run(settings: Settings, programs: Sequence[Program] | None = None) -> int:
    """Run the office until SIGINT or SIGTERM; return the exit code. Prints progress in German.

    ``programs`` are web, worker and scheduler unless a test names others. Raises
    ``ConfigurationError`` when the address is taken or the database does not start.
    """
    begun = time.monotonic()
    stopping = _Stop()
    _check_port(settings.bind)
    server = localpg.LocalPostgres(settings.pg_dir) if settings.local_database else None
    children: list[Child] = []
    looked = begun
    try:
        if server:
            with _timed("PostgreSQL starten"):
                server.start(tied=True)
                server.ensure_database(LOCAL_DATABASE)
        _prepare(settings)
        waiting = [Child(*program) for program in programs or office_programs(settings)]
        _open(settings, waiting, children)
        _wait_for_web(settings.bind, children, stopping)
        if not stopping.asked:
            _greet(settings, children, time.monotonic() - begun)
        while not stopping.asked:
            _keep_alive(server, children)
            if waiting and time.monotonic() > looked + LOOK_SECONDS:
                _open(settings, waiting, children)
                looked = time.monotonic()
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        pass
    finally:
        stopping.ignore()
        _stop(children, server)
    return 0


class _Stop:
    """Turns the first signal into KeyboardInterrupt, wherever the start is."""

    def __init__(self) -> None:
        self.asked = False
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._ask)

    def _ask(self, _sign: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.asked = True
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """From here on the stop itself must not be interrupted."""
        self.asked = True


@contextlib.contextmanager
def _timed(what: str) -> Iterator[None]:
    click.echo(f"==> {what} …")
    begun = time.monotonic()
    yield
    click.echo(f"    fertig nach {time.monotonic() - begun:.1f} s")


def _check_port(bind: str) -> None:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise ConfigurationError(
                f"{bind} ist nicht frei ({error.strerror}). Läuft das Amt schon? Sonst einen "
                "anderen Anschluss wählen:\n"
                "  ABH_BIND=127.0.0.1:8001 ABH_BASE_URL=http://127.0.0.1:8001 make run"
            ) from error


def _prepare(settings: Settings) -> None:
    have, newest = revisions(settings.database_url)
    if have != newest:
        with _timed(f"Datenbank einrichten ({have or 'leer'} → {newest})"):
            upgrade(settings.database_url)
    if settings.mode == "production":
        return  # an authority's own data are imported by its administrators, never at a start
    for step in missing_steps(settings):
        with _timed(f"Erste Daten: {step}"):
            run_step(settings, step, lambda text: click.echo(f"    {text}"))


def _open(settings: Settings, waiting: list[Child], children: list[Child]) -> None:
    """Start what waits; without an office only the web, where somebody sets it up."""
    ready = waiting
    if settings.wants_setup and not _has_office(settings):
        ready = [child for child in waiting if child.name == "web"]
    for child in list(ready):
        waiting.remove(child)
        children.append(child)
        child.start()


def _has_office(settings: Settings) -> bool:
    engine = make_engine(settings.database_url, pool_size=1)
    try:
        with make_sessions(engine)() as session:
            return has_office(session)
    except OperationalError:  # the database is just coming back
        return False
    finally:
        engine.dispose()


def office_programs(settings: Settings) -> list[Program]:
    """Return (name, command) of the three programs of the office."""
    python = sys.executable
    web = [
        python,
        "-m",
        "gunicorn",
        "wsgi:app",
        "--bind",
        settings.bind,
        "--worker-class",
        "abh.web.server.FairWorker",
    ]
    web += ["--workers", str(settings.web_workers), "--threads", str(settings.web_threads)]
    # loaded and checked once, then forked: each worker by itself would take seconds for the same
    web += ["--preload"]
    web += [
        "--graceful-timeout",
        "5",
        "--worker-tmp-dir",
        _memory_dir(),
        "--log-level",
        "warning",
        "--no-control-socket",
    ]
    wanted = [
        ("web", "abh.web.app", [*web, "--chdir", str(ROOT)]),
        ("worker", "abh.worker", [python, "-m", "abh.worker"]),
        ("scheduler", "abh.scheduler", [python, "-m", "abh.scheduler"]),
    ]
    return [(name, command) for name, module, command in wanted if find_spec(module)]


def _memory_dir() -> str:
    # gunicorn's heartbeat on a slow disk lets it kill healthy workers
    return "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp"  # noqa: S108  # nosec B108


def _wait_for_web(bind: str, children: list[Child], stopping: _Stop) -> None:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    with contextlib.suppress(ValueError):  # a name, not an address
        address = ipaddress.ip_address(host)
        if address.is_unspecified:  # listens everywhere, so also on the loopback
            host = "127.0.0.1" if address.version == 4 else "::1"
    while not stopping.asked and any(child.name == "web" for child in children):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        _keep_alive(None, children)
        time.sleep(POLL_SECONDS)


def _keep_alive(server: localpg.LocalPostgres | None, children: list[Child]) -> None:
    if server and server.pid() is None:
        click.echo("==> PostgreSQL ist beendet, wird neu gestartet")
        server.start(tied=True)
    for child in children:
        child.keep_alive()


def _greet(settings: Settings, children: list[Child], seconds: float) -> None:
    click.echo(f"\nDas Amt läuft ({seconds:.1f} s):  {settings.base_url}/\n")
    click.echo(f"Prozesse: {', '.join(child.name for child in children) or 'keine'}")
    logins = _optional(LOGINS)
    if settings.mode != "production" and logins and not settings.wants_setup:
        click.echo("Anmeldungen der Demo (Rolle, Kennung, Passwort):")
        rows = [tuple(map(str, row)) for row in logins(settings)]
        width = [max(len(row[column]) for row in rows) for column in range(2)] if rows else [0, 0]
        for role, user, password in rows:
            click.echo(f"  {role:<{width[0]}}  {user:<{width[1]}}  {password}")
    click.echo("\nBeenden mit Strg-C. Protokoll:")


def _optional(dotted: str) -> Callable[..., Any] | None:
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name, None) if find_spec(module) else None


def _stop(children: list[Child], server: localpg.LocalPostgres | None) -> None:
    click.echo("\n==> Das Amt schließt …")
    begun = time.monotonic()
    for child in children:
        child.ask_to_end()
    for child in children:
        child.end(begun + STOP_SECONDS)
    if server:
        server.stop()
    click.echo(f"    geschlossen nach {time.monotonic() - begun:.1f} s; die Daten bleiben erhalten")
