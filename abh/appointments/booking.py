"""Taking, moving and giving back places: under the lock of the desk day, guarded by constraints."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, manager_of_class

from abh.appointments import availability, desk_days, tickets
from abh.appointments.desk_days import DeskAndDay, Key
from abh.appointments.errors import AlreadyBooked, BookingStateChanged, HoldLapsed, SlotUnavailable
from abh.appointments.tables import Booking
from abh.appointments.visits import ALONE, Visit
from abh.kernel.errors import NotFound

# The states in which a person's one place for a purpose is still ahead.
OPEN = ("held", "booked", "checked_in", "called")


@dataclass(frozen=True, slots=True)
class Draft:
    """A place somebody wants: where and when, for whom and what for.

    With ``held_until`` it is held for confirming, without it is booked at once.
    """

    unit_key: str
    desk_id: int
    day: date
    start_cell: int
    end_cell: int
    lane: str
    service_key: str
    person_id: int
    vorgang_id: int | None = None
    invitation_id: int | None = None
    held_until: datetime | None = None
    visit: Visit = ALONE
    extra_id: int | None = None

    @property
    def status(self) -> str:
        """The state in which the place begins."""
        return "held" if self.held_until else "booked"

    @property
    def place(self) -> DeskAndDay:
        """Desk and day, which is what gets locked."""
        return self.desk_id, self.day

    @property
    def key(self) -> Key:
        """The desk day from which the cells are taken."""
        return Key(self.unit_key, self.day, self.desk_id, self.lane)


def reserve(
    session: Session, drafts: Sequence[Draft], *, now: datetime, replacing: Sequence[Booking] = ()
) -> list[Booking]:
    """Take all the places or none, in a savepoint of the caller's transaction.

    Locks: the desk days of all drafts and of the holds it is ``replacing``, in sorted order; then
    the persons' entries, sorted, in the unique index. The ticket counters belong to the desk days.
    Nobody who follows this order can deadlock, so call it once in a transaction, with all places at
    once. The constraints guard against anybody who does not follow.
    Raises ``SlotUnavailable`` when a cell is taken, ``AlreadyBooked`` when the person has a place.
    On error nothing is changed and no lock is kept.
    """
    with session.begin_nested():
        places = {draft.place for draft in drafts} | {(old.desk_id, old.day) for old in replacing}
        free = desk_days.lock(session, places)
        if replacing:
            _end(session, [old.id for old in replacing], ("held",), "lapsed", now)
            free = desk_days.refresh(session, places)
        before = dict(free)
        for draft in drafts:
            cells = availability.mask(draft.start_cell, draft.end_cell)
            if free.get(draft.key, 0) & cells != cells:
                raise SlotUnavailable()
            free = without(free, draft.place, cells)
        booked = _insert(session, drafts, free, now)
        stored = {draft.key for draft in drafts}
        for row in sorted(row for row in free if free[row] != before[row] and row not in stored):
            desk_days.store(session, row, free[row])
        return booked


def without(free: dict[Key, int], place: DeskAndDay, cells: int) -> dict[Key, int]:
    """Return the free cells with ``cells`` taken from all lanes of a desk and day."""
    return {
        key: bits & ~cells if (key.desk_id, key.day) == place else bits
        for key, bits in free.items()
    }


# What a new place is told, and what comes back; what it has by default stands in the table. Reading
# each column, a range and three instants costs more than taking the place.
COLUMNS = """unit_key, desk_id, day, cells, lane, service_key, person_id,
            vorgang_id, invitation_id, status, held_until, created_at, also, persons, interpreter,
            needs, extra_id, ticket"""
BACK = ("id", "ticket")
_NEW: Mapping[str, object] = {
    **{each.name: None for each in Booking.__table__.c if each.nullable and not each.computed},
    "sequence": 0,
    "calls": 0,
}
# One statement for number, place and what is left of the desk: the shortest time others wait.
_TAKE = f"""
    WITH counter AS ({tickets.COUNT}), taken AS (
        INSERT INTO booking ({COLUMNS})
        SELECT :unit, :desk, :day, int4range(:start, :end), :lane, :service, :person,
            CAST(:vorgang AS bigint), CAST(:invitation AS bigint), :status,
            CAST(:held_until AS timestamptz), CAST(:now AS timestamptz), CAST(:also AS text[]),
            :persons, :interpreter, CAST(:needs AS text[]), CAST(:extra AS bigint),
            :prefix || lpad(last::text, greatest(2, length(last::text)), '0')
        FROM counter ON CONFLICT DO NOTHING RETURNING {", ".join(BACK)}
    ), stored AS (
        UPDATE desk_day SET free = :free, longest = :longest
        WHERE unit_key = :unit AND day = :day AND desk_id = :desk AND lane = :lane
          AND EXISTS (SELECT 1 FROM taken)
    )
    SELECT * FROM taken
