"""The drawing shows every state and step and stays readable; a comparison names every change."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from abh.workflows import registry
from abh.workflows.describe import is_everywhere, tabellen
from abh.workflows.diagramm import edges, numbers, svg
from abh.workflows.diagramm_ebenen import NODE_HEIGHT, NODE_WIDTH, plan
from abh.workflows.vergleich import Art, vergleich

PUBLISHED = pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")
SVG = "{http://www.w3.org/2000/svg}"
P02 = registry.get("P02", 1)


@PUBLISHED
def test_the_drawing_is_sound_xml_with_title_and_description(one) -> None:
    root = ET.fromstring(svg(one))
    assert root.get("role") == "img"
    ids = (root.get("aria-labelledby") or "").split()
    assert [root.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")] == ids
    assert one.name in root.find(f"{SVG}title").text
    # no style attribute: the page's content security policy would drop it
    assert "style=" not in svg(one)
    assert svg(one) == svg(one)


@PUBLISHED
def test_every_state_and_every_step_is_drawn(one) -> None:
    root = ET.fromstring(svg(one))
    drawn = {title.text for title in root.iter(f"{SVG}title")}
    assert {state.label for state in one.states} <= drawn
    texts = [t.text for g in root.iter(f"{SVG}g") for t in g.iter(f"{SVG}text") if t.text]
    shown = {int(number) for text in texts for number in text.split(", ")}
    assert shown == set(numbers(one).values())


@PUBLISHED
def test_no_two_states_cover_each_other(one) -> None:
    pairs = [pair for pair in edges(one) if pair[0] != pair[1]]
    nodes = list(dict.fromkeys([s.key for s in one.states] + [n for p in pairs for n in p]))
    where = plan(nodes, pairs, one.initial).centre
    for a in nodes:
        for b in nodes:
            apart = (
                abs(where[a][0] - where[b][0]) >= NODE_WIDTH
                or abs(where[a][1] - where[b][1]) >= NODE_HEIGHT
            )
            assert a == b or apart, (a, b)


def test_edges_go_down_except_those_that_lead_back() -> None:
    found = plan(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")], "a")
    assert found.turned == {("c", "a"), ("b", "a")}
    assert found.centre["a"][1] < found.centre["b"][1] < found.centre["c"][1]
    # a long way back passes the layer between, beside the state that stands there
    assert len(found.routes["c", "a"]) == 3
    assert abs(found.routes["c", "a"][1][0] - found.centre["b"][0]) > NODE_WIDTH / 2


def test_steps_from_everywhere_are_drawn_once() -> None:
    wide = [step for step in P02.steps if is_everywhere(step)]
    assert wide
    assert all(("offen", step.target) in edges(P02) for step in wide)


def test_a_comparison_names_added_removed_and_changed_rows() -> None:
    first, second, *rest = P02.steps
    new = replace(
        P02,
        version=2,
        steps=(replace(first, norm="§ 99 AufenthG"), *rest, replace(rest[0], key="neuer_schritt")),
    )
    found = vergleich(P02, new)
    steps = {c.art: c for c in found if c.table == "Schritte"}
    assert set(steps) == set(Art)
    (cell,) = steps[Art.CHANGED].zellen
    assert (cell.column, cell.before, cell.after) == ("Norm", first.norm, "§ 99 AufenthG")
    assert steps[Art.REMOVED].row.startswith(second.label)
    assert "neuer_schritt" in steps[Art.ADDED].row
    assert found[0].table == "Kopf"


def test_equal_versions_have_no_difference() -> None:
    assert vergleich(P02, P02) == ()
    assert len({table.anchor for table in tabellen(P02)}) == len(tabellen(P02))
