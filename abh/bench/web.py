"""Staff pages under load: the real web server, people who are logged in, and the floor beside it.

The floor are the very statements of the pages, sent by raw psycopg from as many threads.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.access.tables import AppUser, UserSession
from abh.bench import measure
from abh.bench.server import connect
from abh.bench.world import MONDAY, UNIT
from abh.db import make_engine, make_sessions, transaction
from abh.kernel.clock import FileClock
from abh.kernel.ids import new_token, token_hash
from abh.settings import Settings, load_settings
from abh.supervise import office_programs
from abh.web.app import create_app, make_services
from abh.web.session import COOKIE_PLAIN

START_SECONDS = 120.0
Act = Callable[[], None]
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Office:
    """A web server to be: its settings, its environment, and people who are logged in."""

    settings: Settings
    environment: dict[str, str]
    tokens: Sequence[str]


def open_office(url: str, folder: Path, users: int) -> Office:
    """Log ``users`` clerks of one Sachgebiet in, with a clock that shows the bench's Monday."""
    port = _free_port()
    environment = {
        "ABH_MODE": "demo",
        "ABH_DATABASE_URL": url,
        "ABH_VAR_DIR": str(folder),
        "ABH_BIND": f"127.0.0.1:{port}",
        "ABH_BASE_URL": f"http://127.0.0.1:{port}",
    }
    settings = load_settings(environment)
    clock = FileClock(folder / "clock")
    clock.set_to(MONDAY)
    engine = make_engine(url, pool_size=1)
    try:
        with transaction(make_sessions(engine)) as session:
            tokens = [_log_in(session, nth) for nth in range(users)]
    finally:
        engine.dispose()
    return Office(settings, environment, tokens)


def _log_in(session: Session, nth: int) -> str:
    clerks = session.scalars(
        select(AppUser.id)
        .where(AppUser.unit_key == UNIT, AppUser.role == "clerk", AppUser.active)
        .order_by(AppUser.id)
    ).all()
    token = new_token()
    session.execute(
        insert(UserSession).values(
            token_hash=token_hash(token),
            user_id=clerks[nth % len(clerks)],
            created_at=MONDAY,
            last_seen_at=MONDAY,
            expires_at=MONDAY + timedelta(hours=12),
        )
    )
    return token


