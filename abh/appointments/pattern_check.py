"""Whether a new weekly pattern fits this house: its desks, its accounts, the other units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from abh.access.tables import AppUser
from abh.appointments import availability
from abh.appointments.patterns import PatternSpec, problems_of
from abh.appointments.tables import RosterPattern
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.office.tables import Desk


def refuse_faults(
    session: Session, patterns: Sequence[PatternSpec], scope: set[str], start: date
) -> None:
    """Raise ``InvalidInput`` with every fault of the patterns, in themselves and in this house."""
    problems = problems_of(patterns)
    if not problems:
        problems = _unknown_names(session, patterns, scope)
    if not problems:
        # The rows of other units come last, so that a fault names the new pattern's number.
        others = _patterns_of_others(session, scope, start)
        problems = problems_of([*others, *patterns])
        problems = [_renumbered(problem, len(others)) for problem in problems]
    if problems:
        raise InvalidInput(problems)


def _renumbered(problem: FieldProblem, others: int) -> FieldProblem:
    number = int(problem.field.removeprefix("patterns[").removesuffix("]")) - others
    return FieldProblem(f"patterns[{max(number, 0)}]", problem.message)


def _unknown_names(
    session: Session, patterns: Sequence[PatternSpec], scope: set[str]
) -> list[FieldProblem]:
    desks, users = desk_ids(session), user_ids(session, patterns)
    problems = []
    for index, pattern in enumerate(patterns):
        if pattern.unit_key not in scope:
            problems.append((index, f"Das Sachgebiet {pattern.unit_key} wird hier nicht geändert."))
        if pattern.desk_key not in desks:
            problems.append((index, f"Den Platz {pattern.desk_key} gibt es nicht."))
        if pattern.login not in users:
            problems.append((index, f"Das Konto {pattern.login} gibt es nicht."))
    return [FieldProblem(f"patterns[{index}]", message) for index, message in problems]


def desk_ids(session: Session) -> dict[str, int]:
    """Return all desks by key."""
    return {row.key: row.id for row in session.execute(select(Desk.key, Desk.id))}


def user_ids(session: Session, patterns: Sequence[PatternSpec]) -> dict[str, int]:
    """Return the accounts that the patterns name, by login."""
    logins = {pattern.login for pattern in patterns}
    rows = session.execute(select(AppUser.login, AppUser.id).where(AppUser.login.in_(logins)))
    return {row.login: row.id for row in rows}


def _patterns_of_others(session: Session, scope: set[str], start: date) -> list[PatternSpec]:
    rows = session.execute(
        select(RosterPattern, Desk.key, AppUser.login)
        .join(Desk, Desk.id == RosterPattern.desk_id)
        .join(AppUser, AppUser.id == RosterPattern.user_id)
        .where(RosterPattern.unit_key.not_in(scope), in_force_from(start))
    )
    return [
        PatternSpec(
            row.unit_key,
            desk,
            login,
            row.weekday,
            availability.time_of(row.start_cell),
            availability.time_of(row.end_cell),
            row.lane,
        )
        for row, desk, login in rows
    ]


def in_force_from(start: date) -> ColumnElement[bool]:
    """Return the condition of patterns that count on ``start`` or later."""
    return or_(RosterPattern.valid_until.is_(None), RosterPattern.valid_until >= start)
