"""Firm minutes nobody booked go back to the public lane at a set hour before they begin.

First to the standby list, in the same transaction: what comes back at short notice would else go to
whoever clicks first, and all others would wait longer for it (``abh simulate firmenanteil``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from abh.appointments import availability, desk_days, standby
from abh.appointments.roster import lock_roster, rebuild_desk_days
from abh.appointments.tables import Booking, RosterBlock
from abh.kernel.clock import BERLIN

FIRM_LANE, PUBLIC_LANE = "firmen", "kunden"


def return_unused(session: Session, *, now: datetime, before: timedelta, limit: int = 500) -> int:
    """Give the free cells of firm blocks that begin within ``before`` to the public.

    Booked and held cells stay with the firms. What was returned is like a block made by hand: a
    pattern made anew leaves it alone. Running twice changes nothing; a firm booking cancelled
    later is returned by the next run. Waits for other writers of the roster, then locks the desk
    days. Returns how many minutes were given back, of at most ``limit`` blocks.
    """
    lock_roster(session)
    due = [block for block in _near(session, now, before, limit) if _is_due(block, now, before)]
    if not due:
        return 0
    free = desk_days.lock(session, {(block.desk_id, block.day) for block in due})
    parts = [(block, _cells(block) & free.get(_key(block), 0)) for block in due]
    open_parts = [(block, bits) for block, bits in parts if bits]
    if not open_parts:
        return 0
    session.execute(
        delete(RosterBlock)
        .where(RosterBlock.id.in_([block.id for block, _ in open_parts]))
        .execution_options(synchronize_session=False)
    )
    session.execute(insert(RosterBlock), [row for part in open_parts for row in _pieces(*part)])
    for unit_key in sorted({block.unit_key for block, _ in open_parts}):
        days = {block.day for block, _ in open_parts if block.unit_key == unit_key}
        rebuild_desk_days(session, unit_key, sorted(days))
    for block, bits in open_parts:
        _offer(session, block, bits, now)
    return sum(bits.bit_count() for _, bits in open_parts) * availability.CELL_MINUTES


def _offer(session: Session, block: RosterBlock, bits: int, now: datetime) -> None:
    """Offer returned minutes to those who wait longest, before anybody who clicks sees them."""
    for start, end in availability.runs(bits):
        at = start
        while at < end:
            place = Booking(
                unit_key=block.unit_key,
                desk_id=block.desk_id,
                day=block.day,
                cells=Range(at, end),
                lane=PUBLIC_LANE,
            )
            held = standby.offer_freed(session, place, now=now)
            if held is None:
                return
            at = held.end_cell


def _near(session: Session, now: datetime, before: timedelta, limit: int) -> Sequence[RosterBlock]:
    first, last = now.astimezone(BERLIN).date(), (now + before).astimezone(BERLIN).date()
    found = select(RosterBlock).where(
        RosterBlock.lane == FIRM_LANE, RosterBlock.day.between(first, last)
    )
    return session.scalars(found.order_by(RosterBlock.day, RosterBlock.id).limit(limit)).all()


def _is_due(block: RosterBlock, now: datetime, before: timedelta) -> bool:
    begin, end = (availability.instant(block.day, cell) for cell in _bounds(block))
    return begin <= now + before and now < end


def _bounds(block: RosterBlock) -> tuple[int, int]:
    return block.cells.lower or 0, block.cells.upper or 0


def _cells(block: RosterBlock) -> int:
    return availability.mask(*_bounds(block))


def _key(block: RosterBlock) -> desk_days.Key:
    day: date = block.day
    return desk_days.Key(block.unit_key, day, block.desk_id, FIRM_LANE)


def _pieces(block: RosterBlock, free: int) -> Iterable[dict[str, object]]:
    """What stays with the firms, and what the public gets, of one block."""
    for bits, lane in ((_cells(block) & ~free, FIRM_LANE), (free, PUBLIC_LANE)):
        for start, end in availability.runs(bits):
            yield {
                "unit_key": block.unit_key,
                "desk_id": block.desk_id,
                "user_id": block.user_id,
                "day": block.day,
                "cells": Range(start, end),
                "lane": lane,
                "pattern_id": block.pattern_id if lane == FIRM_LANE else None,
                "returned_from": "" if lane == FIRM_LANE else FIRM_LANE,
            }
