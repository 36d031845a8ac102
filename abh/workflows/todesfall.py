"""A person has died: their cases end or say so, what was booked is free, nobody writes to them.

Nothing is decided here. Where the application has no object any more a clerk ends the case with the
same act (§ 43(2) VwVfG NRW); a refusal in dispute waits for the court, other people's cases for a
look. No letter is made: the person's addresses are closed, and the log says what happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.access.policy import in_scope
from abh.appointments.release import release_case, release_person
from abh.documents.house import House
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.persons import service as persons
from abh.workflows.definition import Power, Step
from abh.workflows.dossier import Case
from abh.workflows.erledigung import note_cause
from abh.workflows.folgen import TOD
from abh.workflows.powers import powers_of
from abh.workflows.steps import (
    DISPUTED,
    StepDone,
    advance,
    carry_out,
    change_progress,
    check_scope,
    load_case,
    lock_case,
    need_power,
    note_step,
)
from abh.workflows.tables import Vorgang

NOTED = "tod_vermerkt"
RELATIVE = "tod_in_familie"
WRONG = "tod_berichtigt"
END_STEP = "einstellen"
# By what the office knows it; the word of others alone is no proof (§ 24 VwVfG NRW).
QUELLEN: Mapping[str, str] = {
    "meldebehoerde": "Nachricht der Meldebehörde (XAusländer 030109)",
    "urkunde": "Sterbeurkunde",
    "standesamt": "Mitteilung des Standesamts",
}
_COURT = (
    " Das Verfahren vor Gericht ist unterbrochen; bitte das Gericht unterrichten "
    "(§ 173 Satz 1 VwGO, § 239 ZPO)."
)
_HOUSEHOLD = text(
    """
SELECT v.id FROM vorgang v JOIN person p ON p.id = v.person_id
 WHERE v.closed_at IS NULL AND p.id <> :person AND p.died_on IS NULL
   AND p.household_id = (SELECT d.household_id FROM person d WHERE d.id = :person)
 ORDER BY v.id LIMIT 40
"""
)
_LOCK = text("SELECT 1 FROM vorgang WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


def record_death(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    *,
    died_on: date,
    source: str,
    expected_version: int | None,
) -> StepDone:
    """Note the death of the person of a case and end what it ends; the case as it then stands.

    ``source`` is a key of ``QUELLEN``. Locks the case, then the other open cases of person and
    household by key. Cases of another Sachgebiet, and those that bind beyond the person, get the
    note only. Raises ``InvalidInput``, ``Conflict`` (noted already, version), ``NotAllowed``.
    """
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW)
    if source not in QUELLEN:
        raise InvalidInput([FieldProblem("source", "Bitte die Quelle wählen.")])
    person_id = int(case.person["id"])
    own, family = _concerned(session, person_id, case.id)
    persons.mark_dead(session, actor, person_id, died_on, source, now=house.now())
    release_person(session, actor, person_id, clock=house)
    reason = f"{TOD.reason} am {died_on:%d.%m.%Y} ({QUELLEN[source]})."
    here = _noted(session, house, actor, case, reason)
    for one in own:
        if one == case.id:
            here = _settle(session, house, actor, one, reason)
        else:
            _noted(session, house, actor, load_case(session, house, vorgang_id=one), reason)
            _settle(session, house, actor, one, reason)
    for one in family:
        _tell_relative(session, house, actor, one, case.full_name, died_on)
    return here


def correct(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    reason: str,
    *,
    expected_version: int | None,
) -> StepDone:
    """Take back the news of a death that was wrong: the person can be reached again.

    Cases that ended stay ended, as every end does; the application is filed anew with the day on
    which it came. Raises ``InvalidInput`` without a reason, ``Conflict`` where no death is noted.
    """
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    need_power(actor, Power.REVIEW)
    if len(reason.strip()) < 5:
        raise InvalidInput([FieldProblem("reason", "Bitte schreiben, woher das bekannt ist.")])
    persons.mark_alive(session, actor, int(case.person["id"]), now=house.now())
    step = _note(WRONG, "Vermerk des Todes war falsch", "§ 24 VwVfG NRW")
    version = _write(session, house, actor, case, step, reason, {"ended_by_law": None})
    return StepDone(case.id, case.state, version)


def _concerned(session: Session, person_id: int, first: int) -> tuple[list[int], list[int]]:
    """Lock and return the open cases of the person (``first`` before all) and of the household."""
    own = list(
        session.scalars(
            select(Vorgang.id)
            .where(Vorgang.person_id == person_id, Vorgang.closed_at.is_(None))
            .order_by(Vorgang.id)
        )
    )
    family = [int(one) for one in session.scalars(_HOUSEHOLD, {"person": person_id})]
    session.execute(_LOCK, {"ids": sorted({*own, *family} - {first})})
    return own, family


def _noted(session: Session, house: House, actor: Actor, case: Case, reason: str) -> StepDone:
    """Leave the line in the log; an open case that lost its object knows by which law."""
    disputed = case.state in DISPUTED
    told = reason + (_COURT if disputed else "")
    parts: dict[str, Any] = {}
    if case.vorgang["closed_at"] is None and TOD.hits(case.verfahren.key):
        parts["ended_by_law"] = f"{reason} ({TOD.norm})"
        note_cause(session, house, actor, case.id, reason)
    step = _note(NOTED, "Tod der Person vermerkt", TOD.norm)
    version = _write(session, house, actor, case, step, told, parts)
    return StepDone(case.id, case.state, version)


def _settle(session: Session, house: House, actor: Actor, vorgang_id: int, reason: str) -> StepDone:
    """End an open case: by its automatic step, else by the clerk's own where that is theirs."""
    release_case(session, actor, vorgang_id, clock=house)
    case = load_case(session, house, vorgang_id=vorgang_id)
    done = StepDone(case.id, case.state, int(case.vorgang["row_version"]))
    if not TOD.hits(case.verfahren.key) or case.state in DISPUTED:
        return done
    done = advance(session, house, done)
    case = load_case(session, house, vorgang_id=vorgang_id)
    step = case.verfahren.step(END_STEP)
    if case.vorgang["closed_at"] is not None or step is None or case.state not in step.source:
        return done
    if not in_scope(actor, case.vorgang["unit_key"]) or not powers_of(actor) & set(step.by):
        return done
    return carry_out(session, house, actor, case, step, reason=reason)


def _tell_relative(
    session: Session, house: House, actor: Actor, vorgang_id: int, name: str, died_on: date
) -> None:
    case = load_case(session, house, vorgang_id=vorgang_id)
    step = _note(RELATIVE, "Angehörige Person verstorben", "§ 31 AufenthG, § 3 Abs. 2 FreizügG/EU")
    told = (
        f"{name} ist am {died_on:%d.%m.%Y} verstorben. Bitte prüfen, ob der Aufenthalt davon "
        "abhängt und ob ein eigenständiges Recht besteht."
    )
    _write(session, house, actor, case, step, told, {})


def _note(key: str, label: str, norm: str) -> Step:
    return note_step(key, label, norm, (Power.REVIEW,))


def _write(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    step: Step,
    reason: str,
    parts: Mapping[str, Any],
) -> int:
    return change_progress(
        session,
        house,
        actor,
        case,
        step,
        reason=reason,
        parts=parts,
        notes={"label": step.label},
    )
