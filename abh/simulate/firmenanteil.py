"""A year with and without the firm lane (pure): do private applicants pay for it with their places?

Every working day the same places are given. Private applicants come one by one; companies bring
groups. The office opens a day some weeks ahead and gives its places to those who wait longest, as
the standby list does. Without a lane all wait alike. With it, companies book in their own places
under the real quota (``fastlane.kontingent``) by the real plan (``fastlane.gruppe``), and what they
leave goes to the list two days before. Who finds no place in the lane waits like everybody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from abh.appointments import availability
from abh.fastlane.gruppe import Limits, fit, week_of
from abh.fastlane.kontingent import Regeln, kontingent, lane_minutes, month_of

# About the visits of one unit: places a day and minutes of one; the lane within its cap.
PLACES, MINUTES, LANE_PLACES = 64, 20, 6
# Share of all places that is asked for, and the companies' part of it in a unit that deals with
# work: assumptions, not figures of any office.
LOAD, FIRM_SHARE = 0.98, 0.25
FIRMS, MEAN_GROUP = 40, 6
# Working days of the summer in which companies hardly hire; then the lane stands empty.
QUIET, QUIET_SHARE = range(110, 160), 0.1
# What a company books beyond the people it has, where nothing limits it: names come later, or not.
HOARDING = 1.0
# How far ahead the office opens days, and how long companies look; the first weeks do not count.
OPENS, AHEAD, WARM_UP, RETURN_DAYS = 10, 45, 30, 2
# So many days' demand waits already when the year begins, in every way alike.
BACKLOG = 5
_FIRST, _DESK = date(2027, 1, 4), 1
_OPEN, _CELLS = 96, MINUTES // availability.CELL_MINUTES


@dataclass(frozen=True, slots=True)
class Way:
    """How firm places are given. ``lane``: places a day of their own; ``limited``: quota and cap
    hold, and a place needs a name; ``returned``: how many working days before unused ones go to
    everybody (None: never)."""

    name: str
    lane: int = LANE_PLACES
    limited: bool = True
    returned: int | None = RETURN_DAYS


WITHOUT = Way("ohne_bahn", lane=0)
WITH = Way("mit_bahn")
NO_CAP = Way("ohne_deckel", limited=False)
NO_RETURN = Way("ohne_rueckgabe", returned=None)
TOO_LATE = Way("rueckgabe_zu_spaet", returned=0)


@dataclass(slots=True)
class Result:
    """Waits in working days, by who waited; what was returned and used of it."""

    private: list[float] = field(default_factory=list)
    firms: list[float] = field(default_factory=list)
    returned: int = 0
    returned_used: int = 0
    lane_used: int = 0
    wasted: int = 0


@dataclass(slots=True)
class _House:
    """Places by day: open to everybody, come back from the lane, cells of the lane; and who waits.

    A waiting person is the instant of asking and whether a company sent it (None: the backlog).
    """

    days: Sequence[date]
    public: list[int]
    back: list[int]
    lane: list[int]
    waiting: deque[tuple[float, bool | None]] = field(default_factory=deque)
    used_lane: dict[date, int] = field(default_factory=dict)
    used_quota: dict[tuple[int, date], int] = field(default_factory=dict)

    def earliest(self, day: int) -> int | None:
        """Return the first day after ``day`` with an open place for everybody."""
        span = range(day + 1, day + OPENS + 1)
        return next((n for n in span if self.back[n] or self.public[n]), None)


def play(way: Way, seed: int, days: int, rules: Regeln) -> Result:
    """Let ``days`` working days pass; the same seed brings the same people to every way."""
    arrivals, result = Random(f"{seed}:firmenanteil"), Result()
    calendar = _working_days(days + AHEAD * 2)
    lane, length = way.lane, len(calendar)
    whole = availability.mask(_OPEN, _OPEN + _CELLS * lane) if lane else 0
    # The lane is new: nothing of it lies in the days that were open when it began.
    cells = [0] * OPENS + [whole] * (length - OPENS)
    house = _House(calendar, [0] * length, [0] * length, cells)
    house.public[1:OPENS] = [PLACES] * (OPENS - 1)
    house.waiting.extend([(0.0, None)] * ((BACKLOG + OPENS) * PLACES))
    for day in range(days):
        house.public[day + OPENS] = PLACES - lane
        _give_back(way, house, day, result)
        _serve(house, day, result)
        for at, firm, size in _asking(arrivals, day):
            alone = size
            if firm >= 0 and way.lane:
                alone = _group(way, house, (day, at), firm, size, rules, result)
            house.waiting.extend([(at, firm >= 0)] * alone)
            _serve(house, day, result)
    return result


def _asking(dice: Random, day: int) -> list[tuple[float, int, int]]:
    """Return who asks on a day: instant, company (-1: private) and number, in order of time."""
    private = _poisson(dice, PLACES * LOAD * (1 - FIRM_SHARE))
    wanted = PLACES * LOAD * FIRM_SHARE * (QUIET_SHARE if day in QUIET else 1)
    groups = [
        (dice.randrange(FIRMS), 1 + int(dice.expovariate(1 / (MEAN_GROUP - 1))))
        for _ in range(_poisson(dice, wanted / (MEAN_GROUP - 0.5)))
    ]
    asked = [(day + dice.random(), -1, 1) for _ in range(private)]
    return sorted(asked + [(day + dice.random(), firm, size) for firm, size in groups])


def _give_back(way: Way, house: _House, day: int, result: Result) -> None:
    if way.returned is None or not way.lane:
        return
    for each in range(day, day + way.returned + 1):
        free = house.lane[each].bit_count() // _CELLS
        house.lane[each] = 0
        house.back[each] += free
        result.returned += free


def _serve(house: _House, day: int, result: Result) -> None:
    """Give open places, the earliest first, to those who wait longest."""
    while house.waiting and (there := house.earliest(day)) is not None:
        since, firm = house.waiting.popleft()
        if house.back[there]:
            house.back[there] -= 1
            result.returned_used += 1
        else:
            house.public[there] -= 1
        _note(result, since, there + 0.5, firm)


def _note(result: Result, since: float, place: float, firm: bool | None) -> None:
    if firm is not None and since >= WARM_UP:
        (result.firms if firm else result.private).append(place - since)


def _group(
    way: Way,
    house: _House,
    asked: tuple[int, float],
    firm: int,
    size: int,
    rules: Regeln,
    result: Result,
) -> int:
    """Seat a company's people in the lane; return how many of them must wait with all others."""
    day, at = asked
    if not way.limited:
        return _unlimited(house, day, at, size, result)
    # Nobody waits for the lane longer than with all others.
    patience = OPENS + len(house.waiting) // PLACES
    span = range(day + 1, day + 1 + min(AHEAD, patience))
    free = {(house.days[n], _DESK): house.lane[n] for n in span if house.lane[n]}
    plan = fit(
        free,
        [(n,) for n in range(size)],
        MINUTES,
        _limits(house, firm, size, span, rules),
        not_before=(house.days[day + 1], 0),
    )
    index = {house.days[n]: n for n in span}
    for seat in plan.seats:
        there = index[seat.day]
        house.lane[there] &= ~availability.mask(seat.start_cell, seat.end_cell)
        week, month = week_of(seat.day), (firm, month_of(seat.day))
        house.used_lane[week] = house.used_lane.get(week, 0) + MINUTES
        house.used_quota[month] = house.used_quota.get(month, 0) + 1
        result.lane_used += 1
        _note(result, at, there + 0.5, True)
    return len(plan.left)


