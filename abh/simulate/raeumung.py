"""A backlog worked off in a simulation (pure): by harm and by receipt, with the same staff.

Everybody who writes, every day of harm and every inflow is drawn from a seed beforehand, so that
two orders are compared with the same people. What counts is days: each day on which somebody whom
harm has reached was not yet served.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from abh.post.raeumung.modell import APPOINTMENTS, BLOCK_MINUTES, FIRMS, Clerk, Pile, Task, UnitPlan
from abh.post.raeumung.rechnung import by_date, earliest
from abh.post.triage import HarmDays, Weights, rank

START = date(2026, 11, 30)
HARM, RECEIPT = "schaden", "eingang"
_WEEK = timedelta(days=7)
_WORKDAYS = 5
# Kind of item, minutes of work, share of the post.
_KINDS = (
    ("application", 40, 20),
    ("documents", 12, 40),
    ("inquiry", 6, 25),
    ("lawyer", 30, 10),
    ("employer", 10, 5),
)
# Which harm threatens, with the share of people and how far ahead (days) it lies.
_HARMS = (
    ("", 40, 0, 0),
    ("titel_gilt_fort", 25, -30, 240),
    ("titel", 12, -20, 200),
    ("arbeitsbeginn", 12, -10, 150),
    ("leistungen", 6, -10, 120),
    ("frist", 5, 3, 60),
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The post of a person: work in minutes, when it came, what threatens."""

    number: int
    topic: str
    kind: str
    minutes: int
    came: date
    harm: HarmDays

    @property
    def harmed_from(self) -> date | None:
        """The earliest day of harm."""
        days = [self.harm.titel, self.harm.titel_gilt_fort, self.harm.arbeitsbeginn,
                self.harm.leistungen, self.harm.frist]  # fmt: skip
        return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Unit:
    """A Sachgebiet with its clerks, the bundles that lie there and those that come later."""

    key: str
    clerks: tuple[Clerk, ...]
    bundles: tuple[Bundle, ...]


@dataclass(frozen=True, slots=True)
class World:
    """An office before its plan."""

    weeks: int
    units: tuple[Unit, ...]
    floors: Mapping[str, int] = field(default_factory=lambda: {APPOINTMENTS: 70, FIRMS: 90})