"""  # nosec B608: only our own constants
_TAKEN = text(_TAKE)


def _insert(
    session: Session, drafts: Sequence[Draft], free: Mapping[Key, int], now: datetime
) -> list[Booking]:
    booked = []
    for draft in sorted(drafts, key=lambda draft: (draft.person_id, draft.service_key)):
        taken = _take(session, draft, free[draft.key], now)
        if taken is None:
            raise why_refused(session, drafts)
        booked.append(taken)
    return booked


def take_locked(session: Session, draft: Draft, left: int, *, now: datetime) -> Booking:
    """Take a place whose desk day the caller has just locked and found free.

    ``left`` are the cells that remain free. Raises ``AlreadyBooked``; the caller's transaction can
    go on, it only keeps the lock.
    """
    taken = _take(session, draft, left, now)
    if taken is None:
        raise why_refused(session, [draft])
    return taken


def _take(session: Session, draft: Draft, left: int, now: datetime) -> Booking | None:
    row = session.execute(
        _TAKEN,
        {
            "unit": draft.unit_key,
            "desk": draft.desk_id,
            "day": draft.day,
            "start": draft.start_cell,
            "end": draft.end_cell,
            "lane": draft.lane,
            "service": draft.service_key,
            "person": draft.person_id,
            "vorgang": draft.vorgang_id,
            "invitation": draft.invitation_id,
            "status": draft.status,
            "held_until": draft.held_until,
            "now": now,
            "also": list(draft.visit.also),
            "persons": draft.visit.persons,
            "interpreter": draft.visit.interpreter,
            "needs": list(draft.visit.needs),
            "extra": draft.extra_id,
            "prefix": tickets.prefix(
                tickets.EXTRA if draft.extra_id else draft.lane, draft.desk_id
            ),
            "free": availability.to_bytes(left),
            "longest": availability.longest_run(left),
        },
    ).one_or_none()
    if row is None:
        return None
    return as_read(session, draft, row.id, row.ticket, now)


def as_read(session: Session, draft: Draft, new_id: int, ticket: str, now: datetime) -> Booking:
    """Return the object of the row just written for ``draft``, without reading it again."""
    taken: Booking = manager_of_class(Booking).new_instance()
    instance_dict(taken).update(
        _NEW,
        id=new_id,
        ticket=ticket,
        unit_key=draft.unit_key,
        desk_id=draft.desk_id,
        day=draft.day,
        cells=Range(draft.start_cell, draft.end_cell),
        lane=draft.lane,
        service_key=draft.service_key,
        person_id=draft.person_id,
        vorgang_id=draft.vorgang_id,
        invitation_id=draft.invitation_id,
        status=draft.status,
        held_until=draft.held_until,
        created_at=now,
        also=list(draft.visit.also),
        persons=draft.visit.persons,
        interpreter=draft.visit.interpreter,
        needs=list(draft.visit.needs),
        extra_id=draft.extra_id,
    )
    make_transient_to_detached(taken)
    session.add(taken)
    return taken


def why_refused(session: Session, drafts: Sequence[Draft]) -> Exception:
    """Return what to raise for places that a constraint refused: the person's own, or a cell."""
    existing = session.scalar(
        select(Booking.id).where(
            or_(*(of_person(each.person_id, each.service_key, *each.visit.also) for each in drafts))
        )
    )
    return AlreadyBooked(booking_id=existing) if existing else SlotUnavailable()


def of_person(person_id: int, *services: str) -> ColumnElement[bool]:
    """Return the condition of the person's open places for any of the services."""
    wanted = list(services)
    return and_(
        Booking.person_id == person_id,
        Booking.status.in_(OPEN),
        or_(Booking.service_key.in_(wanted), Booking.also.overlap(wanted)),
    )


_CONFIRM = (
    update(Booking)
    .where(
        Booking.id == bindparam("hold"),
        Booking.status == "held",
        Booking.held_until > bindparam("now"),
    )
    .values(status="booked", held_until=None)
    .returning(Booking)
    .execution_options(populate_existing=True, synchronize_session=False)
)


def confirm(session: Session, hold_id: int, *, now: datetime) -> Booking:
    """Turn a hold into a booking; confirming twice is confirming once.

    Locks the booking only: its cells stay taken. Raises ``HoldLapsed`` when the time is over and
    ``NotFound`` for an unknown one.
    """
    booking = session.scalar(_CONFIRM, {"hold": hold_id, "now": now})
    if booking is not None:
        return booking
    current = session.get(Booking, hold_id, populate_existing=True)
    if current is None:
        raise NotFound("Diese Reservierung gibt es nicht.")
    if current.status in ("held", "lapsed"):
        raise HoldLapsed()
    if current.status != "booked":
        raise BookingStateChanged()
    return current


def cancel(session: Session, booking: Booking, *, now: datetime) -> Booking:
    """Give a held or booked place back; its cells are free when the caller commits.

    Raises ``BookingStateChanged`` when it was called, served, moved or cancelled meanwhile.
    """
    if not cancel_all(session, [booking], now=now):
        raise BookingStateChanged()
    return session.get_one(Booking, booking.id, populate_existing=True)


