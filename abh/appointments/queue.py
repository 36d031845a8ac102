"""Whom a desk and its clerk may call, and why others wait for somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments.tables import Booking
from abh.kernel.clock import Clock, today
from abh.office.tables import Desk, Qualification

# The table belongs to the room above; here only the procedure of a visit's case is read.
_vorgang = table("vorgang", column("id", BigInteger), column("verfahren", Text))
_MOST_TOLD = 20
# What a visit needs of a desk: for all its services and for the person.
_NEEDED: ColumnElement[Any] = type_coerce(
    literal_column(
        "ARRAY(SELECT unnest(s.equipment) AS each FROM service AS s"
        " WHERE s.key = booking.service_key OR s.key = ANY (booking.also)"
        " UNION SELECT unnest(booking.needs) ORDER BY each)"
    ),
    ARRAY(Text),
)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A person who waits for somebody else: the number, and what desk or clerk lack."""

    ticket: str
    missing_equipment: tuple[str, ...]
    verfahren: str


def next_for(desk: Desk, actor: Actor, clock: Clock, now_cell: int) -> Select[Any]:
    """Return the query for the one to be called next, with its row to lock.

    Who was handed to this clerk; whoever has reported and whose time has come, by time of the
    appointment; then who has reported early; then who is due but has not reported.
    """
    start = func.lower(Booking.cells)
    present, due = Booking.status == "checked_in", start <= now_cell
    return (
        select(Booking)
        .where(
            *_callable(desk, clock, now_cell),
            _NEEDED.contained_by(desk.equipment),
            _is_qualified(actor),
        )
        .where(or_(Booking.hand_to.is_(None), Booking.hand_to == actor.user_id))
        .order_by(
            case((Booking.hand_to == actor.user_id, 0), else_=1),
            case((and_(present, due), 0), (present, 1), else_=2),
            start,
            Booking.id,
        )
        .limit(1)
    )


def due_for(desk: Desk, actor: Actor, clock: Clock, now_cell: int) -> Select[Any]:
    """Return ``next_for`` of those only who come before people without an appointment."""
    handed = Booking.hand_to == actor.user_id
    punctual = and_(Booking.status == "checked_in", func.lower(Booking.cells) <= now_cell)
    return next_for(desk, actor, clock, now_cell).where(or_(handed, punctual))


def passed_over(
    session: Session, desk: Desk, actor: Actor, clock: Clock, now_cell: int
) -> Sequence[PassedOver]:
    """Return who could be called now, but not at this desk or not by this clerk; at most twenty."""
    verfahren = (
        select(_vorgang.c.verfahren).where(_vorgang.c.id == Booking.vorgang_id).scalar_subquery()
    )
    rows = session.execute(
        select(Booking.ticket, _NEEDED, verfahren, _is_qualified(actor))
        .where(*_callable(desk, clock, now_cell))
        .order_by(func.lower(Booking.cells), Booking.id)
        .limit(_MOST_TOLD)
    )
    out = []
    for ticket, needed, key, qualified in rows:
        missing = tuple(each for each in needed if each not in desk.equipment)
        if missing or not qualified:
            out.append(PassedOver(ticket, missing, "" if qualified else key))
    return out


def _callable(desk: Desk, clock: Clock, now_cell: int) -> list[ColumnElement[bool]]:
    due = func.lower(Booking.cells) <= now_cell
    return [
        Booking.unit_key == desk.unit_key,
        Booking.day == today(clock),
        or_(Booking.status == "checked_in", and_(Booking.status == "booked", due)),
    ]


def _is_qualified(actor: Actor) -> ColumnElement[bool]:
    """A visit without a case needs no qualification; in training is enough, others decide."""
    foreign = (
        select(literal(1))
        .select_from(_vorgang)
        .where(
            _vorgang.c.id == Booking.vorgang_id,
            ~exists().where(
                Qualification.user_id == actor.user_id,
                Qualification.verfahren == _vorgang.c.verfahren,
            ),
        )
    )
    return ~foreign.exists()
