"""One child process of ``abh up``: log lines with its name, restart with backoff, clean end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

import click

from abh.settings import ROOT

BACKOFF_SECONDS = (0.2, 1.0, 3.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # a child that lived so long has recovered: the backoff begins anew
_PR_SET_PDEATHSIG = 1


class Child:
    """A program that is kept running in a process group of its own."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = list(command)
        self._process: subprocess.Popen[str] | None = None
        self._failures = 0
        self._started = 0.0
        self._next_start = 0.0

    @property
    def pid(self) -> int | None:
        """Process id, or None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the program; its output appears line by line behind its name."""
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C in a terminal reaches the supervisor only
            preexec_fn=_die_with_parent,
        )
        threading.Thread(target=self._copy_lines, args=(self._process,), daemon=True).start()

    def keep_alive(self) -> None:
        """Start the program again when it has died, later and later while it keeps dying."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._next_start:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        self._kill_group()
        if now - self._started > STEADY_SECONDS:
            self._failures = 0
        wait = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        reason = f"Signal {-code}" if code < 0 else f"Code {code}"
        click.echo(f"==> {self.name} ist beendet ({reason}), neuer Start in {wait:g} s")
        self._process = None
        self._next_start = now + wait

    def ask_to_end(self) -> None:
        """Send SIGTERM to the program itself, which ends its own workers."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until ``deadline`` (monotonic seconds), then kill the whole group."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, deadline - time.monotonic()))
        self._kill_group()
        self._process.wait()
        self._process = None

    def _kill_group(self) -> None:
        # a killed gunicorn master leaves its workers, which would keep the port
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _copy_lines(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout  # noqa: S101 - opened with a pipe above
        for line in process.stdout:
            click.echo(f"{self.name:<9} | {line.rstrip()}")


def _die_with_parent() -> None:
    # even when the supervisor is killed by -9 nothing stays behind
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