def cancel_all(session: Session, bookings: Sequence[Booking], *, now: datetime) -> list[int]:
    """Give back those of the places that are still held or booked; return their ids.

    All desk days are locked at once, in sorted order; call it once in a transaction.
    """
    places = {(booking.desk_id, booking.day) for booking in bookings}
    desk_days.lock(session, places)
    ended = [
        booking.id
        for booking in bookings
        if _end(session, [booking.id], ("held", "booked"), "cancelled", now, _still_at(booking))
    ]
    desk_days.refresh(session, places)
    return ended


def miss(session: Session, booking: Booking, *, now: datetime) -> Booking:
    """Record that the person did not come; what is left of the place is free again.

    Raises ``BookingStateChanged`` when the person was compared at the desk or the booking changed
    meanwhile. Who only reported in the waiting room may have left it.
    """
    desk_days.lock(session, [(booking.desk_id, booking.day)])
    absent = and_(_still_at(booking), Booking.checked_in_at.is_(None))
    if not _end(session, [booking.id], ("booked", "checked_in", "called"), "no_show", now, absent):
        raise BookingStateChanged()
    desk_days.refresh(session, [(booking.desk_id, booking.day)])
    return session.get_one(Booking, booking.id, populate_existing=True)


def move(
    session: Session,
    booking: Booking,
    to: Draft,
    *,
    now: datetime,
    replacing: Sequence[Booking] = (),
) -> Booking:
    """Move a booking to another place in one act: nobody loses the old place without the new one.

    The booking keeps its id; ``sequence`` grows so that calendars follow. Locks both desk days in
    sorted order; ``replacing`` are lapsed holds on the new one. Raises ``SlotUnavailable`` (the old
    place stays) or ``BookingStateChanged``.
    """
    old, was_extra = (booking.desk_id, booking.day), booking.extra_id is not None
    own = availability.mask(booking.start_cell, booking.end_cell)
    with session.begin_nested():
        free = desk_days.lock(session, [old, to.place])
        if replacing:
            _end(session, [hold.id for hold in replacing], ("held",), "lapsed", now)
            free = desk_days.refresh(session, [old, to.place])
        cells = availability.mask(to.start_cell, to.end_cell)
        there = free.get(to.key, 0)
        if old == to.place and to.key in free and to.lane == booking.lane:
            there |= own
        if there & cells != cells:
            raise SlotUnavailable()
        _relocate(session, booking, to)
        desk_days.refresh(session, {old, to.place})
    moved = session.get_one(Booking, booking.id, populate_existing=True)
    if (old[1], booking.unit_key) != (to.day, to.unit_key) or was_extra or not moved.ticket:
        tickets.give(session, moved)
    return moved


def _relocate(session: Session, booking: Booking, to: Draft) -> None:
    statement = (
        update(Booking)
        .where(
            Booking.id == booking.id,
            Booking.status == "booked",
            Booking.desk_id == booking.desk_id,
            Booking.day == booking.day,
            Booking.cells == booking.cells,
        )
        .values(
            unit_key=to.unit_key,
            desk_id=to.desk_id,
            day=to.day,
            cells=Range(to.start_cell, to.end_cell),
            lane=to.lane,
            extra_id=None,
            sequence=Booking.sequence + 1,
        )
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    )
    try:
        moved = session.execute(statement).first()
    except IntegrityError as error:
        raise SlotUnavailable() from error
    if moved is None:
        raise BookingStateChanged()


def lapse_holds(session: Session, *, now: datetime, limit: int) -> int:
    """End up to ``limit`` holds whose time is over and free their cells; return how many.

    Reads them first, then locks desk days in order, then ends those that are still due: a hold
    confirmed in between stays.
    """
    due = session.execute(
        select(Booking.id, Booking.desk_id, Booking.day)
        .where(Booking.status == "held", Booking.held_until <= now)
        .order_by(Booking.held_until, Booking.id)
        .limit(limit)
    ).all()
    if not due:
        return 0
    places = {(row.desk_id, row.day) for row in due}
    desk_days.lock(session, places)
    ended = _end(
        session, [row.id for row in due], ("held",), "lapsed", now, Booking.held_until <= now
    )
    desk_days.refresh(session, places)
    return ended


def _still_at(booking: Booking) -> ColumnElement[bool]:
    # The lock taken is of the place we read; a booking moved meanwhile is under another.
    return and_(Booking.desk_id == booking.desk_id, Booking.day == booking.day)


def _end(
    session: Session,
    ids: Collection[int],
    from_states: Sequence[str],
    to_state: str,
    now: datetime,
    condition: ColumnElement[bool] | None = None,
) -> int:
    statement = (
        update(Booking)
        .where(Booking.id.in_(ids), Booking.status.in_(from_states))
        .values(status=to_state, closed_at=now, sequence=Booking.sequence + 1)
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    )
    if condition is not None:
        statement = statement.where(condition)
    return len(session.execute(statement).all())
