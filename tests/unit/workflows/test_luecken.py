"""No published procedure leaves open what letters, lists and lengths of titles read from it."""

from __future__ import annotations

import pytest

from abh.configfiles import load_yaml_file
from abh.settings import ROOT
from abh.workflows import registry
from abh.workflows.definition import Turn
from abh.workflows.laufzeit import title_end
from abh.workflows.planung import NEVER, harm_day, settled_states
from abh.workflows.scenario_facts import facts_from
from tests.unit.workflows.test_scenarios import FOLDER, LAW

EVERY = pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")
# Outcomes of N08 that give no title with an end of its own.
NO_TITLE = {"beschaeftigung", "einbuergerung", "betretenserlaubnis", "einreiseverbot", "sonstige"}
ONLY_BY_DECISION = {"granted", "refused", "refused_final", "appeal_pending"}


def outcomes_of_n08():
    rules = load_yaml_file(ROOT / "config" / "zeichnung.yaml")
    return {
        row["ausgang"]
        for version in rules["fassungen"]
        for row in version["regeln"]
        if row["brief"] == "N08" and "ausgang" in row
    }


def ground(one):
    folder = FOLDER / one.key.lower()
    own = folder / f"grundfall_v{one.version}.yaml"
    words = load_yaml_file(own if own.is_file() else folder / "grundfall.yaml")["angaben"]
    return facts_from(words, one.key, one, LAW)


@EVERY
def test_nobody_is_granted_or_refused_without_a_decision(one):
    there = {state.key for state in one.states} & ONLY_BY_DECISION
    assert there <= one.decided_states


@EVERY
def test_a_case_in_which_nobody_has_to_act_waits_for_nothing(one):
    quiet = {state.key for state in one.states if state.whose_turn is Turn.NOBODY}
    assert {state.key for state in one.states if state.terminal} <= quiet
    assert quiet <= settled_states(one)
    assert settled_states(one), "every procedure comes to rest somewhere"
    for key in quiet:
        assert harm_day(ground(one), key, settled_states(one))[0] == NEVER
    open_before = {"received", "in_review", "completeness_check", "decision_ready"}
    assert not settled_states(one) & open_before


@EVERY
def test_whoever_sends_a_grant_names_a_row_of_the_signature_table(one):
    sends = any(step.letter == "N08" for step in one.steps)
    assert bool(one.grant_outcome) is sends
    named = {one.grant_outcome, *(v.outcome for v in one.varianten)} - {""}
    assert named <= outcomes_of_n08()


@EVERY
def test_a_title_has_an_end_by_law_or_is_unlimited(one):
    gives = one.grant_outcome not in NO_TITLE | {""}
    gives |= any(v.outcome not in NO_TITLE | {""} for v in one.varianten)
    if not gives:
        return
    assert one.laufzeit is not None
    assert one.laufzeit.norm
    assert title_end(one, ground(one)) is not None


@EVERY
def test_every_title_rests_on_a_norm(one):
    norms = [one.title_norm(ground(one)), *(v.norm for v in one.varianten)]
    assert all(norm.startswith(("§", "Art.", "Nr.")) or "/" in norm for norm in norms), norms
