"""The only door to ``transitions``: one shared machine per version of a Verfahren.

Guards are evaluated here and not given to the library, which stops at the first that fails and
does so silently. The library keeps the states honest: undefined moves raise.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import transitions

from abh.kernel.errors import ConfigurationError, Reason, StepNotAllowed
from abh.workflows.definition import POWER_LABELS, SAME_STATE, Power, Step, Verfahren
from abh.workflows.facts import Facts


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a step is possible now, and every reason why not."""

    step_key: str
    label: str
    allowed: bool
    reasons: tuple[Reason, ...]
    step: Step | None = None


class _Carrier:
    """The light object a shared machine moves; it lives for one step."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def evaluate(
    verfahren: Verfahren, state: str, step_key: str, facts: Facts, powers: Collection[Power]
) -> Evaluation:
    """Say whether ``step_key`` is possible; all reasons at once. Never raises, whatever the facts.

    Reasons of state and power have the keys ``schritt``, ``zustand`` and ``rolle``.
    """
    step = verfahren.step(step_key)
    reasons = tuple(_reasons(verfahren, state, step_key, step, facts, powers))
    label = step_key if step is None else step.label
    return Evaluation(step_key, label, not reasons, reasons, step)


def _reasons(
    verfahren: Verfahren,
    state: str,
    step_key: str,
    step: Step | None,
    facts: Facts,
    powers: Collection[Power],
) -> list[Reason]:
    if step is None:
        text = f"Den Schritt „{step_key}“ gibt es in {verfahren.key} nicht."
        return [Reason(text, key="schritt")]
    reasons = _state_reasons(verfahren, state, step) + _power_reasons(step, powers)
    for guard in step.guards:
        if (reason := guard(facts)) is not None:
            reasons.append(reason)
    return reasons


def possible_steps(
    verfahren: Verfahren, state: str, facts: Facts, powers: Collection[Power]
) -> list[Evaluation]:
    """Return every step that leaves ``state``: what is possible, what is not, and why."""
    return [
        evaluate(verfahren, state, step.key, facts, powers)
        for step in verfahren.steps
        if state in step.source
    ]


def due_steps(verfahren: Verfahren, state: str, facts: Facts) -> list[Step]:
    """Return the automatic steps that the system should take now, in the order of the table."""
    return [
        step
        for step in verfahren.steps
        if step.automatic
        and state in step.source
        and evaluate(verfahren, state, step.key, facts, (Power.SYSTEM,)).allowed
    ]


def fire(
    verfahren: Verfahren,
    state: str,
    step_key: str,
    facts: Facts,
    powers: Collection[Power],
    *,
    reason: str = "",
) -> str:
    """Take the step and return the new state; raises ``StepNotAllowed`` with all reasons.

    ``reason`` is the clerk's written reason, required where the step says so.
    """
    step = verfahren.step(step_key)
    reasons = _reasons(verfahren, state, step_key, step, facts, powers)
    if step is not None and step.needs_reason and not reason.strip():
        text = f"„{step.label}“ braucht eine schriftliche Begründung."
        reasons.append(Reason(text, norm="§ 39 VwVfG NRW", key="begruendung"))
    if reasons:
        raise StepNotAllowed(step_key, state, reasons)
    carrier = _Carrier(state)
    machine_of(verfahren).events[step_key].trigger(carrier)
    return carrier.state


def machine_of(verfahren: Verfahren) -> transitions.Machine:
    """Return the shared machine of this version, built once; a misspelt target is refused here.

    Raises ``ConfigurationError``: the library itself would accept it until somebody stands there.
    """
    return _build(verfahren)


@lru_cache(maxsize=256)
def _build(verfahren: Verfahren) -> transitions.Machine:
    keys = [state.key for state in verfahren.states]
    unknown = [
        f"Schritt {step.key}: Zustand „{key}“ ist nicht definiert"
        for step in verfahren.steps
        for key in (*step.source, step.target)
        if key not in keys and key != SAME_STATE
    ]
    if unknown:
        raise ConfigurationError(f"{verfahren.key} Version {verfahren.version}: {unknown}")
    machine = transitions.Machine(
        model=None,
        states=list(keys),
        initial=None,
        auto_transitions=False,
        send_event=True,
    )
    for step in verfahren.steps:
        machine.add_transition(step.key, list(step.source), step.target)
    return machine


def _state_reasons(verfahren: Verfahren, state: str, step: Step) -> list[Reason]:
    if state in step.source:
        return []
    here = verfahren.state(state)
    label = here.label if here else state
    where = ", ".join(s.label for key in step.source if (s := verfahren.state(key)))
    text = f"Der Vorgang ist im Zustand „{label}“; „{step.label}“ geht nur in: {where}."
    return [Reason(text, key="zustand")]


def _power_reasons(step: Step, powers: Collection[Power]) -> list[Reason]:
    for power in step.by:
        if power in powers:
            return []
    who = " oder ".join(POWER_LABELS[power] for power in step.by) or "niemandem"
    return [Reason(f"„{step.label}“ ist vorbehalten: {who}.", key="rolle")]
