"""Many places of one purpose in one statement: tickets, bookings, what is left of the desks.

For groups: while fifty single statements go back and forth, others wait for the desks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.appointments import availability, booking, desk_days, tickets
from abh.appointments.booking import Draft
from abh.appointments.errors import SlotUnavailable
from abh.appointments.tables import Booking

# Counters in the order of their key, persons in theirs: nobody who follows it waits in a circle.
# The rank of a place at its desk and day makes its number of the day.
_TAKE_ALL = text(
    """
    WITH wanted AS (
        SELECT w.*, row_number() OVER (PARTITION BY day, desk ORDER BY first) AS rank,
               count(*) OVER (PARTITION BY day, desk) AS size
          FROM unnest(CAST(:days AS date[]), CAST(:desks AS bigint[]), CAST(:firsts AS int[]),
                      CAST(:lasts AS int[]), CAST(:persons AS bigint[]),
                      CAST(:cases AS bigint[]), CAST(:prefixes AS text[]))
               AS w(day, desk, first, last, person, vorgang, prefix)),
    counter AS (
        INSERT INTO ticket_counter AS t (unit_key, day, desk_id, last)
        SELECT :unit, day, desk, count(*) FROM wanted GROUP BY day, desk ORDER BY day, desk
        ON CONFLICT (unit_key, day, desk_id) DO UPDATE SET last = t.last + excluded.last
        RETURNING day, desk_id, last)
    INSERT INTO booking (unit_key, desk_id, day, cells, lane, service_key, person_id, vorgang_id,
        status, created_at, ticket)
    SELECT :unit, w.desk, w.day, int4range(w.first, w.last), :lane, :service, w.person, w.vorgang,
           'booked', :now, w.prefix || lpad((c.last - w.size + w.rank)::text,
               greatest(2, length((c.last - w.size + w.rank)::text)), '0')
      FROM wanted w JOIN counter c ON c.day = w.day AND c.desk_id = w.desk
     ORDER BY w.person
    ON CONFLICT DO NOTHING RETURNING id
    """
)


def reserve_all(session: Session, drafts: Sequence[Draft], *, now: datetime) -> list[Booking]:
    """Book all the places or none, in a savepoint of the caller's transaction.

    All are of one unit, lane and service, plain and without a hold (``ValueError`` otherwise).
    Locks, errors and guarantees are those of ``booking.reserve``.
    """
    first = drafts[0]
    common = (first.unit_key, first.lane, first.service_key)
    if any(
        (each.unit_key, each.lane, each.service_key) != common
        or not each.visit.simple
        or each.held_until is not None
        or each.extra_id is not None
        for each in drafts
    ):
        raise ValueError("a group is one plain purpose in one lane")
    with session.begin_nested():
        free = desk_days.lock(session, {draft.place for draft in drafts})
        before = dict(free)
        for draft in drafts:
            cells = availability.mask(draft.start_cell, draft.end_cell)
            if free.get(draft.key, 0) & cells != cells:
                raise SlotUnavailable()
            free = booking.without(free, draft.place, cells)
        ids = session.scalars(_TAKE_ALL, _parameters(drafts, now)).all()
        if len(ids) < len(drafts):
            raise booking.why_refused(session, drafts)
        desk_days.store_all(session, {key: free[key] for key in free if free[key] != before[key]})
    return list(session.scalars(select(Booking).where(Booking.id.in_(ids)).order_by(Booking.id)))


def _parameters(drafts: Sequence[Draft], now: datetime) -> dict[str, object]:
    first = drafts[0]
    return {
        "days": [each.day for each in drafts],
        "desks": [each.desk_id for each in drafts],
        "firsts": [each.start_cell for each in drafts],
        "lasts": [each.end_cell for each in drafts],
        "persons": [each.person_id for each in drafts],
        "cases": [each.vorgang_id for each in drafts],
        "prefixes": [tickets.prefix(each.lane, each.desk_id) for each in drafts],
        "unit": first.unit_key,
        "lane": first.lane,
        "service": first.service_key,
        "now": now,
    }
