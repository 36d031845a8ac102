"""The worker process: delivers effects until it is told to stop. ``python -m abh.worker``"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from abh import preflight, wiring
from abh.db import make_engine, make_sessions, transaction
from abh.kernel.errors import ConfigurationError
from abh.outbox import heartbeat
from abh.outbox.delivery import deliver_next
from abh.outbox.handler import Handler, HandlerContext

log = logging.getLogger("abh.worker")


def run(
    sessions: sessionmaker[Session],
    handlers: Mapping[str, Handler],
    ctx: HandlerContext,
    stop: threading.Event,
) -> None:
    """Deliver until ``stop`` is set; the message in work is finished first.

    While the database is away it waits and tries again: no message is lost by that.
    """
    me = heartbeat.process_name("worker")
    beaten = float("-inf")
    poll = ctx.settings.worker_poll_seconds
    while not stop.is_set():
        try:
            if time.monotonic() - beaten >= heartbeat.EVERY.total_seconds():
                with transaction(sessions) as session:
                    heartbeat.beat(session, me, ctx.clock.now())
                beaten = time.monotonic()
            worked = deliver_next(sessions, handlers, ctx)
        except SQLAlchemyError as error:
            log.warning("Datenbank nicht verfügbar (%s), neuer Versuch", type(error).__name__)
            worked = False
        if not worked:
            stop.wait(poll)
    with suppress(SQLAlchemyError), transaction(sessions) as session:
        heartbeat.stop(session, me)


def main() -> int:
    """Start the process; 0 after SIGTERM or SIGINT, 2 when the configuration is faulty."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = preflight.ready()
        handlers = wiring.handlers()
        wiring.connect_signals()
        engine = make_engine(settings.database_url, pool_size=2)
        house = wiring.furnish(settings, engine)
    except ConfigurationError as error:
        log.error("%s", error)
        return 2
    ctx = HandlerContext(clock=house, settings=settings, store=house.blobs)
    log.info("bereit für %s", ", ".join(sorted(handlers)))
    try:
        run(make_sessions(engine), handlers, ctx, stop)
    finally:
        engine.dispose()
    log.info("beendet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
