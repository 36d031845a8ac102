"""Open booking of simple services: a hold for ten minutes, confirmed by the link in a mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.appointments import booking, placing, search, standby
from abh.appointments.errors import AlreadyBooked, LinkGone
from abh.appointments.log import by_person, record_booking
from abh.appointments.placing import Wish
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.search import Slot
from abh.appointments.tables import Booking, BookingLink, Standby
from abh.appointments.visits import ALONE, Visit
from abh.kernel.clock import BERLIN
from abh.kernel.errors import NotFound
from abh.kernel.ids import new_token, token_hash
from abh.office.tables import Service
from abh.persons.service import find_or_create_person
from abh.sprachen import marked

LANE = "kunden"
# Built once: at every page of a booking it would cost more than to run it.
_OPEN = select(Service).where(Service.open).order_by(Service.name)
_BY_TOKEN = (
    select(BookingLink, Booking)
    .join(Booking, Booking.id == BookingLink.booking_id)
    .where(BookingLink.token_hash == bindparam("hash"))
)
_LINK = insert(BookingLink.__table__).inline()  # type: ignore[arg-type]
_SERVED = (
    update(Standby)
    .where(
        Standby.person_id == bindparam("person"),
        Standby.service_key == func.any(bindparam("services", type_=ARRAY(Text))),
        Standby.ended_at.is_(None),
    )
    .values(ended_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


def services(session: Session) -> list[Service]:
    """Return the services that anybody may book, by name."""
    return list(session.scalars(_OPEN))


def free(
    session: Session,
    unit_key: str,
    service_key: str,
    *,
    now: datetime,
    from_day: date | None = None,
    limit: int = 30,
    rules: BookingRules = RULES,
    visit: Visit = ALONE,
) -> list[Slot]:
    """Return free places of an open visit from ``from_day`` on, as far ahead as anybody sees.

    Raises ``NotFound`` for a service that is not open.
    """
    open_services(session, service_key, visit)
    present = now.astimezone(BERLIN).date()
    start = max(from_day or present, present)
    return search.free_slots(
        session,
        unit_key,
        service_key,
        LANE,
        from_day=start,
        days=max(0, rules.offer_days - (start - present).days),
        limit=limit,
        now=now,
        rules=rules,
        visit=visit,
    )


def open_services(session: Session, service_key: str, visit: Visit = ALONE) -> None:
    """Refuse with ``NotFound`` unless anybody may book all services of the visit."""
    for key in (service_key, *visit.also):
        found = session.get(Service, key)
        if found is None or not found.open:
            raise NotFound(marked("Diese Leistung lässt sich nicht ohne Einladung buchen."))


def ask(
    session: Session,
    unit_key: str,
    service_key: str,
    day: date,
    start_cell: int,
    person: Mapping[str, Any],
    *,
    email: str,
    now: datetime,
    rules: BookingRules = RULES,
    visit: Visit = ALONE,
) -> str | None:
    """Hold the place for ten minutes and return the token to mail to ``email``.

    None when the person has a place for this purpose already: the page then answers exactly the
    same. Raises ``SlotUnavailable`` with alternatives, ``InvalidInput``, ``NotFound``.
    """
    open_services(session, service_key, visit)
    actor = applicant_actor()
    found = find_or_create_person(session, actor, person, now=now).person
    wish = Wish(unit_key, service_key, LANE, found.id, held_until=now + rules.hold, visit=visit)
    act = by_person("appointment.hold")
    try:
        held = placing.book(
            session, wish, day, start_cell, now=now, rules=rules, act=act, alone=True
        )
    except AlreadyBooked:
        return None
    token = new_token()
    session.execute(
        _LINK,
        {
            "booking_id": held.id,
            "token_hash": token_hash(token),
            "email": email,
            "created_at": now,
            "told_at": now,
        },
    )
    return token


def by_token(session: Session, token: str) -> tuple[BookingLink, Booking]:
    """Return link and place; raises ``NotFound`` for an unknown token."""
    row = session.execute(_BY_TOKEN, {"hash": token_hash(token)}).one_or_none()
    if row is None:
        raise LinkGone()
    return row[0], row[1]


def confirm(session: Session, held: Booking, *, now: datetime) -> Booking:
    """Confirm the held place of a link; twice is once. Raises ``HoldLapsed``, ``NotFound``.

    Whoever accepted an offer leaves the standby list.
    """
    was_held = held.status == "held"
    booked = booking.confirm(session, held.id, now=now)
    if was_held:
        record_booking(session, None, "appointment.book", booked, now)
    services = [booked.service_key, *booked.also]
    session.execute(_SERVED, {"person": booked.person_id, "services": services, "now": now})
    return booked


def give_back(session: Session, place: Booking, *, now: datetime) -> Booking:
    """Give the place back; the next of the standby list is offered it in the same moment."""
    cancelled = booking.cancel(session, place, now=now)
    record_booking(session, None, "appointment.cancel", cancelled, now)
    standby.offer_freed(session, cancelled, now=now)
    return cancelled
