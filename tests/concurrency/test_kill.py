"""kill -9 at any moment: what was acknowledged is there, what was sent was sent once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.access.tables import AuditEntry
from abh.db import make_engine, make_sessions
from abh.documents.dispatch import order_print
from abh.documents.tables import Blatt, Letter, PrintJob
from abh.kernel.clock import FileClock, FixedClock
from abh.localpg import LocalPostgres
from abh.migrate import upgrade
from abh.office.tables import Printer
from abh.outbox.service import enqueue
from abh.outbox.tables import JobRun, OutboxMessage
from abh.settings import ROOT, load_settings
from abh.workflows.tables import Vorgang, VorgangStep
from tests import factories
from tests.concurrency.town import Town

pytestmark = pytest.mark.slow

LETTERS = 12
MAILS = 30
KILLS = 2
# A kill can fall between two deliveries: so often at most until one was cut off.
MOST_KILLS = 10


@pytest.fixture
def environment(fresh_office_url: str, tmp_path: Path) -> dict[str, str]:
    """Environment of real processes on the database of the office."""
    return {
        **os.environ,
        "ABH_MODE": "test",
        "ABH_VAR_DIR": str(tmp_path / "var"),
        "ABH_STORE_DIR": str(tmp_path / "store"),
        "ABH_DATABASE_URL": fresh_office_url,
        "ABH_MAIL_URL": "folder:mail",
        "ABH_WORKER_POLL_SECONDS": "0.05",
        "ABH_SWEEP_SECONDS": "0.5",
    }


class Process:
    """A process of the house in its own group, killed and started again."""

    def __init__(self, module: str, environment: dict[str, str], log: Path) -> None:
        self.command = [sys.executable, "-m", module]
        self.environment = environment
        self.log = log
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stderr=log, stdout=log
            )

    def kill(self) -> None:
        assert self.running
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(10)


@pytest.fixture
def worker(environment: dict[str, str], tmp_path: Path) -> Iterator[Process]:
    process = Process("abh.worker", environment, tmp_path / "worker.log")
    yield process
    process.kill()


@pytest.fixture
def scheduler(environment: dict[str, str], tmp_path: Path) -> Iterator[Process]:
    process = Process("abh.scheduler", environment, tmp_path / "scheduler.log")
    yield process
    process.kill()


def _wait(until, what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _states(town: Town) -> Counter[str]:
    with town.sessions() as session:
        return Counter(session.scalars(select(OutboxMessage.state)))


def _begun(town: Town) -> int:
    """How many deliveries were begun and never finished."""
    query = select(func.count()).where(OutboxMessage.state == "waiting", OutboxMessage.attempts > 0)
    with town.sessions() as session:
        return int(session.scalar(query) or 0)


def test_a_worker_killed_at_random_prints_and_mails_everything_once(
    town: Town,
    worker: Process,
    environment: dict[str, str],
    clock: FixedClock,
    tmp_path: Path,
) -> None:
    settings = load_settings(environment)
    own_clock = FileClock(settings.clock_file)
    own_clock.set_to(clock.now())
    spool = tmp_path / "spool"
    with town.sessions.begin() as session:
        printer = session.execute(
            insert(Printer)
            .values(key="prüfstand", name="Prüfstand", uri=spool.as_uri())
            .returning(Printer.id)
        ).scalar_one()
        filed = factories.file_case(session, town.house, applicant_actor(), evidence=())
        jobs = [
            order_print(
                session, town.house, town.clerk, filed.letter_id, printer, reason=f"Prüfung {n}"
            )
            for n in range(LETTERS)
        ]
        for number in range(MAILS):
            mail = {"to": ["a@example.org"], "subject": "Stand", "text": "Guten Tag"}
            enqueue(session, "mail", f"kill:{number}", mail, now=clock.now())
    total = sum(_states(town).values())
    chance = random.Random(4711)
    kills = cut_off = 0
    while kills < KILLS or not cut_off:
        assert kills < MOST_KILLS, "no kill hit a delivery"
        worker.start()
        before = _states(town)["done"]
        _wait(lambda before=before: _states(town)["done"] > before, "the worker did not begin")
        time.sleep(chance.uniform(0, 0.05))
        worker.kill()
        kills, cut_off = kills + 1, _begun(town)
    assert _states(town)["done"] < total  # it was killed in the middle of the work
    own_clock.advance(timedelta(minutes=30))  # past the pause after an attempt that was cut off
    worker.start()
    _wait(lambda: _states(town)["done"] == total, f"left over: {_states(town)}")
    printed = [path for path in spool.iterdir() if path.suffix == ".pdf"]
    assert len(printed) == len(jobs)
    assert len(list((settings.var_dir / "mail").glob("*.eml"))) == total - len(jobs)
    with town.sessions() as session:
        assert set(session.scalars(select(PrintJob.state))) == {"completed"}
        assert session.scalar(select(func.max(OutboxMessage.attempts))) > 1


class Server:
    """A durable PostgreSQL of this test alone, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.postgres = LocalPostgres(folder)
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        process = self.postgres.start(tied=True)
        assert process
        self.started.append(process)

    def kill(self) -> None:
        pid = self.postgres.pid()
        assert pid
        os.kill(pid, signal.SIGKILL)
        self.started[-1].wait(10)

    def stop(self) -> None:
        self.postgres.stop()
        for process in self.started:
            process.wait(20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "pg")
    server.start()
    yield server
    server.stop()


