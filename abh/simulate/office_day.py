"""A day of a Sachgebiet from the office file: desks, clerks, lanes and services (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from abh.kernel.errors import FieldProblem, InvalidInput, NotFound
from abh.kernel.feiertage import holiday_name
from abh.office.file import roster_entries
from abh.office.schemas import VISIT_LANES
from abh.simulate.engine import Desk, Piece

# What only a clerk trained in the Verfahren does; the rest any clerk of the unit does.
NEEDS_TRAINING = frozenset(
    {"antrag_schalter", "beratung", "fiktionsbescheinigung", "notfall", "firmentermin"}
)
_LOOK_AHEAD = 28


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """A service with its seconds at the desk and the equipment it needs."""

    key: str
    seconds: int
    equipment: frozenset[str]
    needs_training: bool


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """Desks of one Sachgebiet on one day, in visit lanes only, and what is asked for there."""

    unit: str
    day: date
    desks: tuple[Desk, ...]
    services: Mapping[str, ServiceTime]
    verfahren: tuple[str, ...]

    def seconds(self, lane: str) -> int:
        """Return the rostered seconds of a lane at all desks."""
        return sum(p.seconds for desk in self.desks for p in desk.pieces if p.lane == lane)

    @property
    def lanes(self) -> tuple[str, ...]:
        """The visit lanes that are open on this day."""
        found = {piece.lane for desk in self.desks for piece in desk.pieces}
        return tuple(sorted(found))


def office_day(data: Mapping[str, Any], unit: str, day: date) -> OfficeDay:
    """Return the day as the checked office file has it (``office.file.load_office``).

    Raises ``NotFound`` for an unknown unit, ``InvalidInput`` when nobody is served on that day.
    """
    units = {row["key"]: row for row in data["units"]}
    if unit not in units:
        raise NotFound(f"Das Sachgebiet {unit} gibt es in der Amtsdatei nicht.")
    desks = () if _is_closed(data, unit, day) else _desks(data, unit, day.weekday())
    if not desks:
        raise InvalidInput([FieldProblem("am", f"Am {day:%d.%m.%Y} bedient {unit} niemanden.")])
    services = {
        row["key"]: ServiceTime(
            row["key"],
            row["minutes"] * 60,
            frozenset(row["equipment"]),
            row["key"] in NEEDS_TRAINING,
        )
        for row in data["services"]
    }
    return OfficeDay(unit, day, desks, services, tuple(units[unit]["verfahren"]))


def next_day(data: Mapping[str, Any], unit: str, day: date) -> date:
    """Return ``day`` or the next one on which the unit serves people.

    Raises ``InvalidInput`` when there is none within four weeks.
    """
    for number in range(_LOOK_AHEAD):
        found = day + timedelta(days=number)
        if not _is_closed(data, unit, found) and _desks(data, unit, found.weekday()):
            return found
    raise InvalidInput([FieldProblem("unit", f"{unit} bedient in vier Wochen niemanden.")])


def _is_closed(data: Mapping[str, Any], unit: str, day: date) -> bool:
    return bool(holiday_name(day)) or any(
        row["day"] == day and row["unit"] in (None, unit) for row in data["closures"]
    )


def _desks(data: Mapping[str, Any], unit: str, weekday: int) -> tuple[Desk, ...]:
    trained = {row["login"]: frozenset(row["trained"]) for row in data["staff"]}
    equipment = {row["key"]: frozenset(row["equipment"]) for row in data["desks"]}
    pieces: dict[tuple[str, str], list[Piece]] = {}
    for entry in roster_entries(data):
        if entry.unit_key == unit and entry.weekday == weekday and entry.lane in VISIT_LANES:
            piece = Piece(entry.lane, _seconds(entry.start), _seconds(entry.end))
            pieces.setdefault((entry.desk_key, entry.login), []).append(piece)
    # Two clerks who share a desk one after the other are two desks of the day: training differs.
    shared = [desk for desk, _ in pieces]
    return tuple(
        Desk(
            desk if shared.count(desk) == 1 else f"{desk} {login}",
            equipment[desk],
            trained[login],
            _joined(found),
        )
        for (desk, login), found in sorted(pieces.items())
    )


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Return the pieces in order; those of one lane that touch are one."""
    joined: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: p.start):
        last = joined[-1] if joined else None
        if last and last.lane == piece.lane and last.end == piece.start:
            joined[-1] = Piece(last.lane, last.start, piece.end)
        else:
            joined.append(piece)
    return tuple(joined)


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60