@contextmanager
def serving(office: Office, *others: str) -> Iterator[int]:
    """Run the web server exactly as ``abh up`` does, until the block ends; yields its process.

    ``others`` names more of the office's programs that run beside it: worker, scheduler.
    """
    programs = {name: list(command) for name, command in office_programs(office.settings)}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ABH_")}
    running = [
        subprocess.Popen(programs[name], env=environment | office.environment)
        for name in ("web", *others)
    ]
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(office.settings.bind):
            if running[0].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the web server did not start")
            time.sleep(0.1)
        yield running[0].pid
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its children have taken so far."""
    own = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    ticks = int(own[11]) + int(own[12])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(processor_seconds(int(one)) for one in children)


def visitor(office: Office, token: str, path: Callable[[], str]) -> Act:
    """Return what one person does: ask for a page, read it to its end; anything but 200 raises.

    Of the answer only the status and the length are looked at: the people share the machine with
    the server, and a browser would not.
    """
    host, _, port = office.settings.bind.rpartition(":")
    rest = (
        f" HTTP/1.1\r\nHost: {office.settings.bind}\r\nCookie: {COOKIE_PLAIN}={token}\r\n"
        "Accept-Language: de\r\n\r\n"
    ).encode("ascii")
    open_line: list[socket.socket] = []

    def ask(target: str) -> None:
        if not open_line:
            line = socket.create_connection((host, int(port)), timeout=60)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            open_line.append(line)
        open_line[0].sendall(b"GET " + target.encode("ascii") + rest)
        _read_answer(open_line[0], target)

    def hang_up() -> None:
        while open_line:
            open_line.pop().close()

    def look() -> None:
        target = path()
        try:
            ask(target)
        except (BrokenPipeError, ConnectionResetError):
            hang_up()  # the server ended a resting connection: browsers ask again, too
            ask(target)

    return look


def _read_answer(line: socket.socket, target: str) -> None:
    """Read one answer with a length to its end; raises ``RuntimeError`` for any but 200."""
    read = b""
    while (head := read.find(b"\r\n\r\n")) < 0:
        more = line.recv(262_144)
        if not more:
            raise ConnectionResetError(target)
        read += more
    length = _LENGTH.search(read, 0, head + 2)
    if not read.startswith(b"HTTP/1.1 200 ") or length is None:
        raise RuntimeError(f"{target}: {read[:head].decode('latin-1')}")
    missing = head + 4 + int(length[1]) - len(read)
    while missing > 0:
        more = line.recv(262_144)
        if not more:
            raise ConnectionResetError(target)
        missing -= len(more)


def replay(connection: psycopg.Connection, pages: Sequence[measure.Statements]) -> Act:
    """Return the floor of one person: the statements of the next page, and a commit."""
    turn = 0

    def ask() -> None:
        nonlocal turn
        page = pages[turn % len(pages)]
        turn += 1
        with connection.cursor() as cursor:
            for sql, params in page.seen:
                cursor.execute(sql, params)
                if cursor.description is not None:
                    cursor.fetchall()
        connection.commit()

    return ask


def at_once(acts: Sequence[Act], seconds: float, *, pause: float = 0.0) -> list[float]:
    """Let everybody act for ``seconds``, at least once; returns the milliseconds of each act.

    Between two acts everybody rests for ``pause`` seconds on average (half to one and a half).
    Raises the first error of anybody.
    """
    taken: list[list[float]] = [[] for _ in acts]
    errors: list[BaseException] = []
    end = time.monotonic() + seconds

    def person(act: Act, times: list[float], dice: random.Random) -> None:
        try:
            time.sleep(dice.uniform(0, pause))
            while not errors:
                begun = time.perf_counter()
                act()
                times.append((time.perf_counter() - begun) * 1000)
                time.sleep(pause * dice.uniform(0.5, 1.5))
                if time.monotonic() >= end:
                    break
        except BaseException as error:  # carried over to the caller
            errors.append(error)

    people = [
        threading.Thread(target=person, args=(act, times, random.Random(nth)))
        for nth, (act, times) in enumerate(zip(acts, taken, strict=True))
    ]
    for thread in people:
        thread.start()
    for thread in people:
        thread.join()
    if errors:
        raise errors[0]
    return [took for times in taken for took in times]


def statements_of(office: Office, paths: Sequence[str]) -> list[measure.Statements]:
    """Return the SQL statements of each page, asked for in this process with cold counts."""
    services = make_services(office.settings, clock=FileClock(office.settings.var_dir / "clock"))
    app = create_app(office.settings, services=services)
    client = app.test_client()
    client.set_cookie(COOKIE_PLAIN, office.tokens[0], domain="127.0.0.1")
    pages = []
    try:
        for number, path in enumerate([paths[0], *paths]):
            services.more.pop("desk_counts", None)
            with measure.counting(services.engine) as found:
                answer = client.get(path, base_url=office.settings.base_url)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            if number:  # the first request of a process furnishes the house
                pages.append(found)
    finally:
        services.engine.dispose()
    return pages


def connections(url: str, count: int) -> list[psycopg.Connection]:
    """Return ``count`` raw connections with the settings of ours."""
    return [connect(url) for _ in range(count)]


def close_all(opened: Sequence[Any]) -> None:
    """Close what has ``close``."""
    for item in opened:
        item.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(bind: str) -> bool:
    """Say whether a worker answers: the address is open before any of them is ready."""
    connection = http.client.HTTPConnection(bind, timeout=START_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
