"""A sweeper in a process of its own, as several machines would run it, for ``clock_sweep``."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from abh.bench.server import connect
from abh.bench.world import MONDAY
from abh.db import make_engine, make_sessions, transaction
from abh.documents.house import build_house
from abh.kernel.clock import FixedClock
from abh.settings import load_settings
from abh.workflows.jobs import sweep_fristen

# A week after the cases were made: their clocks of that week are over, all others still run.
NOW = MONDAY + timedelta(days=7)
BATCH = 200


def sweep(url: str, start_at: float) -> tuple[int, float, float]:
    """Sweep until nothing is due, from the instant ``start_at``; returns cases, begin and end."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            {"ABH_MODE": "test", "ABH_DATABASE_URL": url, "ABH_VAR_DIR": str(Path(folder))}
        )
        engine = make_engine(url)
        sessions = make_sessions(engine)
        try:
            with transaction(sessions) as session:
                house = build_house(settings, session, clock=FixedClock(NOW))
            time.sleep(max(0.0, start_at - time.time()))
            begun, done = time.time(), 0
            while True:
                with transaction(sessions) as session:
                    count = sweep_fristen(session, house, BATCH)
                if not count:
                    return done, begun, time.time()
                done += count
        finally:
            engine.dispose()


def bare(url: str, start_at: float) -> tuple[int, float, float]:
    """The floor: take due clocks with SKIP LOCKED and mark them, nothing else; as ``sweep``."""
    take = (
        "UPDATE frist SET status = 'expired', ended_at = now() WHERE id IN (SELECT id FROM frist"
        " WHERE status = 'running' AND due_on < %s ORDER BY due_on, id LIMIT %s"
        " FOR UPDATE SKIP LOCKED)"
    )
    with connect(url) as connection:
        time.sleep(max(0.0, start_at - time.time()))
        begun, done = time.time(), 0
        while True:
            count = connection.execute(take, (NOW.date(), BATCH)).rowcount
            connection.commit()
            if not count:
                return done, begun, time.time()
            done += count
