"""The firm lane simulated: the claims hold, and each fails without its guard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from abh.fastlane.kontingent import Regeln, regeln
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.simulate.firmenanteil import LANE_PLACES, PLACES, WITH, WITHOUT, play
from abh.simulate.firmenanteil_belege import chart, compare

DAYS = 120


@pytest.fixture(scope="module")
def rules() -> Regeln:
    law = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
    return regeln(law.value, date(2026, 11, 23))


def test_all_claims_hold_and_every_control_fails(rules: Regeln) -> None:
    found = compare(1, 2, rules)
    assert [(row["claim"], row["holds"]) for row in found["claims"] if not row["holds"]] == []
    assert all(row["fails_without_guard"] for row in found["claims"])
    assert found["worse"]["mit_bahn"] <= 0.02
    picture = chart(found)
    assert picture.count("<rect") == 1 + 2 * len(found["ways"])


def test_the_same_seed_brings_the_same_year_and_the_same_people(rules: Regeln) -> None:
    first, again, without = (play(way, 3, DAYS, rules) for way in (WITH, WITH, WITHOUT))
    assert first.private == again.private
    # Who has come is the same; only a few at the end still wait in one way and not in the other.
    assert abs(len(first.private) - len(without.private)) < 3 * PLACES


def test_the_lane_is_within_its_cap(rules: Regeln) -> None:
    assert rules.lane_percent * PLACES >= 100 * LANE_PLACES
    closed = play(WITH, 3, DAYS, replace(rules, lane_percent=rules.lane_percent * 0))
    assert closed.lane_used == 0
