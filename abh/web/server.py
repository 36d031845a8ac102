"""The process of the web server that takes no more requests than it has threads for."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class FairWorker(ThreadWorker):
    """A threaded worker that leaves new connections to the others while all its threads are busy.

    The plain worker accepts whatever comes, so that of several idle processes the one that wakes
    first took all twenty connections of a rush and the other cores did nothing (measured: 0 of 8
    seconds of processor time). A connection not accepted waits in the kernel for the first process
    with a free thread. Connections at rest and those that have sent nothing yet do not count:
    slow clients keep nobody out.
    """

    nr_conns: int
    worker_connections: int
    keepalived_conns: Any
    pending_conns: Any
    alive: bool
    poller: Any
    sockets: Any
    _accepting: bool
    cfg: Any

    @property
    def busy(self) -> int:
        """How many connections are being answered or wait for a thread."""
        return self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Decide anew before each wait whether to accept."""
        room = self.busy < self.cfg.threads and self.nr_conns < self.worker_connections
        self.set_accept_enabled(self.alive and room)
        super().wait_for_and_dispatch_events(timeout)
