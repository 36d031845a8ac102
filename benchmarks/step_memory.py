"""Guards and step of the largest procedure in memory, against a bare trigger of its machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from abh.bench import measure
from abh.bench.grundfall import facts_of
from abh.bench.maschinen import Walk, by_spiffworkflow, by_statemachine
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
# The peers are measured for the record only, and a SpiffWorkflow is slow to make.
PEER_ROUNDS = 20


def run(_database_url: str, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield one line, microseconds a step: the mean of a pass over every step the facts allow.

    ``steps`` is how many one pass takes, ``guards`` how many conditions it asks on the way.
    ``python_statemachine`` and ``spiffworkflow`` take the same steps of the same graph, without
    any guard, in turns with the same floor; theirs is the ratio to it.
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
        **_peers(verfahren, walk, min(PEER_ROUNDS, rounds)),
    }


def _peers(verfahren: Verfahren, walk: Walk, rounds: int) -> dict[str, float]:
    warm_up = min(2, rounds)
    acts = {
        "python_statemachine": by_statemachine(verfahren, walk),
        "spiffworkflow": by_spiffworkflow(verfahren, walk, rounds + warm_up),
    }
    found: dict[str, float] = {}
    for name, act in acts.items():
        series = measure.in_turns(act, _floor(verfahren, walk), rounds, warm_up=warm_up)
        micro = [[value * 1000 / len(walk) for value in times] for times in series]
        line = measure.line(name, *micro)
        found |= {f"{name}_us": line["value"], f"{name}_ratio": line["ratio"]}
    return found


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
