"""Other machines with the graph of a Verfahren, for the record beside ``step_memory``.

Each is given its cheapest life: built once, no callbacks, no conditions but the name of the step.
Needs the packages of ``requirements/dev.in``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from SpiffWorkflow import TaskState, Workflow
from SpiffWorkflow.operators import Attrib, Equal
from SpiffWorkflow.specs import ExclusiveChoice, Simple, WorkflowSpec
from statemachine import State, StateMachine

from abh.workflows.definition import SAME_STATE, Step, Verfahren

# Pairs of a state and a step that is possible there.
Walk = Sequence[tuple[str, str]]
Act = Callable[[], None]


def by_statemachine(verfahren: Verfahren, walk: Walk) -> Act:
    """Return a pass over ``walk`` with python-statemachine: one machine, put into each state.

    Raises ``RuntimeError`` where it arrives elsewhere than the Verfahren says.
    """
    machine: Any = _statemachine(verfahren)()
    legs = [(state, f"step_{key}", _target(verfahren, state, key)) for state, key in walk]

    def steps() -> None:
        for state, event, target in legs:
            machine.current_state_value = state
            machine.send(event)
            if machine.current_state_value != target:
                raise RuntimeError(f"{event} led to {machine.current_state_value}")

    return steps


def _statemachine(verfahren: Verfahren) -> Any:
    states = {
        state.key: State(value=state.key, initial=state.key == verfahren.initial)
        for state in verfahren.states
    }
    # No state is called final: one that was entered would end the machine for the next pass.
    members: dict[str, Any] = {"validate_trap_states": False}
    members |= {f"state_{key}": state for key, state in states.items()}
    for step in verfahren.steps:
        legs = [states[key].to(states[_end(step, key)]) for key in step.source]
        event = legs[0]
        for leg in legs[1:]:
            event = event | leg
        members[f"step_{step.key}"] = event
    metaclass: Any = type(StateMachine)
    return metaclass("Peer", (StateMachine,), members)


def by_spiffworkflow(verfahren: Verfahren, walk: Walk, passes: int) -> Act:
    """Return a pass over ``walk`` with SpiffWorkflow: each state a choice that waits for a step.

    A workflow cannot be put back, so all of ``passes`` are brought to their states beforehand.
    Raises ``RuntimeError`` where it arrives elsewhere than the Verfahren says.
    """
    spec = _spec(verfahren)
    legs = [(state, key, _target(verfahren, state, key)) for state, key in walk]
    spare = [[_waiting(spec, state) for state, _, _ in legs] for _ in range(passes)]

    def steps() -> None:
        for task, (_, key, target) in zip(spare.pop(), legs, strict=True):
            task.set_data(step=key)
            task.run()
            there = task.children[0]
            if there.task_spec.name != target or there.state != TaskState.READY:
                raise RuntimeError(f"{key} led to {there.task_spec.name}")

    return steps


def _spec(verfahren: Verfahren) -> WorkflowSpec:
    leaving = {state for step in verfahren.steps for state in step.source}
    spec = WorkflowSpec(name=verfahren.key, addstart=True)
    anywhere = ExclusiveChoice(spec, "anywhere", manual=True)
    spec.start.connect(anywhere)
    refused = Simple(spec, "no way")
    states = {
        state.key: (ExclusiveChoice if state.key in leaving else Simple)(
            spec, state.key, manual=True
        )
        for state in verfahren.states
    }
    for key, state in states.items():
        anywhere.connect_if(Equal(Attrib("state"), key), state)
    for choice in (anywhere, *(states[key] for key in leaving)):
        choice.connect(refused)
    for step in verfahren.steps:
        for key in step.source:
            states[key].connect_if(Equal(Attrib("step"), step.key), states[_end(step, key)])
    for each in spec.task_specs.values():
        # What might come after the next state is nobody's question here.
        each.lookahead = 1
    return spec


def _waiting(spec: WorkflowSpec, state: str) -> Any:
    """Return the task of a new workflow that stands in ``state`` and waits for a step."""
    workflow = Workflow(spec)
    workflow.get_next_task(state=TaskState.READY).run()
    choice = workflow.get_next_task(state=TaskState.READY)
    choice.set_data(state=state)
    choice.run()
    return workflow.get_next_task(state=TaskState.READY)


def _target(verfahren: Verfahren, state: str, key: str) -> str:
    step = verfahren.step(key)
    if step is None:
        raise RuntimeError(f"there is no step {key}")
    return _end(step, state)


def _end(step: Step, state: str) -> str:
    return state if step.target == SAME_STATE else step.target
