"""What can be invented of a procedure: which states, on which way, with which template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from abh.demo import mix
from abh.demo.vorlagen import Vorlage, facts_of, vorlagen
from abh.demo.walk import Way, through
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.beteiligung import Beteiligung, PartState
from abh.workflows.checklist import evaluate_checklist, missing_items
from abh.workflows.definition import Guard, Step, Verfahren
from abh.workflows.dossier import law_of
from abh.workflows.facts import (
    Card,
    CourtOutcome,
    DecisionDraft,
    Facts,
    Hearing,
    PartialDate,
    Remedy,
    Request,
    SecurityAnswer,
    UhrStand,
)
from abh.workflows.planung import to_plan

# What a case passes on its way, where there is something to ask or to sign for.
ASKED, INVITED = "awaiting_third_party", "appointment_pending"
# States that say that a requirement is not met.
REFUSING = frozenset({"hearing", "refused", "refused_final", "appeal_pending"})
MISSING = "awaiting_applicant"


@dataclass(frozen=True)
class Fall:
    """One kind of case: a template, the way it went, and the evidence that may be missing."""

    vorlage: Vorlage
    way: Way
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The states cases of a procedure may stand in, each with the kinds of case that fit best."""

    verfahren: Verfahren
    cases: Mapping[str, tuple[Fall, ...]]

    def states(self, *, is_open: bool) -> tuple[list[str], list[int]]:
        """Return the states with their weights."""
        found = [
            state
            for state in self.verfahren.states
            if state.key in self.cases and state.terminal is not is_open
        ]
        return [state.key for state in found], [mix.weight(state) for state in found]

    def choose(self, rng: Random, *, is_open: bool) -> tuple[str, Fall]:
        """Choose a state and a kind of case by weight; the other ones where there is none."""
        keys, weights = self.states(is_open=is_open)
        if not keys:
            keys, weights = self.states(is_open=not is_open)
        state = rng.choices(keys, weights)[0]
        return state, rng.choice(self.cases[state])


def plan_of(
    verfahren: Verfahren, law: Rechtsstand, today: date, variants: tuple[str, ...] = ()
) -> Plan:
    """Return what can be invented of a procedure; raises ``KeyError`` without a template.

    ``variants``: only these, where the office has no others.
    """
    found: dict[str, list[Fall]] = {}
    for vorlage in vorlagen(verfahren):
        if variants and {**vorlage.told, **vorlage.found}.get("variante") not in variants:
            continue
        ready = ready_facts(verfahren, vorlage, law, today)
        lacking = lacking_evidence(verfahren, ready)
        for state, way in _ways(verfahren, ready).items():
            if _suits(verfahren, state, vorlage, ready, lacking):
                found.setdefault(state, []).append(Fall(vorlage, way, lacking))
    cases = {}
    for state, falls in found.items():
        least = min(fall.way.foreign for fall in falls)
        cases[state] = tuple(fall for fall in falls if fall.way.foreign == least)
    return Plan(verfahren, cases)


def _ways(verfahren: Verfahren, ready: Facts) -> Mapping[str, Way]:
    # Answers are awaited before the case is ripe, or before the hearing; then people are invited.
    asked = ((ASKED, "decision_ready"), (ASKED, "hearing")) if ready.participations else ()
    points = (*asked, (INVITED, "decision_ready"))
    return through(verfahren, _fits(situations(verfahren, ready)), points)


def _suits(
    verfahren: Verfahren, state: str, vorlage: Vorlage, ready: Facts, lacking: tuple[str, ...]
) -> bool:
    """Whether a case of the template may stand there."""
    if state in _passed_at_once(verfahren) or (state == ASKED and not ready.participations):
        return False
    if state == MISSING and not lacking:
        return False
    return (state in REFUSING) >= vorlage.fails


