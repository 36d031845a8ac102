"""No rule of any Verfahren stumbles over what is not known: every state, every step, every fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from abh.configfiles import load_yaml_file
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry
from abh.workflows.checklist import evaluate_checklist
from abh.workflows.definition import Power
from abh.workflows.dossier import law_of
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.fiktion import fiktion
from abh.workflows.gebuehren import fees_for
from abh.workflows.laufzeit import title_end
from abh.workflows.machine import due_steps, possible_steps
from abh.workflows.planung import to_plan
from abh.workflows.recht import LawValues
from abh.workflows.scenario_facts import facts_from

FOLDER = Path(__file__).resolve().parents[2] / "verfahren"
LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
EVERY = pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")
DAYS = (date(1995, 2, 28), date(2026, 11, 23), date(2028, 2, 29), date(9998, 12, 31))


def ground(one) -> Facts:
    folder = FOLDER / one.key.lower()
    file = folder / f"grundfall_v{one.version}.yaml"
    file = file if file.is_file() else folder / "grundfall.yaml"
    words = load_yaml_file(file)["angaben"]
    return facts_from(words, file.name, one, LAW)


def ask_everything(one, facts: Facts) -> None:
    for state in one.states:
        for found in possible_steps(one, state.key, facts, tuple(Power)):
            assert all(reason.text for reason in found.reasons)
        due_steps(one, state.key, facts)
    for item in evaluate_checklist(one, facts):
        assert item.why
    fees_for(one, facts)
    title_end(one, facts)
    to_plan(one, facts)
    fiktion(facts)
    assert one.title_words(facts)
    assert one.title_norm(facts)


@EVERY
def test_knowing_nothing_is_answered(one) -> None:
    for law in (LawValues(), law_of(one, LAW, date(2026, 11, 23))):
        ask_everything(one, Facts(stichtag=DAYS[1], today=DAYS[1], law=law))


@EVERY
def test_each_declared_fact_may_be_missing_or_at_the_edge(one) -> None:
    facts = ground(one)
    ask_everything(one, facts)
    for angabe in one.angaben:
        rest = {k: v for k, v in facts.angaben.items() if k != angabe.key}
        ask_everything(one, replace(facts, angaben=rest))
        if angabe.kind.name == "TAG":
            for day in DAYS:
                ask_everything(one, replace(facts, angaben=rest | {angabe.key: day}))
        for choice in angabe.choices:
            ask_everything(one, replace(facts, angaben=rest | {angabe.key: choice}))


@EVERY
def test_every_title_and_every_missing_day_is_answered(one) -> None:
    facts = ground(one)
    for kind in TitleKind:
        ask_everything(one, replace(facts, title_kind=kind))
    blank = {"received_on": None, "birth": None, "title_until": None, "passport_until": None}
    for name in blank:
        ask_everything(one, replace(facts, **{name: None}))
    ask_everything(one, replace(facts, **blank, law=LawValues()))
