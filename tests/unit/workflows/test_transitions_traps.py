"""What the library does that we must never rely on, and that our machine keeps out."""

from dataclasses import replace
from datetime import date

import pytest
import transitions

from abh.kernel.errors import ConfigurationError
from abh.workflows.definition import Power, State, Step, Turn, Verfahren, Words
from abh.workflows.facts import Facts
from abh.workflows.machine import fire, machine_of

WORDS = Words("x")
TODAY = date(2026, 11, 22)
SMALL = Verfahren(
    key="T1",
    version=1,
    name="Probe",
    norm="§ 1",
    in_force_from=TODAY,
    initial="a",
    states=(
        State("a", "A", WORDS, Turn.OFFICE),
        State("b", "B", WORDS, Turn.NOBODY, terminal=True),
    ),
    steps=(Step("go", ("a",), "b", (Power.REVIEW,), "§ 1", "Gehen"),),
)


class Model:
    def __init__(self, state: str) -> None:
        self.state = state


def test_library_has_auto_transitions_by_default_and_ours_has_none():
    plain = transitions.Machine(model=None, states=["a", "b"], initial=None)
    assert "to_b" in plain.events
    assert set(machine_of(SMALL).events) == {"go"}


def test_adding_a_model_resets_its_stored_state_so_we_never_add_one():
    machine = transitions.Machine(model=None, states=["a", "b"], initial="a")
    stored = Model("b")
    machine.add_model(stored)
    assert stored.state == "a"
    assert fire(SMALL, "a", "go", _facts(), [Power.REVIEW]) == "b"
    assert machine_of(SMALL).models == []


def test_library_fails_silently_on_the_first_condition_so_guards_stay_outside():
    machine = transitions.Machine(model=None, states=["a", "b"], initial=None)
    machine.add_transition("go", "a", "b", conditions=[lambda: False])
    model = Model("a")
    assert machine.events["go"].trigger(model) is False
    assert all(
        not transition.conditions
        for event in machine_of(SMALL).events.values()
        for rows in event.transitions.values()
        for transition in rows
    )


def test_misspelt_target_is_refused_when_the_machine_is_built():
    library = transitions.Machine(model=None, states=["a"], initial=None, auto_transitions=False)
    library.add_transition("go", "a", "nirgends")
    broken = replace(SMALL, steps=(replace(SMALL.steps[0], target="nirgends"),))
    with pytest.raises(ConfigurationError, match="nirgends"):
        machine_of(broken)


def test_no_string_callbacks_reach_the_library():
    for event in machine_of(SMALL).events.values():
        for rows in event.transitions.values():
            for transition in rows:
                assert transition.before == transition.after == transition.prepare == []


def test_state_dicts_are_mutated_by_the_library_so_it_gets_a_copy_of_plain_names():
    given = [{"name": "a"}, {"name": "b"}]
    transitions.Machine(model=None, states=given, initial=None)
    assert given[0] != {"name": "a"}
    before = SMALL.states
    machine_of(SMALL)
    assert SMALL.states == before


def test_an_error_in_after_leaves_the_new_state_behind_so_we_have_no_callbacks():
    def boom():
        raise RuntimeError

    machine = transitions.Machine(model=None, states=["a", "b"], initial=None)
    machine.add_transition("go", "a", "b", after=[boom])
    model = Model("a")
    with pytest.raises(RuntimeError):
        machine.events["go"].trigger(model)
    assert model.state == "b"


def test_one_machine_serves_all_cases_of_a_version():
    assert machine_of(SMALL) is machine_of(SMALL)


def _facts() -> Facts:
    return Facts(stichtag=TODAY, today=TODAY)
