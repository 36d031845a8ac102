"""When a decision is to be expected: a range from measured cases of the same kind (pure).

Nothing is promised and nothing guessed: the range holds what six of ten cases needed that took at
least as long as this one has taken already. With too few of them there is no range.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

# Fewer measured cases than this say nothing about the next one.
FEWEST = 20
LOW, HIGH = 0.2, 0.8


@dataclass(frozen=True, slots=True)
class Erwartung:
    """The range of days in which a decision is to be expected, from ``cases`` measured ones."""

    earliest: date
    latest: date
    cases: int


def quantile(ordered: Sequence[int], share: float) -> int:
    """Return the nearest-rank quantile of values in order; raises ``ValueError`` for none."""
    if not ordered or not 0 < share <= 1:
        raise ValueError("a quantile needs values and a share of them")
    return ordered[ceil(len(ordered) * share) - 1]


def expected(durations: Sequence[int], received_on: date, today: date) -> Erwartung | None:
    """Return when a case received on this day will be decided; ``None`` with too few measured.

    ``durations`` are days from receipt to decision of decided cases, in ascending order. Only those
    at least as long as this case has waited count, so that the range is never in the past.
    """
    waited = max(0, (today - received_on).days)
    rest = durations[bisect_left(durations, waited) :]
    if len(rest) < FEWEST:
        return None
    low, high = (received_on + timedelta(quantile(rest, share)) for share in (LOW, HIGH))
    return Erwartung(low, high, len(rest))
