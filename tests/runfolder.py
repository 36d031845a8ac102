"""The folder of one test run, shared by its workers and removed with the run's PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def controller() -> int:
    """Return the process that owns the run: xdist's controller, or this one."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def run_folder() -> Path:
    """Return the folder; it exists as soon as a test wanted a database."""
    return Path(tempfile.gettempdir()) / f"abh-test-{os.getuid()}-{controller()}"
