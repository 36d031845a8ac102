"""Fitting a group into free cells (pure): families one after another at one desk, earliest first.

Nothing is booked here. The plan says for everybody who finds no place what stands in the way, so
that the company can decide for a part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from abh.appointments import availability
from abh.fastlane.kontingent import month_of

# Why a party found no place: nothing free, quota of the company, share of the lane.
FULL, QUOTA, LANE = "voll", "kontingent", "bahn"
DayAndDesk = tuple[date, int]


@dataclass(frozen=True, slots=True)
class Seat:
    """A place for one person by name; those of one party follow each other at one desk."""

    person_id: int
    day: date
    desk_id: int
    start_cell: int
    end_cell: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What may still be taken: places by first of the month, minutes by Monday of the week.

    A month or week that is not named is closed.
    """

    places: Mapping[date, int]
    minutes: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who sits where, and who finds no place with the reason (``FULL``, ``QUOTA``, ``LANE``)."""

    seats: tuple[Seat, ...]
    left: Mapping[int, str] = field(default_factory=dict)


def week_of(day: date) -> date:
    """Return the Monday of the week."""
    return day - timedelta(days=day.weekday())


def fit(
    free: Mapping[DayAndDesk, int],
    parties: Sequence[Sequence[int]],
    minutes: int,
    limits: Limits,
    *,
    not_before: tuple[date, int],
) -> Plan:
    """Return a plan for ``parties`` (persons who come together) in the free cells.

    Large parties choose first, because a single person finds a gap more easily; among equals the
    order given counts. A party is seated whole or not at all. ``minutes`` is the length of one
    place; nothing begins before ``not_before`` (day and cell). The same input gives the same plan.
    """
    cells = dict(sorted(free.items()))
    places, lane = dict(limits.places), dict(limits.minutes)
    seats: list[Seat] = []
    left: dict[int, str] = {}
    for party in sorted(parties, key=len, reverse=True):
        found, reason = _first(cells, party, minutes, places, lane, not_before)
        if not found:
            left |= dict.fromkeys(party, reason)
            continue
        day, desk = found[0].day, found[0].desk_id
        cells[day, desk] &= ~availability.mask(found[0].start_cell, found[-1].end_cell)
        places[month_of(day)] -= len(party)
        lane[week_of(day)] -= len(party) * minutes
        seats += found
    return Plan(
        tuple(sorted(seats, key=lambda each: (each.day, each.start_cell, each.desk_id))), left
    )


def _first(
    cells: Mapping[DayAndDesk, int],
    party: Sequence[int],
    minutes: int,
    places: Mapping[date, int],
    lane: Mapping[date, int],
    not_before: tuple[date, int],
) -> tuple[list[Seat], str]:
    length = availability.cells_of(minutes)
    reason = FULL
    for (day, desk), bits in cells.items():
        if day < not_before[0]:
            continue
        earliest = not_before[1] if day == not_before[0] else 0
        starts = availability.slots(
            bits, length * len(party) * availability.CELL_MINUTES, length, earliest
        )
        if not starts:
            continue
        if places.get(month_of(day), 0) < len(party):
            reason = QUOTA
        elif lane.get(week_of(day), 0) < len(party) * minutes:
            reason = LANE if reason == FULL else reason
        else:
            at = range(starts[0], starts[0] + length * len(party), length)
            pairs = zip(party, at, strict=True)
            return [Seat(who, day, desk, cell, cell + length) for who, cell in pairs], ""
    return [], reason