def _town(server: Server, clock, tmp_path: Path) -> Town:
    """Migrate a database on the server, import the office, and open."""
    server.postgres.ensure_database("abh")
    upgrade(server.postgres.url("abh"))
    sessions = make_sessions(make_engine(server.postgres.url("abh"), pool_size=8))
    with sessions.begin() as session:
        factories.make_office(session, clock)
        house = factories.make_house(session, clock, tmp_path / "store")
        people = [factories.staff(session, "SG1", rank=r) for r in ("SB", "EINARB", "SGL")]
    return Town(sessions, house, people[0], people[0], people[1], people[2])


class Acknowledged:
    """What callers were told: cases, steps as (case, version), and errors they did not expect."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.cases: set[int] = set()
        self.steps: set[tuple[int, int]] = set()


def _work(town: Town, told: Acknowledged, name: str, end: threading.Event) -> None:
    """File and move cases until the server goes away."""
    number = 0
    try:
        while not end.is_set():
            number += 1
            case = town.file(evidence=(), person__family_name=f"{name} {number * 'x'}")
            told.cases.add(case)
            done = town.step(town.clerk, case, "nachfordern")
            told.steps.add((case, done.row_version))
            for _ in range(3):
                town.find(case, entry_ban=False)
                told.steps.add((case, town.version(case)))
    except DBAPIError:
        return  # the server is gone: this act was not acknowledged
    except Exception as error:
        told.errors.append(error)


def _consistent(session: Session, town: Town, vorgang_id: int) -> None:
    """State, version, log, audit, letters and sheets of a case tell one story."""
    case = session.get_one(Vorgang, vorgang_id)
    steps = session.scalars(
        select(VorgangStep).where(VorgangStep.vorgang_id == vorgang_id).order_by(VorgangStep.seq)
    ).all()
    assert [s.seq for s in steps] == list(range(2, case.row_version + 1))
    assert steps[-1].to_state == case.state
    audited = session.scalars(
        select(AuditEntry.facts["version"].as_integer())
        .where(AuditEntry.action == "vorgang.step", AuditEntry.entity_id == vorgang_id)
        .order_by(AuditEntry.id)
    ).all()
    assert list(audited) == [s.seq for s in steps]
    made = Counter(session.scalars(select(Letter.key).where(Letter.vorgang_id == vorgang_id)))
    taken = Counter(s.step for s in steps)
    assert (made["N01"], made["N02"]) == (taken["einreichen"], taken["nachfordern"])
    for sheet in session.scalars(select(Blatt).where(Blatt.vorgang_id == vorgang_id)):
        town.house.blobs.get(sheet.blob_sha256)  # raises when it is missing or damaged


def test_a_killed_postgresql_loses_no_acknowledged_step(
    server: Server, clock: FixedClock, tmp_path: Path
) -> None:
    town = _town(server, clock, tmp_path)
    told = Acknowledged()
    chance = random.Random(4711)
    for round_ in range(2):
        end = threading.Event()
        threads = [
            threading.Thread(
                target=_work, args=(town, told, f"Fall {'abc'[round_]}{'xyz'[n]}", end)
            )
            for n in range(3)
        ]
        before = len(told.steps)
        for thread in threads:
            thread.start()
        _wait(lambda before=before: len(told.steps) > before + 4, "no step was taken")
        time.sleep(chance.uniform(0, 0.5))
        server.kill()
        end.set()
        for thread in threads:
            thread.join(30)
        server.start()
        town.sessions.kw["bind"].dispose()
    assert told.errors == []
    with town.sessions() as session:
        assert told.cases <= set(session.scalars(select(Vorgang.id)))
        logged = session.execute(select(VorgangStep.vorgang_id, VorgangStep.seq)).all()
        assert told.steps <= {(row.vorgang_id, row.seq) for row in logged}
        for vorgang_id in session.scalars(select(Vorgang.id)).all():
            _consistent(session, town, vorgang_id)


def test_a_scheduler_killed_in_its_sweep_leaves_every_case_whole(
    town: Town, scheduler: Process, environment: dict[str, str], clock: FixedClock
) -> None:
    cases = [town.file(evidence=(), person__family_name=f"Frist {n * 'x'}") for n in range(4)]
    for case in cases:
        town.step(town.clerk, case, "nachfordern")
    FileClock(load_settings(environment).clock_file).set_to(clock.now() + timedelta(days=45))

    def runs() -> int:
        query = select(func.count()).where(JobRun.job == "fristen.ablauf")
        with town.sessions() as session:
            return session.scalar(query) or 0

    def reminded() -> int:
        query = select(func.count()).where(VorgangStep.step == "erinnern")
        with town.sessions() as session:
            return session.scalar(query) or 0

    scheduler.start()
    _wait(lambda: runs() > 0, "the sweep did not begin")
    time.sleep(0.1)
    scheduler.kill()
    scheduler.start()
    _wait(lambda: reminded() >= len(cases), "the sweep was not taken up again")
    with town.sessions() as session:
        for case in cases:
            _consistent(session, town, case)
            taken = session.scalars(
                select(VorgangStep.step).where(VorgangStep.vorgang_id == case)
            ).all()
            assert (taken.count("erinnern"), taken.count("frist_abgelaufen")) == (1, 1)
