"""Telling a person of a place that the office booked, moved or gave back for them.

By mail with the calendar file, else by letter; both carry a link of the place itself, by which it
is seen, moved and given back. The letter is an effect of the outbox: making it takes a second, and
the desk must not be locked so long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.appointments import worte
from abh.appointments.briefpost import Post, address_of, case_number, send_letter
from abh.appointments.calendar_file import CalendarOffice
from abh.appointments.codes import open_page
from abh.appointments.log import record_booking
from abh.appointments.notices import Notice, tell_by_mail
from abh.appointments.reminders import told_of, values_of
from abh.appointments.tables import Booking, BookingLink
from abh.documents.house import House
from abh.office.tables import Desk
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.service import enqueue
from abh.persons.tables import Person
from abh.sprachen import marked

KIND = "termin"
# ``desk``: the same time at another desk.
What = Literal["booked", "moved", "desk", "cancelled"]
Way = Literal["mail", "letter", ""]
_SUBJECTS: Mapping[str, str] = {
    "booked": marked("Ihr Termin"),
    "moved": marked("Ihr Termin ist verlegt"),
    "desk": marked("Ihr Termin"),
    "cancelled": marked("Ihr Termin ist abgesagt"),
}


def tell_place(
    session: Session, house: House, place: Booking, what: What, *, family_of: int | None = None
) -> Way:
    """Tell the person what became of ``place``; return by which way, "" for none at all.

    In the transaction that changes the place, once for each change: the mail is queued, the letter
    ordered. ``family_of`` is the person whose e-mail address stands in for those of the family
    who have none.
    """
    person = session.get_one(Person, place.person_id)
    if person.died_on is not None:
        return ""
    way = way_of(session, place, family_of=family_of)
    if way == "mail":
        _mail(session, house, place, person, what, _email(session, place, family_of))
        _record(session, house, place, what, "mail")
    if way != "letter":
        return way
    enqueue(
        session,
        KIND,
        f"termin:{place.id}:{place.sequence}:{what}",
        {"booking": place.id, "what": what, "sequence": place.sequence},
        now=house.now(),
        vorgang_id=place.vorgang_id,
    )
    return "letter"


def way_of(session: Session, place: Booking, *, family_of: int | None = None) -> Way:
    """Return by which way the person of a place can be told, "" for none."""
    if _email(session, place, family_of):
        return "mail"
    return "letter" if address_of(session.get_one(Person, place.person_id)) else ""


def write(session: Session, payload: dict[str, Any], ctx: HandlerContext) -> dict[str, Any]:
    """Make, file and print the letter that was ordered; the handler of the outbox.

    A place that was changed again meanwhile has a letter of its own. A letter that cannot be made
    is a failed effect, which people see.
    """
    house = ctx.clock
    if not isinstance(house, House):
        raise TypeError("a letter needs a furnished house as the clock of the worker")
    what: What = payload["what"]
    place = session.get(Booking, payload["booking"])
    expected = "cancelled" if what == "cancelled" else "booked"
    if place is None or (place.sequence, place.status) != (payload["sequence"], expected):
        return {"via": "overtaken"}
    person = session.get_one(Person, place.person_id)
    if person.died_on is not None:
        return {"via": "nobody"}
    letter = send_letter(session, house, person, _post(session, house, place, person, what))
    if letter is None:
        raise DeliveryFailed("Der Brief zum Termin ließ sich nicht erstellen.", permanent=True)
    _record(session, house, place, what, "letter")
    return {"letter": letter.id}


def _record(session: Session, house: House, place: Booking, what: What, via: Way) -> None:
    facts: dict[str, object] = {"via": via, "what": what}
    record_booking(session, SYSTEM, "appointment.tell", place, house.now(), facts)


def _link(session: Session, house: House, place: Booking) -> str:
    return house.link("termine", "link", open_page(session, place.id, house.now()))


def _email(session: Session, place: Booking, family_of: int | None) -> str:
    """Return the address that the place was booked with, the person's, or that of the family."""
    own = (
        select(func.coalesce(func.nullif(BookingLink.email, ""), Person.email, ""))
        .select_from(Person)
        .outerjoin(BookingLink, BookingLink.booking_id == place.id)
        .where(Person.id == place.person_id)
    )
    family = select(Person.email).where(Person.id == family_of)
    return session.scalar(own) or (session.scalar(family) if family_of else "") or ""


def _words(
    session: Session, house: House, place: Booking, what: What, language: str
) -> tuple[str, ...]:
    values = values_of(session, house, place)
    if what == "cancelled":
        return (worte.say("place.cancelled", language, **values),)
    first = {"moved": "place.moved", "desk": "place.desk"}.get(what)
    told = told_of(language, values).split("\n\n")
    return (worte.say(first, language), *told) if first else tuple(told)


def _mail(
    session: Session, house: House, place: Booking, person: Person, what: What, email: str
) -> None:
    room = session.scalar(select(Desk.room).where(Desk.id == place.desk_id)) or ""
    said = person.language
    words = [*_words(session, house, place, what, said)]
    if what != "cancelled":
        words.append(worte.say("reminder.change", said))
    notice = Notice(_SUBJECTS[what], "\n\n".join(words), _link(session, house, place))
    tell_by_mail(
        session, place, CalendarOffice.of(house, room), notice, now=house.now(), email=email
    )


def _post(session: Session, house: House, place: Booking, person: Person, what: What) -> Post:
    subject = "cancelled.subject" if what == "cancelled" else "reminder.subject"
    change = f"{worte.say('reminder.change', 'de')} {_link(session, house, place)}"
    return Post(
        outcome="erinnerung",
        unit_key=place.unit_key,
        reference=case_number(session, place) or f"Termin {place.ticket}",
        fields={
            "application": worte.say(subject, "de", day=f"{place.day:%d.%m.%Y}"),
            "opening": _lines(_words(session, house, place, what, "de")),
            "hints": [] if what == "cancelled" else [change],
        },
        vorgang_id=place.vorgang_id,
        language=person.language,
        summary=_lines(_words(session, house, place, what, person.language)),
    )


def _lines(words: Sequence[str]) -> list[str]:
    return [part.replace("\n", " · ") for part in words]
