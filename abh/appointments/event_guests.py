"""People invited to a group event: invitation, answer by link, who came; never one too many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, applicant_actor
from abh.appointments import event_post, events
from abh.appointments.events import EventFull, EventOver
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.persons.tables import Person

_LONGEST_NUMBER = 40


def invite(
    session: Session,
    house: House,
    actor: Actor,
    event_id: int,
    person_id: int,
    *,
    vorgang_id: int | None = None,
    reference: str = "",
) -> EventGuest:
    """Invite a person by mail, without e-mail by letter; one place is theirs until they decline.

    Raises ``EventFull``, ``EventOver``, ``Conflict`` for somebody invited already. The guest's row
    locks the event through its trigger, so two who invite the last place wait for each other.
    """
    event = events.open_event(session, actor, event_id, house.now())
    return invite_named(
        session, house, actor, event, person_id, vorgang_id=vorgang_id, reference=reference
    )


def invite_named(
    session: Session,
    house: House,
    actor: Actor,
    event: GroupEvent,
    person_id: int,
    *,
    vorgang_id: int | None = None,
    reference: str = "",
) -> EventGuest:
    """Invite as ``invite`` does; that the actor may and the event is open, the caller has seen to.

    Raises ``EventFull``, ``Conflict``.
    """
    person = session.get_one(Person, person_id)
    token = new_token()
    guest = EventGuest(
        event_id=event.id,
        person_id=person.id,
        vorgang_id=vorgang_id,
        token_hash=token_hash(token),
        invited_at=house.now(),
        language=person.language,
    )
    _write(session, guest)
    event_post.tell_invited(session, house, event, guest, person, token, reference)
    _record_guest(session, actor, "event.invite", guest, house.now())
    return guest


def _write(session: Session, guest: EventGuest) -> None:
    """Write a guest's row; the database counts and says which rule it would break."""
    try:
        with session.begin_nested():
            session.add(guest)
            session.flush()
    except IntegrityError as error:
        if "places_suffice" in str(error.orig):
            raise EventFull() from error
        raise Conflict("Diese Person ist schon eingeladen.") from error


def by_token(session: Session, token: str) -> tuple[GroupEvent, EventGuest]:
    """Return event and guest of a link; raises ``NotFound``, the same for unknown and withdrawn."""
    row = session.execute(
        select(GroupEvent, EventGuest)
        .join(GroupEvent, GroupEvent.id == EventGuest.event_id)
        .where(EventGuest.token_hash == token_hash(token), EventGuest.reply != "withdrawn")
    ).one_or_none()
    if row is None:
        raise NotFound("Dieser Link gilt nicht (mehr).")
    return row[0], row[1]


def reply(
    session: Session,
    token: str,
    *,
    coming: bool,
    guests: int,
    accessible: bool,
    language: str,
    now: datetime,
) -> EventGuest:
    """Take the answer of somebody invited; a later one replaces it, until ``reply_until``.

    Raises ``EventOver``, ``InvalidInput`` for more guests than allowed or than there are places
    left: then the earlier answer stands.
    """
    event, guest = by_token(session, token)
    session.refresh(guest, with_for_update=True)
    late = now.astimezone(BERLIN).date() > event.reply_until or event.starts_at <= now
    if late or event.cancelled_at is not None or guest.came_at is not None:
        raise EventOver()
    if not 0 <= guests <= event.guests_each:
        text = f"Möglich sind bis zu {event.guests_each} Gäste."
        raise InvalidInput([FieldProblem("guests", text)])
    if language not in event.languages:
        language = guest.language
    guest_id = guest.id
    try:
        with session.begin_nested():
            guest.reply, guest.guests = ("yes", guests) if coming else ("no", 0)
            guest.accessible, guest.language, guest.replied_at = accessible, language, now
            session.flush()
    except IntegrityError as error:
        raise InvalidInput([FieldProblem("guests", _left(session, event.id))]) from error
    answered = session.get_one(EventGuest, guest_id, populate_existing=True)
    _record_guest(session, applicant_actor(), "event.reply", answered, now)
    return answered


def _left(session: Session, event_id: int) -> str:
    event = session.get_one(GroupEvent, event_id, populate_existing=True)
    left = event.places - event.taken
    return f"So viele Plätze sind nicht mehr frei (noch {left})."


