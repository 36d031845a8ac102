"""The house rules of booking as one value: lead time, length of a hold, horizon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BookingRules:
    """``lead``: how far ahead a place is booked at least; ``hold``: how long one is kept while a
    person confirms; ``horizon_days``: how many days of roster are kept open; ``offer_days``: how
    far an applicant sees."""

    lead: timedelta = timedelta(hours=2)
    hold: timedelta = timedelta(minutes=10)
    horizon_days: int = 180
    offer_days: int = 60


RULES = BookingRules()
