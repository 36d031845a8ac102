"""Brings a checked office file into the house: its rows, its roster, its authority to sign.

``office`` reads the file but may not write the roster: ``appointments`` is the only writer of it
and lies above. So the two meet here, in one transaction, for the command line and the first start.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.access.policy import ROLE_POWERS, Power
from abh.access.tables import AppUser
from abh.appointments.roster import PatternSpec, apply_patterns, extend_horizon
from abh.appointments.tables import RosterPattern
from abh.documents.service import grant_mandate
from abh.kernel.clock import Clock, today
from abh.office.service import ImportReport, import_office

# So that places can be booked at once; the nightly job of appointments takes over from there.
HORIZON = timedelta(days=60)


def bring_in(session: Session, data: Mapping[str, Any], *, clock: Clock) -> ImportReport:
    """Import checked data of an office file, its roster and its staff's authority to sign.

    The roster only when the file says something new of it, or there is none yet: a changed
    telephone number must not undo what supervisors have changed of their week. The caller commits.
    Raises ``ConfigurationError`` if a login belongs to a company.
    """
    report = import_office(session, SYSTEM, data, now=clock.now())
    if report.roster_changed or not session.scalar(select(exists(select(RosterPattern.id)))):
        _apply_roster(session, report, [unit["key"] for unit in data["units"]], clock)
    extend_horizon(session, until=today(clock) + HORIZON, clock=clock)
    _grant_mandates(session, [person["login"] for person in data["staff"]], clock)
    return report


def _apply_roster(session: Session, report: ImportReport, units: list[str], clock: Clock) -> None:
    patterns = [
        PatternSpec(
            unit_key=entry.unit_key,
            desk_key=entry.desk_key,
            login=entry.login,
            weekday=entry.weekday,
            start=time.fromisoformat(entry.start),
            end=time.fromisoformat(entry.end),
            lane=entry.lane,
        )
        for entry in report.roster
    ]
    apply_patterns(session, patterns, valid_from=today(clock), clock=clock, units=units)


def _grant_mandates(session: Session, logins: list[str], clock: Clock) -> None:
    """Give whom the file lets sign the authority for it; what they may sign, their rank decides.

    Without a mandate nobody could send a single letter of a newly installed office.
    """
    users = select(AppUser).where(AppUser.login.in_(logins), AppUser.active).order_by(AppUser.id)
    for user in session.scalars(users):
        if Power.LETTER_SIGN in (user.powers or ROLE_POWERS[user.role]):
            grant_mandate(session, user.id, valid_from=today(clock))
