"""The appointment as an iCalendar file (RFC 5545): no name, a stable UID, Berlin's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from abh.appointments import availability
from abh.appointments.tables import Booking
from abh.appointments.tables_events import GroupEvent
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.sprachen import SOURCE, say

if TYPE_CHECKING:  # imported where a file is written: not every process does that
    from icalendar import Alarm, Event

_CANCELLED = ("cancelled", "lapsed", "no_show")
_BEGIN = b"BEGIN:VEVENT"


@dataclass(frozen=True, slots=True)
class CalendarOffice:
    """What the calendar says of the office; ``host`` makes the UID unique in the world."""

    name: str
    address: str
    host: str
    room: str = ""
    email: str = ""

    @classmethod
    def of(cls, house: House, room: str = "") -> CalendarOffice:
        """Return what the calendar says of the office of ``house``."""
        return cls(
            name=house.office.name,
            address=f"{house.office.street}, {house.office.postcode} {house.office.city}",
            host=urlsplit(house.base_url).hostname or "localhost",
            room=room,
            email=house.office.email,
        )


def calendar_file(
    booking: Booking,
    office: CalendarOffice,
    status_url: str,
    *,
    now: datetime | None = None,
    to: str = "",
    language: str = SOURCE,
) -> bytes:
    """Return the file for a booking; after a move the same UID with a higher SEQUENCE, after a
    cancellation METHOD:CANCEL, which removes the entry from Outlook and Apple's calendar.

    Calendars are shared and synchronised, so it holds neither name nor purpose: office, room,
    ticket number and the link to the status, in the person's ``language``. ``now`` is the
    DTSTAMP, else the day of booking.
    A file that is mailed to somebody (``to``) is a request of the office to that address (RFC 5546:
    METHOD:REQUEST), so that a move replaces the entry; one that is downloaded is PUBLISH.
    """
    event = _event(booking, office, status_url, now or booking.created_at, language)
    return _file(event, method_of(booking, to), office, to, booking.day.year)


def event_file(
    planned: GroupEvent,
    office: CalendarOffice,
    *,
    now: datetime,
    to: str = "",
    language: str = SOURCE,
    gone: bool = False,
) -> bytes:
    """Return the file of a group event for somebody who comes; ``gone`` takes it out again.

    The same UID with a higher SEQUENCE after every change of the event.
    """
    from icalendar import Event, vText

    gone = gone or planned.cancelled_at is not None
    event = Event()
    event["uid"] = vText(f"veranstaltung-{planned.id}@{office.host}")
    event.add("dtstamp", now)
    event.add("sequence", planned.sequence)
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("dtstart", planned.starts_at.astimezone(BERLIN))
    event.add("dtend", planned.ends_at.astimezone(BERLIN))
    event.add("summary", planned.title)
    event.add("location", planned.place)
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    if not gone:
        event.add_component(_reminder(office, language))
    method = "CANCEL" if gone else "REQUEST" if to else "PUBLISH"
    return _file(event, method, office, to, planned.starts_at.astimezone(BERLIN).year)


def _file(event: Event, method: str, office: CalendarOffice, to: str, year: int) -> bytes:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", f"-//{office.host}//Termin//DE")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if to and office.email:
        _address(event, office, to)
    calendar.add_component(event)
    # The rules stand before what needs them; no line before the event can begin like it.
    return bytes(calendar.to_ical()).replace(_BEGIN, _time_zone(year) + _BEGIN, 1)


def method_of(booking: Booking, to: str = "") -> str:
    """Return the iTIP method: CANCEL for a place that is gone, REQUEST for a mail, else PUBLISH."""
    if booking.status in _CANCELLED:
        return "CANCEL"
    return "REQUEST" if to else "PUBLISH"


def attachment(
    booking: Booking,
    office: CalendarOffice,
    link: str,
    *,
    to: str,
    now: datetime,
    language: str = SOURCE,
) -> dict[str, str]:
    """Return the file as an attachment of a mail to ``to`` (see ``abh.outbox.mail``)."""
    return {
        "name": "termin.ics",
        "type": "text/calendar",
        "method": method_of(booking, to),
        "text": calendar_file(booking, office, link, now=now, to=to, language=language).decode(
            "utf-8"
        ),
    }


def _address(event: Event, office: CalendarOffice, to: str) -> None:
    from icalendar import vCalAddress, vText

    organizer = vCalAddress(f"mailto:{office.email}")
    organizer.params["CN"] = vText(office.name)
    event["organizer"] = organizer
    attendee = vCalAddress(f"mailto:{to}")
    # Nobody at the office reads answers: giving the place back goes by the link.
    attendee.params["PARTSTAT"], attendee.params["RSVP"] = vText("ACCEPTED"), vText("FALSE")
    event.add("attendee", attendee, encode=False)


@lru_cache(maxsize=8)
def _time_zone(year: int) -> bytes:
    """Return the rules of the year and the one after: short, and enough for every reader."""
    from icalendar import Timezone

    first, last = date(year, 1, 1), date(year + 2, 1, 1)
    zone = Timezone.from_tzid(BERLIN.key, first_date=first, last_date=last)
    return bytes(zone.to_ical())


def _event(
    booking: Booking, office: CalendarOffice, status_url: str, stamp: datetime, language: str
) -> Event:
    from icalendar import Event, vText

    cancelled = booking.status in _CANCELLED
    event = Event()
    event["uid"] = vText(f"termin-{booking.id}@{office.host}")
    event.add("dtstamp", stamp)
    event.add("sequence", booking.sequence)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("dtstart", _local(booking, booking.start_cell))
    event.add("dtend", _local(booking, booking.end_cell))
    event.add("summary", say(language, "Termin") + f": {office.name}")
    event.add("location", ", ".join(part for part in (office.address, office.room) if part))
    lines = [say(language, "Ihre Nummer") + f": {booking.ticket}"] if booking.ticket else []
    lines.append(say(language, "Verlegen oder absagen") + f": {status_url}")
    event.add("description", "\n".join(lines))
    event.add("url", status_url)
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    if not cancelled:
        event.add_component(_reminder(office, language))
    return event


def _reminder(office: CalendarOffice, language: str) -> Alarm:
    from icalendar import Alarm, vDuration

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", say(language, "Morgen") + f": {office.name}")
    alarm["trigger"] = vDuration(timedelta(days=-1))
    return alarm


def _local(booking: Booking, cell: int) -> datetime:
    return availability.instant(booking.day, cell).astimezone(BERLIN)
