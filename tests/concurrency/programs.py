"""Real processes for the tests: ``python -m tests.concurrency.programs NAME``."""

import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from abh import preflight, scheduler, wiring, worker
from abh.access import audit
from abh.access.actor import SYSTEM
from abh.bench import race
from abh.db import make_engine, make_sessions
from abh.kernel.clock import Clock
from abh.outbox import mail
from abh.outbox.handler import HandlerContext
from abh.outbox.jobs import Daily, Every, Job, Missed
from abh.settings import load_settings, make_clock

HERE = "tests.concurrency.programs"


def say(word):
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def slow_send(session, payload, ctx):
    """Bring the effect about, tell, and dawdle before the commit."""
    result = mail.send(session, payload, ctx)
    say("delivered")
    time.sleep(60)
    return result


def dawdling_worker():
    settings = replace(load_settings(), worker_poll_seconds=0.05)
    sessions = make_sessions(make_engine(settings.database_url, pool_size=2))
    context = HandlerContext(make_clock(settings), settings, store=None)
    worker.run(sessions, {"mail": slow_send}, context, threading.Event())


def mail_worker():
    """The real process, without the handlers of upper rooms."""
    wiring.HANDLERS = {"mail": "abh.outbox.mail:send"}
    without_office()
    return worker.main()


@dataclass(frozen=True)
class BareHouse:
    """A house without an office: only the clock."""

    clock: Clock
    blobs: None = None

    def now(self):
        return self.clock.now()


def without_office():
    """These programs run on a database without an office, which a real start refuses."""
    wiring.furnish = bare_house
    preflight.ready = lambda **_: load_settings()


def bare_house(settings, engine):
    return BareHouse(make_clock(settings))


def write_tick(session, clock, limit):
    audit.record(session, SYSTEM, "tick", "job_run", now=clock.now())
    return 1


def never_ends(session, clock, limit):
    say("running")
    time.sleep(60)
    return 1


TICK = Job("tick", "Tick", Every(timedelta(seconds=1)), Missed.SKIP, f"{HERE}:write_tick", limit=9)
STUCK = Job("lang", "Lang", Daily(0, 0), Missed.CATCH_UP_ONCE, f"{HERE}:never_ends")


def ticking_scheduler():
    without_office()
    scheduler.JOBS = (TICK,)
    return scheduler.main()


def stuck_scheduler():
    without_office()
    scheduler.JOBS = (STUCK,)
    return scheduler.main()


def booker():
    """Book one place after the other and tell each only after its commit."""
    engine = make_engine(load_settings().database_url)
    sessions = make_sessions(engine)
    world = race.existing(sessions)
    book = race.through_the_service(world)
    places = [
        (day, race.FIRST_CELL + race.CELLS * n, desk)
        for day in world.days
        for n in range(race.TIMES)
        for desk in world.desks
    ]
    for person, (day, cell, desk) in zip(world.persons, places, strict=False):
        with sessions.begin() as session:
            booked = book(session, race.Place(person, day, cell, desk))
        say(str(booked))
    time.sleep(60)


if __name__ == "__main__":
    sys.exit(globals()[sys.argv[1]]())
