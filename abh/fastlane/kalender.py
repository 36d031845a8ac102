"""A company's places as a calendar: a file, and a secret address that reads them; no names.

Calendars are copied to telephones and other programs, so an entry holds service, room, ticket and
the number of the case, which the company looks up here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.appointments import availability
from abh.appointments.feeds import Entry, calendar_of
from abh.documents.house import House
from abh.fastlane.tables_termine import FirmCalendar
from abh.fastlane.termine_stand import FirmView, places
from abh.fastlane.zugang import Acting, acting, note_looks, require_write
from abh.kernel.errors import NotAllowed, NotFound
from abh.kernel.ids import new_token, token_hash

GONE = "Dieser Kalender gilt nicht (mehr)."
_SHOWN = ("booked", "checked_in", "called", "served")


def living(session: Session, who: Acting) -> FirmCalendar | None:
    """Return the address of the company that is alive, if any; its token is nowhere to be read."""
    return session.scalar(
        select(FirmCalendar).where(
            FirmCalendar.company_id == who.company_id, FirmCalendar.revoked_at.is_(None)
        )
    )


def make(session: Session, who: Acting, *, now: datetime) -> str:
    """Make an address and return its token, this once; the one before it ends."""
    require_write(who)
    revoke(session, who, now=now)
    token = new_token()
    calendar = FirmCalendar(
        company_id=who.company_id,
        token_hash=token_hash(token),
        made_by=who.actor.user_id,
        created_at=now,
    )
    session.add(calendar)
    session.flush()
    _record(session, who, "calendar.make", calendar.id, now)
    return token


def revoke(session: Session, who: Acting, *, now: datetime) -> None:
    """End the company's address at once; twice is once."""
    require_write(who)
    ended = session.scalars(
        update(FirmCalendar)
        .where(FirmCalendar.company_id == who.company_id, FirmCalendar.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(FirmCalendar.id)
    ).all()
    for each in ended:
        _record(session, who, "calendar.revoke", each, now)


def _record(session: Session, who: Acting, action: str, calendar_id: int, now: datetime) -> None:
    audit.record(
        session, who.actor, action, "firm_calendar", calendar_id, now=now,
        facts={"company": who.company_id},
    )  # fmt: skip


def feed_file(session: Session, house: House, token: str) -> bytes:
    """Return the calendar behind an address; raises ``NotFound``.

    It shows what its maker may see today: the address of a dismissed login is worth nothing, and
    a place whose mandate ended is gone. Looked at on a new day, the log says so.
    """
    calendar = session.scalar(
        select(FirmCalendar).where(
            FirmCalendar.token_hash == token_hash(token), FirmCalendar.revoked_at.is_(None)
        )
    )
    if calendar is None:
        raise NotFound(GONE)
    who = _maker(session, house, calendar)
    today = house.today
    views = [view for view in places(session, who, today=today) if view.booking.status in _SHOWN]
    if calendar.last_read_on != today:
        calendar.last_read_on = today
        session.flush()
        cases = [view.booking.vorgang_id for view in views if view.booking.vorgang_id]
        note_looks(session, who, cases, what="firma.calendar", now=house.now())
    return file_of(house, views, today)


def _maker(session: Session, house: House, calendar: FirmCalendar) -> Acting:
    user = session.get(AppUser, calendar.made_by)
    if user is None or not user.active:
        raise NotFound(GONE)
    try:
        who = acting(
            session, replace(actor_of_user(user), company_id=calendar.company_id), clock=house
        )
    except NotAllowed as error:
        raise NotFound(GONE) from error
    if who.company_id != calendar.company_id:
        raise NotFound(GONE)
    return who


def file_of(house: House, views: list[FirmView], today: date) -> bytes:
    """Return places as one calendar file."""
    host = urlsplit(house.base_url).hostname or "localhost"
    entries = [
        Entry(
            uid=f"termin-{view.booking.id}@{host}",
            sequence=view.booking.sequence,
            stamp=view.booking.created_at,
            start=availability.instant(view.booking.day, view.booking.start_cell),
            end=availability.instant(view.booking.day, view.booking.end_cell),
            summary=f"{view.booking.ticket} {view.service} ({view.number})".strip(),
            location=f"{house.office.street}, {house.office.city}, Raum {view.room}",
        )
        for view in views
    ]
    return calendar_of(entries, house.office.name, host, today)
