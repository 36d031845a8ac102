"""Who comes on a day, drawn from a seed (pure): appointments with a spread, others by Poisson.

The shares are assumptions of the simulation, not figures of any office; the minutes are those of
the office file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from abh.simulate.engine import Desk, Piece, Visitor
from abh.simulate.office_day import OfficeDay, ServiceTime

# Lanes for which people have an appointment; in all others they just come.
BY_APPOINTMENT = frozenset({"einladung", "firmen"})
# Share of the services asked for in a lane.
MIX: Mapping[str, Mapping[str, int]] = {
    "kunden": {
        "unterlagen_nachreichen": 35,
        "beratung": 25,
        "antrag_schalter": 20,
        "fiktionsbescheinigung": 12,
        "gebuehr_zahlen": 8,
    },
    "einladung": {"biometrie_antrag": 65, "abholung_karte": 35},
    "firmen": {"firmentermin": 100},
    "notfall": {"notfall": 100},
}
# So much of what a lane could serve is asked for when no number of visitors is given.
USUAL_LOAD = 0.85
# People come five minutes early on average; hardly anybody is later than a quarter of an hour.
EARLY, SPREAD, EARLIEST, LATEST = 300, 360, 1200, 900
# Lengths vary around the planned minutes (logarithmically normal, mean 1), at least two minutes.
VARIATION, SHORTEST = 0.3, 120


@dataclass(frozen=True, slots=True)
class _Slot:
    at: int
    service: ServiceTime
    verfahren: str
    until: int | None = None


def arrivals(day: OfficeDay, seed: int, count: int | None = None) -> list[Visitor]:
    """Return the visitors of the day, numbered; the same seed gives the same people.

    ``count`` is how many come; appointments beyond what can be booked are not given. Without it
    the usual load of each lane comes, those without appointment in a number drawn by Poisson.
    """
    visitors: list[Visitor] = []
    for lane, wanted in _wanted(day, count).items():
        rng = Random(f"{seed}:{day.unit}:{day.day}:{lane}")
        if lane in BY_APPOINTMENT:
            found = _invited(day, lane, rng, round(wanted))
        else:
            number = round(wanted) if count is not None else _poisson(rng, wanted)
            found = _walking_in(day, lane, rng, number)
        for slot, arrives, due in found:
            visitors.append(_visitor(rng, len(visitors), lane, slot, arrives, due))
    return visitors


def _mix(day: OfficeDay, lane: str) -> dict[ServiceTime, int]:
    known = MIX.get(lane, {})
    found = {day.services[key]: share for key, share in known.items() if key in day.services}
    return found or dict.fromkeys(day.services.values(), 1)


def _wanted(day: OfficeDay, count: int | None) -> dict[str, float]:
    """Return how many are expected in each lane: in proportion to what it can serve."""
    able = {}
    for lane in day.lanes:
        mix = _mix(day, lane)
        mean = sum(s.seconds * share for s, share in mix.items()) / sum(mix.values())
        able[lane] = day.seconds(lane) / mean
    if count is None:
        return {lane: USUAL_LOAD * number for lane, number in able.items()}
    exact = {lane: count * number / sum(able.values()) for lane, number in able.items()}
    whole = {lane: float(int(number)) for lane, number in exact.items()}
    rest = sorted(exact, key=lambda lane: (whole[lane] - exact[lane], lane))
    for lane in rest[: count - int(sum(whole.values()))]:
        whole[lane] += 1
    return whole


def _invited(
    day: OfficeDay, lane: str, rng: Random, number: int
) -> Iterator[tuple[_Slot, int, int | None]]:
    slots = [slot for desk in day.desks for slot in _slots(day, desk, lane, rng)]
    for slot in sorted(rng.sample(slots, min(number, len(slots))), key=lambda slot: slot.at):
        late = max(-EARLIEST, min(LATEST, round(rng.gauss(-EARLY, SPREAD))))
        yield slot, max(0, slot.at + late), slot.at


def _slots(day: OfficeDay, desk: Desk, lane: str, rng: Random) -> Iterator[_Slot]:
    """Yield the places that the search for free times would offer: side by side, as equipped."""
    for piece in (piece for piece in desk.pieces if piece.lane == lane):
        at = piece.start
        while True:
            choice = {
                service: share
                for service, share in _mix(day, lane).items()
                if service.equipment <= desk.equipment and at + service.seconds <= piece.end
            }
            if not choice:
                break
            service = rng.choices(list(choice), list(choice.values()))[0]
            verfahren = _verfahren(day, service, rng, desk.trained)
            yield _Slot(at, service, verfahren)
            at += service.seconds


def _walking_in(
    day: OfficeDay, lane: str, rng: Random, number: int
) -> Iterator[tuple[_Slot, int, int | None]]:
    # That many instants drawn evenly are a Poisson process of that many arrivals.
    spans = _union([p for desk in day.desks for p in desk.pieces if p.lane == lane])
    total = sum(end - start for start, end in spans)
    mix = _mix(day, lane)
    for offset in sorted(rng.randrange(total) for _ in range(number)):
        service = rng.choices(list(mix), list(mix.values()))[0]
        at, closes = _at(spans, offset)
        # Whoever came for the morning does not wait through the afternoon: the lane closes.
        yield _Slot(at, service, _verfahren(day, service, rng, None), closes), at, None


def _verfahren(
    day: OfficeDay, service: ServiceTime, rng: Random, trained: frozenset[str] | None
) -> str:
    """Return the Verfahren a trained clerk is needed for; a booked one suits the desk's clerk."""
    known = [key for key in day.verfahren if trained is None or key in trained]
    return rng.choice(known) if service.needs_training and known else ""


def _visitor(
    rng: Random, number: int, lane: str, slot: _Slot, arrives: int, due: int | None
) -> Visitor:
    factor = rng.lognormvariate(-(VARIATION**2) / 2, VARIATION)
    service = slot.service
    return Visitor(
        number=number,
        lane=lane,
        service=service.key,
        arrives=arrives,
        planned=service.seconds,
        takes=max(SHORTEST, round(service.seconds * factor)),
        due=due,
        equipment=service.equipment,
        verfahren=slot.verfahren,
        leaves=slot.until,
    )


def _union(pieces: list[Piece]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for piece in sorted(pieces, key=lambda p: p.start):
        if spans and piece.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], piece.end))
        else:
            spans.append((piece.start, piece.end))
    return spans


def _at(spans: list[tuple[int, int]], offset: int) -> tuple[int, int]:
    """Return the instant at ``offset`` of all spans, and the end of its span."""
    for start, end in spans:
        if offset < end - start:
            return start + offset, end
        offset -= end - start
    raise ValueError("the offset lies behind the last span")


def _poisson(rng: Random, mean: float) -> int:
    number, passed = 0, rng.expovariate(1.0)
    while passed < mean:
        number += 1
        passed += rng.expovariate(1.0)
    return number
