"""Free places computed from the desk days: the first ones, spread over days, one per time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.orm import Session

from abh.appointments import availability, visits
from abh.appointments.rules import RULES, BookingRules
from abh.appointments.visits import ALONE, Visit
from abh.db import of_driver
from abh.kernel.errors import DomainError, NotFound

# Exact for every unit of up to so many desks; a larger one shows times of its first desks.
_DESKS_PER_DAY = 64
_MOST_SLOTS = 500


@dataclass(frozen=True, slots=True)
class Slot:
    """A free place: ``start_cell`` in wall-clock cells of five minutes, length in minutes.

    ``desk_id`` is one desk that has it; booking may take another with the same time.
    """

    day: date
    start_cell: int
    desk_id: int
    minutes: int

    @property
    def end_cell(self) -> int:
        """The exclusive end cell."""
        return self.start_cell + availability.cells_of(self.minutes)

    @property
    def time(self) -> time:
        """The wall-clock time at which it begins."""
        return availability.time_of(self.start_cell)


@dataclass(frozen=True, slots=True)
class Need:
    """What a service needs: minutes, and the desks whose equipment suffices (None: any)."""

    service_key: str
    minutes: int
    desk_ids: tuple[int, ...] | None

    @property
    def length(self) -> int:
        """The length in cells."""
        return availability.cells_of(self.minutes)


# As text: it runs before every search, and building it anew costs more than running it.
_NEED = text(
    f"""
    SELECT n.minutes, n.equipment,
           ARRAY(SELECT d.id FROM desk d WHERE d.equipment @> n.equipment ORDER BY d.id) AS desks
    FROM ({visits.NEED}) AS n
    """  # nosec B608: only our own constants
)
_MOST_PERSONS = text(
    "SELECT key, most_persons FROM service WHERE key = ANY(CAST(:services AS text[]))"
)


def need_of(session: Session, service_key: str, visit: Visit = ALONE) -> Need:
    """Return what the visit needs. One statement.

    Raises ``NotFound`` for an unknown service, ``InvalidInput`` for too many persons.
    """
    row = session.execute(_NEED, visit.parameters(service_key)).one_or_none()
    if row is None:
        raise refused(session, service_key, visit)
    return Need(service_key, row.minutes, tuple(row.desks) if row.equipment else None)


def refused(session: Session, service_key: str, visit: Visit) -> DomainError:
    """Return why there is no such visit, as ``need_of`` raises it."""
    rows = session.execute(_MOST_PERSONS, visit.parameters(service_key))
    try:
        visits.refuse_faults(service_key, visit, {row.key: row.most_persons for row in rows})
    except DomainError as error:
        return error
    return NotFound(f"Die Dienstleistung {service_key!r} gibt es nicht.")


def free_slots(
    session: Session,
    unit_key: str,
    service_key: str,
    lane: str,
    *,
    from_day: date,
    days: int,
    limit: int,
    now: datetime,
    rules: BookingRules = RULES,
    visit: Visit = ALONE,
    need: Need | None = None,
) -> list[Slot]:
    """Return up to ``limit`` free times of ``days`` days from ``from_day``, ordered by time.

    A time free at several desks appears once. At first about a fifth of ``limit`` is taken from
    each day, spread over it, so that people who cannot come tomorrow find a place too; only when
    the days run out are more taken from each. Nothing begins before ``now`` plus the lead time.
    Usually two statements, one where the caller knows the ``need``. Raises ``NotFound`` for an
    unknown service, ``InvalidInput`` for more persons than it takes.
    """
    need = need or need_of(session, service_key, visit)
    limit = max(1, min(limit, _MOST_SLOTS))
    per_day = max(1, -(-limit // 5))
    last = from_day + timedelta(days=days - 1)
    earliest, first_cell = availability.cell_not_before(now + rules.lead)
    found: dict[date, dict[int, int]] = {}
    places = 0
    for day, free_by_desk in desks_by_day(
        session, unit_key, lane, need, max(from_day, earliest), last, 16 * limit + 1
    ):
        times = _times(free_by_desk, need, first_cell if day == earliest else 0)
        if times:
            found[day] = times
            places += min(per_day, len(times))
        if places >= limit:
            break
    return choose(found, need.minutes, per_day, limit)


def month_slots(
    session: Session,
    unit_key: str,
    service_key: str,
    lane: str,
    *,
    from_day: date,
    days: int,
    now: datetime,
    rules: BookingRules = RULES,
    visit: Visit = ALONE,
) -> dict[date, list[int]]:
    """Return every free time of ``days`` days from ``from_day``: cells in order, by day.

    For calendars, where ``free_slots`` offers a choice. A time free at several desks appears once;
    days without any are left out. Usually two statements. Raises ``NotFound`` for an unknown
    service.
    """
    need = need_of(session, service_key, visit)
    last = from_day + timedelta(days=days - 1)
    earliest, first_cell = availability.cell_not_before(now + rules.lead)
    found: dict[date, list[int]] = {}
    wanted = {
        "first": max(from_day, earliest),
        "last": last,
        "unit": unit_key,
        "lane": lane,
        "length": need.length,
        "desks": None if need.desk_ids is None else list(need.desk_ids),
    }
    for day, joined in session.execute(_MONTH, wanted):
        times = 0
        width = availability.BITMAP_BYTES
        desks = {joined[at : at + width] for at in range(0, len(joined), width)}
        if day == earliest:
            for free in desks:
                times |= _start_bits(availability.from_bytes(free), need.minutes, first_cell)
        else:
            for bits in map(_known_starts(need.minutes, desks).__getitem__, desks):
                times |= bits
        if times:
            found[day] = list(_cells_in(times))
    return found


# Most desks of a unit have one of a few days: untouched, or booked alike.
@lru_cache(maxsize=8192)
def _start_bits(free: int, minutes: int, not_before: int) -> int:
    length = availability.cells_of(minutes)
    return sum(1 << cell for cell in availability.slots(free, minutes, length, not_before))


# Start bits of the stored bitmaps seen lately, by minutes of the service.
_KNOWN: dict[int, dict[bytes, int]] = {}
_MOST_KNOWN = 16_384


def _known_starts(minutes: int, desks: Iterable[bytes]) -> Mapping[bytes, int]:
    """Return start bits by stored bitmap, for at least ``desks``: a look-up instead of shifts."""
    known = _KNOWN.get(minutes)
    if known is None or len(known) > _MOST_KNOWN:
        known = _KNOWN[minutes] = {}
    for free in desks:
        if free not in known:
            known[free] = _start_bits(availability.from_bytes(free), minutes, 0)
    return known


@lru_cache(maxsize=1024)
def _cells_in(bits: int) -> tuple[int, ...]:
    return tuple(_cells(bits))


def _times(free_by_desk: Mapping[int, int], need: Need, not_before: int) -> dict[int, int]:
    """Return each time with the first desk that has it."""
    times: dict[int, int] = {}
    seen = 0
    for desk_id, free in free_by_desk.items():
        bits = _start_bits(free, need.minutes, not_before)
        new, seen = bits & ~seen, seen | bits
        if new:
            times.update(dict.fromkeys(_cells(new), desk_id))
    return dict(sorted(times.items()))


def _cells(bits: int) -> Iterator[int]:
    for start, end in availability.runs(bits):
        yield from range(start, end)


def choose(
    found: Mapping[date, Mapping[int, int]], minutes: int, per_day: int, limit: int
) -> list[Slot]:
    """Return ``limit`` of the times ``found`` by day (each with a desk), ``per_day`` of each day.

    Only when the days run out are more taken from each.
    """
    widest = max((len(times) for times in found.values()), default=0)
    while sum(min(per_day, len(times)) for times in found.values()) < limit and per_day < widest:
        per_day += 1
    chosen = [
        Slot(day, cell, times[cell], minutes)
        for day, times in found.items()
        for cell in availability.spread(list(times), per_day)
    ]
    return chosen[:limit]


_SEARCH = of_driver(
    """
    SELECT days.day, place.desk_id, place.free
    FROM (SELECT CAST(:first AS date) + n AS day FROM generate_series(0, :span) AS n ORDER BY 1)
         AS days
    CROSS JOIN LATERAL (
        SELECT desk_id, free FROM desk_day
        WHERE unit_key = :unit AND lane = :lane AND day = days.day AND longest >= :length
          AND longest > 0
          AND (CAST(:desks AS bigint[]) IS NULL OR desk_id = ANY(CAST(:desks AS bigint[])))
        ORDER BY desk_id LIMIT :desks_per_day
    ) AS place
    ORDER BY days.day LIMIT :rows
    """
)


# A row a day instead of one a desk: for a whole month the transfer is what costs.
_MONTH = text(
    """
    SELECT day, string_agg(free, CAST('' AS bytea)) FROM desk_day
    WHERE unit_key = :unit AND lane = :lane AND day BETWEEN :first AND :last
      AND longest >= :length AND longest > 0
      AND (CAST(:desks AS bigint[]) IS NULL OR desk_id = ANY(:desks))
    GROUP BY day ORDER BY day
    """
).bindparams(bindparam("desks", type_=ARRAY(BigInteger)))


def desks_by_day(
    session: Session,
    unit_key: str,
    lane: str,
    need: Need,
    first: date,
    last: date,
    rows_wanted: int,
) -> Iterator[tuple[date, dict[int, int]]]:
    """Yield each day with free desks; reads in growing portions, first ``rows_wanted`` rows.

    For twenty places that is five full days, from which a fifth each is taken, and the row that
    shows a cut.
    """
    while first <= last:
        rows = (
            session.connection()
            .exec_driver_sql(
                _SEARCH,
                {
                    "first": first,
                    "span": (last - first).days,
                    "unit": unit_key,
                    "lane": lane,
                    "length": need.length,
                    "desks": None if need.desk_ids is None else list(need.desk_ids),
                    "desks_per_day": _DESKS_PER_DAY,
                    "rows": rows_wanted,
                },
            )
            .all()
        )
        by_day: dict[date, dict[int, int]] = {}
        for day, desk_id, free in rows:
            by_day.setdefault(day, {})[desk_id] = availability.from_bytes(free)
        cut = len(rows) == rows_wanted
        if cut:
            # The last day may be incomplete; it is read again, whole, with the next portion.
            first = max(by_day)
            del by_day[first]
        yield from by_day.items()
        if not cut:
            return
        rows_wanted *= 4
