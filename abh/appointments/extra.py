"""Deliberate overbooking: one person more on cells that are booked, decided and reasoned by staff.

The ordinary guards know nothing of it: the place is a row of its own with constraints of its own,
and no link, no search and no standby list ever leads to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments import availability, booking, desk_days, noshow, search
from abh.appointments.booking import Draft
from abh.appointments.desk_days import ACTIVE
from abh.appointments.errors import SlotUnavailable
from abh.appointments.extra_tables import ExtraPlace
from abh.appointments.log import record_booking
from abh.appointments.tables import Booking
from abh.appointments.visits import ALONE
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound

# Shorter reasons say nothing to who reads the log in a year.
LEAST_REASON = 10


@dataclass(frozen=True, slots=True)
class Beside:
    """A booked place beside which somebody could be put; ``extra`` says that somebody is."""

    booking_id: int
    ticket: str
    desk: str
    lane: str
    start_cell: int
    minutes: int
    service: str
    extra: bool

    @property
    def time(self) -> time:
        """The wall-clock time at which it begins."""
        return availability.time_of(self.start_cell)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one extra place more on this day would mean for a service.

    ``ended`` and ``missed`` are the visits measured in half a year, ``risk`` the chance that more
    people come than there are places. Below ``noshow.ENOUGH`` visits everybody is taken to come.
    """

    service_key: str
    service: str
    places: int
    extra: int
    ended: int
    missed: int
    risk: float


_DAY = text(
    """
    SELECT b.id, b.ticket, d.name, b.lane, lower(b.cells),
           (upper(b.cells) - lower(b.cells)) * 5, s.name, b.extra_id IS NOT NULL
    FROM booking b JOIN desk d ON d.id = b.desk_id JOIN service s ON s.key = b.service_key
    WHERE b.unit_key = :unit AND b.day = :day AND b.status IN ('held', 'booked', 'checked_in')
    ORDER BY lower(b.cells), d.name, b.id LIMIT 500
    """
)
_OUTLOOK = text(
    """
    SELECT s.key, s.name,
           count(*) FILTER (WHERE b.day = :day AND b.extra_id IS NULL AND b.status = ANY(:active)),
           count(*) FILTER (WHERE b.day = :day AND b.extra_id IS NOT NULL
                              AND b.status = ANY(:active)),
           count(*) FILTER (WHERE b.status IN ('served', 'no_show') AND b.created_at > :since),
           count(*) FILTER (WHERE b.status = 'no_show' AND b.created_at > :since)
    FROM service s JOIN booking b ON b.service_key = s.key AND b.unit_key = :unit
    WHERE b.day = :day OR (b.status IN ('served', 'no_show') AND b.created_at > :since)
    GROUP BY s.key, s.name ORDER BY s.name
    """
)


def booked_places(session: Session, actor: Actor, unit_key: str, day: date) -> list[Beside]:
    """Return the booked places of a day, in order of time; at most 500."""
    require(actor, Power.EXTRA_PLACE, unit_key)
    return [Beside(*row) for row in session.execute(_DAY, {"unit": unit_key, "day": day})]


def outlook(
    session: Session, actor: Actor, unit_key: str, day: date, *, now: datetime
) -> list[Outlook]:
    """Return by service what one extra place more on ``day`` would mean. One statement."""
    require(actor, Power.EXTRA_PLACE, unit_key)
    rows = session.execute(
        _OUTLOOK,
        {"unit": unit_key, "day": day, "since": now - noshow.SINCE, "active": list(ACTIVE)},
    )
    return [
        Outlook(
            key,
            name,
            places,
            extra,
            ended,
            missed,
            _risk(places=places, booked=places + extra + 1, ended=ended, missed=missed),
        )
        for key, name, places, extra, ended, missed in rows
        if places
    ]


def _risk(*, places: int, booked: int, ended: int, missed: int) -> float:
    return noshow.overflow_risk(places, booked, noshow.cautious_rate(ended, missed))


