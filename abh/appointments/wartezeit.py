"""How long somebody without an appointment will wait, from measured visits and the open desks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from abh.appointments import counter, pauses, visits, walkin
from abh.appointments.forecast import Ahead, Forecast, Length, forecast_at, length_of
from abh.appointments.tables import Booking, RosterBlock, WalkIn
from abh.kernel.clock import BERLIN, Clock, today
from abh.office.tables import Desk, Service

_MEASURED = timedelta(days=28)

# Outcomes told on a later day say nothing of how long the visit was.
_LENGTHS = text(
    """
    SELECT service_key, extract(epoch FROM closed_at - called_at) / 60 AS minutes FROM (
        SELECT service_key, called_at, closed_at FROM walk_in
        WHERE unit_key = :unit AND day >= :first AND status = 'served' AND closed_at > :since
          AND called_at IS NOT NULL AND (closed_at AT TIME ZONE 'Europe/Berlin')::date = day
        UNION ALL
        SELECT service_key, called_at, closed_at FROM booking
        WHERE unit_key = :unit AND day >= :first AND status = 'served' AND closed_at > :since
          AND called_at IS NOT NULL AND (closed_at AT TIME ZONE 'Europe/Berlin')::date = day
    ) AS visits ORDER BY closed_at DESC LIMIT 2000
    """
)


@dataclass(frozen=True, slots=True)
class _Room:
    """The waiting room at this moment: who waits in which turn, which desks are open."""

    waiting: Sequence[WalkIn]
    present: Sequence[Ahead]
    desks: Sequence[frozenset[str]]
    lengths: Mapping[str, Length]
    needs: Mapping[str, frozenset[str]]

    def ahead(self, rows: Iterable[WalkIn]) -> list[Ahead]:
        """Return ``rows`` and the appointments that are due and present, as people ahead."""
        return [
            *(Ahead(self.lengths[row.service_key], self.needs_of(row)) for row in rows),
            *self.present,
        ]

    def needs_of(self, row: WalkIn) -> frozenset[str]:
        """Return what the desk must have for a number."""
        extra = {visits.BARRIER_FREE} if row.accessible else set()
        return self.needs[row.service_key] | extra


def forecast_of(session: Session, row: WalkIn, *, clock: Clock) -> Forecast | None:
    """Return how long this number will wait; None when no desk for it is open now.

    From the measured lengths of the last four weeks, of everybody called before it and of due
    appointments, at the desks that can serve it.
    """
    room = _room(session, row.unit_key, clock)
    before = takewhile(lambda other: other.id != row.id, room.waiting)
    return forecast_at(room.ahead(before), room.desks, room.needs_of(row))


def forecast_now(session: Session, unit_key: str, *, clock: Clock) -> Forecast | None:
    """Return how long somebody will wait who takes a number now; None when no desk is open."""
    room = _room(session, unit_key, clock)
    return forecast_at(room.ahead(room.waiting), room.desks)


def forecasts(session: Session, unit_key: str, *, clock: Clock) -> dict[str, Forecast | None]:
    """Return how long somebody will wait who takes a number now, for each service.

    None for a service that no open desk can serve. Emergencies wait for those only who are called
    before them.
    """
    room = _room(session, unit_key, clock)
    urgent = [row for row in room.waiting if row.service_key == walkin.EMERGENCY or row.hand_to]
    return {
        key: forecast_at(
            room.ahead(urgent if key == walkin.EMERGENCY else room.waiting), room.desks, needs
        )
        for key, needs in room.needs.items()
    }


def _room(session: Session, unit_key: str, clock: Clock) -> _Room:
    cell, day = counter.cell_now(clock), today(clock)
    services = session.scalars(select(Service)).all()
    lengths = _lengths(session, unit_key, clock.now(), services)
    needs = {service.key: frozenset(service.equipment) for service in services}
    present = session.execute(
        select(Booking.service_key, Booking.also, Booking.needs).where(
            Booking.unit_key == unit_key,
            Booking.day == day,
            Booking.status == "checked_in",
            func.lower(Booking.cells) <= cell,
        )
    )
    away = pauses.paused(session, unit_key, clock=clock)
    desks = session.scalars(
        select(Desk.equipment).where(
            Desk.id.not_in(away),
            Desk.id.in_(
                select(RosterBlock.desk_id).where(
                    RosterBlock.unit_key == unit_key,
                    RosterBlock.day == day,
                    RosterBlock.lane.in_(walkin.LANES),
                    RosterBlock.cells.contains(cell),
                )
            ),
        )
    )
    return _Room(
        [row for row, _name in walkin.waiting(session, unit_key, clock)],
        [_present(lengths, needs, *row) for row in present],
        [frozenset(equipment) for equipment in desks],
        lengths,
        needs,
    )


def _present(
    lengths: Mapping[str, Length],
    needs: Mapping[str, frozenset[str]],
    service: str,
    also: Sequence[str],
    own: Sequence[str],
) -> Ahead:
    """Return a visit that is due: the sum of its services, at a desk that can do all of them."""
    parts = [lengths[key] for key in (service, *also)]
    whole = Length(
        sum(part.low for part in parts),
        sum(part.middle for part in parts),
        sum(part.high for part in parts),
    )
    return Ahead(whole, frozenset(own).union(*(needs[key] for key in (service, *also))))


def _lengths(
    session: Session, unit_key: str, now: datetime, services: Sequence[Service]
) -> dict[str, Length]:
    measured: dict[str, list[float]] = {}
    since = now - _MEASURED
    # The day leads to the index; whoever was served since then came on that day or later.
    wanted = {"unit": unit_key, "since": since, "first": since.astimezone(BERLIN).date()}
    for row in session.execute(_LENGTHS, wanted):
        measured.setdefault(row.service_key, []).append(float(row.minutes))
    return {
        service.key: length_of(measured.get(service.key, ()), service.minutes)
        for service in services
    }
