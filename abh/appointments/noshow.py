"""How often people do not come, and how many more could be booked at a stated risk of overflow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import comb, sqrt

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require

# Fewer visits than this say nothing; then no advice is given.
ENOUGH = 30
_Z95 = 1.96
_MOST_EXTRA = 20
SINCE = timedelta(days=180)
LEADS = ("bis 7 Tage", "bis 30 Tage", "länger")

_COUNTS = text(
    """
    SELECT s.name, CASE WHEN lead <= 7 THEN 0 WHEN lead <= 30 THEN 1 ELSE 2 END AS class,
           count(*) AS ended, count(*) FILTER (WHERE status = 'no_show') AS missed
    FROM (SELECT service_key, status, day - created_at::date AS lead FROM booking
          WHERE unit_key = :unit AND status IN ('served', 'no_show') AND created_at > :since) AS b
    JOIN service s ON s.key = b.service_key GROUP BY 1, 2 ORDER BY 1, 2
    """
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Visits of a service that ended, and how many of them nobody came to, by lead time."""

    service: str
    lead: str
    ended: int
    missed: int

    @property
    def rate(self) -> float:
        """The share of visits to which nobody came."""
        return self.missed / self.ended if self.ended else 0.0


@dataclass(frozen=True, slots=True)
class Advice:
    """``extra`` bookings beyond ``places``; ``risk``: the chance that more come than can be served.

    The supervisor decides; nothing here books.
    """

    places: int
    extra: int
    risk: float


def measured(session: Session, actor: Actor, unit_key: str, *, now: datetime) -> list[Measured]:
    """Return the no-shows of the last half year by service and lead time. One statement."""
    require(actor, Power.UNIT_LEAD, unit_key)
    rows = session.execute(_COUNTS, {"unit": unit_key, "since": now - SINCE})
    return [Measured(row[0], LEADS[row[1]], row[2], row[3]) for row in rows]


def cautious_rate(ended: int, missed: int) -> float:
    """Return the lower end of the 95 % interval of the no-show rate (Wilson); 0 below 30 visits."""
    if ended < ENOUGH:
        return 0.0
    share, z2 = missed / ended, _Z95**2
    middle = share + z2 / (2 * ended)
    spread = _Z95 * sqrt(share * (1 - share) / ended + z2 / (4 * ended**2))
    return max(0.0, (middle - spread) / (1 + z2 / ended))


def overflow_risk(places: int, booked: int, no_show: float) -> float:
    """Return the chance that of ``booked`` people more than ``places`` come (binomial)."""
    come = 1 - no_show
    return sum(
        comb(booked, n) * come**n * no_show ** (booked - n) for n in range(places + 1, booked + 1)
    )


def advise(places: int, ended: int, missed: int, *, risk: float) -> Advice:
    """Return the most that can be booked beyond ``places`` at no more than ``risk``.

    Judged by the cautious rate: few visits measured give little or no room.
    """
    rate = cautious_rate(ended, missed)
    best = Advice(places, 0, 0.0)
    for extra in range(1, _MOST_EXTRA + 1):
        chance = overflow_risk(places, places + extra, rate)
        if chance > risk:
            break
        best = Advice(places, extra, chance)
    return best
