"""Time for the post out of the roster: what is free to give, giving it, taking it back.

Whole pieces of pattern blocks that nobody has booked become blocks by hand in the lane ``post``;
blocks that somebody set by hand are left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import availability, roster
from abh.appointments.desk_days import ACTIVE, closed_days, is_closed
from abh.appointments.planning import Hit, hits
from abh.appointments.tables import Booking, RosterBlock
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict

LANE = "post"
APPOINTMENT_LANES = ("kunden", "einladung")
FIRM_LANE = "firmen"


@dataclass(frozen=True, slots=True)
class Piece:
    """A clerk at a desk on a day, from cell to cell (5 minutes, end exclusive)."""

    unit_key: str
    desk_id: int
    user_id: int
    day: date
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RosteredPiece:
    """A block of the roster with its lane and what of it is free to give."""

    piece: Piece
    lane: str
    free: tuple[tuple[int, int], ...]

    @property
    def minutes(self) -> int:
        """How long the block is."""
        return (self.piece.end - self.piece.start) * availability.CELL_MINUTES


def rostered(
    session: Session, units: Collection[str], first: date, last: date
) -> list[RosteredPiece]:
    """Return the blocks of ``units`` for visits and post in these days, by day and clerk.

    Closed days are left out. ``free`` holds cells without a booking, of pattern blocks only. Two
    statements, and one for closures.
    """
    blocks = session.execute(
        select(
            RosterBlock.unit_key, RosterBlock.desk_id, RosterBlock.user_id, RosterBlock.day,
            RosterBlock.cells, RosterBlock.lane, RosterBlock.pattern_id,
        )
        .where(
            RosterBlock.unit_key.in_(units),
            RosterBlock.day.between(first, last),
            RosterBlock.lane.in_((*APPOINTMENT_LANES, FIRM_LANE, LANE)),
        )
        .order_by(RosterBlock.day, RosterBlock.user_id, RosterBlock.cells)
    ).all()  # fmt: skip
    taken: dict[tuple[int, date], int] = {}
    for row in session.execute(
        select(Booking.desk_id, Booking.day, Booking.cells).where(
            Booking.day.between(first, last), Booking.status.in_(ACTIVE)
        )
    ):
        key = (row.desk_id, row.day)
        taken[key] = taken.get(key, 0) | availability.mask(row.cells.lower, row.cells.upper)
    closed = closed_days(session, first, last)
    return [
        RosteredPiece(
            Piece(
                row.unit_key, row.desk_id, row.user_id, row.day, row.cells.lower, row.cells.upper
            ),
            row.lane,
            ()
            if row.pattern_id is None or row.lane == LANE
            else tuple(
                availability.runs(
                    availability.mask(row.cells.lower, row.cells.upper)
                    & ~taken.get((row.desk_id, row.day), 0)
                )
            ),
        )
        for row in blocks
        if not is_closed(closed, row.day, row.unit_key)
    ]


def give_to_post(
    session: Session, actor: Actor, pieces: Sequence[Piece], *, clock: Clock
) -> tuple[list[int], list[Hit]]:
    """Put pieces of the roster into the lane of the post by hand; returns the new blocks.

    Each piece must still lie free in a pattern block of its clerk, else ``Conflict`` and nothing
    is written. A booking that comes in this very moment stays valid and is returned. Waits for
    other writers of the roster; the desk days are true when it returns.
    """
    units = sorted({piece.unit_key for piece in pieces})
    for unit_key in units:
        require(actor, Power.ROSTER_EDIT, unit_key)
    if not pieces:
        return [], []
    roster.lock_roster(session)
    first, last = min(p.day for p in pieces), max(p.day for p in pieces)
    if first < today(clock):
        raise Conflict("Vergangene Tage werden nicht mehr geändert.")
    _refuse_taken(session, units, pieces, first, last)
    session.execute(
        delete(RosterBlock)
        .where(
            RosterBlock.unit_key.in_(units),
            RosterBlock.day.in_({piece.day for piece in pieces}),
            RosterBlock.pattern_id.is_not(None),
        )
        .execution_options(synchronize_session=False)
    )
    rows = [
        {
            "unit_key": piece.unit_key,
            "desk_id": piece.desk_id,
            "user_id": piece.user_id,
            "day": piece.day,
            "cells": Range(piece.start, piece.end),
            "lane": LANE,
        }
        for piece in pieces
    ]
    ids = list(session.scalars(insert(RosterBlock).returning(RosterBlock.id), rows))
    _remake(session, pieces)
    _record(session, actor, "roster.post_given", clock, units=units, pieces=len(pieces))
    return ids, hits(session, set(units), first, last)


def _refuse_taken(
    session: Session, units: Sequence[str], pieces: Sequence[Piece], first: date, last: date
) -> None:
    free: dict[tuple[str, int, int, date], int] = {}
    for one in rostered(session, units, first, last):
        key = (one.piece.unit_key, one.piece.desk_id, one.piece.user_id, one.piece.day)
        free[key] = free.get(key, 0) | availability.union(one.free)
    for piece in pieces:
        wanted = availability.mask(piece.start, piece.end)
        key = (piece.unit_key, piece.desk_id, piece.user_id, piece.day)
        if wanted & ~free.get(key, 0):
            raise Conflict(
                f"Am {piece.day:%d.%m.%Y} ist die Zeit inzwischen vergeben; bitte neu rechnen."
            )
        free[key] &= ~wanted


def take_back(
    session: Session, actor: Actor, block_ids: Collection[int], *, clock: Clock
) -> list[Piece]:
    """Give blocks of ``give_to_post`` that lie ahead back to the weekly pattern; returns them.

    What is past, was changed by somebody since, or is gone, stays as it is.
    """
    roster.lock_roster(session)
    rows = session.scalars(
        select(RosterBlock)
        .where(
            RosterBlock.id.in_(block_ids),
            RosterBlock.pattern_id.is_(None),
            RosterBlock.lane == LANE,
            RosterBlock.day > today(clock),
        )
        .order_by(RosterBlock.day, RosterBlock.id)
    ).all()
    pieces = [
        Piece(r.unit_key, r.desk_id, r.user_id, r.day, r.cells.lower or 0, r.cells.upper or 0)
        for r in rows
    ]
    for unit_key in sorted({piece.unit_key for piece in pieces}):
        require(actor, Power.ROSTER_EDIT, unit_key)
    if not pieces:
        return []
    session.execute(
        delete(RosterBlock)
        .where(RosterBlock.id.in_([row.id for row in rows]))
        .execution_options(synchronize_session=False)
    )
    _remake(session, pieces)
    units = sorted({piece.unit_key for piece in pieces})
    _record(session, actor, "roster.post_back", clock, units=units, pieces=len(pieces))
    return pieces


def _remake(session: Session, pieces: Sequence[Piece]) -> None:
    days: dict[str, list[date]] = {}
    for piece in pieces:
        days.setdefault(piece.unit_key, []).append(piece.day)
    # One pass for each unit: a plan touches nearly every day of its weeks.
    for unit_key in sorted(days):
        roster.remake(session, [unit_key], min(days[unit_key]), max(days[unit_key]))


def _record(
    session: Session, actor: Actor, action: str, clock: Clock, *, units: Sequence[str], pieces: int
) -> None:
    facts = {"units": list(units), "pieces": pieces}
    audit.record(session, actor, action, "roster", now=clock.now(), facts=facts)
