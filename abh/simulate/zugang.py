"""Who gets a place (pure): first click, this engine, and the draw, against bots that resell.

Every day a fixed number of places is given for the next day. People ask once and wait until they
have a place. Bots click a thousand times faster from many addresses. What differs between the ways
is only what guards them; every claim is run again without its guard, where it must fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

# About 70 emergency places a day (domain notes, chapter 2); the rest are assumptions.
PLACES = 70
DEMAND = 1.12
BOT_CLIENTS = 0.05
NO_SHOW, CANCELLED = 0.08, 0.05
SLOW = 0.5
# Median seconds until somebody has clicked: practised people, people who read slowly, programs.
CLICK = {"fast": 20.0, "slow": 300.0, "bot": 0.02}
MARGIN = 0.02
MOST_DAYS_WORSE = 0.5


@dataclass(frozen=True, slots=True)
class Way:
    """How places are given. ``bound``: only the named person may come, checked at the counter;
    ``once``: one place per person; ``drawn``: by lot instead of by the clock; ``standby``: freed
    places go to who has waited longest."""

    name: str
    bound: bool
    once: bool
    drawn: bool
    standby: bool


FIRST_CLICK = Way("erster_klick", bound=False, once=False, drawn=False, standby=False)
ENGINE = Way("anlage", bound=True, once=True, drawn=False, standby=True)
DRAW = Way("losung", bound=True, once=True, drawn=True, standby=True)


@dataclass(slots=True)
class Person:
    """Somebody who needs a place: since which day, how fast, whether through a bot."""

    since: int
    kind: str
    served: int | None = None


@dataclass(slots=True)
class Result:
    """What the days brought."""

    people: list[Person] = field(default_factory=list)
    given: int = 0
    to_bots: int = 0
    bought: int = 0
    wasted: int = 0


def play(way: Way, seed: int, days: int) -> Result:
    """Let ``days`` pass under ``way``; the same seed brings the same people."""
    arrivals, fate = Random(f"{seed}:people"), Random(f"{seed}:{way.name}")
    result, waiting = Result(), list[Person]()
    for day in range(days):
        new = [_person(arrivals, day) for _ in range(_poisson(arrivals, PLACES * DEMAND))]
        result.people += new
        waiting += new
        freed = 0
        for person in _winners(way, waiting, PLACES, fate, result):
            freed += _serve(person, day, way, fate, result)
        waiting = [person for person in waiting if person.served is None]
        if way.standby:
            for person in sorted(waiting, key=lambda each: each.since)[:freed]:
                result.given += 1
                result.to_bots += person.kind == "bot"
                person.served = day
            waiting = [person for person in waiting if person.served is None]
        else:
            result.wasted += freed
    return result


def _person(dice: Random, day: int) -> Person:
    if dice.random() < BOT_CLIENTS:
        return Person(day, "bot")
    return Person(day, "slow" if dice.random() < SLOW else "fast")


def _winners(
    way: Way, waiting: Sequence[Person], places: int, dice: Random, result: Result
) -> list[Person]:
    """Return who gets the places of a day; a place in a bot's hands is sold if it can be."""
    if way.drawn:
        order = sorted(waiting, key=lambda _: dice.random())
    else:
        order = sorted(waiting, key=lambda each: CLICK[each.kind] * dice.lognormvariate(0, 0.5))
    if not way.once or not way.bound:
        # Nothing ties a place to a person: programs take all there are before anybody has read
        # the page, in invented names, and sell them to whoever waits.
        honest = dice.sample(list(waiting), min(places, len(waiting)))
        result.to_bots += places
        result.given += places
        result.bought += len(honest)
        return honest
    chosen = order[:places]
    result.given += len(chosen)
    result.to_bots += sum(person.kind == "bot" for person in chosen)
    return chosen


def _serve(person: Person, day: int, way: Way, dice: Random, result: Result) -> int:
    """Let the day of the place come; return 1 if the place was given back in time."""
    luck = dice.random()
    if luck < CANCELLED:
        # The need went away; somebody else can have the place.
        person.served = day
        return 1
    person.served = day
    result.wasted += luck < CANCELLED + NO_SHOW
    return 0


