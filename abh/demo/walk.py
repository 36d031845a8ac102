"""The way from the first state of a procedure to any other, along the rows of its table.

A step costs little if the invented facts would allow it at some time, and much if they never
would: so a case of a variant goes the way of that variant, and yet every state can be reached.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from abh.workflows.definition import SAME_STATE, Step, Verfahren

# More than any way has steps: one foreign step weighs more than all detours.
FOREIGN = 100

Points = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """Steps that lead on from each other; ``cost`` counts them, foreign ones a hundredfold."""

    steps: tuple[Step, ...]
    cost: int = 0

    @property
    def foreign(self) -> int:
        """The number of steps the facts would never allow."""
        return self.cost // FOREIGN

    def states(self, initial: str) -> tuple[str, ...]:
        """Return the states the way passes, both ends included."""
        return (initial, *(step.target for step in self.steps))

    def __add__(self, other: Way) -> Way:
        return Way(self.steps + other.steps, self.cost + other.cost)


def ways(verfahren: Verfahren, start: str, fits: Callable[[Step], bool]) -> Mapping[str, Way]:
    """Return the cheapest way from ``start`` to every state that can be reached.

    Of equal ways the one whose steps stand first in the table. No way leads through a terminal
    state; steps that stay where they are are no way.
    """
    cost = {step.key: 1 if fits(step) else FOREIGN for step in verfahren.steps}
    terminal = {state.key for state in verfahren.states if state.terminal}
    found: dict[str, Way] = {}
    order = count()
    queue = [(0, next(order), start, Way(()))]
    while queue:
        spent, _, here, way = heapq.heappop(queue)
        if here in found:
            continue
        found[here] = way
        if here in terminal:
            continue
        for step in verfahren.steps:
            if here in step.source and step.target not in (SAME_STATE, *found):
                total = spent + cost[step.key]
                heapq.heappush(
                    queue, (total, next(order), step.target, Way((*way.steps, step), total))
                )
    return found


def through(
    verfahren: Verfahren, fits: Callable[[Step], bool], points: Points
) -> Mapping[str, Way]:
    """Return the ways from the first state, each led through those ``points`` that suit it.

    A point comes with the state that a way must pass or reach for it to suit; and the detour must
    not have a foreign step of its own.
    """
    starts = {
        point: ways(verfahren, point, fits)
        for point in (verfahren.initial, *(point for point, _ in points))
        if verfahren.state(point)
    }
    direct = starts[verfahren.initial]
    return {
        target: _detoured(verfahren, way, target, starts, points) for target, way in direct.items()
    }


def _detoured(
    verfahren: Verfahren,
    way: Way,
    target: str,
    starts: Mapping[str, Mapping[str, Way]],
    points: Points,
) -> Way:
    passed = way.states(verfahren.initial)
    gone, here = Way(()), verfahren.initial
    for point, before in points:
        if before not in passed[:-1] and before != target:
            continue
        leg = starts.get(here, {}).get(point)
        rest = starts.get(point, {}).get(target)
        if point == target or leg is None or rest is None:
            continue
        if (gone + leg + rest).foreign <= way.foreign:
            gone, here = gone + leg, point
    last = starts[here].get(target)
    return way if last is None else gone + last
