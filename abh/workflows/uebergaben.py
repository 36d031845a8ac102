"""One clerk, one owner: a case changes hands only with a reason, and every change is counted.

A hand-over is a line in the log of the case (step ``uebergabe``), so it is append-only, shown in
the timeline and seen by whoever was typing meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import Power as Access
from abh.access.tables import AppUser
from abh.appointments import roster
from abh.appointments.tables import Absence
from abh.documents.house import House
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotAllowed
from abh.office import service as office
from abh.outbox import signals
from abh.workflows.aenderung import open_case
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.steps import StepDone, change_progress, note_step
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import is_restricted

STEP: Final = "uebergabe"
# The first clerk of a case that had none: no change of hands.
FIRST_STEP: Final = "zuweisung"
SHORTEST_REASON: Final = 10
# Told when a case moves to another Sachgebiet, so that what hangs on it follows.
MOVED: Final = "case.moved"
NORM: Final = "Hausregel: eine Hand je Vorgang"

WITHIN, COVER, AWAY = "sachgebiet", "vertretung", "abgabe"
KINDS: Final = {
    WITHIN: "im Sachgebiet",
    COVER: "Vertretung",
    AWAY: "an ein anderes Sachgebiet",
}

# What ties a case to its Sachgebiet until somebody has dealt with it, in the words of the office.
_TIED = text(
    """
SELECT EXISTS (SELECT FROM letter WHERE vorgang_id = :id AND state = 'signing') AS signing,
       EXISTS (SELECT FROM booking WHERE vorgang_id = :id
                  AND status IN ('held','booked','checked_in','called')) AS booked,
       EXISTS (SELECT FROM invitation WHERE vorgang_id = :id AND cancelled_at IS NULL
                  AND book_until >= :today) AS invited
