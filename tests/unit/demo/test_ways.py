"""Ways through the tables of all procedures, the templates they are walked with, and the mix."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import cache
from random import Random

import pytest

from abh.demo import mix
from abh.demo.faelle import FallMaker
from abh.demo.load import generate
from abh.demo.plan import ASKED, Plan, plan_of, ready_facts
from abh.demo.rows import COLUMNS, Rows
from abh.demo.sheets import stand_ins
from abh.demo.vorlagen import covered, vorlagen
from abh.demo.walk import FOREIGN, through, ways
from abh.demo.world import Clerk, Post, World
from abh.documents.zeichnung_config import load_zeichnung
from abh.kernel.clock import BERLIN, FixedClock, today
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows.checklist import evaluate_checklist, unsettled_items
from abh.workflows.definition import SAME_STATE, Step
from abh.workflows.registry import current, known_keys

CLOCK = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))
DAY = today(CLOCK)
LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
OTHERS = [key for key in known_keys() if key != "P02"]


@cache
def plan(key: str) -> Plan:
    return plan_of(current(key, DAY), LAW, DAY)


def test_every_procedure_has_a_template_and_a_share() -> None:
    assert covered() == set(OTHERS)
    assert set(mix.VOLUMES) == set(known_keys())


@pytest.mark.parametrize("key", OTHERS)
def test_every_way_is_one_of_the_table(key: str) -> None:
    verfahren = plan(key).verfahren
    for state, falls in plan(key).cases.items():
        for fall in falls:
            here = verfahren.initial
            for step in fall.way.steps:
                assert here in step.source, (state, step.key)
                assert step.target != SAME_STATE
                here = step.target
            assert here == state


@pytest.mark.parametrize("key", OTHERS)
def test_cases_wait_in_every_state_that_lasts(key: str) -> None:
    verfahren = plan(key).verfahren
    missing = {state.key for state in verfahren.states} - set(plan(key).cases)
    asked = any(
        ready_facts(verfahren, vorlage, LAW, DAY).participations for vorlage in vorlagen(verfahren)
    )
    momentary = {verfahren.initial, "received"} | (set() if asked else {ASKED})
    assert missing <= momentary


@pytest.mark.parametrize("key", OTHERS)
def test_the_templates_meet_every_requirement_or_fail_on_purpose(key: str) -> None:
    verfahren = current(key, DAY)
    for vorlage in vorlagen(verfahren):
        items = evaluate_checklist(verfahren, ready_facts(verfahren, vorlage, LAW, DAY))
        ripe = any(step.target == "decision_ready" for step in verfahren.steps)
        if ripe and not vorlage.fails:
            assert [(i.key, i.why) for i in unsettled_items(items)] == [], vorlage.key


def test_a_way_avoids_what_the_facts_would_never_allow() -> None:
    p30 = current("P30", DAY)

    def only_notes(step: Step) -> bool:
        return step.key != "wechsel_vermerken"

    free = ways(p30, p30.initial, lambda step: True)["noted"]
    barred = ways(p30, p30.initial, only_notes)["noted"]
    assert "wechsel_vermerken" in {step.key for step in free.steps}
    assert "wechsel_vermerken" not in {step.key for step in barred.steps}
    assert (free.foreign, barred.foreign) == (0, 0)
    assert len(barred.steps) > len(free.steps)


def test_no_way_leads_on_from_an_end_and_a_foreign_step_is_counted() -> None:
    p01 = current("P01", DAY)
    assert set(ways(p01, "issued", lambda step: True)) == {"issued"}
    dear = ways(p01, p01.initial, lambda step: False)["issued"]
    assert dear.cost == FOREIGN * len(dear.steps)
    assert dear.foreign == len(dear.steps)


def test_a_way_is_led_through_the_points_that_suit_it() -> None:
    p01 = current("P01", DAY)
    found = through(p01, lambda step: True, ((ASKED, "decision_ready"),))
    assert ASKED in found["issued"].states(p01.initial)
    assert ASKED not in found["suspended"].states(p01.initial)


@pytest.mark.parametrize("key", OTHERS)
def test_the_office_has_a_rule_for_every_letter_of_a_case(key: str) -> None:
    """A letter without a row of the signature table would raise."""
    rows = Rows(dict.fromkeys(COLUMNS, 1))
    firm = rows.add("company", name="Firma")
    maker = FallMaker(world((key,)), rows, Random(7), [firm])
    known = {state.key: state.terminal for state in current(key, DAY).states}
    for index in range(40):
        case = maker.make(key, index, is_open=index % 2 == 0)
        assert known[case["state"]] is (case["closed_at"] is not None)
    assert len(rows.waiting["vorgang"]) == 40
    assert rows.waiting["audit_entry"]


def world(keys: tuple[str, ...]) -> World:
    post = Post("SG9", (Clerk(1, "Erste"), Clerk(2, "Zweiter")), Clerk(3, "Leitung"))
    p02 = current("P02", DAY)
    return World(
        verfahren=p02,
        law=LAW,
        secret=b"test",
        now=CLOCK.now(),
        today=DAY,
        unit_key="SG1",
        clerks=list(post.clerks),
        lead=post.lead,
        running={},
        sheets=stand_ins(p02),
        zeichnung=load_zeichnung(ROOT / "config" / "zeichnung.yaml"),
        posts=dict.fromkeys(keys, (post,)),
    )


def test_the_mix_follows_the_volumes_and_starves_nobody() -> None:
    rows = Rows(dict.fromkeys(COLUMNS, 1))
    made = Counter[str]()
    for _ in generate(world(tuple(OTHERS)), rows, seed=3, count=1500):
        made.update(row["verfahren"] for row in rows.waiting["vorgang"])
        rows = _emptied(rows)
    assert sum(made.values()) == 1500
    assert set(made) == set(known_keys())
    assert made["P24"] > made["P11"] > made["P05"] > 0
    assert 0.06 < made["P02"] / 1500 < 0.14


def _emptied(rows: Rows) -> Rows:
    list(rows.take())
    return rows


def test_the_same_seed_gives_the_same_cases_of_every_procedure() -> None:
    def once(seed: int) -> list[object]:
        rows = Rows(dict.fromkeys(COLUMNS, 1))
        return [
            batch
            for _ in generate(world(tuple(OTHERS)), rows, seed=seed, count=60)
            for batch in rows.take()
        ]

    assert once(5) == once(5)
    assert once(5) != once(6)


def test_more_states_rest_than_wait_where_a_right_is_held() -> None:
    states = plan("P20").states(is_open=True)
    weights = dict(zip(*states, strict=True))
    assert weights["tolerated"] == max(weights.values())
    chosen = {plan("P20").choose(Random(n), is_open=False)[0] for n in range(40)}
    terminal = {state.key for state in plan("P20").verfahren.states if state.terminal}
    assert chosen <= terminal
