"""What people invited to an event are written: a mail in their language, or a letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from abh.appointments import worte
from abh.appointments.briefpost import Post, send_letter
from abh.appointments.calendar_file import CalendarOffice, event_file
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.outbox.service import enqueue
from abh.persons.tables import Person


def values_of(event: GroupEvent) -> dict[str, str]:
    """Return what the texts about an event put in."""
    begins = event.starts_at.astimezone(BERLIN)
    return {
        "title": event.title,
        "place": event.place,
        "day": f"{begins:%d.%m.%Y}",
        "time": f"{begins:%H:%M}",
        "guests": str(event.guests_each),
        "until": f"{event.reply_until:%d.%m.%Y}",
    }


def tell_invited(
    session: Session,
    house: House,
    event: GroupEvent,
    guest: EventGuest,
    person: Person,
    token: str,
    reference: str,
) -> bool:
    """Send the invitation with its link; False for somebody who cannot be reached at all."""
    link = house.link("einladung", token)
    values = values_of(event)
    said = person.language
    if person.email:
        _mail(
            session,
            house,
            guest,
            person,
            "einladung",
            worte.say("event.subject", said, title=event.title),
            f"{worte.say('event.text', said, **values)}\n\n{link}",
        )
        return True
    post = Post(
        outcome="veranstaltung",
        unit_key=event.unit_key,
        reference=reference or f"Veranstaltung {event.id}",
        fields={
            "application": f"{event.title} am {values['day']}",
            "opening": [
                f"wir laden Sie herzlich ein: {event.title}, {values['day']}, {values['time']} "
                f"Uhr, {event.place}."
            ],
            "deadline": event.reply_until.isoformat(),
            "deadline_words": "Bitte sagen Sie uns bis dahin, ob Sie kommen und mit wie vielen "
            f"Gästen (höchstens {event.guests_each}).",
            "hints": [f"Antworten können Sie hier oder am Telefon: {link}"],
        },
        vorgang_id=guest.vorgang_id,
        language=said,
        summary=[
            *_lines(worte.say("event.text", said, **values)),
            link,
        ],
    )
    return send_letter(session, house, person, post) is not None


def tell_cancelled(
    session: Session, house: House, event: GroupEvent, guest: EventGuest, person: Person
) -> bool:
    """Tell that the event does not take place; False for somebody who cannot be reached."""
    gone = guest.reply == "yes"
    return _tell(session, house, event, guest, person, "event.cancelled", in_calendar=gone)


def tell_changed(
    session: Session, house: House, event: GroupEvent, guest: EventGuest, person: Person
) -> bool:
    """Tell of another time or place; False for somebody who cannot be reached."""
    kept = guest.reply == "yes"
    return _tell(session, house, event, guest, person, "event.changed", in_calendar=kept)


def tell_withdrawn(
    session: Session,
    house: House,
    event: GroupEvent,
    guest: EventGuest,
    person: Person,
    *,
    in_calendar: bool,
) -> bool:
    """Tell that the invitation was taken back; False for somebody who cannot be reached."""
    return _tell(session, house, event, guest, person, "event.withdrawn", in_calendar=in_calendar)


def _tell(
    session: Session,
    house: House,
    event: GroupEvent,
    guest: EventGuest,
    person: Person,
    key: str,
    *,
    in_calendar: bool,
) -> bool:
    """Mail or write the text ``key``; who may have the event in the calendar gets its change."""
    values = values_of(event)
    if person.email:
        files = []
        if in_calendar:
            gone = key != "event.changed"
            data = event_file(
                event, CalendarOffice.of(house), now=house.now(), to=person.email,
                language=person.language, gone=gone,
            )  # fmt: skip
            files.append(
                {
                    "name": "termin.ics",
                    "type": "text/calendar",
                    "method": "CANCEL" if gone else "REQUEST",
                    "text": data.decode("utf-8"),
                }
            )
        text = worte.say(key, person.language, **values)
        what = f"{key}:{event.sequence}"
        _mail(session, house, guest, person, what, event.title, text, files)
        return True
    post = Post(
        outcome="veranstaltung",
        unit_key=event.unit_key,
        reference=f"Veranstaltung {event.id}",
        fields={
            "application": f"{event.title} am {values['day']}",
            "opening": _lines(worte.say(key, "de", **values)),
        },
        vorgang_id=guest.vorgang_id,
        language=person.language,
        summary=_lines(worte.say(key, person.language, **values)),
    )
    return send_letter(session, house, person, post) is not None


def _lines(text: str) -> list[str]:
    return [part.replace("\n", " · ") for part in text.split("\n\n")]


def _mail(
    session: Session,
    house: House,
    guest: EventGuest,
    person: Person,
    what: str,
    subject: str,
    text: str,
    attachments: Sequence[Mapping[str, str]] = (),
) -> None:
    enqueue(
        session,
        "mail",
        f"mail:veranstaltung:{guest.id}:{what}",
        {
            "to": [person.email],
            "subject": subject,
            "text": f"{text}\n\n{house.office.name}\n",
            "attachments": [dict(each) for each in attachments],
        },
        now=house.now(),
        vorgang_id=guest.vorgang_id,
    )
