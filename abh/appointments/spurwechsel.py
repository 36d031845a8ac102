"""Minutes of a day that go to another lane: free ones first, booked ones only if needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import availability, counter, roster
from abh.appointments.desk_days import ACTIVE, rebuild_desk_days
from abh.appointments.planning import Hit, hits, remake_day
from abh.appointments.tables import LANES, Booking, RosterBlock
from abh.kernel.clock import Clock, today
from abh.kernel.errors import FieldProblem, InvalidInput

EMERGENCY: Final = "notfall"
MOST_MINUTES: Final = 600


@dataclass(frozen=True, slots=True)
class Source:
    """A block of the lane that gives: its cells from now on, and those of them that are booked."""

    block_id: int
    free: int
    booked: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: for each block the cells (start, end exclusive), and the bookings hit."""

    pieces: tuple[tuple[int, int, int], ...]
    minutes: int
    hits: Sequence[Hit]


def choose(sources: Sequence[Source], cells: int) -> list[tuple[int, int, int]]:
    """Return pieces (block, start, end) of together ``cells`` cells, fewer where there are no more.

    Free stretches in the order of the day come first, so that nobody loses a place without need;
    then booked ones from the end of the day, who can be told in time.
    """
    free = sorted(
        (start, end, one.block_id) for one in sources for start, end in availability.runs(one.free)
    )
    booked = sorted(
        ((s, e, one.block_id) for one in sources for s, e in availability.runs(one.booked)),
        reverse=True,
    )
    found: list[tuple[int, int, int]] = []
    for start, end, block_id in (*free, *booked):
        if cells <= 0:
            break
        taken = min(end - start, cells)
        found.append((block_id, start, start + taken))
        cells -= taken
    return found


def move_minutes(
    session: Session,
    actor: Actor,
    unit_key: str,
    day: date,
    *,
    source: str,
    target: str,
    minutes: int,
    clock: Clock,
) -> Moved:
    """Give minutes of one lane of a day to another, by hand; today only what still lies ahead.

    Bookings in them stay valid and are returned as hits: nobody is dropped. Raises ``InvalidInput``
    naming every fault, among them that the lane has not so many minutes left. Waits for other
    writers of the roster; the desk days are true when it returns.
    """
    require(actor, Power.ROSTER_EDIT, unit_key)
    _refuse_faults(source, target, minutes, day, today(clock))
    roster.lock_roster(session)
    blocks = {
        block.id: block
        for block in session.scalars(
            select(RosterBlock)
            .where(
                RosterBlock.unit_key == unit_key,
                RosterBlock.day == day,
                RosterBlock.lane == source,
            )
            .execution_options(populate_existing=True)
        )
    }
    sources = _sources(session, blocks, day, clock)
    wanted = availability.cells_of(minutes)
    pieces = choose(sources, wanted)
    found = sum(end - start for _, start, end in pieces)
    if found < wanted:
        left = found * availability.CELL_MINUTES
        words = f"In dieser Spur sind an diesem Tag nur noch {left} Minuten."
        raise InvalidInput([FieldProblem("minutes", words)])
    _write(session, unit_key, day, target, blocks, pieces)
    facts = {
        "unit": unit_key, "day": day.isoformat(), "from": source, "to": target, "minutes": minutes
    }  # fmt: skip
    audit.record(session, actor, "roster.minutes", "roster", now=clock.now(), facts=facts)
    return Moved(tuple(pieces), minutes, hits(session, {unit_key}, day, day))


def _refuse_faults(source: str, target: str, minutes: int, day: date, present: date) -> None:
    problems = []
    if source not in LANES:
        problems.append(FieldProblem("source", "Bitte eine Spur wählen."))
    if target not in LANES or target == source:
        problems.append(FieldProblem("target", "Bitte eine andere Spur wählen."))
    if not 0 < minutes <= MOST_MINUTES or minutes % availability.CELL_MINUTES:
        words = f"Bitte 5 bis {MOST_MINUTES} Minuten in Schritten von fünf angeben."
        problems.append(FieldProblem("minutes", words))
    if day < present:
        problems.append(FieldProblem("day", "Vergangene Tage werden nicht mehr geändert."))
    if problems:
        raise InvalidInput(problems)


def _sources(
    session: Session, blocks: Mapping[int, RosterBlock], day: date, clock: Clock
) -> list[Source]:
    taken: dict[int, int] = {}
    for row in session.execute(
        select(Booking.desk_id, Booking.cells).where(
            Booking.day == day,
            Booking.status.in_(ACTIVE),
            Booking.desk_id.in_({block.desk_id for block in blocks.values()}),
        )
    ):
        bits = availability.mask(row.cells.lower or 0, row.cells.upper or 0)
        taken[row.desk_id] = taken.get(row.desk_id, 0) | bits
    # What has begun is nobody's to give any more.
    ahead = counter.cell_now(clock) + 1 if day == today(clock) else 0
    found = []
    for block in blocks.values():
        start, end = max(block.cells.lower or 0, ahead), block.cells.upper or 0
        if start < end:
            bits = availability.mask(start, end)
            booked = taken.get(block.desk_id, 0)
            found.append(Source(block.id, bits & ~booked, bits & booked))
    return found


def _write(
    session: Session,
    unit_key: str,
    day: date,
    target: str,
    blocks: Mapping[int, RosterBlock],
    pieces: Sequence[tuple[int, int, int]],
) -> None:
    made = [_row(blocks[key], range(start, end), target) for key, start, end in pieces]
    given: dict[int, int] = {}
    for key, start, end in pieces:
        given[key] = given.get(key, 0) | availability.mask(start, end)
    by_hand = [key for key in given if blocks[key].pattern_id is None]
    for key in by_hand:
        block = blocks[key]
        rest = availability.mask(block.cells.lower or 0, block.cells.upper or 0) & ~given[key]
        made += [_row(block, range(*run), block.lane) for run in availability.runs(rest)]
    session.execute(
        delete(RosterBlock)
        .where(
            RosterBlock.unit_key == unit_key,
            RosterBlock.day == day,
            RosterBlock.pattern_id.is_not(None) | RosterBlock.id.in_(by_hand),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(insert(RosterBlock), made)
    session.expire_all()
    remake_day(session, {unit_key}, day)
    rebuild_desk_days(session, unit_key, [day])


def _row(block: RosterBlock, cells: range, lane: str) -> dict[str, object]:
    return {
        "unit_key": block.unit_key,
        "desk_id": block.desk_id,
        "user_id": block.user_id,
        "day": block.day,
        "cells": Range(cells.start, cells.stop),
        "lane": lane,
        "returned_from": block.returned_from,
    }
