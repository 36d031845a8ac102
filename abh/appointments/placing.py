"""From a wished time to a desk: tries the desks that have it, and offers other times if none."""

from __future__ import annotations

import random
import time as clock_time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import auskunft, availability, booking, einlass, griff, search, visits
from abh.appointments.booking import Draft
from abh.appointments.errors import SlotUnavailable
from abh.appointments.log import Act, record_booking
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.tables import Booking
from abh.appointments.visits import ALONE, Visit, visit_of
from abh.db import directly, of_driver

_ALTERNATIVES = 6
# Seconds between two looks in a rush; a place is taken in less than the first.
_PAUSES = (0.004, 0.008, 0.016, 0.032)
# So that those who looked together do not look together again; nothing is drawn by it.
_DICE = random.SystemRandom()  # keeps no state that two forked workers would share
# Takes a draft and the holds to end for it; raises SlotUnavailable when the desk has no room.
Attempt = Callable[[Draft, Sequence[Booking]], Booking]


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants a place, in which unit and lane, and what for."""

    unit_key: str
    service_key: str
    lane: str
    person_id: int
    vorgang_id: int | None = None
    invitation_id: int | None = None
    held_until: datetime | None = None
    visit: Visit = ALONE

    def parameters(self, day: date) -> dict[str, object]:
        """Return what the statements of this module take."""
        return {
            "unit": self.unit_key,
            "lane": self.lane,
            "day": day,
            "person": self.person_id,
            **self.visit.parameters(self.service_key),
        }

    def at(self, desk_id: int, day: date, start_cell: int, end_cell: int) -> Draft:
        """Return the place that this wish takes at a desk."""
        return Draft(
            self.unit_key,
            desk_id,
            day,
            start_cell,
            end_cell,
            self.lane,
            self.service_key,
            self.person_id,
            self.vorgang_id,
            self.invitation_id,
            self.held_until,
            self.visit,
        )


@dataclass(frozen=True, slots=True)
class Options:
    """The free cells of the desks that could serve, in order.

    ``lapsed``: whether a hold whose time is over keeps a cell of the wished time at one of them.
    """

    minutes: int
    equipment: Sequence[str]
    free: Mapping[int, int]
    lapsed: bool

    def has(self, start_cell: int) -> bool:
        """Whether one of the desks is free from ``start_cell`` for the whole service."""
        end = start_cell + availability.cells_of(self.minutes)
        if end > availability.CELLS:
            return False
        cells = availability.mask(start_cell, end)
        return any(bits & cells == cells for bits in self.free.values())


def place(
    session: Session,
    wish: Wish,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules,
    attempt: Attempt,
    own: Booking | None = None,
    options: Options | None = None,
) -> Booking:
    """Return what ``attempt`` made of the first desk that is free at the wished time.

    Desks with the least equipment come first, so that the barrier-free one stays for those who
    need it; among equals each person begins at another, so that a rush does not queue at one
    lock. ``own`` is the place the person gives back for this, ``options`` what the caller has just
    read. Every attempt is a savepoint: one that fails keeps no lock. Raises ``SlotUnavailable``
    with alternatives.
    """
    options = options or _options(session, wish, day, start_cell, now)
    end_cell = start_cell + availability.cells_of(options.minutes)
    if (day, start_cell) < availability.cell_not_before(now + rules.lead):
        text = "Dieser Termin ist zu nah."
        raise _unavailable(session, wish, day, now, rules, options, text)
    if start_cell < 0 or end_cell > availability.CELLS:
        raise _unavailable(session, wish, day, now, rules, options)
    cells = availability.mask(start_cell, end_cell)
    tried: set[int] = set()
    while True:
        found = _next_desk(session, wish, day, cells, now, own, options, tried)
        if found is None:
            raise _unavailable(session, wish, day, now, rules, options)
        desk_id, holds = found
        draft = wish.at(desk_id, day, start_cell, end_cell)
        try:
            return attempt(draft, holds)
        except SlotUnavailable:
            # Somebody was faster here and perhaps elsewhere: look again before the next try.
            tried.add(desk_id)
            options = _options(session, wish, day, start_cell, now)


def book(
    session: Session,
    wish: Wish,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules,
    act: Act,
    own: Booking | None = None,
    alone: bool = False,
) -> Booking:
    """Book (or hold) the wished time at the first desk that is free; ``own`` hold is given back.

    The log gets its entry ``act``, too. Usually one statement and a savepoint: a desk that nobody
    else holds at this moment is locked and taken. In a rush, where all free desks are held, it
    looks again after a few milliseconds: whoever waits at a lock wakes up at one desk only, often
    to find it taken. Who never finds one open waits in line after all, as ``place`` describes.
    ``alone``: the caller's transaction changes no other place, so a refusal that somebody else got
    meanwhile for the same wish is as good as one of its own (``auskunft``).
    Raises ``SlotUnavailable`` with alternatives and ``AlreadyBooked``.
    """
    rush = _Rush(session, wish, day, start_cell, rules) if alone and own is None else None
    far_enough = (day, start_cell) >= availability.cell_not_before(now + rules.lead)
    options: Options | None = None
    if own is None and far_enough and 0 <= start_cell < availability.CELLS:
        einlass.enter(session)
        for pause in _PAUSES:
            if rush is not None:
                rush.answer()
            taken = griff.take(session, wish, day, start_cell, act, now=now)
            if taken is not None:
                return taken
            if rush is not None:
                rush.answer()
            options = _options(session, wish, day, start_cell, now)
            if not options.has(start_cell):
                break
            clock_time.sleep(pause * (0.5 + _DICE.random()))
    given_back = () if own is None else (own,)

    def attempt(draft: Draft, lapsed: Sequence[Booking]) -> Booking:
        return booking.reserve(session, [draft], now=now, replacing=[*given_back, *lapsed])[0]

    try:
        taken = place(
            session,
            wish,
            day,
            start_cell,
            now=now,
            rules=rules,
            attempt=attempt,
            own=own,
            options=options,
        )
    except SlotUnavailable as gone:
        if rush is not None:
            rush.keep(gone)
        raise
    record_booking(session, act.actor, act.action, taken, now, dict(act.facts))
    return taken


class _Rush:
    """One wish of many that may be the same: asked at a moment, its look-ups begun later."""

    def __init__(
        self, session: Session, wish: Wish, day: date, start_cell: int, rules: BookingRules
    ) -> None:
        self.question = (
            session.get_bind(), wish.unit_key, wish.lane, wish.service_key, wish.visit, day,
            start_cell, rules,
        )  # fmt: skip
        self.asked = self.looked = auskunft.moment()

    def answer(self) -> None:
        """Raise the refusal that somebody got for the same wish since this one was asked."""
        known = auskunft.since(self.question, self.asked)
        if known is not None:
            raise known
        self.looked = auskunft.moment()

    def keep(self, gone: SlotUnavailable) -> None:
        """Keep a refusal for the others; what it says was looked up after the last ``answer``."""
        auskunft.keep(self.question, self.looked, gone)


def move_to(
    session: Session,
    actor: Actor | None,
    current: Booking,
    day: date,
    start_cell: int,
    *,
    now: datetime,
    rules: BookingRules = RULES,
) -> Booking:
    """Move ``current`` to the first desk free at the new time (no actor: the person by link)."""
    before: dict[str, object] = {
        "from_day": current.day.isoformat(),
        "from_cell": current.start_cell,
    }
    if (current.day, current.start_cell) == (day, start_cell):
        return current
    wish = Wish(
        current.unit_key,
        current.service_key,
        current.lane,
        current.person_id,
        visit=visit_of(current),
    )

    def attempt(draft: Draft, lapsed: Sequence[Booking]) -> Booking:
        return booking.move(session, current, draft, now=now, replacing=lapsed)

    moved = place(
        session, wish, day, start_cell, now=now, rules=rules, attempt=attempt, own=current
    )
    record_booking(session, actor, "appointment.move", moved, now, before)
    return moved


# As text: everybody who comes too late asks this, and building it anew costs more than running it.
_OPTIONS = of_driver(
    f"""
    SELECT s.minutes, s.equipment, d.id, dd.free,
           EXISTS (SELECT 1 FROM booking b
                   WHERE b.desk_id = d.id AND b.day = :day AND b.status = 'held'
                     AND b.held_until <= CAST(:now AS timestamptz)
                     AND b.cells && int4range(:start, CAST(:start + (s.minutes + 4) / 5 AS int)))
             AS lapsed
    FROM ({visits.NEED}) AS s
    LEFT JOIN (desk_day dd JOIN desk d ON d.id = dd.desk_id)
      ON dd.unit_key = :unit AND dd.lane = :lane AND dd.day = :day AND d.equipment @> s.equipment
    ORDER BY cardinality(d.equipment),
             mod(d.id * 7919 + CAST(:person AS bigint) * 104729, 1009), d.id
    """  # nosec B608: only our own constants
)


def _options(session: Session, wish: Wish, day: date, start_cell: int, now: datetime) -> Options:
    start = min(max(start_cell, 0), availability.CELLS)
    wanted = {**wish.parameters(day), "start": start, "now": now}
    rows = directly(session.connection(), _OPTIONS, wanted).fetchall()
    if not rows:
        raise search.refused(session, wish.service_key, wish.visit)
    minutes, equipment = rows[0][:2]
    desks = [row[2:] for row in rows if row[2] is not None]
    free = {desk: availability.from_bytes(bits) for desk, bits, _ in desks}
    return Options(minutes, equipment, free, any(lapsed for *_, lapsed in desks))


def _next_desk(
    session: Session,
    wish: Wish,
    day: date,
    cells: int,
    now: datetime,
    own: Booking | None,
    options: Options,
    tried: Collection[int],
) -> tuple[int, Sequence[Booking]] | None:
    """Return the first desk that looks free; else one kept only by holds whose time is over."""
    free = {desk: bits for desk, bits in options.free.items() if desk not in tried}
    if own is not None and own.day == day and own.desk_id in free and own.lane == wish.lane:
        free[own.desk_id] |= availability.mask(own.start_cell, own.end_cell)
    for desk_id, bits in free.items():
        if bits & cells == cells:
            return desk_id, ()
    if not options.lapsed:
        return None
    for desk_id, holds in _lapsed_holds(session, list(free), day, cells, now).items():
        given_back = availability.union((hold.start_cell, hold.end_cell) for hold in holds)
        if (free[desk_id] | given_back) & cells == cells:
            return desk_id, holds
    return None


def _lapsed_holds(
    session: Session, desks: Sequence[int], day: date, cells: int, now: datetime
) -> dict[int, list[Booking]]:
    start, end = next(availability.runs(cells))
    wanted = {"desks": list(desks), "day": day, "now": now, "start": start, "end": end}
    found: dict[int, list[Booking]] = {}
    for hold in session.scalars(_LAPSED, wanted):
        found.setdefault(hold.desk_id, []).append(hold)
    return found


# As text, like ``_OPTIONS``: everybody who comes too late asks this. The columns are named, for
# they are taken by their place, and a migration adds new ones at the end of the table.
_LAPSED = select(Booking).from_statement(
    text(
        f"""
        SELECT {", ".join(column.name for column in Booking.__table__.c)} FROM booking
        WHERE desk_id = ANY(CAST(:desks AS bigint[])) AND day = :day AND status = 'held'
          AND held_until <= CAST(:now AS timestamptz) AND cells && int4range(:start, :end)
        ORDER BY desk_id, id
        """  # nosec B608: only our own constants
    ).columns(*Booking.__table__.c)
)


def _unavailable(
    session: Session,
    wish: Wish,
    day: date,
    now: datetime,
    rules: BookingRules,
    options: Options,
    message: str = "",
) -> SlotUnavailable:
    # What the service needs is known here, unless not every desk will do.
    need = None if options.equipment else search.Need(wish.service_key, options.minutes, None)
    alternatives = search.free_slots(
        session,
        wish.unit_key,
        wish.service_key,
        wish.lane,
        from_day=day,
        days=rules.offer_days,
        limit=_ALTERNATIVES,
        now=now,
        rules=rules,
        need=need,
        visit=wish.visit,
    )
    return SlotUnavailable(message, alternatives=alternatives)
