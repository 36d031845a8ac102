"""A small faithful model of a known way: load all appointments, subtract them in Python.

Modelled on the availability service of bcgov/queue-management (Apache-2.0), written anew: office,
timeslots, service and all appointments of the period through the ORM; then, for every day, the
slots of every timeslot, and for every slot a loop over that day's appointments. Left out is what
only its own country needs (driving tests, blackouts); nothing was added that costs time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

from abh.kernel.clock import BERLIN


class PeerBase(DeclarativeBase):
    """Tables of the model; they live in the measuring transaction only."""


class PeerOffice(PeerBase):
    """An office with one length for all appointments."""

    __tablename__ = "peer_office"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_duration: Mapped[int]
    timeslots: Mapped[list[PeerTimeslot]] = relationship()


class PeerTimeslot(PeerBase):
    """Opening hours of an office and how many people it serves at a time."""

    __tablename__ = "peer_timeslot"

    id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("peer_office.id"))
    start_time: Mapped[time]
    end_time: Mapped[time]
    no_of_slots: Mapped[int]


class PeerService(PeerBase):
    """A service with a length of its own."""

    __tablename__ = "peer_service"

    id: Mapped[int] = mapped_column(primary_key=True)
    timeslot_duration: Mapped[int]


class PeerAppointment(PeerBase):
    """An appointment of an office."""

    __tablename__ = "peer_appointment"

    id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("peer_office.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("peer_service.id"))
    start_time: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), index=True)
    end_time: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    service: Mapped[PeerService] = relationship()


def available_slots(
    session: Session, office_id: int, service_id: int, days: Sequence[date], now: datetime
) -> dict[date, list[dict[str, Any]]]:
    """Return the slots with free places for each of ``days``, as the model finds them."""
    office = session.scalars(
        select(PeerOffice)
        .where(PeerOffice.id == office_id)
        .options(joinedload(PeerOffice.timeslots))
    ).unique()
    found = office.one()
    service = session.get_one(PeerService, service_id)
    appointments = session.scalars(
        select(PeerAppointment)
        .where(
            PeerAppointment.office_id == office_id,
            PeerAppointment.start_time >= now,
            PeerAppointment.start_time < datetime.combine(days[-1], time.max, tzinfo=BERLIN),
        )
        .options(joinedload(PeerAppointment.service))
    ).all()
    by_day = _grouped(appointments)
    slots = {day: _slots_of(found, service.timeslot_duration) for day in days}
    for day, of_day in slots.items():
        for slot in of_day:
            for booked in by_day.get(day, ()):
                if (
                    booked["start"] <= slot["start"] < booked["end"]
                    or slot["end"] > booked["start"] >= slot["start"]
                ):
                    slot["free"] -= 1
    return {day: [slot for slot in of_day if slot["free"] > 0] for day, of_day in slots.items()}


def _grouped(appointments: Sequence[PeerAppointment]) -> dict[date, list[dict[str, Any]]]:
    grouped: dict[date, list[dict[str, Any]]] = {}
    for each in appointments:
        day = each.start_time.astimezone(BERLIN).date()
        grouped.setdefault(day, []).append(
            {
                "start": each.start_time.astimezone(BERLIN).time(),
                "end": each.end_time.astimezone(BERLIN).time(),
            }
        )
    return grouped


def _slots_of(office: PeerOffice, minutes: int) -> list[dict[str, Any]]:
    slots: list[dict[str, Any]] = []
    for timeslot in office.timeslots:
        start = datetime.combine(date.min, timeslot.start_time)
        last = datetime.combine(date.min, timeslot.end_time)
        while (end := start + timedelta(minutes=minutes)) <= last:
            slots.append({"start": start.time(), "end": end.time(), "free": timeslot.no_of_slots})
            start = end
    return slots
