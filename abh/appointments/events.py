"""Group events: a ceremony, a counselling day; planned, listed, cancelled by those who lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import event_post
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.persons.schemas import LANGUAGES
from abh.persons.tables import Person

MOST_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event; ``handed`` is what everybody gets there, "" for nothing. To one that is
    ``for_firms`` companies name their employees."""

    label: str
    handed: str = ""
    for_firms: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "einbuergerungsfeier": Kind("Einbürgerungsfeier", "Einbürgerungsurkunde"),
        "beratungstag": Kind("Beratungstag"),
        "expat": Kind("Beratungstag mit dem Expat Service Desk", for_firms=True),
        "informationsabend": Kind("Informationsveranstaltung"),
    }
)


@dataclass(frozen=True, slots=True)
class Plan:
    """An event as somebody plans it; the times are instants."""

    kind: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int
    guests_each: int
    languages: Sequence[str]
    reply_until: date


class EventFull(Conflict):
    """Every place of the event is given."""

    title = "Für diese Veranstaltung sind alle Plätze vergeben."
    hint = "Wählen Sie eine andere Veranstaltung, oder die Leitung erhöht die Zahl der Plätze."


class EventOver(Conflict):
    """The event was cancelled, has begun, or answers are no longer taken."""

    title = "Auf diese Einladung lässt sich nicht mehr antworten."
    hint = "Bitte rufen Sie uns an."


def make_event(
    session: Session, actor: Actor, unit_key: str, plan: Plan, *, now: datetime
) -> GroupEvent:
    """Make an event of a unit. Raises ``NotAllowed``, ``InvalidInput`` naming every fault."""
    require(actor, Power.UNIT_LEAD, unit_key)
    problems = list(_faults(plan, now))
    if problems or actor.user_id is None:
        raise InvalidInput(problems)
    event = GroupEvent(
        unit_key=unit_key,
        kind=plan.kind,
        title=plan.title.strip(),
        place=plan.place.strip(),
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        places=plan.places,
        guests_each=plan.guests_each,
        languages=list(plan.languages),
        reply_until=plan.reply_until,
        made_by=actor.user_id,
        created_at=now,
        taken=0,
    )
    session.add(event)
    session.flush()
    _record(session, actor, "event.make", event, now, {"kind": plan.kind})
    return event


def _faults(plan: Plan, now: datetime) -> Sequence[FieldProblem]:
    begins = plan.starts_at.astimezone(BERLIN).date()
    checks = (
        ("kind", plan.kind in KINDS, "Bitte wählen Sie eine Art."),
        ("title", 0 < len(plan.title.strip()) <= 120, "Bitte angeben, höchstens 120 Zeichen."),
        ("place", 0 < len(plan.place.strip()) <= 200, "Bitte angeben, höchstens 200 Zeichen."),
        ("starts_at", plan.starts_at > now, "Der Beginn liegt in der Vergangenheit."),
        ("ends_at", plan.ends_at > plan.starts_at, "Das Ende liegt vor dem Beginn."),
        ("places", 1 <= plan.places <= 2000, "Zwischen 1 und 2000."),
        ("guests_each", 0 <= plan.guests_each <= 20, "Zwischen 0 und 20."),
        ("languages", set(plan.languages) <= set(LANGUAGES), "Diese Sprache gibt es hier nicht."),
        ("reply_until", plan.reply_until <= begins, "Nicht nach dem Tag der Veranstaltung."),
    )
    return [FieldProblem(name, text) for name, ok, text in checks if not ok]


def event_of(session: Session, actor: Actor, event_id: int) -> GroupEvent:
    """Return an event of the actor's unit; of any other it does not exist."""
    event = session.get(GroupEvent, event_id)
    if event is None or event.unit_key != actor.unit_key:
        # Who is invited to a ceremony is naturalised: that is known in the own unit only.
        raise NotFound("Diese Veranstaltung gibt es nicht.")
    require(actor, Power.CASE_COUNTER, event.unit_key)
    return event