"""
)
_TIES: Final = {
    "signing": "Ein Brief wartet auf Unterschrift; bitte erst zeichnen oder zurückgeben.",
    "booked": "Ein Termin in diesem Sachgebiet steht noch aus; bitte erst absagen.",
    "invited": "Eine Einladung in dieses Sachgebiet ist offen; bitte erst beenden.",
}


@dataclass(frozen=True, slots=True)
class Aim:
    """To whom a case goes: a colleague, another Sachgebiet, or (neither) shared out in its own."""

    user: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Hands:
    from_id: int | None
    to_id: int
    from_unit: str
    to_unit: str
    kind: str


def kind_of(from_unit: str, to_unit: str, *, absent: bool) -> str:
    """Return what kind of hand-over this is; another Sachgebiet outweighs an absence."""
    if from_unit != to_unit:
        return AWAY
    return COVER if absent else WITHIN


def may_hand_over(actor: Actor, owner: int | None, away: Mapping[int, Sequence[Absence]]) -> bool:
    """Say whether ``actor`` may give a case of ``owner`` to somebody else (``away``: of today)."""
    if actor.may(Access.UNIT_LEAD):
        return True
    if owner is None or actor.user_id is None:
        return False
    covers = any(row.cover_id == actor.user_id for row in away.get(owner, ()))
    return covers or owner == actor.user_id


def hand_over(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    aim: Aim,
    reason: str,
    *,
    expected_version: int | None,
) -> StepDone:
    """Give an open case another responsible clerk; locks the case first.

    Who leads the unit may, who is responsible, and who covers for them today. The recipient works
    in the unit and is trained for the Verfahren, or leads it. In another Sachgebiet the case has
    its clerk at once; it takes its letters and post along. Raises ``NotAllowed``, ``InvalidInput``
    for a missing reason or an unfit recipient, ``Conflict`` when the case changed, is closed, or
    something ties it to its Sachgebiet.
    """
    case = open_case(session, house, actor, vorgang_id, expected_version, Power.REVIEW)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise InvalidInput([FieldProblem("reason", "Bitte den Grund in Worten angeben.")])
    owner = case.vorgang["owner_id"]
    away = roster.absences(session, house.today, house.today)
    if not may_hand_over(actor, owner, away):
        raise NotAllowed("Abgeben kann, wer zuständig ist, vertritt oder das Sachgebiet leitet.")
    hands = _hands(session, house, case, aim, absent=owner in away)
    return _write(session, house, actor, case, hands, reason)


def _hands(session: Session, house: House, case: Case, aim: Aim, *, absent: bool) -> _Hands:
    unit, owner = case.vorgang["unit_key"], case.vorgang["owner_id"]
    to_unit = aim.unit or unit
    if to_unit != unit:
        _refuse_ties(session, house, case)
        if not any(one.key == to_unit for one in office.units(session)):
            raise InvalidInput([FieldProblem("unit", "Bitte ein Sachgebiet aus der Liste wählen.")])
    elif aim.unit:
        raise InvalidInput([FieldProblem("unit", "Bitte ein anderes Sachgebiet wählen.")])
    if aim.user is not None:
        to_id = _fit(session, case, aim.user, unit)
    else:
        found = office.free_clerk(session, to_unit, case.verfahren.key, on=house.today, but=owner)
        if found is None:
            problem = FieldProblem("unit", f"In {to_unit} kann das gerade niemand übernehmen.")
            raise InvalidInput([problem])
        to_id = found
    if to_id == owner:
        raise InvalidInput([FieldProblem("user", "Diese Person ist schon zuständig.")])
    return _Hands(owner, to_id, unit, to_unit, kind_of(unit, to_unit, absent=absent))


def _fit(session: Session, case: Case, user_id: int, unit: str) -> int:
    user = session.get(AppUser, user_id)
    if user is None or not user.active or user.unit_key != unit or user.role == "employer":
        problem = FieldProblem("user", "Bitte jemanden aus dem Sachgebiet wählen.")
        raise InvalidInput([problem])
    level = office.qualification(session, user_id, case.verfahren.key)
    if user.role != "lead" and level != "trained":
        words = f"{user.display_name} ist für {case.verfahren.key} nicht ausgebildet."
        raise InvalidInput([FieldProblem("user", words)])
    return user_id


def _refuse_ties(session: Session, house: House, case: Case) -> None:
    if is_restricted(case.verfahren):
        raise Conflict("Vorgänge dieses Verfahrens bleiben in ihrem Sachgebiet.")
    found = session.execute(_TIED, {"id": case.id, "today": house.today}).mappings().one()
    problems = [_TIES[key] for key in _TIES if found[key]]
    if problems:
        raise Conflict(" ".join(problems))


def _write(
    session: Session, house: House, actor: Actor, case: Case, hands: _Hands, reason: str
) -> StepDone:
    session.execute(
        update(Vorgang)
        .where(Vorgang.id == case.id)
        .values(owner_id=hands.to_id, unit_key=hands.to_unit)
    )
    names = {
        row.id: row.display_name
        for row in session.execute(
            select(AppUser.id, AppUser.display_name).where(
                AppUser.id.in_([each for each in (hands.from_id, hands.to_id) if each])
            )
        )
    }
    first = hands.from_id is None
    label = (
        f"Zugewiesen an {names[hands.to_id]}"
        if first
        else f"Übergeben von {names[hands.from_id or 0]} an {names[hands.to_id]}"
    )
    if hands.kind == AWAY:
        label += f" ({hands.to_unit})"
    notes = {
        "label": label,
        "from_user": hands.from_id,
        "to_user": hands.to_id,
        "from_unit": hands.from_unit,
        "to_unit": hands.to_unit,
        "kind": hands.kind,
    }
    step = note_step(FIRST_STEP if first else STEP, label, NORM, ())
    version = change_progress(
        session, house, actor, case, step, reason=reason, parts={}, notes=notes
    )
    if hands.kind == AWAY:
        session.execute(
            text("UPDATE letter SET unit_key = :unit WHERE vorgang_id = :id"),
            {"unit": hands.to_unit, "id": case.id},
        )
        signals.emit(
            session, MOVED, actor, now=house.now(), clock=house,
            vorgang_id=case.id, to_unit=hands.to_unit,
        )  # fmt: skip
    return StepDone(case.id, case.state, version)
