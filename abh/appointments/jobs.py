"""Sweepers of this room: end lapsed holds, keep the horizon of the roster open."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from abh.appointments import booking, roster
from abh.appointments.rules import RULES
from abh.kernel.clock import Clock, today


def lapse_holds(session: Session, clock: Clock, limit: int) -> int:
    """End up to ``limit`` holds whose ten minutes are over; return how many."""
    return booking.lapse_holds(session, now=clock.now(), limit=limit)


def extend_horizon(session: Session, clock: Clock, limit: int) -> int:
    """Keep the roster made for the days ahead, at most ``limit`` of them; return blocks made."""
    days = min(RULES.horizon_days, limit)
    return roster.extend_horizon(session, until=today(clock) + timedelta(days=days), clock=clock)