def events_of(session: Session, actor: Actor, *, since: datetime) -> list[GroupEvent]:
    """Return the events of the actor's unit that end after ``since``, next first."""
    require(actor, Power.CASE_COUNTER, actor.unit_key)
    return list(
        session.scalars(
            select(GroupEvent)
            .where(GroupEvent.unit_key == actor.unit_key, GroupEvent.ends_at > since)
            .order_by(GroupEvent.starts_at, GroupEvent.id)
            .limit(200)
        )
    )


def open_event(session: Session, actor: Actor, event_id: int, now: datetime) -> GroupEvent:
    """Return an event to which one can still be invited; raises ``EventOver``."""
    event = event_of(session, actor, event_id)
    if event.cancelled_at is not None or event.starts_at <= now:
        raise EventOver()
    return event


def change(session: Session, house: House, actor: Actor, event_id: int, plan: Plan) -> int:
    """Change an event ahead; who would come is told of another time or place; return how many.

    Locks the event: places are not cut below what is given while somebody answers. The kind stays.
    Raises ``NotAllowed``, ``EventOver``, ``InvalidInput`` naming every fault.
    """
    require(actor, Power.UNIT_LEAD, actor.unit_key)
    event = open_event(session, actor, event_id, house.now())
    session.refresh(event, with_for_update=True)
    problems = [*_faults(replace(plan, kind=event.kind), house.now()), *_cut(session, event, plan)]
    if problems:
        raise InvalidInput(problems)
    before = (event.starts_at, event.ends_at, event.place)
    event.title, event.place = plan.title.strip(), plan.place.strip()
    event.starts_at, event.ends_at = plan.starts_at, plan.ends_at
    event.places, event.guests_each = plan.places, plan.guests_each
    event.languages, event.reply_until = list(plan.languages), plan.reply_until
    event.changed_at = house.now()
    event.sequence += 1
    session.flush()
    told = 0
    if before != (event.starts_at, event.ends_at, event.place):
        for guest, person in guests(session, event.id):
            if guest.reply in ("open", "yes"):
                told += event_post.tell_changed(session, house, event, guest, person)
    _record(session, actor, "event.change", event, house.now(), {"count": told})
    return told


def _cut(session: Session, event: GroupEvent, plan: Plan) -> Sequence[FieldProblem]:
    most = session.scalar(
        select(func.max(EventGuest.guests)).where(EventGuest.event_id == event.id)
    )
    checks = (
        ("places", plan.places >= event.taken, f"Vergeben sind schon {event.taken}."),
        ("guests_each", plan.guests_each >= (most or 0), f"Jemand bringt schon {most} Gäste mit."),
    )
    return [FieldProblem(name, text) for name, ok, text in checks if not ok]


def cancel(session: Session, house: House, actor: Actor, event_id: int) -> int:
    """Cancel an event and tell everybody who would have come; return how many were told."""
    require(actor, Power.UNIT_LEAD, actor.unit_key)
    event = open_event(session, actor, event_id, house.now())
    event.cancelled_at = house.now()
    event.sequence += 1
    session.flush()
    told = 0
    for guest, person in guests(session, event.id):
        if guest.reply in ("open", "yes"):
            told += event_post.tell_cancelled(session, house, event, guest, person)
    _record(session, actor, "event.cancel", event, house.now(), {"count": told})
    return told


def guests(session: Session, event_id: int) -> list[tuple[EventGuest, Person]]:
    """Return who is invited to an event and was not withdrawn, by name."""
    rows = session.execute(
        select(EventGuest, Person)
        .join(Person, Person.id == EventGuest.person_id)
        .where(EventGuest.event_id == event_id, EventGuest.reply != "withdrawn")
        .order_by(Person.name_search, EventGuest.id)
        .limit(MOST_SHOWN)
    )
    return [(row[0], row[1]) for row in rows]


def _record(
    session: Session,
    actor: Actor,
    action: str,
    event: GroupEvent,
    now: datetime,
    facts: dict[str, object],
) -> None:
    audit.record(session, actor, action, "group_event", event.id, now=now, facts=facts)
