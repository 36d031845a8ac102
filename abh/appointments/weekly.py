"""The weekly pattern of a unit as a supervisor edits it: add, change, remove, copy a weekday.

Every act makes the whole week anew from a day on (``roster.apply_patterns``), keeps the desk days
true in the same transaction and says which bookings it leaves outside the roster.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.access.tables import AppUser
from abh.appointments import availability, roster
from abh.appointments.patterns import WEEKDAYS, PatternSpec, outside_hours
from abh.appointments.planning import Hit, hits
from abh.appointments.tables import RosterPattern
from abh.kernel.clock import Clock, today
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.office.tables import Desk

# How far ahead bookings are looked for that a change leaves outside the roster.
AHEAD = timedelta(days=400)
_FARTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored piece of the week, with the name of the clerk."""

    id: int
    spec: PatternSpec
    desk_id: int
    name: str

    @property
    def minutes(self) -> int:
        """How long it is."""
        start, end = self.spec.cells
        return (end - start) * availability.CELL_MINUTES


# Takes the pieces in force and returns the week that shall be.
Edit = Callable[[Sequence[Piece]], list[PatternSpec]]


def week_on(session: Session, unit_key: str, on: date) -> list[Piece]:
    """Return the pieces of the unit's pattern in force on ``on``, by weekday, desk and time."""
    rows = session.execute(
        select(RosterPattern, Desk.key, AppUser.login, AppUser.display_name)
        .join(Desk, Desk.id == RosterPattern.desk_id)
        .join(AppUser, AppUser.id == RosterPattern.user_id)
        .where(
            RosterPattern.unit_key == unit_key,
            RosterPattern.valid_from <= on,
            or_(RosterPattern.valid_until.is_(None), RosterPattern.valid_until >= on),
        )
        .order_by(RosterPattern.weekday, Desk.key, RosterPattern.start_cell)
    )
    return [
        Piece(
            row.id,
            PatternSpec(
                unit_key,
                desk,
                login,
                row.weekday,
                availability.time_of(row.start_cell),
                availability.time_of(row.end_cell),
                row.lane,
            ),
            row.desk_id,
            name,
        )
        for row, desk, login, name in rows
    ]


def later_changes(session: Session, unit_key: str, after: date) -> list[date]:
    """Return the days after ``after`` from which another week is planned already."""
    return list(
        session.scalars(
            select(RosterPattern.valid_from)
            .where(RosterPattern.unit_key == unit_key, RosterPattern.valid_from > after)
            .distinct()
            .order_by(RosterPattern.valid_from)
        )
    )


def change_week(
    session: Session,
    actor: Actor,
    unit_key: str,
    edit: Edit,
    *,
    valid_from: date,
    opening_hours: Mapping[str, Sequence[str]],
    clock: Clock,
) -> list[Hit]:
    """Make the week that ``edit`` returns the unit's pattern from ``valid_from`` on.

    It replaces changes planned for later (``later_changes``). Raises ``InvalidInput`` naming every
    fault: overlaps, another unit's pattern, visits outside the opening hours. Bookings that lose
    their place stay valid and are returned.
    """
    require(actor, Power.ROSTER_EDIT, unit_key)
    present = today(clock)
    if not present <= valid_from <= present + _FARTHEST:
        text = "Bitte einen Tag von heute an bis in einem Jahr."
        raise InvalidInput([FieldProblem("ab", text)])
    roster.lock_roster(session)
    wanted = edit(week_on(session, unit_key, valid_from))
    problems = [
        FieldProblem("start", text)
        for spec in wanted
        for text in outside_hours(spec, opening_hours)
    ]
    if problems:
        raise InvalidInput(problems)
    try:
        change = roster.apply_patterns(
            session, wanted, valid_from=valid_from, clock=clock, units=[unit_key]
        )
    except InvalidInput as error:
        # The number of a piece means nothing on a page; its message names desk, day and time.
        raise InvalidInput([FieldProblem("start", p.message) for p in error.problems]) from error
    if change.added or change.ended:
        facts = {"unit": unit_key, "from": valid_from.isoformat(), "pieces": len(wanted)}
        audit.record(session, actor, "roster.pattern", "roster", now=clock.now(), facts=facts)
    return hits(session, {unit_key}, present, present + AHEAD)


def adding(
    unit_key: str,
    desk_key: str,
    login: str,
    weekdays: Collection[int],
    start: time,
    end: time,
    lane: str,
) -> Edit:
    """Add the same piece on ``weekdays``; raises ``InvalidInput`` when none is named."""
    if not weekdays:
        raise InvalidInput([FieldProblem("weekday", "Bitte mindestens einen Wochentag wählen.")])
    new = [
        PatternSpec(unit_key, desk_key, login, weekday, start, end, lane)
        for weekday in sorted(weekdays)
    ]
    return lambda pieces: [*(piece.spec for piece in pieces), *new]


def changing(
    piece_id: int, *, login: str, start: time, end: time, lane: str, weekdays: Collection[int] = ()
) -> Edit:
    """Change one piece, and the equal ones of ``weekdays``: same desk, clerk, time and lane.

    Raises ``NotFound`` when the piece is no longer in force.
    """

    def edit(pieces: Sequence[Piece]) -> list[PatternSpec]:
        old = _piece(pieces, piece_id).spec
        days = {old.weekday, *weekdays}
        return [
            replace(spec, login=login, start=start, end=end, lane=lane)
            if spec.weekday in days and replace(spec, weekday=old.weekday) == old
            else spec
            for spec in (piece.spec for piece in pieces)
        ]

    return edit


def removing(piece_id: int) -> Edit:
    """Take one piece out of the week; raises ``NotFound`` when it is no longer in force."""

    def edit(pieces: Sequence[Piece]) -> list[PatternSpec]:
        gone = _piece(pieces, piece_id)
        return [piece.spec for piece in pieces if piece != gone]

    return edit


def copying(source: int, targets: Collection[int]) -> Edit:
    """Make the weekdays ``targets`` like ``source`` at all desks of the unit.

    Raises ``InvalidInput`` without a target and ``Conflict`` when there is nothing to copy.
    """
    wanted = set(targets) - {source}
    if not wanted:
        raise InvalidInput([FieldProblem("targets", "Bitte einen anderen Wochentag wählen.")])

    def edit(pieces: Sequence[Piece]) -> list[PatternSpec]:
        model = [piece.spec for piece in pieces if piece.spec.weekday == source]
        if not model:
            raise Conflict(f"Am {WEEKDAYS[source]} ist nichts geplant.")
        kept = [piece.spec for piece in pieces if piece.spec.weekday not in wanted]
        return kept + [replace(spec, weekday=day) for day in sorted(wanted) for spec in model]

    return edit


def _piece(pieces: Sequence[Piece], piece_id: int) -> Piece:
    found = next((piece for piece in pieces if piece.id == piece_id), None)
    if found is None:
        raise NotFound("Dieses Stück des Wochenmusters gibt es nicht mehr.")
    return found
