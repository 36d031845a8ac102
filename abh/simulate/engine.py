"""One day at the counter as a discrete-event simulation (pure): who is called where and when.

Times are whole seconds since midnight by the clock on the wall. Nothing here is random: arrivals
and lengths are drawn beforehand, per visitor and not per desk, so that two days with other desks
can be compared with the same people.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a desk's day in one lane, ``end`` exclusive."""

    lane: str
    start: int
    end: int

    @property
    def seconds(self) -> int:
        """The length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk with what stands there, what its clerk is trained for, and its day as rostered."""

    key: str
    equipment: frozenset[str]
    trained: frozenset[str]
    pieces: tuple[Piece, ...]

    def can_serve(self, visitor: Visitor) -> bool:
        """Return whether equipment and training suffice."""
        trained = not visitor.verfahren or visitor.verfahren in self.trained
        return trained and visitor.equipment <= self.equipment

    def open_piece(self, lane: str, at: int, seconds: int) -> bool:
        """Return whether the desk works in ``lane`` at ``at`` for ``seconds`` more."""
        return any(p.lane == lane and p.start <= at and at + seconds <= p.end for p in self.pieces)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who comes. ``due`` is the time of the appointment, None for who just comes.

    ``planned`` seconds stand in the office file; without an appointment they must fit before the
    lane ends. ``takes`` is what it really takes. ``verfahren`` is empty where any clerk may do it.
    ``leaves``: when the visitor goes home uncalled, None for who stays to the end of the day.
    """

    number: int
    lane: str
    service: str
    arrives: int
    planned: int
    takes: int
    due: int | None = None
    equipment: frozenset[str] = frozenset()
    verfahren: str = ""
    leaves: int | None = None

    @property
    def must_fit(self) -> int:
        """The seconds that must be left: a booked visit is begun even when the day runs late."""
        return self.planned if self.due is None else 1

    @property
    def turn(self) -> tuple[int, int]:
        """The order of calling within a lane: by appointment or arrival."""
        return (self.arrives if self.due is None else self.due, self.number)


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of a visitor; ``desk`` None: not called before closing."""

    visitor: Visitor
    desk: str | None = None
    start: int = 0
    end: int = 0

    @property
    def waited(self) -> int:
        """Seconds between arrival (not before the appointment) and the call."""
        visitor = self.visitor
        return max(0, self.start - max(visitor.arrives, visitor.due or 0))


def play(desks: Sequence[Desk], visitors: Sequence[Visitor]) -> list[Visit]:
    """Return what became of every visitor, in the order of their numbers.

    A free desk calls the first of its lane whom it can serve and who still fits into the piece
    (``must_fit``); what takes longer than planned delays what comes after it at that desk.
    """
    events = [(visitor.arrives, index) for index, visitor in enumerate(visitors)]
    events += [(piece.start, -1) for desk in desks for piece in desk.pieces]
    heapq.heapify(events)
    waiting: list[Visitor] = []
    free_from = dict.fromkeys((desk.key for desk in desks), 0)
    visits = {visitor.number: Visit(visitor) for visitor in visitors}
    while events:
        now, index = heapq.heappop(events)
        if index >= 0:
            waiting.append(visitors[index])
        if events and events[0][0] == now:
            continue  # whoever comes in the same second is there before anybody is called
        waiting = sorted(
            (one for one in waiting if one.leaves is None or one.leaves > now),
            key=lambda visitor: visitor.turn,
        )
        for desk in desks:
            called = _next(desk, waiting, now) if free_from[desk.key] <= now else None
            if called is not None:
                waiting.remove(called)
                end = now + called.takes
                free_from[desk.key] = end
                visits[called.number] = Visit(called, desk.key, now, end)
                heapq.heappush(events, (end, -1))
    return [visits[number] for number in sorted(visits)]


def _next(desk: Desk, waiting: Sequence[Visitor], now: int) -> Visitor | None:
    for visitor in waiting:
        if desk.can_serve(visitor) and desk.open_piece(visitor.lane, now, visitor.must_fit):
            return visitor
    return None
