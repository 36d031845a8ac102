"""Evaluation shows all reasons at once, deny by default, and never raises."""

import time
from dataclasses import replace

import pytest

from abh.kernel.errors import StepNotAllowed
from abh.workflows import registry
from abh.workflows.definition import Power
from abh.workflows.facts import DecisionDraft
from abh.workflows.machine import due_steps, evaluate, fire, machine_of, possible_steps
from tests.unit.workflows.faelle import case

V = registry.get("P02", 1)
DECIDER = (Power.DECIDE,)


def test_nobody_without_powers_may_do_anything():
    for state in V.states:
        assert not any(found.allowed for found in possible_steps(V, state.key, case(), ()))


def test_system_never_takes_a_decision():
    for step in V.steps:
        if step.decision:
            assert Power.SYSTEM not in step.by
            assert not step.automatic


def test_all_reasons_come_at_once_with_state_and_power():
    facts = case(fee_paid=False, decision=DecisionDraft())
    found = evaluate(V, "in_review", "bewilligen", facts, (Power.COUNTER,))
    assert {r.key for r in found.reasons} == {
        "zustand",
        "rolle",
        "gebuehr_erledigt",
        "entscheider_benannt",
    }
    assert not found.allowed


def test_every_guard_reason_carries_a_norm():
    found = evaluate(V, "decision_ready", "bewilligen", case(fee_paid=False), DECIDER)
    assert [(r.key, r.norm) for r in found.reasons] == [
        ("gebuehr_erledigt", "§ 69 AufenthG, § 45 AufenthV")
    ]


def test_unknown_step_and_unknown_state_are_reasons_not_exceptions():
    assert evaluate(V, "in_review", "zaubern", case(), DECIDER).reasons[0].key == "schritt"
    found = evaluate(V, "mond", "bewilligen", case(), DECIDER)
    assert "zustand" in {r.key for r in found.reasons}


def test_fire_moves_the_case_and_refuses_with_all_reasons():
    assert fire(V, "decision_ready", "bewilligen", case(), DECIDER) == "granted"
    with pytest.raises(StepNotAllowed) as refusal:
        fire(V, "decision_ready", "bewilligen", case(fee_paid=False), (Power.COUNTER,))
    assert {r.key for r in refusal.value.reasons} == {"rolle", "gebuehr_erledigt"}


def test_step_that_needs_a_reason_is_refused_with_blanks():
    facts = case(passport_until=None)
    with pytest.raises(StepNotAllowed) as refusal:
        fire(V, "in_review", "anhoeren", facts, DECIDER, reason="   ")
    assert [r.key for r in refusal.value.reasons] == ["begruendung"]
    assert fire(V, "in_review", "anhoeren", facts, DECIDER, reason="Pass fehlt") == "hearing"


def test_step_that_stays_keeps_whichever_state_the_case_is_in():
    facts = replace(case(), mobility=replace(case().mobility, applies=True))
    for state in ("granted", "card_ready"):
        assert fire(V, state, "mitgliedstaat_unterrichten", facts, (Power.SYSTEM,)) == state


def test_due_steps_are_automatic_allowed_and_in_the_order_of_the_table():
    facts = case()
    assert [s.key for s in due_steps(V, "awaiting_third_party", facts)] == [
        "beteiligungen_abschliessen"
    ]
    assert due_steps(V, "in_review", facts) == []


def test_library_step_costs_microseconds():
    event = machine_of(V).events["zustaendigkeit_bejahen"]

    class Light:
        state = "jurisdiction_check"

    light, rounds = Light(), 300
    begin = time.perf_counter()
    for _ in range(rounds):
        light.state = "jurisdiction_check"
        event.trigger(light)
    assert light.state == "completeness_check"
    assert (time.perf_counter() - begin) / rounds < 0.001
