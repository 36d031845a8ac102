"""Guards and step of the largest procedure in memory, against a bare trigger of its machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from abh.bench import measure
from abh.bench.grundfall import facts_of
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry
from abh.workflows.definition import Power, Verfahren
from abh.workflows.facts import Facts
from abh.workflows.machine import evaluate, fire, machine_of

ROUNDS = 400
WARM_UP = 40
POWERS = frozenset(Power)
REASON = "Der Arbeitgeber hat gewechselt."
# Pairs of a state and a step that the facts allow there.
Walk = Sequence[tuple[str, str]]


def run(_database_url: str, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield one line, microseconds a step: the mean of a pass over every step the facts allow.

    ``steps`` is how many one pass takes, ``guards`` how many conditions it asks on the way.
    """
    law = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
    verfahren = max(registry.PUBLISHED, key=lambda v: len(v.steps))
    facts = facts_of(verfahren, law)
    walk = allowed(verfahren, facts)
    warm_up = min(WARM_UP, rounds)
    ours, floor = _ours(verfahren, facts, walk, rounds + warm_up), _floor(verfahren, walk)
    series = measure.in_turns(ours, floor, rounds, warm_up=warm_up)
    micro = [[value * 1000 / len(walk) for value in times] for times in series]
    yield {
        **measure.line("step_memory", *micro),
        "unit": "µs",
        "procedure": f"{verfahren.key} Version {verfahren.version}",
        "steps": len(walk),
        "guards": sum(len(step.guards) for _, key in walk if (step := verfahren.step(key))),
    }


def allowed(verfahren: Verfahren, facts: Facts) -> list[tuple[str, str]]:
    """Return every (state, step) that is possible on these facts."""
    return [
        (state, step.key)
        for step in verfahren.steps
        for state in step.source
        if evaluate(verfahren, state, step.key, facts, POWERS).allowed
    ]


def _ours(verfahren: Verfahren, facts: Facts, walk: Walk, passes: int) -> Callable[[], None]:
    # Facts of their own for every pass, as every read of a case gives them: what was worked out
    # from those of the last pass must not help this one.
    spare = [replace(facts) for _ in range(passes)]

    def steps() -> None:
        fresh = spare.pop()
        for state, key in walk:
            fire(verfahren, state, key, fresh, POWERS, reason=REASON)

    return steps


class _Model:
    """What the bare machine moves."""

    state = ""


def _floor(verfahren: Verfahren, walk: Walk) -> Callable[[], None]:
    events = machine_of(verfahren).events

    def triggers() -> None:
        for state, key in walk:
            model = _Model()
            model.state = state
            events[key].trigger(model)

    return triggers
