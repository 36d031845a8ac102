"""Changing a case without leaving its state: check, change, log, advance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.errors import Conflict
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.steps import (
    StepDone,
    advance,
    change_progress,
    check_scope,
    lock_case,
    need_power,
    note_step,
)


def open_case(
    session: Session,
    house: House,
    actor: Actor,
    vorgang_id: int,
    expected_version: int | None,
    *powers: Power,
) -> Case:
    """Lock an open case for a change by ``actor``: version, scope, powers (one is enough)."""
    case = lock_case(session, house, vorgang_id, expected_version=expected_version)
    check_scope(actor, case)
    need_power(actor, *powers)
    if case.vorgang["closed_at"] is not None:
        raise Conflict("Der Vorgang ist abgeschlossen.")
    return case


def noted(
    session: Session,
    house: House,
    actor: Actor,
    case: Case,
    key: str,
    label: str,
    norm: str,
    reason: str,
    changes: Mapping[str, Any],
    notes: Mapping[str, Any],
) -> StepDone:
    """Write the change as a line of the case's log and take the automatic steps that follow."""
    step = note_step(key, label, norm, ())
    version = change_progress(
        session,
        house,
        actor,
        case,
        step,
        reason=reason,
        parts=changes,
        notes={"label": label, **notes},
    )
    return advance(session, house, StepDone(case.id, case.state, version))
