"""Takes a free place in one statement: desk found and locked, place, ticket, cells and log written.

Everybody who books comes through here first, in a rush hundreds at once, so what counts is the
time others are kept from the desk and the work of a process per place: one round trip instead of
three. The guards are those of ``booking``: the lock of the desk day and the constraints.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from abh.access import audit
from abh.appointments import availability, tickets, visits
from abh.appointments.booking import BACK, COLUMNS, as_read, why_refused
from abh.appointments.log import Act, facts_of_place
from abh.appointments.tables import Booking
from abh.db import directly, of_driver

if TYPE_CHECKING:
    from abh.appointments.placing import Wish


# Byte by byte what ``availability`` does with the integer: the cells without those of the place,
# and their longest run. ``get_bit`` counts from the lowest bit of a byte, text from the highest.
LEFT = """
    SELECT string_agg(set_byte('\\x00', 0, byte), '' ORDER BY n) AS free,
           (SELECT max(length(run)) FROM
             string_to_table(string_agg(reverse(CAST(byte AS bit(8))::text), '' ORDER BY n), '0')
             AS run) AS longest
    FROM (SELECT n, get_byte(chosen.free, n)
                 & ~(((1 << least(greatest(chosen.stop - 8 * n, 0), 8)) - 1)
                     & ~((1 << least(greatest(chosen.start - 8 * n, 0), 8)) - 1)) AS byte
          FROM generate_series(0, 35) AS n) AS bytes
"""
# The order is that of ``placing._OPTIONS``. SKIP LOCKED: who waits for nobody cannot be part of a
# circle. The row of this lane is enough: no other lane has its cells. The lock must be taken once,
# hence MATERIALIZED.
TAKE_FREE = f"""
    WITH chosen AS MATERIALIZED (
        SELECT CAST(:start AS integer) AS start, CAST(:start AS integer) + s.length AS stop,
               dd.desk_id, dd.free
        FROM (SELECT n.equipment, (n.minutes + 4) / 5 AS length FROM ({visits.NEED}) AS n) AS s
        JOIN desk_day dd ON dd.unit_key = :unit AND dd.lane = :lane AND dd.day = :day
        JOIN desk d ON d.id = dd.desk_id AND d.equipment @> s.equipment
        WHERE dd.longest >= s.length AND :start + s.length <= {availability.CELLS}
          AND NOT EXISTS (SELECT 1 FROM generate_series(:start, :start + s.length - 1) AS cell
                          WHERE get_bit(dd.free, cell) = 0)
        ORDER BY cardinality(d.equipment),
                 mod(d.id * 7919 + CAST(:person AS bigint) * 104729, 1009), d.id
        LIMIT 1 FOR UPDATE OF dd SKIP LOCKED
    ), counter AS (
        INSERT INTO ticket_counter (unit_key, day, desk_id, last)
        SELECT :unit, :day, desk_id, 1 FROM chosen
        {tickets.NEXT}
    ), taken AS (
        INSERT INTO booking ({COLUMNS})
        SELECT :unit, chosen.desk_id, :day, int4range(chosen.start, chosen.stop), :lane, :service,
            :person, CAST(:vorgang AS bigint), CAST(:invitation AS bigint), :status,
            CAST(:held_until AS timestamptz), CAST(:now AS timestamptz), CAST(:also AS text[]),
            :persons, :interpreter, CAST(:needs AS text[]), NULL,
            :letter || chosen.desk_id || lpad(last::text, greatest(2, length(last::text)), '0')
        FROM chosen, counter ON CONFLICT DO NOTHING RETURNING {", ".join(BACK)}
    ), stored AS (
        UPDATE desk_day AS dd SET free = remaining.free, longest = coalesce(remaining.longest, 0)
        FROM chosen, LATERAL ({LEFT}) AS remaining
        WHERE dd.unit_key = :unit AND dd.day = :day AND dd.lane = :lane
          AND dd.desk_id = chosen.desk_id AND EXISTS (SELECT 1 FROM taken)
    ), logged AS (
        INSERT INTO audit_entry ({", ".join(audit.COLUMNS)})
        SELECT CAST(:now AS timestamptz), :actor_kind, CAST(:actor_id AS bigint), :actor_name,
            :action, 'booking', taken.id, CAST(:vorgang AS bigint), :person, false,
            CAST(:facts AS jsonb) || jsonb_build_object('desk', chosen.desk_id)
        FROM chosen, taken
    )
    SELECT chosen.desk_id, chosen.stop, taken.id, taken.ticket FROM chosen LEFT JOIN taken ON true
"""  # nosec B608: only our own constants
_TAKE_FREE = of_driver(TAKE_FREE)


def take(
    session: Session, wish: Wish, day: date, start_cell: int, act: Act, *, now: datetime
) -> Booking | None:
    """Take the wished time at the first desk that is free and that nobody else holds.

    The entry of the log is written with it. None when no desk is open at this moment; then no lock
    is kept. Raises ``AlreadyBooked``; the caller's transaction can go on.
    """
    # A desk that changed just before it was locked is passed over but stays locked. Without the way
    # back, who waits in line afterwards would hold it and could close a circle.
    connection = session.connection()
    directly(connection, "SAVEPOINT free_desk")
    wanted = _parameters(wish, day, start_cell, act, now)
    row = directly(connection, _TAKE_FREE, wanted).fetchone()
    if row is None:
        directly(connection, "ROLLBACK TO SAVEPOINT free_desk")
        return None
    desk_id, stop, new_id, ticket = row
    draft = wish.at(desk_id, day, start_cell, stop)
    if new_id is None:
        raise why_refused(session, [draft])
    return as_read(session, draft, new_id, ticket, now)


def _parameters(
    wish: Wish, day: date, start_cell: int, act: Act, now: datetime
) -> dict[str, object]:
    entry = audit.who(act.actor)
    place = facts_of_place(day, start_cell, wish.service_key)
    return {
        **wish.parameters(day),
        "start": start_cell,
        "service": wish.service_key,
        "vorgang": wish.vorgang_id,
        "invitation": wish.invitation_id,
        "status": "held" if wish.held_until else "booked",
        "held_until": wish.held_until,
        "now": now,
        "also": list(wish.visit.also),
        "letter": tickets.prefix(wish.lane, 0),
        "action": act.action,
        **entry,
        "facts": json.dumps(audit.facts_of(act.actor, {**place, **act.facts})),
    }
