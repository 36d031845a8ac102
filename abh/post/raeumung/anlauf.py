"""What lies open when the first week of a plan begins: it starts on a Monday ahead (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from abh.post.raeumung.modell import Clerk, Pile

WEEK_DAYS = 7
_ALMOST = 1e-9


def at_start(
    piles: Sequence[Pile], clerks: Sequence[Clerk], minutes: Mapping[int, int], days: int
) -> tuple[Pile, ...]:
    """Return the piles after ``days`` of usual inflow and of the work that is rostered until then.

    ``minutes`` of post by clerk. Everybody does what waiting harms most for a minute of work first,
    among what the own training allows. A part of an item counts as a whole one still open.
    """
    left = [pile.stock + pile.inflow * days / WEEK_DAYS for pile in piles]
    order = sorted(range(len(piles)), key=lambda n: (-piles[n].harm / piles[n].minutes, n))
    for clerk in clerks:
        time = float(minutes.get(clerk.user_id, 0))
        for n in order:
            pace = clerk.takes(piles[n].topic)
            if pace is None or time <= 0:
                continue
            each = piles[n].minutes * pace
            done = min(left[n], time / each)
            left[n] -= done
            time -= done * each
    return tuple(
        replace(pile, stock=max(0, math.ceil(rest - _ALMOST)))
        for pile, rest in zip(piles, left, strict=True)
    )
