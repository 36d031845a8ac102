"""A real IPP printer for the tests: ``ippeveprinter`` with a private message bus and Avahi."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow send_type="method_call"/><allow receive_sender="*"/></policy></busconfig>
"""
_AVAHI = """[server]
host-name=abhtest{pid}
use-ipv6=no
allow-interfaces=lo
[publish]
publish-workstation=no
publish-addresses=no
"""


@dataclass(frozen=True)
class IppPrinter:
    """A printer that runs, and the folder where it keeps what it printed."""

    uri: str
    spool: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 15
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"{what} did not start")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


@pytest.fixture(scope="session")
def dns_sd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which ``ippeveprinter`` finds the DNS-SD service it insists on.

    Bus and Avahi are private, so nothing of the machine is touched; Avahi's fixed folder for
    its process number is a mount of its own, so that several test runs do not collide. Nor do
    they claim 127.0.0.1: whoever is left from a killed run would hold it against all others.
    """
    for tool in ("ippeveprinter", "dbus-daemon", "avahi-daemon", "unshare"):
        if shutil.which(tool) is None and not Path("/usr/sbin", tool).exists():
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("a private Avahi needs root")
    folder = tmp_path_factory.mktemp("bus")
    bus = folder / "bus"
    (folder / "bus.conf").write_text(_BUS.format(path=bus))
    (folder / "avahi.conf").write_text(_AVAHI.format(pid=os.getpid()))
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}", "LC_ALL": "C"}
    env["PATH"] = f"{env.get('PATH', '')}:/usr/sbin"
    start_avahi = (
        "mount -t tmpfs none /run && mkdir /run/avahi-daemon && "
        f"exec avahi-daemon -f {folder}/avahi.conf --no-drop-root --no-chroot --no-rlimits"
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dbus = subprocess.Popen(
        ["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile"],
        env=env,
        **quiet,
    )
    _until(bus.exists, "dbus-daemon", dbus)
    with (folder / "avahi.log").open("wb") as log:
        avahi = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", start_avahi],
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    started = "Server startup complete"
    _until(
        lambda: started in (folder / "avahi.log").read_text(errors="replace"),
        "avahi-daemon",
        avahi,
    )
    yield env
    _stop(avahi)
    _stop(dbus)


@pytest.fixture
def start_printer(dns_sd: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., IppPrinter]]:
    """Start printers; ``command`` is what the printer runs for each job."""
    running: list[subprocess.Popen[bytes]] = []

    def start(command: str = "") -> IppPrinter:
        port = _free_port()
        spool = tmp_path / f"spool{port}"
        spool.mkdir()
        run = ["-c", command] if command else []
        process = subprocess.Popen(
            ["ippeveprinter", "-2", "-k", "-d", str(spool), "-p", str(port), "-n", "localhost",
             "-f", "application/pdf", *run, f"Test {port}"],
            env=dns_sd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        running.append(process)
        _until(lambda: _listens(port), "ippeveprinter", process)
        return IppPrinter(f"ipp://localhost:{port}/ipp/print", spool)

    yield start
    for process in running:
        _stop(process)


@pytest.fixture
def ipp_printer(start_printer: Callable[..., IppPrinter]) -> IppPrinter:
    """One printer that prints everything; without a command it would play the slow machine."""
    return start_printer("/bin/true")
