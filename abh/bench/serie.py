"""Letters that the clocks of many cases cause, made by processes that may be killed at any time."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from abh.bench.world import MONDAY
from abh.db import make_engine, make_sessions, transaction
from abh.documents.house import build_house
from abh.kernel.clock import FixedClock
from abh.settings import load_settings
from abh.workflows.jobs import sweep_fristen

# A day on which the periods for sending documents are over.
NOW = MONDAY + timedelta(days=60)
# What a kill can undo at most; small, so that two processes end together.
BATCH = 2


def work(url: str, folder: str, start_at: float) -> None:
    """Expire clocks and make the reminders that follow, until nothing is due; tell the end."""
    settings = load_settings(
        {"ABH_MODE": "test", "ABH_DATABASE_URL": url, "ABH_VAR_DIR": str(Path(folder))}
    )
    engine = make_engine(url, pool_size=2)
    sessions = make_sessions(engine)
    with transaction(sessions) as session:
        house = build_house(settings, session, clock=FixedClock(NOW))
    time.sleep(max(0.0, start_at - time.time()))
    last = time.time()
    while True:
        with transaction(sessions) as session:
            made = sweep_fristen(session, house, BATCH)
        if not made:
            break
        last = time.time()
    engine.dispose()
    sys.stdout.write(f"{last}\n")


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], float(sys.argv[3]))
