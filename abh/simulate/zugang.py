"""Who gets a place (pure): first click, this engine, and the draw, against bots that resell.

Every day a fixed number of emergency places is given for the next day. People need one before a
harm comes. Some pay a program to click for them; an operator of programs invents people and sells
their places to whoever waits, for as long as that pays. Nothing here says who wins: that follows
from what guards the places. The draw is the real one (``losung``), with its real weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from abh.appointments import losung

# About 70 emergency places a day (domain notes, chapter 2); the rest are assumptions.
PLACES = 70
DEMAND = 1.12
BOT_CLIENTS = 0.05
NO_SHOW, CANCELLED = 0.08, 0.05
SLOW = 0.5
# Median seconds until somebody has clicked: practised people, people who read slowly, programs.
CLICK = {"fast": 20.0, "slow": 300.0, "bot": 0.02}
# A program files so many requests for its client where that is worth something.
COPIES = 20
# Invented people: how many an operator tries first and at most, and what a request costs it
# (an address, a mailbox, the waiting slip) in shares of what a sold place brings.
FIRST_INVENTED, MOST_INVENTED, COST = 10, 8 * PLACES, 0.01
# What did not pay is tried again with one request every so many days.
TRY_AGAIN = 7
LATEST_HARM, NEAR = 21, 3
_DAY = date(2027, 1, 4)


@dataclass(frozen=True, slots=True)
class Way:
    """How places are given. ``bound``: only the named person may come, checked at the counter;
    ``once``: requests of one person count as one; ``drawn``: by lot instead of by the clock;
    ``weighted``: more lots for greater need; ``standby``: freed places go to who needs them."""

    name: str
    bound: bool
    once: bool
    drawn: bool
    standby: bool
    weighted: bool = True


FIRST_CLICK = Way("erster_klick", bound=False, once=False, drawn=False, standby=False)
ENGINE = Way("anlage", bound=True, once=True, drawn=False, standby=True)
DRAW = Way("losung", bound=True, once=True, drawn=True, standby=True)


@dataclass(slots=True)
class Person:
    """Somebody who needs a place: since which day, until which, why, and how they click."""

    number: int
    since: int
    harm: int
    ground: str
    kind: str
    served: int | None = None
    vain: int = 0

    def lots(self, day: int, *, weighted: bool) -> int:
        """Return the lots of this person's request for the places of ``day``."""
        if not weighted:
            return 1
        harm_on, on = _DAY + timedelta(days=self.harm), _DAY + timedelta(days=day)
        return losung.weight_of(self.ground, harm_on, on, self.vain)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the places of a day; without ``person`` it is an invented one."""

    name: str
    person: Person | None
    lots: int
    click: float


@dataclass(slots=True)
class Result:
    """What the days brought: places given, held by programs, sold, not used by anybody."""

    people: list[Person] = field(default_factory=list)
    given: int = 0
    to_bots: int = 0
    bought: int = 0
    wasted: int = 0


def play(way: Way, seed: int, days: int) -> Result:
    """Let ``days`` pass under ``way``; the same seed brings the same people."""
    arrivals, fate = Random(f"{seed}:people"), Random(f"{seed}:{way.name}")
    result, invented = Result(), FIRST_INVENTED
    for day in range(days):
        for _ in range(_poisson(arrivals, PLACES * DEMAND)):
            result.people.append(_person(arrivals, len(result.people), day))
        waiting = _waiting(result, day)
        requests = _requests(way, waiting, invented, day, fate)
        winners = _order(way, requests, f"{seed}:{day}")[:PLACES]
        sold, freed = _give(way, winners, day, result, fate)
        _pass_on(way, freed, day, result)
        for person in _waiting(result, day):
            person.vain += way.drawn
        # An operator does more of what paid yesterday, and never stops trying altogether.
        pays = sold > COST * invented
        least = int(day % TRY_AGAIN == 0)
        invented = min(MOST_INVENTED, invented * 2) if pays else max(least, invented // 2)
    return result


def _person(dice: Random, number: int, day: int) -> Person:
    kind = "bot" if dice.random() < BOT_CLIENTS else "slow" if dice.random() < SLOW else "fast"
    harm = day + 1 + int(dice.random() * LATEST_HARM)
    return Person(number, day, harm, dice.choice(losung.GROUNDS), kind)


def _waiting(result: Result, day: int) -> list[Person]:
    return [each for each in result.people if each.served is None and each.harm >= day]


def _requests(
    way: Way, waiting: Sequence[Person], invented: int, day: int, dice: Random
) -> list[Request]:
    found = []
    for person in waiting:
        lots = person.lots(day, weighted=way.weighted)
        copies = COPIES if person.kind == "bot" and not way.once else 1
        for copy in range(copies):
            click = CLICK[person.kind] * dice.lognormvariate(0, 0.5)
            found.append(Request(f"P{person.number}-{copy}", person, lots, click))
    # Whoever is invented claims the greatest need there is.
    worst = Person(0, day, day, "arbeitsplatz", "bot").lots(day, weighted=way.weighted)
    found += [
        Request(f"E{number}", None, worst, CLICK["bot"] * dice.lognormvariate(0, 0.5))
        for number in range(invented)
    ]
    return found


def _order(way: Way, requests: Sequence[Request], salt: str) -> list[Request]:
    if not way.drawn:
        return sorted(requests, key=lambda each: each.click)
    by_name = {each.name: each for each in requests}
    entries = [losung.Entry(each.name, each.lots) for each in requests]
    return [
        by_name[name] for name in losung.ranked(hashlib.sha256(salt.encode()).digest(), entries)
    ]


def _give(
    way: Way, winners: Sequence[Request], day: int, result: Result, dice: Random
) -> tuple[int, int]:
    """Give the places; return how many were sold, and how many were given back in time."""
    sold = freed = 0
    buyers = [person for person in _waiting(result, day) if person.kind != "bot"]
    dice.shuffle(buyers)
    for request in winners:
        result.given += 1
        person = request.person
        result.to_bots += person is None or person.kind == "bot"
        if person is None and not way.bound:
            # Nothing ties the place to the invented name: somebody who waits buys it.
            person = next((each for each in buyers if each.served is None), None)
            sold += person is not None
        if person is None or person.served is not None:
            # An invented person does not come, nobody else may, and nobody comes twice.
            result.wasted += 1
            continue
        person.served = day
        luck = dice.random()
        freed += luck < CANCELLED
        result.wasted += CANCELLED <= luck < CANCELLED + NO_SHOW
    result.bought += sold
    return sold, freed


def _pass_on(way: Way, freed: int, day: int, result: Result) -> None:
    """Offer freed places to who needs them most and waits longest; without a list they are lost."""
    if not way.standby:
        result.wasted += freed
        return
    turn = sorted(
        _waiting(result, day), key=lambda each: (-each.lots(day, weighted=True), each.number)
    )
    for person in turn[:freed]:
        person.served = day
        result.given += 1
        result.to_bots += person.kind == "bot"


def _poisson(dice: Random, mean: float) -> int:
    number, passed = 0, dice.expovariate(1.0)
    while passed < mean:
        number, passed = number + 1, passed + dice.expovariate(1.0)
    return number


def figures(way: Way, result: Result, days: int) -> dict[str, Any]:
    """Return shares and waits of a way as JSON values. Waits are whole days from the request."""
    people = [each for each in result.people if each.harm < days]
    given = max(1, result.given)
    kinds = {kind: [each for each in people if each.kind == kind] for kind in CLICK}
    near = [each for each in people if each.harm - each.since <= NEAR]
    far = [each for each in people if each.harm - each.since > NEAR]
    return {
        "bots_share_of_places": round(result.to_bots / given, 3),
        "bots_share_of_persons": round(
            sum(each.kind == "bot" for each in result.people) / max(1, len(result.people)), 3
        ),
        "resale_value_per_place": round(result.bought / given, 3),
        "unused_share": round(result.wasted / given, 3),
        "wait_days": {kind: _waits(each) for kind, each in kinds.items()},
        "came_too_late": {
            kind: _share(each, lambda person: person.served is None) for kind, each in kinds.items()
        },
        "first_day": {
            "near": _share(near, lambda person: person.served == person.since),
            "far": _share(far, lambda person: person.served == person.since),
        },
    }


def _share(people: Sequence[Person], claim: Any) -> float:
    return round(sum(bool(claim(each)) for each in people) / max(1, len(people)), 3)


def _waits(people: Sequence[Person]) -> dict[str, float]:
    """Return mean and 90th percentile; who got none has waited until the harm came."""
    waits = sorted((p.harm if p.served is None else p.served) - p.since for p in people)
    if not waits:
        return {"mean": 0.0, "p90": 0.0}
    return {
        "mean": round(sum(waits) / len(waits), 2),
        "p90": float(waits[min(len(waits) - 1, int(0.9 * len(waits)))]),
    }
