"""A worker process whose mail handler tells when the effect is there and then dawdles."""

import sys
import threading
import time
from dataclasses import replace

from abh.db import make_engine, make_sessions
from abh.outbox import mail
from abh.outbox.handler import HandlerContext
from abh.settings import load_settings, make_clock
from abh.worker import run


def slow_send(session, payload, ctx):
    result = mail.send(session, payload, ctx)
    sys.stdout.write("delivered\n")
    sys.stdout.flush()
    time.sleep(60)
    return result


if __name__ == "__main__":
    settings = replace(load_settings(), worker_poll_seconds=0.05)
    sessions = make_sessions(make_engine(settings.database_url, pool_size=2))
    context = HandlerContext(make_clock(settings), settings, store=None)
    run(sessions, {"mail": slow_send}, context, threading.Event())
