"""``abh up`` keeps the office running, ends all of it, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from abh import first_start
from abh.localpg import LocalPostgres
from abh.pgcluster import is_alive, wait_for_end
from abh.settings import ROOT, Settings

OFFICE = """
import os, sys
from abh.settings import load_settings
from abh.supervise import run
settings = load_settings()
port = settings.bind.split(":")[1]
web = "import os, http.server as h; print('web pid', os.getpid()); h.test(port=PORT)"
job = "import os, time; print('job pid', os.getpid()); time.sleep(600)"
web = [sys.executable, "-c", web.replace("PORT", port)]
sys.exit(run(settings, [("web", web), ("job", [sys.executable, "-c", job])]))
"""


class Office:
    """``abh up`` with two small programs, its output read as it comes."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.var = folder / "var"
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ABH_")},
            "ABH_VAR_DIR": str(self.var),
            "ABH_BIND": f"127.0.0.1:{self.port}",
            "ABH_BASE_URL": f"http://127.0.0.1:{self.port}",
            "PYTHONUNBUFFERED": "1",
        }
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[str] = []

    def start(self, seconds: float = 60) -> None:
        """Start it and wait for the greeting."""
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", OFFICE],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        self.until("Das Amt läuft", seconds=seconds)

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.lines.append(line)

    def until(self, text: str, count: int = 1, seconds: float = 60) -> None:
        """Wait until ``text`` was printed ``count`` times."""
        deadline = time.monotonic() + seconds
        while sum(text in line for line in self.lines) < count:
            assert time.monotonic() < deadline, f"no {text!r} in:\n{''.join(self.lines)}"
            time.sleep(0.05)

    def pid(self, name: str) -> int:
        """Return the newest process id that program ``name`` printed."""
        self.until(f"{name} pid")
        return int(re.findall(rf"{name} pid (\d+)", "".join(self.lines))[-1])

    def postmaster(self) -> int:
        """Return the process id of its PostgreSQL."""
        pid = LocalPostgres(self.var / "pg").pid()
        assert pid
        return pid


@pytest.fixture(scope="module")
def loaded_var() -> Iterator[Path]:
    """The folder of an office whose first start loaded its data: half a minute, so only once."""
    with _office_in_new_folder() as office:
        office.start(seconds=180)
        assert office.process
        office.process.terminate()
        assert office.process.wait(30) == 0
        assert "Erste Daten" in "".join(office.lines)
        yield office.var


@pytest.fixture
def office(loaded_var: Path) -> Iterator[Office]:
    with _office_in_new_folder() as office:
        # with the owner: PostgreSQL does not run as root
        subprocess.run(["cp", "-a", str(loaded_var), str(office.var)], check=True)
        yield office


@contextlib.contextmanager
def _office_in_new_folder() -> Iterator[Office]:
    with tempfile.TemporaryDirectory(prefix="abh-up-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        office = Office(folder)
        yield office
        if office.process and office.process.poll() is None:
            office.process.kill()
            office.process.wait()
        LocalPostgres(office.var / "pg").stop()


def _gone(*pids: int) -> bool:
    return all(wait_for_end(pid, 15) for pid in pids)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _eventually(claim: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_everything(office: Office, sign: signal.Signals) -> None:
    office.start()
    assert office.process
    pids = office.pid("web"), office.pid("job"), office.postmaster()
    office.process.send_signal(sign)
    assert office.process.wait(30) == 0
    assert not any(is_alive(pid) for pid in pids)
    assert "Traceback" not in "".join(office.lines)


def test_kill_of_the_supervisor_leaves_nothing_running(office: Office) -> None:
    office.start()
    assert office.process
    pids = office.pid("web"), office.pid("job"), office.postmaster()
    office.process.kill()
    assert _gone(*pids)


def test_dead_child_and_dead_database_come_back_and_people_are_told(office: Office) -> None:
    office.start()
    web, postmaster = office.pid("web"), office.postmaster()
    os.kill(web, signal.SIGKILL)
    office.until("web ist beendet (Signal 9)")
    office.until("web pid", count=2)
    assert office.pid("web") != web
    assert _eventually(lambda: _answers(office.port))
    os.kill(postmaster, signal.SIGKILL)
    office.until("PostgreSQL ist beendet")
    assert _eventually(lambda: LocalPostgres(office.var / "pg").pid() not in (None, postmaster))


def test_second_start_keeps_the_database(office: Office) -> None:
    office.start()
    assert office.process
    LocalPostgres(office.var / "pg").ensure_database("kept")
    identity = (office.var / "pg" / "global" / "pg_control").stat().st_ino
    secret = (office.var / "secret").read_text()
    office.process.terminate()
    office.process.wait(30)
    office.start()
    assert (office.var / "pg" / "global" / "pg_control").stat().st_ino == identity
    assert (office.var / "secret").read_text() == secret


def test_taken_port_is_told_without_touching_the_running_office(office: Office) -> None:
    office.start()
    done = subprocess.run(
        [sys.executable, "-m", "abh.cli", "up"],
        cwd=ROOT,
        env=office.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"127.0.0.1:{office.port} ist nicht frei" in done.stderr
    assert "ABH_BIND=" in done.stderr
    assert "Traceback" not in done.stderr
    assert is_alive(office.pid("web"))
    assert is_alive(office.postmaster())


def test_first_data_are_loaded_once_per_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = f"{__name__}:remembered"
    monkeypatch.setattr(first_start, "FIRST_START", (step, "abh.nowhere:first_start"))
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    assert first_start.missing_steps(settings) == [step]
    said: list[str] = []
    first_start.run_step(settings, step, said.append)
    assert said == ["geladen"]
    assert first_start.missing_steps(settings) == []
    note = settings.var_dir / first_start.NOTE
    note.write_text(note.read_text().replace('"database": "', '"database": "9'))
    assert first_start.missing_steps(settings) == [step]


def test_interrupted_first_step_runs_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = f"{__name__}:interrupted"
    monkeypatch.setattr(first_start, "FIRST_START", (step,))
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with pytest.raises(KeyboardInterrupt):
        first_start.run_step(settings, step, print)
    assert first_start.missing_steps(settings) == [step]


def remembered(_settings: Settings, echo: Callable[[str], None]) -> None:
    """A first step that says that it ran."""
    echo("geladen")


def interrupted(_settings: Settings, _echo: Callable[[str], None]) -> None:
    """A first step that somebody stops with Ctrl-C."""
    raise KeyboardInterrupt