def _passed_at_once(verfahren: Verfahren) -> frozenset[str]:
    """Return the states that last seconds: before the opening, and where a registration follows."""
    registered = verfahren.step("registrieren")
    return frozenset({verfahren.initial, *(registered.source if registered else ())})


def ready_facts(verfahren: Verfahren, vorlage: Vorlage, law: Rechtsstand, today: date) -> Facts:
    """Return the facts of a case of the template in which everything has been done."""
    said = {**vorlage.antrag(today), **vorlage.findings(today)}
    born = today + timedelta(days=vorlage.born)
    facts = replace(
        facts_of(verfahren, said, law_of(verfahren, law, today), today, today - timedelta(days=40)),
        birth=PartialDate(born.year, born.month, born.day),
        nationalities=vorlage.nationality or ("IND",),
        employer="Firma" if vorlage.employer else "",
        applied_title=verfahren.titel or verfahren.name,
        competent=True,
        security=SecurityAnswer.CLEAR,
        evidence=dict.fromkeys(vorlage.evidence, 1),
        biometrics_on=today,
        biometrics_usable=True,
        fee_paid=True,
        decision=DecisionDraft("Erste", "Zweiter", reasons_written=True),
    )
    asked = to_plan(verfahren, unasked(facts))
    parts = tuple(Beteiligung(kind=kind, state=PartState.CONSENTED) for kind in asked)
    return replace(facts, participations=parts)


def unasked(facts: Facts) -> Facts:
    """Return the facts before anybody was asked about the person."""
    return replace(
        facts, security=SecurityAnswer.NOT_ASKED, security_valid_until=None, participations=()
    )


def lacking_evidence(verfahren: Verfahren, ready: Facts) -> tuple[str, ...]:
    """Return the kinds of evidence without which the applicant must be asked for more."""
    return tuple(
        kind
        for kind in ready.evidence
        if missing_items(
            evaluate_checklist(
                verfahren,
                replace(ready, evidence={k: n for k, n in ready.evidence.items() if k != kind}),
            )
        )
    )


def situations(verfahren: Verfahren, ready: Facts) -> tuple[Facts, ...]:
    """Return the situations a case of these facts may come into on its way, from done to new."""
    today = ready.today
    then, over = today - timedelta(days=60), today - timedelta(days=20)
    late = replace(
        ready,
        request=Request(sent_on=then, until=over, reminded_on=over),
        hearing=Hearing(then, over, statement_received_on=over, statement_weighed=True),
        card=Card(data_valid=True, arrived_on=over, identity_checked=True,
                  old_papers_withdrawn=True),
        remedy=Remedy(notified_on=then, action_until=over),
        uhren={clock.key: UhrStand(over, "expired", then) for clock in verfahren.clocks},
    )  # fmt: skip
    return (
        ready,
        late,
        replace(late, remedy=Remedy(then, over, over, CourtOutcome.DISMISSED)),
        replace(
            ready,
            security=SecurityAnswer.NOT_ASKED,
            biometrics_on=None,
            participations=tuple(
                replace(part, state=PartState.PLANNED) for part in ready.participations
            ),
        ),
        replace(
            ready,
            evidence={},
            biometrics_on=None,
            fee_paid=False,
            request=Request(sent_on=over, until=today, documents_received=1),
        ),
        replace(ready, withdrawal_on=today, ended_because="ausgereist", moved_to="Köln"),
    )


def _fits(facts: tuple[Facts, ...]) -> Callable[[Step], bool]:
    """Return whether some situation allows a step; guards are asked once, some look at much."""
    asked: dict[tuple[int, int], bool] = {}
    known: dict[str, bool] = {}

    def allows(guard: Guard, n: int) -> bool:
        key = (id(guard), n)
        if key not in asked:
            asked[key] = guard(facts[n]) is None
        return asked[key]

    def fits(step: Step) -> bool:
        if step.key not in known:
            known[step.key] = any(
                all(allows(guard, n) for guard in step.guards) for n in range(len(facts))
            )
        return known[step.key]

    return fits
