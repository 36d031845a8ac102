"""Every scenario file holds, and together they hit every step and every refusal."""

from pathlib import Path

import pytest

from abh.kernel.errors import ConfigurationError
from abh.workflows import registry
from abh.workflows.scenarios import load, run

FOLDER = Path(__file__).resolve().parents[2] / "verfahren" / "p02"
SCENARIOS = load([FOLDER])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.source}: {s.name}")
def test_scenario_holds(scenario):
    assert run(scenario).problems == ()


def test_every_step_is_taken_by_a_scenario():
    taken = {key for scenario in SCENARIOS for key in run(scenario).taken}
    assert {step.key for step in registry.P02_V1.steps} - taken == set()


def test_every_guard_refuses_in_a_scenario():
    refused = {key for scenario in SCENARIOS for key in run(scenario).refused_by}
    wanted = {*registry.P02_V1.guards(), "rolle", "zustand", "begruendung"}
    assert wanted - refused == set()


def test_scenario_names_are_unique():
    assert len({s.name for s in SCENARIOS}) == len(SCENARIOS)


def test_wrong_expectation_is_a_problem_and_not_an_exception(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "verfahren: P02\nszenarien:\n  - name: falsch\n    gegeben:\n"
        "      angaben: {stichtag: 2026-11-23}\n    dann: {zustand: bewilligt}\n"
    )
    (scenario,) = load([tmp_path])
    assert "„Entwurf“ statt „bewilligt“" in run(scenario).problems[0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("verfahren: P02\nszenarien:\n  - {name: x}\n", "dann fehlt"),
        ("verfahren: P99\nszenarien:\n  - {name: x, dann: {zustand: y}}\n", "P99"),
        ("[1, 2]\n", "keine Zuordnung"),
        ("a: [\n", "kaputt.yaml"),
        (
            "verfahren: P02\nszenarien:\n  - {name: x, gegeben: {zustand: Mond}, dann: {a: b}}\n",
            "Mond",
        ),
    ],
)
def test_broken_scenario_file_is_named(tmp_path, text, named):
    (tmp_path / "kaputt.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=named):
        load([tmp_path])


def test_unknown_word_is_refused_with_all_others(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "verfahren: P02\nszenarien:\n  - name: x\n    gegeben:\n"
        "      angaben: {stichtag: 2026-11-23, gehallt: 1, titel: Pass}\n    dann: {zustand: y}\n"
    )
    (scenario,) = load([tmp_path])
    with pytest.raises(ConfigurationError, match="(?s)gehallt.*titel"):
        run(scenario)


def test_every_kind_of_wrong_expectation_is_a_problem(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "verfahren: P02\nszenarien:\n  - name: falsch\n    gegeben:\n"
        "      {zustand: in Prüfung, angaben: {stichtag: 2026-11-23}}\n"
        "    wenn: [{schritt: bewilligen, als: Schalter}]\n"
        "    dann:\n      abgelehnt_wegen: [rolle]\n      begruendung_nennt: [Mondphase]\n"
        "      voraussetzungen: {B1: erfüllt, X9: offen}\n      saetze: {B8: [Mondphase]}\n"
    )
    (scenario,) = load([tmp_path])
    text = "\n".join(run(scenario).problems)
    for part in (
        "abgelehnt wegen",
        "„Mondphase“ steht nicht",
        "B1 ist „offen“",
        "X9 gibt es nicht",
    ):
        assert part in text
    assert "B8: „Mondphase“" in text
