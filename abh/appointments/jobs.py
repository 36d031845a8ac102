"""Sweepers of this room: end lapsed holds, keep the horizon of the roster open."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from abh.appointments import booking, roster
from abh.appointments.rules import rules_of
from abh.kernel.clock import Clock, today
from abh.office.repository import latest_profile


def lapse_holds(session: Session, clock: Clock, limit: int) -> int:
    """End up to ``limit`` holds whose time is over; return how many."""
    return booking.lapse_holds(session, now=clock.now(), limit=limit)


def extend_horizon(session: Session, clock: Clock, limit: int) -> int:
    """Keep the roster made for the days ahead, at most ``limit`` of them; return blocks made."""
    office = latest_profile(session)
    days = min(rules_of(office.profile if office else {}).horizon_days, limit)
    return roster.extend_horizon(session, until=today(clock) + timedelta(days=days), clock=clock)
