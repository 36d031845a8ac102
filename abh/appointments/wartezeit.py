"""How long somebody without an appointment will wait, from measured visits and the open desks."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from abh.appointments import counter, pauses, walkin
from abh.appointments.forecast import Forecast, Length, forecast, length_of
from abh.appointments.tables import Booking, RosterBlock, WalkIn
from abh.kernel.clock import BERLIN, Clock, today
from abh.office.tables import Service

_MEASURED = timedelta(days=28)

_LENGTHS = text(
    """
    SELECT service_key, extract(epoch FROM closed_at - called_at) / 60 AS minutes FROM (
        SELECT service_key, called_at, closed_at FROM walk_in
        WHERE unit_key = :unit AND day >= :first AND status = 'served' AND closed_at > :since
        UNION ALL
        SELECT service_key, called_at, closed_at FROM booking
        WHERE unit_key = :unit AND day >= :first AND status = 'served' AND closed_at > :since
          AND called_at IS NOT NULL
    ) AS visits ORDER BY closed_at DESC LIMIT 2000
    """
)


def forecast_of(session: Session, row: WalkIn, *, clock: Clock) -> Forecast | None:
    """Return how long this number will wait; None when no desk is open for it now.

    From the measured lengths of the last four weeks, of everybody called before it and of due
    appointments; never below the people ahead.
    """
    return _forecast(session, row.unit_key, row.id, clock)


def forecast_now(session: Session, unit_key: str, *, clock: Clock) -> Forecast | None:
    """Return how long somebody will wait who takes a number now; None when no desk is open."""
    return _forecast(session, unit_key, None, clock)


def _forecast(session: Session, unit_key: str, number: int | None, clock: Clock) -> Forecast | None:
    cell, day = counter.cell_now(clock), today(clock)
    lengths = _lengths(session, unit_key, clock.now())
    ahead: list[Length] = []
    for other, _name in walkin.waiting(session, unit_key, clock):
        if other.id == number:
            break
        ahead.append(lengths[other.service_key])
    present = session.scalars(
        select(Booking.service_key).where(
            Booking.unit_key == unit_key,
            Booking.day == day,
            Booking.status == "checked_in",
            func.lower(Booking.cells) <= cell,
        )
    )
    ahead += [lengths[key] for key in present]
    away = pauses.paused(session, unit_key, clock=clock)
    desks = session.scalar(
        select(func.count(func.distinct(RosterBlock.desk_id))).where(
            RosterBlock.desk_id.not_in(away),
            RosterBlock.unit_key == unit_key,
            RosterBlock.day == day,
            RosterBlock.lane.in_(walkin.LANES),
            RosterBlock.cells.contains(cell),
        )
    )
    return forecast(ahead, int(desks or 0))


def _lengths(session: Session, unit_key: str, now: datetime) -> dict[str, Length]:
    measured: dict[str, list[float]] = {}
    since = now - _MEASURED
    # The day leads to the index; whoever was served since then came on that day or later.
    wanted = {"unit": unit_key, "since": since, "first": since.astimezone(BERLIN).date()}
    for row in session.execute(_LENGTHS, wanted):
        measured.setdefault(row.service_key, []).append(float(row.minutes))
    return {
        service.key: length_of(measured.get(service.key, ()), service.minutes)
        for service in session.scalars(select(Service))
    }
