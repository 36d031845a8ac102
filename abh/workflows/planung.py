"""What the engine plans by itself: participations to ask, and the day on which waiting harms."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from abh.kernel.dauer import add_months
from abh.workflows.beteiligung import PartKind
from abh.workflows.definition import Verfahren
from abh.workflows.dossier import Case
from abh.workflows.facts import Facts
from abh.workflows.tables import Beteiligung

HARM_LABELS = {
    "titel": "Titel endet",
    "arbeit": "Arbeitsbeginn",
    "klage75": "Untätigkeitsklage möglich (§ 75 VwGO)",
}


# States in which the office finds out whom it has to ask.
PLANNING_STATES = frozenset({"in_review", "queries_running", "ground_check", "work_review"})


def to_plan(verfahren: Verfahren, facts: Facts) -> tuple[PartKind, ...]:
    """Return the authorities that must still be asked and are not yet planned."""
    known = {part.kind.key for part in facts.participations}
    return tuple(
        rule.kind
        for rule in verfahren.beteiligungen
        if rule.kind.key not in known and rule.when(facts)
    )


def plan_participations(session: Session, case: Case) -> bool:
    """Plan the participations a case in review lacks; returns whether any was added."""
    missing = to_plan(case.verfahren, case.facts) if case.state in PLANNING_STATES else ()
    if missing:
        session.execute(
            insert(Beteiligung),
            [
                {"vorgang_id": case.id, "kind": kind.key, "state": "planned", "round": 0}
                for kind in missing
            ],
        )
    return bool(missing)


def harm_day(facts: Facts) -> tuple[date, str]:
    """Return the earliest day on which waiting does harm, and why (key of ``HARM_LABELS``).

    The end of the title, the start of the job, and the day on which an action for failure to act
    becomes admissible. Nationality, name and employer are not among the inputs.
    """
    received = facts.received_on or facts.today
    days = [(add_months(received, 3), "klage75")]
    if facts.title_until is not None:
        days.append((facts.title_until, "titel"))
    if facts.job_start is not None:
        days.append((facts.job_start, "arbeit"))
    return min(days)
