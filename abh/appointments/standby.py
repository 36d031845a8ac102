"""The standby list: who takes a freed place, by need and waiting time; never the fastest click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import any_, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, applicant_actor
from abh.appointments import availability, booking, placing, search, worte
from abh.appointments.errors import AlreadyBooked, SlotUnavailable
from abh.appointments.log import Act
from abh.appointments.placing import Wish
from abh.appointments.rules import RULES
from abh.appointments.tables import Booking, BookingLink, Standby
from abh.appointments.visits import ALONE, Visit, visit_of
from abh.kernel.clock import BERLIN
from abh.kernel.ids import new_token, token_hash
from abh.outbox.service import enqueue
from abh.persons.service import find_or_create_person
from abh.persons.tables import Person
from abh.sprachen import say

# House rules: how long an offer stands, how many a person gets, how many people are tried at once.
OFFER = timedelta(hours=2)
MOST_OFFERS = 3
MOST_NEED = 3
_TRIED = 20


class Linking(Protocol):
    """The house as this room needs it: where links into the public pages begin."""

    def link(self, *parts: str) -> str:
        """Return an absolute link."""


def join(
    session: Session,
    person: Mapping[str, Any],
    *,
    unit_key: str,
    service_key: str,
    lane: str,
    email: str,
    until: date,
    need: int,
    now: datetime,
    visit: Visit = ALONE,
) -> None:
    """Put a person on the list; who is on it already keeps the older place. Says nothing of that.

    ``need`` is 0 to 3, as with the emergency grounds. Raises ``InvalidInput`` for the person or for
    a visit that cannot be, ``NotFound`` for an unknown service.
    """
    search.need_of(session, service_key, visit)
    found = find_or_create_person(session, applicant_actor(), person, now=now).person
    row = session.execute(
        insert(Standby)
        .values(
            person_id=found.id,
            unit_key=unit_key,
            service_key=service_key,
            lane=lane,
            also=list(visit.also),
            persons=visit.persons,
            interpreter=visit.interpreter,
            needs=list(visit.needs),
            need=max(0, min(need, MOST_NEED)),
            email=email,
            until=until,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Standby.id)
    ).scalar_one_or_none()
    if row is not None:
        audit.record(
            session, applicant_actor(), "standby.join", "standby", row, now=now,
            person_id=found.id, facts={"service": service_key},
        )  # fmt: skip


class FreedPlace(Protocol):
    """Where and when a place became free: a booking that ended, or where one was before a move."""

    @property
    def unit_key(self) -> str: ...
    @property
    def desk_id(self) -> int: ...
    @property
    def day(self) -> date: ...
    @property
    def lane(self) -> str: ...
    @property
    def start_cell(self) -> int: ...
    @property
    def end_cell(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Left:
    """The place that a booking is about to leave."""

    unit_key: str
    desk_id: int
    day: date
    lane: str
    start_cell: int
    end_cell: int

    @classmethod
    def of(cls, place: Booking) -> Left:
        """Return where ``place`` is now, to be offered once it has moved."""
        return cls(
            place.unit_key, place.desk_id, place.day, place.lane, place.start_cell, place.end_cell
        )


def offer_freed(session: Session, place: FreedPlace, *, now: datetime) -> Booking | None:
    """Offer a place that just became free to the first of the list whom it suits.

    In the transaction that frees it, so that nobody who clicks fast gets it in between. Returns
    the hold, None when the place suits nobody or is too near; then it is free for all.
    """
    minutes = (place.end_cell - place.start_cell) * availability.CELL_MINUTES
    begins = availability.instant(place.day, place.start_cell)
    until = min(now + OFFER, begins - RULES.lead)
    if until <= now:
        return None
    for waiting in _candidates(session, place, minutes):
        wish = Wish(
            place.unit_key,
            waiting.service_key,
            place.lane,
            waiting.person_id,
            held_until=until,
            visit=visit_of(waiting),
        )
        act = Act(SYSTEM, "standby.offer", {"standby": waiting.id})
        try:
            held = placing.book(
                session, wish, place.day, place.start_cell, now=now, rules=RULES, act=act
            )
        except SlotUnavailable:
            return None
        except AlreadyBooked:
            continue
        waiting.offers += 1
        session.add(
            BookingLink(
                booking_id=held.id, standby_id=waiting.id, email=waiting.email, created_at=now
            )
        )
        session.flush()
        return held
    return None


# Whether the visit of a row fits into so many minutes at that very desk. A place that somebody with
# other needs cannot take must not end the turn of those who could.
_FITS = text(
    """
    (SELECT sum(s.minutes + (standby.persons - 1) * s.per_person
                + CASE WHEN standby.interpreter THEN s.interpreter_minutes ELSE 0 END) <= :minutes
            AND d.equipment @> standby.needs AND bool_and(d.equipment @> s.equipment)
     FROM service AS s, desk AS d
     WHERE (s.key = standby.service_key OR s.key = ANY (standby.also)) AND d.id = :desk
     GROUP BY d.equipment)
    """
)


def _candidates(session: Session, place: FreedPlace, minutes: int) -> list[Standby]:
    has_place = exists().where(
        Booking.person_id == Standby.person_id,
        or_(
            Booking.service_key == Standby.service_key,
            Booking.service_key == any_(Standby.also),
            Booking.also.overlap(Standby.also),
            Standby.service_key == any_(Booking.also),
        ),
        Booking.status.in_(booking.OPEN),
    )
    had_this = exists().where(
        BookingLink.standby_id == Standby.id,
        BookingLink.booking_id == Booking.id,
        Booking.day == place.day,
        Booking.cells == Range(place.start_cell, place.end_cell),
    )
    return list(
        session.scalars(
            select(Standby)
            .where(
                Standby.unit_key == place.unit_key,
                Standby.lane == place.lane,
                Standby.ended_at.is_(None),
                Standby.offers < MOST_OFFERS,
                Standby.until >= place.day,
                _FITS.bindparams(minutes=minutes, desk=place.desk_id),
                ~has_place,
                ~had_this,
            )
            .order_by(Standby.need.desc(), Standby.created_at, Standby.id)
            .limit(_TRIED)
            .with_for_update(of=Standby, skip_locked=True)
        )
    )


def tell_offers(session: Session, house: Linking, *, now: datetime, limit: int) -> int:
    """Mail the links of offers not told yet; return how many."""
    rows = session.execute(
        select(BookingLink, Booking, Person.language)
        .join(Booking, Booking.id == BookingLink.booking_id)
        .join(Person, Person.id == Booking.person_id)
        .where(BookingLink.told_at.is_(None), Booking.status == "held")
        .order_by(BookingLink.id)
        .limit(limit)
        .with_for_update(of=BookingLink, skip_locked=True)
    ).all()
    for row, place, language in rows:
        token = new_token()
        row.token_hash, row.told_at = token_hash(token), now
        link = house.link("termine", "link", token)
        until = (place.held_until or now).astimezone(BERLIN)
        words = worte.say(
            "offer.text",
            language,
            day=f"{place.day:%d.%m.%Y}",
            time=f"{availability.time_of(place.start_cell):%H:%M}",
            until=f"{until:%d.%m.%Y, %H:%M}",
        )
        enqueue(
            session,
            "mail",
            f"mail:angebot:{row.id}",
            {
                "to": [row.email],
                "subject": say(language, "Ein Termin ist frei geworden"),
                "text": f"{words}\n\n{link}\n",
                "attachments": [],
            },
            now=now,
        )
    session.flush()
    return len(rows)


def pass_on(session: Session, *, now: datetime, limit: int) -> int:
    """Offer places whose offer lapsed to the next of the list; end full turns; return how many."""
    rows = session.execute(
        select(BookingLink, Booking)
        .join(Booking, Booking.id == BookingLink.booking_id)
        .where(
            BookingLink.standby_id.is_not(None),
            BookingLink.passed_on.is_(False),
            Booking.status == "lapsed",
        )
        .order_by(BookingLink.id)
        .limit(limit)
        .with_for_update(of=BookingLink, skip_locked=True)
    ).all()
    for link, place in rows:
        link.passed_on = True
        session.flush()
        offer_freed(session, place, now=now)
    session.execute(
        update(Standby)
        .where(
            Standby.ended_at.is_(None),
            Standby.offers >= MOST_OFFERS,
            ~exists().where(
                BookingLink.standby_id == Standby.id,
                BookingLink.booking_id == Booking.id,
                Booking.status == "held",
            ),
        )
        .values(ended_at=now)
    )
    return len(rows)
