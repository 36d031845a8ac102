"""Counselling days with the Expat Service Desk: companies name employees, who are then invited.

The event belongs to a Sachgebiet and has its places as any other; a company sees the day, how many
places are free, and what its own people answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from abh.appointments import event_guests, events
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.house import House
from abh.fastlane.zugang import REFUSED, Acting, mandate_clause, note_looks, require_write
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.names import full_name
from abh.persons.tables import Person
from abh.workflows.tables import Vorgang

SCOPE = "appointments"
MOST_DAYS = 10
MOST_PEOPLE = 200
MOST_AT_ONCE = 60
TOO_MANY = "So viele Plätze sind nicht mehr frei."


@dataclass(frozen=True, slots=True)
class Eingeladen:
    """Somebody of the company who is invited, and the answer: ``open``, ``yes`` or ``no``."""

    name: str
    number: str
    reply: str


@dataclass(frozen=True, slots=True)
class Kandidat:
    """Somebody the company may name: the open case in the Sachgebiet of the day."""

    person_id: int
    vorgang_id: int
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A day as the company sees it."""

    event: GroupEvent
    free: int
    invited: Sequence[Eingeladen] = ()
    people: Sequence[Kandidat] = field(default_factory=tuple)


def days(session: Session, house: House, who: Acting) -> list[Tag]:
    """Return the coming days to which companies may name people, next first, at most 10.

    The look at the people shown is recorded.
    """
    found = session.scalars(
        select(GroupEvent)
        .where(*_coming(house))
        .order_by(GroupEvent.starts_at, GroupEvent.id)
        .limit(MOST_DAYS)
    ).all()
    looked: dict[int, None] = {}
    shown = []
    for event in found:
        invited = session.execute(_own(who, house, event, there=True)).all()
        people = session.execute(_own(who, house, event, there=False)).all()
        looked |= dict.fromkeys(row.Vorgang.id for row in (*invited, *people))
        shown.append(
            Tag(
                event,
                event.places - event.taken,
                [Eingeladen(_name(row), row.Vorgang.number, row.reply) for row in invited],
                [_candidate(row) for row in people],
            )
        )
    note_looks(session, who, list(looked), what="fastlane.list", now=house.now())
    return shown


def name_people(
    session: Session, house: House, who: Acting, event_id: int, person_ids: Sequence[int]
) -> int:
    """Have employees invited to a day: all of them, or nobody; returns how many.

    They get the invitation themselves, by mail or letter, and answer it themselves. Raises
    ``NotAllowed``, ``NotFound`` in the same words for a day that takes no names and for people
    without mandate, ``InvalidInput`` for nobody chosen, ``EventFull``, ``Conflict``.
    """
    require_write(who)
    wanted = sorted(set(person_ids))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        text = f"Bitte wählen Sie 1 bis {MOST_AT_ONCE} Personen."
        raise InvalidInput([FieldProblem("person", text)])
    event = session.scalars(
        select(GroupEvent).where(GroupEvent.id == event_id, *_coming(house))
    ).one_or_none()
    if event is None:
        raise NotFound("Diesen Tag gibt es nicht, oder er nimmt keine Namen mehr.")
    rows = session.execute(_own(who, house, event, there=False).where(Person.id.in_(wanted))).all()
    chosen = {row.Person.id: _candidate(row) for row in rows}
    if len(chosen) < len(wanted):
        raise NotFound(REFUSED)
    if len(wanted) > event.places - event.taken:
        raise Conflict(TOO_MANY)
    for person_id in wanted:
        one = chosen[person_id]
        event_guests.invite_named(
            session, house, who.actor, event, person_id,
            vorgang_id=one.vorgang_id, reference=one.number,
        )  # fmt: skip
    return len(wanted)


def _coming(house: House) -> list[Any]:
    kinds = [key for key, kind in events.KINDS.items() if kind.for_firms]
    return [
        GroupEvent.kind.in_(kinds),
        GroupEvent.cancelled_at.is_(None),
        GroupEvent.starts_at > house.now(),
        GroupEvent.reply_until >= house.now().astimezone(BERLIN).date(),
    ]


def _own(who: Acting, house: House, event: GroupEvent, *, there: bool) -> Any:
    """Return the company's people of the event's Sachgebiet: those invited, or all others."""
    covered = (
        mandate_clause(who, SCOPE, day=house.today),
        Vorgang.closed_at.is_(None),
        Vorgang.unit_key == event.unit_key,
    )
    query: Any
    if there:
        query = (
            select(Vorgang, Person, EventGuest.reply)
            .join(EventGuest, EventGuest.vorgang_id == Vorgang.id)
            .where(EventGuest.event_id == event.id, EventGuest.reply != "withdrawn")
        )
    else:
        invited = exists().where(
            EventGuest.event_id == event.id,
            EventGuest.person_id == Vorgang.person_id,
            EventGuest.reply != "withdrawn",
        )
        query = select(Vorgang, Person).where(~invited)
    return (
        query.join(Person, Person.id == Vorgang.person_id)
        .where(*covered)
        .order_by(Person.name_search, Vorgang.id)
        .limit(MOST_PEOPLE)
    )


def _candidate(row: Any) -> Kandidat:
    return Kandidat(row.Person.id, row.Vorgang.id, _name(row), row.Vorgang.number)


def _name(row: Any) -> str:
    return full_name(row.Person.given_names, row.Person.family_name)
