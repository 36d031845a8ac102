"""Sweepers of this room: lapsed holds, horizon of the roster, draws of emergency places."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from sqlalchemy.orm import Session

from abh.appointments import (
    booking,
    codes,
    emergency,
    nachweise,
    reminders,
    roster,
    rueckgabe,
    standby,
)
from abh.appointments.rules import rules_of
from abh.documents.house import House
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


def return_firm_minutes(session: Session, clock: Clock, limit: int) -> int:
    """Give minutes that no firm booked to the public; return how many minutes."""
    office = latest_profile(session)
    before = rules_of(office.profile if office else {}).firm_return
    return rueckgabe.return_unused(session, now=clock.now(), before=before, limit=limit)


def open_draws(session: Session, clock: Clock, limit: int) -> int:
    """Publish the draws of emergency places for the days ahead; return how many."""
    return emergency.open_draws(session, now=clock.now(), limit=limit)


def close_lists(session: Session, clock: Clock, limit: int) -> int:
    """Close and publish the lists whose cut-off is over; return how many."""
    return emergency.close_lists(session, now=clock.now(), limit=limit)


def draw_places(session: Session, clock: Clock, limit: int) -> int:
    """Draw where the list was published in an earlier run; return how many draws."""
    return emergency.draw_due(session, now=clock.now(), limit=limit)


def forget_evidence(session: Session, clock: Clock, limit: int) -> int:
    """Delete files of emergency requests that nobody needs any more; return how many."""
    return nachweise.forget(session, now=clock.now(), limit=limit)


def remind(session: Session, clock: Clock, limit: int) -> int:
    """Remind people of their places as the office file says; return how many.

    What was missed for longer than ``reminders.LATE`` is left out.
    """
    return reminders.remind(session, _house(clock), now=clock.now(), limit=limit)


def send_codes(session: Session, clock: Clock, limit: int) -> int:
    """Write the letters with codes of places held for people without e-mail; return how many."""
    return codes.send_codes(session, _house(clock), now=clock.now(), limit=limit)


def _house(clock: Clock) -> House:
    if not isinstance(clock, House):
        raise TypeError("letters need a furnished house as the clock of the job")
    return clock


def offer_places(session: Session, clock: Clock, limit: int) -> int:
    """Pass lapsed offers on to the next of the standby list and mail the new ones.

    ``clock`` is the house of the process: a mail needs its address.
    """
    passed = standby.pass_on(session, now=clock.now(), limit=limit)
    house = cast(standby.Linking, clock)
    return passed + standby.tell_offers(session, house, now=clock.now(), limit=limit)
