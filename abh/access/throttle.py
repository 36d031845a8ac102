"""How long a guesser has to wait: pure rule over the failures of a login and of an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Throttle:
    """``free`` failures cost nothing; after them each one doubles the wait up to ``longest``."""

    free: int
    first: timedelta
    longest: timedelta
    window: timedelta

    def wait(self, failures: int, last: datetime | None, now: datetime) -> timedelta:
        """Return how long from ``now`` until the next attempt is looked at; zero if it may."""
        if failures < self.free or last is None:
            return timedelta(0)
        doublings = 1 << min(failures - self.free, 20)
        pause = min(self.first * doublings, self.longest)
        return max(last + pause - now, timedelta(0))


PER_LOGIN: Final = Throttle(
    free=4,
    first=timedelta(seconds=5),
    longest=timedelta(minutes=15),
    window=timedelta(hours=1),
)
# A whole office stands behind one address, so it may mistype more often than one person.
PER_ADDRESS: Final = Throttle(
    free=20,
    first=timedelta(seconds=5),
    longest=timedelta(minutes=15),
    window=timedelta(hours=1),
)


def in_words(wait: timedelta) -> str:
    """Return a wait as people say it, rounded up: ``40 Sekunden``, ``3 Minuten``."""
    seconds = -(-wait // timedelta(seconds=1))
    if seconds <= 90:
        return "1 Sekunde" if seconds == 1 else f"{seconds} Sekunden"
    return f"{-(-seconds // 60)} Minuten"
