"""People who book over the real web server: twenty whole journeys started a second."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time as time_of_day
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from abh.access.tables import AppUser
from abh.appointments import open_booking, roster
from abh.appointments.patterns import PatternSpec
from abh.bench import measure, web
from abh.bench.reise import Log, travel
from abh.bench.world import MONDAY, World, furnish
from abh.db import transaction
from abh.kernel.clock import BERLIN
from abh.office.tables import Desk

PER_SECOND, SECONDS = 20.0, 300.0
WARM_SECONDS = 10.0
# Between two pages people read; shorter than anybody does, so that more of them are about.
PAUSE = 1.0
UNITS, SERVICE = ("SG1", "SG2", "SG3"), "beratung"
DESKS = 20


def run(
    database_url: str,
    per_second: float = PER_SECOND,
    seconds: float = SECONDS,
    warm_up: float = WARM_SECONDS,
) -> Iterator[dict[str, Any]]:
    """Yield one line: the pages of all journeys, each from the click to its last byte.

    ``value`` is their p50, the floor that of ``/health/live`` once a second meanwhile. ``booked``
    are journeys that came to their end, ``broken`` those that did not; ``lost`` confirmed places
    that the database does not hold. ``lag_ms`` is how late the latest journey was started: the
    people who ask share the machine with server and database. ``server_ms`` and ``people_ms`` are
    the processor time a journey costs the web server and those who ask; no neighbour changes them
    much.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            _desks(world)
            office = web.open_office(database_url, Path(folder), 1)
            bind = office.settings.bind
            ask = {"units": list(UNITS), "service": SERVICE, "pause": PAUSE}
            with web.serving(office) as server:
                if warm_up:
                    asyncio.run(travel(bind, database_url, per_second=4, seconds=warm_up, **ask))
                    _forget(world)
                begun, mine = web.processor_seconds(server), time_of_day.process_time()
                log = asyncio.run(
                    travel(bind, database_url, per_second=per_second, seconds=seconds, **ask)
                )
                spent = (
                    web.processor_seconds(server) - begun,
                    time_of_day.process_time() - mine,
                )
            with world.sessions() as session:
                yield _line(session, log, per_second, seconds, spent)
        finally:
            world.close()


def _desks(world: World) -> None:
    """Add desks that serve the public all day to each of the units."""
    day = MONDAY.date()
    with transaction(world.sessions) as session:
        for unit in UNITS:
            keys = [f"reise-{unit.lower()}-{n:02d}" for n in range(DESKS)]
            session.execute(
                insert(Desk), [{"key": k, "name": k, "unit_key": unit, "room": "1"} for k in keys]
            )
            session.execute(insert(AppUser), [_clerk(key, unit) for key in keys])
            week = [
                PatternSpec(unit, key, key, weekday, time(8), time(16), open_booking.LANE)
                for key in keys
                for weekday in range(5)
            ]
            session.flush()
            roster.apply_patterns(session, week, valid_from=day, clock=world.clock)
        roster.extend_horizon(session, until=day + timedelta(days=60), clock=world.clock)


def _clerk(key: str, unit: str) -> dict[str, Any]:
    return {
        "login": key,
        "display_name": key,
        "password_hash": "!",
        "role": "clerk",
        "unit_key": unit,
        "created_at": MONDAY,
    }


def _forget(world: World) -> None:
    """Let the journeys of the warm-up not count; their people may come again."""
    today: date = MONDAY.astimezone(BERLIN).date()
    with transaction(world.sessions) as session:
        session.execute(text("DELETE FROM booking_link"))
        session.execute(text("DELETE FROM booking"))
        session.execute(text("DELETE FROM outbox_message"))
        for unit in UNITS:
            days = [today + timedelta(days=n) for n in range(61)]
            roster.rebuild_desk_days(session, unit, days)


def _line(
    session: Session, log: Log, per_second: float, seconds: float, spent: tuple[float, float]
) -> dict[str, Any]:
    counts = session.execute(
        text(
            "SELECT (SELECT count(*) FROM booking a JOIN booking b ON a.id < b.id"
            " AND a.desk_id = b.desk_id AND a.day = b.day AND a.cells && b.cells"
            " WHERE a.status = 'booked' AND b.status = 'booked') AS overbooked,"
            " (SELECT count(*) FROM booking WHERE status = 'booked') AS kept"
        )
    ).one()
    booked = log.ends["booked"]
    asked = round(per_second * seconds)
    return measure.line(
        "http_booking",
        log.times,
        log.pages.get("live") or [0.001],
        p95_ms=round(measure.percentile(log.times, 0.95), 1),
        pages={
            name: round(measure.percentile(times, 0.95), 1) for name, times in log.pages.items()
        },
        journeys=asked,
        per_second=per_second,
        booked=booked,
        broken=asked - booked,
        errors_500=sum(n for status, n in log.status.items() if status >= 500),
        ends={end: n for end, n in log.ends.items() if end != "booked"},
        overbooked=counts.overbooked,
        lost=max(0, booked - counts.kept),
        lag_ms=round(log.lag * 1000),
        server_ms=round(spent[0] * 1000 / asked, 1),
        people_ms=round(spent[1] * 1000 / asked, 1),
        load=round(os.getloadavg()[0], 1),
    )
