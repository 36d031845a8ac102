"""Calendar feeds of a clerk or a unit: places without names under a secret address, revocable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event, Timezone, vText
from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.appointments import availability
from abh.appointments.tables import Booking, RosterBlock
from abh.appointments.tables_contact import CalendarFeed
from abh.appointments.tables_events import GroupEvent
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.kernel.errors import NotFound
from abh.kernel.ids import new_token, token_hash
from abh.office.tables import Desk, Service

# House rule: what a calendar shows, and at most how much a request may cost.
BACK, AHEAD, MOST = timedelta(days=7), timedelta(days=90), 5000
_SHOWN = ("booked", "checked_in", "called", "served")


@dataclass(frozen=True, slots=True)
class Entry:
    """One place or event of a feed."""

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    summary: str
    location: str


def make_feed(
    session: Session, actor: Actor, *, unit: bool, now: datetime
) -> tuple[CalendarFeed, str]:
    """Make an address for the actor's own places or, for leads, for all of the unit; return both.

    The one before it ends: an address that got lost is replaced by making a new one. Only the hash
    of the token is kept.
    """
    require(actor, Power.UNIT_LEAD if unit else Power.CASE_COUNTER, actor.unit_key)
    if actor.user_id is None or actor.unit_key is None:
        raise NotFound("Einen Kalender gibt es nur für Beschäftigte eines Sachgebiets.")
    whose = None if unit else actor.user_id
    for old in _living(session, actor.unit_key, whose):
        _end(session, actor, old, now)
    token = new_token()
    feed = CalendarFeed(
        token_hash=token_hash(token),
        unit_key=actor.unit_key,
        user_id=whose,
        made_by=actor.user_id,
        created_at=now,
    )
    session.add(feed)
    session.flush()
    _record(session, actor, "calendar.make", feed, now)
    return feed, token


def revoke(session: Session, actor: Actor, feed_id: int, *, now: datetime) -> None:
    """End an address at once; twice is once. Raises ``NotFound``, ``NotAllowed``."""
    feed = session.get(CalendarFeed, feed_id, with_for_update=True)
    if feed is None:
        raise NotFound("Diesen Kalender gibt es nicht.")
    own = feed.user_id is not None and feed.user_id == actor.user_id
    require(actor, Power.CASE_COUNTER if own else Power.UNIT_LEAD, feed.unit_key)
    if feed.revoked_at is None:
        _end(session, actor, feed, now)


def feeds_of(session: Session, actor: Actor) -> list[CalendarFeed]:
    """Return the living addresses that the actor may end: the own one, for leads those of all."""
    condition = CalendarFeed.user_id == actor.user_id
    if actor.may(Power.UNIT_LEAD):
        condition = or_(condition, CalendarFeed.unit_key == actor.unit_key)
    return list(
        session.scalars(
            select(CalendarFeed)
            .where(condition, CalendarFeed.revoked_at.is_(None))
            .order_by(CalendarFeed.id)
            .limit(500)
        )
    )


def _living(session: Session, unit_key: str, user_id: int | None) -> Sequence[CalendarFeed]:
    return session.scalars(
        select(CalendarFeed)
        .where(
            CalendarFeed.unit_key == unit_key,
            CalendarFeed.user_id.is_not_distinct_from(user_id),
            CalendarFeed.revoked_at.is_(None),
        )
        .with_for_update()
    ).all()


def _end(session: Session, actor: Actor, feed: CalendarFeed, now: datetime) -> None:
    feed.revoked_at = now
    session.flush()
    _record(session, actor, "calendar.revoke", feed, now)


def _record(session: Session, actor: Actor, action: str, feed: CalendarFeed, now: datetime) -> None:
    facts = {"unit": feed.unit_key, "whole_unit": feed.user_id is None}
    audit.record(session, actor, action, "calendar_feed", feed.id, now=now, facts=facts)


def feed_file(session: Session, house: House, token: str, *, now: datetime) -> bytes:
    """Return the calendar behind an address (RFC 5545); raises ``NotFound``.

    The address of somebody who left the house or the unit is worth nothing. No names: calendars are
    copied to telephones and to other programs.
    """
    feed = session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.token_hash == token_hash(token), CalendarFeed.revoked_at.is_(None)
        )
    )
    if feed is None or not _still_there(session, feed):
        raise NotFound("Dieser Kalender gilt nicht (mehr).")
    today = now.astimezone(BERLIN).date()
    # Once a day is enough to see whether an address is in use; each look need not write.
    session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.id == feed.id, CalendarFeed.last_read_on.is_distinct_from(today))
        .values(last_read_on=today)
    )
    host = urlsplit(house.base_url).hostname or "localhost"
    entries = _bookings(session, feed, today, host) + _events(session, feed, today, host)
    return calendar_of(entries, house.office.name, host, today)


def _still_there(session: Session, feed: CalendarFeed) -> bool:
    # The address of a whole unit is known to the lead who made it and ends with that lead.
    user = session.get(AppUser, feed.user_id or feed.made_by)
    return user is not None and user.active and user.unit_key == feed.unit_key


def _bookings(session: Session, feed: CalendarFeed, today: date, host: str) -> list[Entry]:
    query = (
        select(Booking, Service.name, Desk.name, Desk.room)
        .join(Service, Service.key == Booking.service_key)
        .join(Desk, Desk.id == Booking.desk_id)
        .where(
            Booking.unit_key == feed.unit_key,
            Booking.day.between(today - BACK, today + AHEAD),
            Booking.status.in_(_SHOWN),
        )
        .order_by(Booking.day, Booking.id)
        .limit(MOST)
    )
    if feed.user_id is not None:
        sits = exists().where(
            and_(
                RosterBlock.user_id == feed.user_id,
                RosterBlock.desk_id == Booking.desk_id,
                RosterBlock.day == Booking.day,
                RosterBlock.cells.overlaps(Booking.cells),
            )
        )
        query = query.where(sits)
    return [
        Entry(
            uid=f"platz-{row.id}@{host}",
            sequence=row.sequence,
            stamp=row.created_at,
            start=availability.instant(row.day, row.start_cell),
            end=availability.instant(row.day, row.end_cell),
            summary=f"{row.ticket} {service}".strip(),
            location=f"{desk}, Raum {room}" if room else desk,
        )
        for row, service, desk, room in session.execute(query)
    ]


def _events(session: Session, feed: CalendarFeed, today: date, host: str) -> list[Entry]:
    midnight = availability.instant(today - BACK, 0)
    rows = session.scalars(
        select(GroupEvent)
        .where(
            GroupEvent.unit_key == feed.unit_key,
            GroupEvent.starts_at.between(midnight, midnight + BACK + AHEAD),
            GroupEvent.cancelled_at.is_(None),
        )
        .order_by(GroupEvent.starts_at)
        .limit(500)
    )
    return [
        Entry(
            uid=f"veranstaltung-{row.id}@{host}",
            sequence=row.sequence,
            stamp=row.changed_at or row.created_at,
            start=row.starts_at,
            end=row.ends_at,
            summary=row.title,
            location=row.place,
        )
        for row in rows
    ]


def calendar_of(entries: Sequence[Entry], office: str, host: str, today: date) -> bytes:
    """Return entries as a calendar to read again and again (RFC 5545), in Berlin's time zone."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{host}//Kalender//DE")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", office)
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    first = (today - BACK).replace(month=1, day=1)
    calendar.add_component(
        Timezone.from_tzid(
            BERLIN.key, first_date=first, last_date=first.replace(year=first.year + 3)
        )
    )
    for entry in entries:
        event = Event()
        event["uid"] = vText(entry.uid)
        event.add("dtstamp", entry.stamp)
        event.add("sequence", entry.sequence)
        event.add("dtstart", entry.start.astimezone(BERLIN))
        event.add("dtend", entry.end.astimezone(BERLIN))
        event.add("summary", entry.summary)
        event.add("location", entry.location)
        event.add("class", "PRIVATE")
        event.add("transp", "OPAQUE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
