"""A busy process of the web server leaves new connections to the others."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from abh.web.server import FairWorker


class Poller:
    """Says nothing happened; remembers whether the listener was being watched meanwhile."""

    def __init__(self) -> None:
        self.watched = False

    def register(self, _listener: object, _events: int, _call: object) -> None:
        self.watched = True

    def unregister(self, _listener: object) -> None:
        self.watched = False

    def select(self, _timeout: float) -> list[object]:
        return []


@pytest.fixture
def worker() -> FairWorker:
    one = FairWorker.__new__(FairWorker)
    one.cfg = SimpleNamespace(threads=4)
    one.alive, one.nr_conns, one.worker_connections = True, 0, 1000
    one.keepalived_conns, one.pending_conns = [], []
    one.poller, one._accepting = Poller(), False
    one.sockets = [socket.socket()]
    return one


@pytest.mark.parametrize(
    ("connections", "resting", "silent", "accepts"),
    [
        (0, 0, 0, True),
        (3, 0, 0, True),
        (4, 0, 0, False),  # each thread answers somebody
        (20, 17, 0, True),  # people who read their page
        (20, 10, 7, True),  # connections that have sent nothing keep nobody out
        (20, 16, 0, False),
        (1000, 999, 0, False),  # no file descriptors without end
    ],
)
def test_it_accepts_while_a_thread_is_free(
    worker: FairWorker, connections: int, resting: int, silent: int, accepts: bool
) -> None:
    worker.nr_conns = connections
    worker.keepalived_conns, worker.pending_conns = [None] * resting, [None] * silent
    worker.wait_for_and_dispatch_events(0)
    assert worker.poller.watched is accepts


def test_it_accepts_again_when_an_answer_is_done_but_not_while_stopping(worker: FairWorker) -> None:
    worker.nr_conns = 4
    worker.wait_for_and_dispatch_events(0)
    worker.nr_conns = 3
    worker.wait_for_and_dispatch_events(0)
    assert worker.poller.watched
    worker.alive = False
    worker.wait_for_and_dispatch_events(0)
    assert not worker.poller.watched