def _limits(house: _House, firm: int, size: int, span: range, rules: Regeln) -> Limits:
    """Return quota and cap as they are left; the group is what the company has open."""
    employees = (20, 120, 2000)[firm % 3]
    months = {month_of(house.days[n]) for n in span}
    weeks = {week_of(house.days[n]) for n in span}
    return Limits(
        places={
            month: kontingent(
                employees,
                size + house.used_quota.get((firm, month), 0),
                0,
                house.used_quota.get((firm, month), 0),
                rules,
            ).left
            for month in months
        },
        minutes={
            week: lane_minutes(5 * PLACES * MINUTES, rules) - house.used_lane.get(week, 0)
            for week in weeks
        },
    )


def _unlimited(house: _House, day: int, at: float, size: int, result: Result) -> int:
    """Without quota and cap a company takes what is open anywhere, and as many again to spare."""
    for number in range(size + round(size * HOARDING)):
        span = range(day + 1, day + AHEAD)
        there = next((n for n in span if house.lane[n]), None)
        if there is None:
            return max(0, size - number)
        start, _end = next(availability.runs(house.lane[there]))
        house.lane[there] &= ~availability.mask(start, start + _CELLS)
        if number < size:
            result.lane_used += 1
            _note(result, at, there + 0.5, True)
        else:
            result.wasted += 1
    return 0


def _working_days(count: int) -> list[date]:
    weeks = range(count // 5 + 1)
    found = [_FIRST + timedelta(weeks=week, days=day) for week in weeks for day in range(5)]
    return found[:count]


def _poisson(dice: Random, mean: float) -> int:
    number, passed = 0, dice.expovariate(1.0)
    while passed < mean:
        number, passed = number + 1, passed + dice.expovariate(1.0)
    return number


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """Return waits and what became of returned places of several years, as JSON values."""
    returned = sum(each.returned for each in results)
    used = sum(each.returned_used for each in results)
    return {
        "private": _waits([wait for each in results for wait in each.private]),
        "firms": _waits([wait for each in results for wait in each.firms]),
        "returned_places": returned,
        "returned_used_share": round(used / returned, 3) if returned else None,
        "lane_places_used": sum(each.lane_used for each in results),
        "wasted_places": sum(each.wasted for each in results),
    }


def _waits(waits: Sequence[float]) -> dict[str, float]:
    ordered = sorted(waits)
    return {
        "number": len(ordered),
        "median_days": round(ordered[len(ordered) // 2], 3),
        "p90_days": round(ordered[int(0.9 * len(ordered))], 3),
    }