def world(
    seed: int, *, units: int = 8, clerks: int = 60, weeks: int = 26, items: int = 25_000
) -> World:
    """Return an office with ``items`` lying open and a twentieth of that coming each week.

    Same seed, same people; counts are those of the whole office.
    """
    draw = random.Random(seed)  # nosec B311
    shares = [clerks // units + (1 if n < clerks % units else 0) for n in range(units)]
    return World(
        weeks,
        tuple(
            _unit(draw, f"SG{n + 1}", count, weeks, items * count // clerks)
            for n, count in enumerate(shares)
        ),
    )


def _unit(draw: random.Random, key: str, clerks: int, weeks: int, items: int) -> Unit:
    topics = [f"P{n:02d}" for n in range(1, draw.randint(4, 7))]
    bundles = [_bundle(draw, n, topics, -draw.randint(1, 300)) for n in range(items)]
    for week in range(weeks):
        for _ in range(items // 25):
            day = week * 7 + draw.randint(0, 4)
            bundles.append(_bundle(draw, len(bundles), topics, day))
    staff = tuple(
        Clerk(
            user_id=n,
            name=f"{key}-{n}",
            pace={t: draw.choice((1.0, 1.0, 1.5)) for t in topics if n == 0 or draw.random() < 0.7},
            post=tuple(draw.choice((300, 360, 420)) for _ in range(weeks)),
            spare={
                APPOINTMENTS: tuple(draw.randint(4, 12) for _ in range(weeks)),
                FIRMS: tuple(draw.randint(0, 2) for _ in range(weeks)),
            },
        )
        for n in range(clerks)
    )
    return Unit(key, staff, tuple(bundles))


def _bundle(draw: random.Random, number: int, topics: Sequence[str], came: int) -> Bundle:
    kind, minutes, _ = draw.choices(_KINDS, [k[2] for k in _KINDS])[0]
    name, _, first, last = draw.choices(_HARMS, [h[1] for h in _HARMS])[0]
    received = START + timedelta(days=came)
    # Who writes later is threatened later: harm is counted from the day the person turns up.
    begin = max(START, received)
    days = HarmDays(**({name: begin + timedelta(days=draw.randint(first, last))} if name else {}))
    return Bundle(number, draw.choice(["", *topics]), kind, minutes, received, days)


def task_of(unit: Unit, world_: World) -> Task:
    """Return what a plan is computed from: the open bundles as piles, the others as inflow."""
    open_: dict[tuple[str, str, int], list[int]] = {}
    for bundle in unit.bundles:
        pile = open_.setdefault((bundle.topic, bundle.kind, bundle.minutes), [0, 0])
        pile[bundle.came >= START] += 1
    return Task(
        unit=unit.key,
        weeks=world_.weeks,
        piles=tuple(
            Pile(topic, kind, float(minutes), counts[0], counts[1] / world_.weeks)
            for (topic, kind, minutes), counts in sorted(open_.items())
        ),
        clerks=unit.clerks,
        rostered={
            APPOINTMENTS: (len(unit.clerks) * 1_200,) * world_.weeks,
            FIRMS: (len(unit.clerks) * 150,) * world_.weeks,
        },
        floor=world_.floors,
    )


def minutes_of(unit: Unit, plan: UnitPlan, weeks: int) -> dict[int, list[int]]:
    """Return how many minutes of post each clerk has in each week under a plan."""
    found = {clerk.user_id: list(clerk.post) for clerk in unit.clerks}
    for block in plan.blocks:
        found[block.user_id][block.week] += block.count * BLOCK_MINUTES
    return {user: minutes[:weeks] for user, minutes in found.items()}


def play(
    unit: Unit, minutes: Mapping[int, Sequence[int]], weeks: int, order: str, weights: Weights
) -> dict[int, date]:
    """Return on which day each bundle was done; those that were not are missing.

    Every clerk takes the first of the order among the topics the clerk may do, and finishes it,
    on the next day if need be.
    """
    pile = _Pile(order, weights)
    coming = sorted(unit.bundles, key=lambda one: (one.came, one.number))
    at, done = 0, dict[int, date]()
    left = dict.fromkeys((clerk.user_id for clerk in unit.clerks), 0.0)
    for week in range(weeks):
        pile.rank_again(START + _WEEK * week)
        for nth in range(_WORKDAYS):
            day = START + _WEEK * week + timedelta(days=nth)
            while at < len(coming) and coming[at].came <= day:
                pile.add(coming[at], day)
                at += 1
            for clerk in unit.clerks:
                left[clerk.user_id] += minutes[clerk.user_id][week] / _WORKDAYS
                while left[clerk.user_id] > 0 and (one := pile.take(clerk)) is not None:
                    left[clerk.user_id] -= one.minutes * (clerk.takes(one.topic) or 1.0)
                    done[one.number] = day
                # Time without work is gone, not saved.
                left[clerk.user_id] = min(left[clerk.user_id], 0.0)
    return done


class _Pile:
    """What lies open, a heap for each topic; ranks are looked at again once a week."""

    def __init__(self, order: str, weights: Weights) -> None:
        self._order, self._weights = order, weights
        self._heaps: dict[str, list[tuple[int, int, Bundle]]] = {}
        self._keys: dict[int, int] = {}
        self._due: list[tuple[date, int, Bundle]] = []

    def add(self, bundle: Bundle, day: date) -> None:
        if self._order == RECEIPT:
            key = bundle.came.toordinal()
        else:
            ranked = rank(bundle.harm, bundle.came, self._weights, day)
            key = -ranked.priority
            if ranked.changes_on is not None:
                heapq.heappush(self._due, (ranked.changes_on, bundle.number, bundle))
        self._keys[bundle.number] = key
        heapq.heappush(self._heaps.setdefault(bundle.topic, []), (key, bundle.number, bundle))

    def rank_again(self, day: date) -> None:
        while self._due and self._due[0][0] <= day:
            bundle = heapq.heappop(self._due)[2]
            if bundle.number in self._keys:
                self.add(bundle, day)

    def take(self, clerk: Clerk) -> Bundle | None:
        best: list[tuple[int, int, Bundle]] | None = None
        for topic, heap in self._heaps.items():
            if clerk.takes(topic) is None:
                continue
            while heap and self._keys.get(heap[0][1]) != heap[0][0]:
                heapq.heappop(heap)
            if heap and (best is None or heap[0] < best[0]):
                best = heap
        if best is None:
            return None
        bundle = heapq.heappop(best)[2]
        del self._keys[bundle.number]
        return bundle


def overdue_days(unit: Unit, done: Mapping[int, date], weeks: int) -> int:
    """Return the days on which harm had come and nobody had acted, over all persons."""
    end = START + _WEEK * weeks
    total = 0
    for bundle in unit.bundles:
        begin = bundle.harmed_from
        if begin is not None and bundle.came < end:
            total += max(0, (done.get(bundle.number, end) - max(begin, START, bundle.came)).days)
    return total


def compare(seed: int, weights: Weights, **size: Any) -> dict[str, Any]:
    """Return overdue harm by harm and by receipt with the same plan, and the control.

    In the control harm comes equally long after everybody's receipt: then the order of receipt is
    as good, and the claim that harm is halved must fail.
    """
    office = world(seed, **size)
    plans = {unit.key: planned(task_of(unit, office)) for unit in office.units}
    even = replace(office, units=tuple(_even(unit) for unit in office.units))
    real, control = (_figures(one, plans, weights) for one in (office, even))
    return {
        "seed": seed,
        "items": sum(1 for u in office.units for b in u.bundles if b.came < START),
        "weeks": office.weeks,
        "taken_hours": sum(plan.taken_minutes for plan in plans.values()) // 60,
        "gap": max(plan.gap for plan in plans.values()),
        "harm": real,
        "control": control,
        "holds": real["ratio"] <= 0.5,
        "fails_without_guard": control["ratio"] > 0.5,
    }


def planned(task: Task) -> UnitPlan:
    """Return the plan that ends with the last week, or the earliest one where that cannot be."""
    plan = by_date(task, task.weeks - 1)
    return plan if plan.zero_week is not None else earliest(task)


def _even(unit: Unit) -> Unit:
    span = timedelta(days=120)
    return replace(
        unit, bundles=tuple(replace(b, harm=HarmDays(titel=b.came + span)) for b in unit.bundles)
    )


def _figures(
    office: World, plans: Mapping[str, UnitPlan], weights: Weights
) -> dict[str, float | int]:
    days = {}
    for order in (HARM, RECEIPT):
        days[order] = sum(
            overdue_days(
                unit,
                play(
                    unit,
                    minutes_of(unit, plans[unit.key], office.weeks),
                    office.weeks,
                    order,
                    weights,
                ),
                office.weeks,
            )
            for unit in office.units
        )
    return {**days, "ratio": round(days[HARM] / max(1, days[RECEIPT]), 3)}