def _poisson(dice: Random, mean: float) -> int:
    number, passed = 0, dice.expovariate(1.0)
    while passed < mean:
        number, passed = number + 1, passed + dice.expovariate(1.0)
    return number


def figures(way: Way, result: Result) -> dict[str, Any]:
    """Return shares and waits of a way as JSON values."""
    people = result.people
    return {
        "bots_share_of_places": round(result.to_bots / max(1, result.given), 3),
        "bots_share_of_persons": round(
            sum(person.kind == "bot" for person in people) / max(1, len(people)), 3
        ),
        "resale_value_per_place": round(result.bought / max(1, result.given), 3),
        "unused_share": round(result.wasted / max(1, result.given), 3),
        "wait_days": {
            kind: _waits([person for person in people if person.kind == kind])
            for kind in ("fast", "slow", "bot")
        },
        "without_place": sum(person.served is None for person in people),
    }


def _waits(people: Sequence[Person]) -> dict[str, float]:
    """Return mean and 90th percentile of whole days; who still waits counts to the last day."""
    last = max((p.served or p.since for p in people), default=0)
    waits = sorted((last if p.served is None else p.served) - p.since for p in people)
    if not waits:
        return {"mean": 0.0, "p90": 0.0}
    return {
        "mean": round(sum(waits) / len(waits), 2),
        "p90": float(waits[min(len(waits) - 1, int(0.9 * len(waits)))]),
    }


def compare(seed: int, days: int) -> dict[str, Any]:
    """Return the three ways with the same people, and the claims with their controls."""
    found = {way.name: figures(way, play(way, seed, days)) for way in (FIRST_CLICK, ENGINE, DRAW)}
    return {"seed": seed, "days": days, "ways": found, "claims": claims(found, seed, days)}


def claims(found: Mapping[str, Any], seed: int, days: int) -> list[dict[str, Any]]:
    """Return each claim, whether it holds, and that it fails without its guard."""
    loose = replace(DRAW, name="losung_ohne_bindung", bound=False, once=False)
    clicked = replace(DRAW, name="losung_ohne_los", drawn=False)
    unbound = figures(loose, play(loose, seed, days))
    by_clock = figures(clicked, play(clicked, seed, days))
    draw = found[DRAW.name]
    rows = [
        ("Bots halten höchstens ihren Anteil an den geprüften Personen", _fair, draw, unbound),
        ("Ein Platz ist nichts wert für den, der ihn weiterverkauft", _worthless, draw, unbound),
        ("Langsames Klicken verlängert die Wartezeit nicht", _slow_is_fine, draw, by_clock),
    ]
    return [
        {"claim": text, "holds": holds(real), "fails_without_guard": not holds(control)}
        for text, holds, real, control in rows
    ]


def _fair(found: Mapping[str, Any]) -> bool:
    return bool(found["bots_share_of_places"] <= found["bots_share_of_persons"] + MARGIN)


def _worthless(found: Mapping[str, Any]) -> bool:
    return bool(found["resale_value_per_place"] == 0)


def _slow_is_fine(found: Mapping[str, Any]) -> bool:
    waits = found["wait_days"]
    return bool(waits["slow"]["mean"] <= waits["fast"]["mean"] + MOST_DAYS_WORSE)


def chart(compared: Mapping[str, Any]) -> str:
    """Return the shares as an SVG: per way the share of bots among places and among persons."""
    bars = []
    for row, (name, found) in enumerate(compared["ways"].items()):
        top = 30 + row * 60
        bars.append(f'<text x="10" y="{top + 14}">{name}</text>')
        for line, (key, colour) in enumerate(
            (("bots_share_of_places", "#b3261e"), ("bots_share_of_persons", "#4a6fa5"))
        ):
            width = round(400 * found[key], 1)
            at = top + line * 18
            bars.append(
                f'<rect x="140" y="{at}" width="{max(width, 1)}" height="14" fill="{colour}"/>'
                f'<text x="{150 + width}" y="{at + 12}">{found[key]:.1%}</text>'
            )
    height = 30 + 60 * len(compared["ways"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-size="13" '
        'font-family="sans-serif"><title>Anteil der Bots an Plätzen (rot) und an Personen (blau)'
        f"</title>{''.join(bars)}</svg>\n"
    )
