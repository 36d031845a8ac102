"""What the engine plans by itself: participations to ask, and the day on which waiting harms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from abh.kernel.dauer import add_months
from abh.workflows.beteiligung import PartKind, PartState
from abh.workflows.definition import Effect, Turn, Verfahren
from abh.workflows.dossier import Case
from abh.workflows.facts import Facts
from abh.workflows.tables import Beteiligung
from abh.workflows.verfahren.zustaende import DECIDED_STATES

HARM_LABELS = {
    "titel": "Titel endet",
    "arbeit": "Arbeitsbeginn",
    "klage75": "Untätigkeitsklage möglich (§ 75 VwGO)",
    "entschieden": "Entschieden",
}
# Sorts every decided case behind every open one; far enough from the calendar's end to count on.
NEVER = date(9999, 1, 1)


# States in which the office finds out whom it has to ask.
PLANNING_STATES = frozenset({"in_review", "queries_running", "ground_check", "work_review"})


@cache
def planning_states(verfahren: Verfahren) -> frozenset[str]:
    """Return the states in which it is found out whom to ask: the usual ones, and all from which
    the table lets somebody ask."""
    asking = (step for step in verfahren.steps if Effect.REQUEST_PARTICIPATIONS in step.effects)
    return PLANNING_STATES.union(*(step.source for step in asking))


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
    plans = case.state in planning_states(case.verfahren)
    missing = to_plan(case.verfahren, case.facts) if plans else ()
    if missing:
        session.execute(
            insert(Beteiligung),
            [
                {"vorgang_id": case.id, "kind": kind.key, "state": "planned", "round": 0}
                for kind in missing
            ],
        )
    return bool(missing)


def drop_planned(session: Session, case: Case) -> list[str]:
    """Forget the participations nobody has been asked for; returns which, for the log of the step.

    Only a plan goes, no request and no answer. A case that comes back to review plans anew.
    """
    planned = [p["kind"] for p in case.row["beteiligungen"] if p["state"] == PartState.PLANNED]
    if planned:
        session.execute(
            delete(Beteiligung).where(
                Beteiligung.vorgang_id == case.id, Beteiligung.state == PartState.PLANNED
            )
        )
    return planned


@cache
def settled_states(verfahren: Verfahren) -> frozenset[str]:
    """Return the states in which waiting harms no more: nobody has to act, or it is decided.

    A toleration that runs out is decided too, but its renewal is the office's turn. A certificate
    that has been handed out needed no decision, and nobody waits for anything either.
    """
    quiet = {s.key for s in verfahren.states if s.whose_turn is Turn.NOBODY}
    return frozenset(quiet | (verfahren.decided_states & DECIDED_STATES))


def harm_day(
    facts: Facts, state: str, decided: Collection[str] = DECIDED_STATES
) -> tuple[date, str]:
    """Return the earliest day on which waiting does harm, and why (key of ``HARM_LABELS``).

    The end of the title, the start of the job, and the day on which an action for failure to act
    becomes admissible (§ 75 VwGO). Nationality, name and employer are not among the inputs. Once
    the case is decided nothing of it can be met by deciding sooner: the action lacks its object,
    and after a grant stay and work count as allowed until the card (§ 81(5a) AufenthG). What is
    due then has a clock of its own, which the list shows beside.
    """
    if state in decided:
        return NEVER, "entschieden"
    received = facts.received_on or facts.today
    days = [(add_months(received, 3), "klage75")]
    if facts.title_until is not None:
        days.append((facts.title_until, "titel"))
    if facts.job_start is not None:
        days.append((facts.job_start, "arbeit"))
    return min(days)