def book_extra(
    session: Session,
    actor: Actor,
    beside_id: int,
    *,
    person_id: int,
    vorgang_id: int | None,
    service_key: str,
    reason: str,
    clock: Clock,
) -> Booking:
    """Put a person on an extra place that begins with the booked place ``beside_id``.

    Needs the power and a reason; the reason and the risk of that moment stay with the place.
    Raises ``InvalidInput`` without a reason, ``Conflict`` when the time is free or off the roster
    (then it is booked the usual way), ``SlotUnavailable`` when somebody has the extra place,
    ``AlreadyBooked``. Locks the desk day, as every booking does.
    """
    beside = session.get(Booking, beside_id)
    if beside is None:
        raise NotFound("Diesen Termin gibt es nicht.")
    require(actor, Power.EXTRA_PLACE, beside.unit_key)
    if len(reason.strip()) < LEAST_REASON:
        text_ = f"Bitte begründen (mindestens {LEAST_REASON} Zeichen); es steht im Protokoll."
        raise InvalidInput([FieldProblem("reason", text_)])
    now = clock.now()
    need = search.need_of(session, service_key)
    end_cell = beside.start_cell + need.length
    if beside.day < today(clock):
        raise Conflict("Dieser Tag ist vorbei.")
    risk = _risk_now(session, actor, beside, service_key, now)
    with session.begin_nested():
        free = desk_days.lock(session, [(beside.desk_id, beside.day)])
        left = _left(session, beside, end_cell, free)
        extra_id = _make(session, actor, beside, end_cell, reason.strip(), risk, now)
        draft = Draft(
            beside.unit_key,
            beside.desk_id,
            beside.day,
            beside.start_cell,
            end_cell,
            beside.lane,
            service_key,
            person_id,
            vorgang_id,
            visit=ALONE,
            extra_id=extra_id,
        )
        taken = booking.take_locked(session, draft, left, now=now)
        desk_days.refresh(session, [draft.place])
    facts: dict[str, object] = {"reason": reason.strip(), "risk_permille": risk, "extra": extra_id}
    record_booking(session, actor, "appointment.extra", taken, now, facts)
    return taken


def _risk_now(
    session: Session, actor: Actor, beside: Booking, service_key: str, now: datetime
) -> int:
    rows = outlook(session, actor, beside.unit_key, beside.day, now=now)
    mine = next((row for row in rows if row.service_key == service_key), None)
    # A service without a place on this day has no slack at all.
    return 1000 if mine is None else round(1000 * mine.risk)


_ROSTERED = text(
    """
    SELECT coalesce((SELECT range_agg(cells) FROM roster_block
        WHERE unit_key = :unit AND desk_id = :desk AND day = :day AND lane = :lane)
        @> int4range(:start, :end), false)
    """
)


def _left(session: Session, beside: Booking, end_cell: int, free: dict[desk_days.Key, int]) -> int:
    """Return what stays free of the desk's lane; raises ``Conflict`` for no such place."""
    rostered = end_cell <= availability.CELLS and session.scalar(
        _ROSTERED,
        {
            "unit": beside.unit_key,
            "desk": beside.desk_id,
            "day": beside.day,
            "lane": beside.lane,
            "start": beside.start_cell,
            "end": end_cell,
        },
    )
    if not rostered:
        raise Conflict("So lange ist der Platz an diesem Tag nicht besetzt.")
    cells = availability.mask(beside.start_cell, end_cell)
    here = free.get(desk_days.Key(beside.unit_key, beside.day, beside.desk_id, beside.lane), 0)
    if here & cells == cells:
        raise Conflict("Dieser Platz ist frei; bitte buchen Sie ihn auf dem üblichen Weg.")
    return here & ~cells


def _make(
    session: Session,
    actor: Actor,
    beside: Booking,
    end_cell: int,
    reason: str,
    risk: int,
    now: datetime,
) -> int:
    cells = Range(beside.start_cell, end_cell)
    in_use = select(Booking.id).where(Booking.extra_id == ExtraPlace.id, Booking.status.in_(ACTIVE))
    # A place given back, or whose person was moved, does not stand in the way of the next.
    session.execute(
        update(ExtraPlace)
        .where(
            ExtraPlace.desk_id == beside.desk_id,
            ExtraPlace.day == beside.day,
            ExtraPlace.cells.overlaps(cells),
            ExtraPlace.withdrawn_at.is_(None),
            ~in_use.exists(),
        )
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )
    made = session.scalar(
        insert(ExtraPlace)
        .values(
            unit_key=beside.unit_key,
            desk_id=beside.desk_id,
            day=beside.day,
            cells=cells,
            reason=reason,
            risk_permille=risk,
            made_by=actor.user_id,
            made_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ExtraPlace.id)
    )
    if made is None:
        raise SlotUnavailable("Neben diesem Termin gibt es schon einen Zusatzplatz.")
    return made