def withdraw(session: Session, house: House, actor: Actor, guest_id: int) -> bool:
    """Take an invitation back, e.g. because the case has turned; its places are free again.

    Who might have come is told so, that nobody stands before a closed door; returns whether
    somebody was. Twice is once.
    """
    guest = _guest(session, actor, guest_id)
    if guest.came_at is not None:
        raise Conflict("Wer schon da war, wird nicht ausgeladen.")
    if guest.reply == "withdrawn":
        return False
    expected, guest.reply, guest.guests = guest.reply, "withdrawn", 0
    session.flush()
    _record_guest(session, actor, "event.withdraw", guest, house.now())
    event = session.get_one(GroupEvent, guest.event_id)
    if expected == "no" or event.cancelled_at is not None or event.starts_at <= house.now():
        return False
    person = session.get_one(Person, guest.person_id)
    return event_post.tell_withdrawn(
        session, house, event, guest, person, in_calendar=expected == "yes"
    )


def guest_list(
    session: Session, actor: Actor, event_id: int, *, now: datetime
) -> list[tuple[EventGuest, Person]]:
    """Return who is invited, by name, for checking in; the look is recorded."""
    event = events.event_of(session, actor, event_id)
    rows = events.guests(session, event.id)
    audit.record(
        session, actor, "event.list", "group_event", event.id, now=now, is_read=True,
        facts={"count": len(rows)},
    )  # fmt: skip
    return rows


def check_in(session: Session, actor: Actor, guest_id: int, *, now: datetime) -> EventGuest:
    """Record that somebody came, on the day of the event only; twice is once.

    Who did not answer, or declined and came all the same, is counted if a place is left.
    """
    guest = _guest(session, actor, guest_id)
    event = session.get_one(GroupEvent, guest.event_id)
    if event.starts_at.astimezone(BERLIN).date() != now.astimezone(BERLIN).date():
        raise Conflict("Eingelassen wird nur am Tag der Veranstaltung.")
    if event.cancelled_at is not None or guest.reply == "withdrawn":
        raise EventOver()
    if guest.came_at is None:
        if guest.reply != "yes":
            guest.reply = "yes"
        guest.came_at = now
        _write(session, guest)
        _record_guest(session, actor, "event.came", guest, now)
    return guest


def note_certificates(
    session: Session, actor: Actor, event_id: int, numbers: Mapping[int, str], *, now: datetime
) -> int:
    """Write down the numbers of what will be handed over, by guest; return how many changed.

    Raises ``InvalidInput`` for a number that is too long; two people never get the same one.
    """
    event = events.event_of(session, actor, event_id)
    changed = 0
    for guest, _person in events.guests(session, event.id):
        number = numbers.get(guest.id, guest.certificate).strip()
        if len(number) > _LONGEST_NUMBER:
            raise InvalidInput([FieldProblem("certificate", f"Zu lang: {number[:20]}…")])
        if guest.handed_over_at is None and number != guest.certificate:
            guest.certificate = number
            changed += 1
    given = [guest.certificate for guest, _ in events.guests(session, event.id)]
    twice = {number for number in given if number and given.count(number) > 1}
    if twice:
        text = f"Mehrfach vergeben: {', '.join(sorted(twice))}."
        raise InvalidInput([FieldProblem("certificate", text)])
    session.flush()
    if changed:
        facts: dict[str, object] = {"count": changed}
        audit.record(session, actor, "event.numbers", "group_event", event.id, now=now, facts=facts)
    return changed


def mark_handed(session: Session, actor: Actor, guest_id: int, *, now: datetime) -> EventGuest:
    """Record that the thing of the event was handed to somebody who came; twice is once.

    Of a case only together with its step (``abh.workflows.feier``).
    """
    guest = _guest(session, actor, guest_id)
    event = session.get_one(GroupEvent, guest.event_id)
    if not events.KINDS[event.kind].handed:
        raise Conflict("Bei dieser Veranstaltung wird nichts ausgehändigt.")
    if guest.came_at is None:
        raise Conflict("Aushändigen lässt sich nur an jemanden, der da ist.")
    if guest.handed_over_at is None:
        guest.handed_over_at, guest.handed_over_by = now, actor.user_id
        session.flush()
        _record_guest(session, actor, "event.hand_over", guest, now)
    return guest


def guest_of(session: Session, actor: Actor, guest_id: int) -> EventGuest:
    """Return a guest of an event of the actor's unit, without a lock."""
    guest = session.get(EventGuest, guest_id)
    if guest is None:
        raise NotFound("Diese Einladung gibt es nicht.")
    events.event_of(session, actor, guest.event_id)
    return guest


def _guest(session: Session, actor: Actor, guest_id: int) -> EventGuest:
    guest_of(session, actor, guest_id)
    return session.get_one(EventGuest, guest_id, with_for_update=True, populate_existing=True)


def _record_guest(
    session: Session, actor: Actor, action: str, guest: EventGuest, now: datetime
) -> None:
    audit.record(
        session,
        actor,
        action,
        "event_guest",
        guest.id,
        now=now,
        vorgang_id=guest.vorgang_id,
        person_id=guest.person_id,
        facts={"event": guest.event_id, "reply": guest.reply, "guests": guest.guests},
    )
