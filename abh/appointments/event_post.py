"""What people invited to an event are written: a mail in their language, or a letter."""

from __future__ import annotations

from sqlalchemy.orm import Session

from abh.appointments import worte
from abh.appointments.briefpost import Post, send_letter
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
            *(
                part.replace("\n", " · ")
                for part in worte.say("event.text", said, **values).split("\n\n")
            ),
            link,
        ],
    )
    return send_letter(session, house, person, post) is not None


def tell_cancelled(
    session: Session, house: House, event: GroupEvent, guest: EventGuest, person: Person
) -> bool:
    """Tell that the event does not take place; False for somebody who cannot be reached."""
    values = values_of(event)
    words = {"title": event.title, "day": values["day"]}
    if person.email:
        text = worte.say("event.cancelled", person.language, **words)
        _mail(session, house, guest, person, "absage", event.title, text)
        return True
    post = Post(
        outcome="veranstaltung",
        unit_key=event.unit_key,
        reference=f"Veranstaltung {event.id}",
        fields={
            "application": f"{event.title} am {values['day']}",
            "opening": [worte.say("event.cancelled", "de", **words)],
        },
        vorgang_id=guest.vorgang_id,
        language=person.language,
        summary=[worte.say("event.cancelled", person.language, **words)],
    )
    return send_letter(session, house, person, post) is not None


def _mail(
    session: Session,
    house: House,
    guest: EventGuest,
    person: Person,
    what: str,
    subject: str,
    text: str,
) -> None:
    enqueue(
        session,
        "mail",
        f"mail:veranstaltung:{guest.id}:{what}",
        {
            "to": [person.email],
            "subject": subject,
            "text": f"{text}\n\n{house.office.name}\n",
            "attachments": [],
        },
        now=house.now(),
        vorgang_id=guest.vorgang_id,
    )
