"""Every scenario holds, and together they reach every step, refusal and requirement."""

from functools import cache
from pathlib import Path

import pytest

from abh.kernel.errors import ConfigurationError
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry
from abh.workflows.check import check_scenarios
from abh.workflows.scenarios import load, load_all, run

FOLDER = Path(__file__).resolve().parents[2] / "verfahren"
LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
PUBLISHED = pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")


@cache
def outcomes(one):
    return [run(scenario) for scenario in load_all(FOLDER, one, LAW)]


@PUBLISHED
def test_every_scenario_holds(one):
    wrong = [
        f"{o.scenario.source}, {o.scenario.name}: {'; '.join(o.problems)}"
        for o in outcomes(one)
        if not o.passed
    ]
    assert wrong == []


@PUBLISHED
def test_scenarios_reach_every_step_refusal_and_requirement(one):
    assert [str(fault) for fault in check_scenarios(one, outcomes(one))] == []


@PUBLISHED
def test_names_are_unique_within_a_verfahren(one):
    names = [o.scenario.name for o in outcomes(one)]
    assert len(set(names)) == len(names)


def test_shared_scenarios_are_played_on_more_than_nothing():
    shared = {o.scenario.source for one in registry.PUBLISHED for o in outcomes(one)}
    assert {path.name for path in (FOLDER / "gemeinsam").glob("*.yaml")} <= shared


def test_wrong_expectation_is_a_problem_and_not_an_exception(tmp_path):
    (tmp_path / "g.yaml").write_text(
        "verfahren: P02\nszenarien:\n  - name: falsch\n    gegeben:\n"
        "      angaben: {stichtag: 2026-11-23}\n    dann: {zustand: bewilligt, unsinn: 1}\n"
    )
    (scenario,) = load([tmp_path], LAW)
    problems = run(scenario).problems
    assert any("„Entwurf“ statt „bewilligt“" in text for text in problems)
    assert any("unsinn" in text for text in problems)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("verfahren: P02\nszenarien:\n  - {name: x}\n", "dann fehlt"),
        ("verfahren: P99\nszenarien:\n  - {name: x, dann: {zustand: y}}\n", "P99"),
        ("verfahren: P02\nallein:\n  X9: {angaben: {}}\n", "X9"),
        ("[1, 2]\n", "keine Zuordnung"),
        ("a: [\n", "kaputt.yaml"),
        (
            "verfahren: P02\nszenarien:\n  - {name: x, gegeben: {zustand: Mond}, dann: {a: b}}\n",
            "Mond",
        ),
        (
            "verfahren: P02\nszenarien:\n  - {name: x, gegeben: {mit: [Mond]}, dann: {a: b}}\n",
            "Mond",
        ),
    ],
)
def test_broken_scenario_file_is_named(tmp_path, text, named):
    (tmp_path / "kaputt.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=named):
        load([tmp_path], LAW)


@PUBLISHED
def test_each_verfahren_has_enough_scenarios_of_its_own(one):
    own = [s for s in load([FOLDER / one.key.lower()], LAW) if s.verfahren is one and not s.alone]
    assert len(own) >= (8 if one.laufzeit is not None else 4)
