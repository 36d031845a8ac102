"""A brake for public forms: many sendings from one address cost waiting, never a refusal."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

# So that an attacker with many addresses cannot fill the memory; the oldest are forgotten.
MOST_ADDRESSES = 20_000


class Brake:
    """Counts sendings per address in memory of this process; each process brakes for itself.

    Up to ``free`` within ``window`` nothing happens, so that a family or a shelter behind one
    address is never slowed; after that each further sending must wait ``pause`` first.
    """

    def __init__(self, free: int, window: timedelta, pause: timedelta) -> None:
        self.free, self.window, self.pause = free, window, pause
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, address: str, now: datetime) -> None:
        """Note a sending that went through."""
        with self._lock:
            times = self._seen.setdefault(address, deque(maxlen=self.free))
            times.append(now)
            self._seen.move_to_end(address)
            while len(self._seen) > MOST_ADDRESSES:
                self._seen.popitem(last=False)

    def pause_for(self, address: str, now: datetime) -> timedelta:
        """Return how long a sending from here has to wait; zero for nearly everybody."""
        with self._lock:
            times = self._seen.get(address, deque())
            while times and times[0] <= now - self.window:
                times.popleft()
            return self.pause if len(times) >= self.free else timedelta(0)
