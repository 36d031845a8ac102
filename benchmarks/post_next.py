"""The next bundle for a clerk among a million items, against SELECT … FOR UPDATE by primary key."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from abh.access.actor import Actor
from abh.bench import measure, post_world
from abh.bench.post_world import PostWorld
from abh.bench.server import connect
from abh.db import make_engine, make_sessions
from abh.post import claims

ITEMS = 1_000_000
ROUNDS = 300
CLERKS = 16
EACH = 40


# As after the work on it: the next pull finds another one.
_CLOSE = (
    "UPDATE post_bundle SET closed_at = claimed_at, closed_by = claimed_by, claimed_by = NULL,"
    " claimed_at = NULL, beat_at = NULL, items = 0, inquiries = 0"
    " WHERE claimed_by IS NOT NULL AND closed_at IS NULL"
)


def run(
    database_url: str, items: int = ITEMS, rounds: int = ROUNDS, clerks: int = CLERKS,
    each: int = EACH,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield a line for a pull that finds, one for a pull that finds nothing, one for a crowd.

    Neither ours nor the floor contains the commit, which is the same for both and waits for the
    disk: it would only flatter the ratio.
    """
    engine = make_engine(database_url, pool_size=clerks + 2)
    try:
        sessions = make_sessions(engine)
        world = post_world.fill(database_url, items, clerks=clerks)
        yield _alone(database_url, sessions, world, world.clerks[0], rounds, "found")
        yield _crowd(sessions, world, each)
        post_world.empty_topic(database_url)
        yield _alone(database_url, sessions, world, world.stranger, rounds, "nothing")
    finally:
        engine.dispose()


def _alone(
    url: str, sessions: sessionmaker[Session], world: PostWorld, clerk: Actor, rounds: int,
    case: str,
) -> dict[str, Any]:  # fmt: skip
    with connect(url) as raw, sessions() as session:
        (key,) = raw.execute("SELECT min(id) + 7 FROM post_bundle").fetchone() or (0,)
        raw.rollback()

        def ours() -> None:
            found = claims.pull(session, clerk, clock=world.clock)
            if (found is None) is not (case == "nothing"):
                raise RuntimeError(f"{case}: got {found}")

        def floor() -> None:
            raw.execute("SELECT id FROM post_bundle WHERE id = %s FOR UPDATE", (key,)).fetchone()

        def end() -> None:
            # Committed, as at the desk: after a rollback the driver forgets all it had prepared.
            session.commit()
            raw.commit()
            raw.execute(_CLOSE)
            raw.commit()

        series = measure.in_turns(ours, floor, rounds, warm_up=max(6, rounds // 10), after=end)
    p95 = round(measure.percentile(series[0], 0.95), 3)
    return measure.line("post_next", *series, case=case, p95_ms=p95, **_load())


def _crowd(sessions: sessionmaker[Session], world: PostWorld, each: int) -> dict[str, Any]:
    """Let all clerks pull and close at once; duplicates and starving ones are faults."""
    gate = threading.Barrier(len(world.clerks))

    def day(clerk: Actor) -> list[int]:
        gate.wait(60)
        done = []
        for _ in range(each):
            with sessions.begin() as session:
                found = claims.pull(session, clerk, clock=world.clock)
            if found is None:
                return done
            with sessions.begin() as session:
                claims.close(
                    session, clerk, found, answer="gemessen", clock=world.clock,
                    expected=post_world.ITEMS_EACH,
                )  # fmt: skip
            done.append(found)
        return done

    act: Callable[[Actor], list[int]] = day
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(world.clerks)) as pool:
        days = list(pool.map(act, world.clerks))
    seconds = time.perf_counter() - begun
    counts = Counter(one for done in days for one in done)
    return {
        "name": "post_next",
        "case": "crowd",
        "value": round(sum(counts.values()) / seconds, 1),
        "unit": "1/s",
        "floor": None,
        "ratio": None,
        "clerks": len(world.clerks),
        "duplicates": sum(count - 1 for count in counts.values()),
        "starved": sum(len(done) < each for done in days),
        **_load(),
    }


def _load() -> dict[str, float]:
    return {"load": round(os.getloadavg()[0], 1)}
