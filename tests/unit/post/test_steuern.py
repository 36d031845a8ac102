"""What supervisors steer with: forecast, weights compared before they apply, samples by seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from abh.kernel.errors import InvalidInput
from abh.post import prognose, stichprobe
from abh.post.gewichte import Waiting, compare, digest, raw_of, weights_of
from abh.post.prognose import Day
from abh.post.regeln import rules
from abh.post.triage import HarmDays, Weight

TODAY = date(2026, 11, 23)
WEIGHTS = rules().on(TODAY)


def flow(came: int, done: int, days: int = 28) -> list[Day]:
    """Workdays before today, each with the same flow."""
    past = [TODAY - timedelta(days=n) for n in range(1, days + 1)]
    return [Day(d, came, done) if d.weekday() < 5 else Day(d, 0, 0) for d in past]


def test_a_steady_flow_ends_on_one_day() -> None:
    found = prognose.forecast(100, flow(10, 20), TODAY)
    assert found is not None
    # Ten a workday less: ten workdays, two weeks from Monday.
    assert found.early == found.middle == found.late == date(2026, 12, 7)


def test_uneven_days_make_a_range_and_the_same_numbers_the_same_answer() -> None:
    uneven = [replace(d, done=40 if d.day.day % 2 else 5) for d in flow(10, 20)]
    found = prognose.forecast(800, uneven, TODAY)
    assert found is not None
    assert found.early is not None and found.middle is not None and found.late is not None
    assert found.early < found.middle < found.late
    assert prognose.forecast(800, uneven, TODAY) == found


def test_a_backlog_that_grows_has_no_day() -> None:
    found = prognose.forecast(100, flow(20, 10), TODAY)
    assert found == prognose.Forecast(None, None, None)


def test_too_little_flow_says_nothing_and_an_empty_pile_is_done() -> None:
    assert prognose.forecast(100, flow(1, 2, days=9), TODAY) is None
    assert prognose.forecast(0, [], TODAY) == prognose.Forecast(TODAY, TODAY, TODAY)


ROWS = [
    Waiting(1, HarmDays(), date(2026, 3, 1), "Alt"),
    Waiting(2, HarmDays(titel=TODAY + timedelta(days=5)), date(2026, 11, 20), "Titel"),
    Waiting(3, HarmDays(reise=TODAY + timedelta(days=3)), date(2026, 11, 20), "Reise"),
]


def test_the_same_weights_move_nobody() -> None:
    found = compare(ROWS, WEIGHTS, WEIGHTS, TODAY, 1)
    assert (found.compared, found.moved) == (3, 0)
    assert found.risers == found.fallers == ()
    assert found.overdue_before == found.overdue_after


def test_who_rises_and_who_falls_is_named_with_places() -> None:
    heavy = replace(WEIGHTS, parts={**WEIGHTS.parts, "reise": Weight(5_000, 14, 0)})
    found = compare(ROWS, WEIGHTS, heavy, TODAY, 1)
    assert [(one.name, one.after) for one in found.risers] == [("Reise", 1)]
    assert {one.name for one in found.fallers} == {"Titel", "Alt"}
    assert "Reise" in found.risers[0].reason


def test_an_order_that_ignores_harm_lets_more_come_overdue() -> None:
    rows = [
        Waiting(n, HarmDays(titel=TODAY + timedelta(days=n)), TODAY - timedelta(days=n))
        for n in range(1, 40)
    ]
    by_age = replace(WEIGHTS, waiting=50, parts={name: Weight(0, 1, 0) for name in WEIGHTS.parts})
    found = compare(rows, WEIGHTS, by_age, TODAY, 1)
    assert found.overdue_after > found.overdue_before


def test_weights_survive_their_row_and_faults_are_named() -> None:
    raw = raw_of(WEIGHTS)
    assert weights_of(raw, WEIGHTS.valid_from) == WEIGHTS
    with pytest.raises(InvalidInput) as caught:
        weights_of({**raw, "nationalitaet": {"punkte": 1, "tage": 1, "vorbei": 1}}, TODAY)
    assert "nationalitaet: unbekannt" in str(caught.value)
    assert digest(raw, TODAY) != digest({**raw, "warten": 2}, TODAY)
    assert digest(raw, TODAY) != digest(raw, TODAY + timedelta(days=1))


def test_a_seed_draws_the_same_share_again_and_another_seed_others() -> None:
    ids = list(range(1, 201))
    drawn = stichprobe.chosen("a", ids, 10)
    assert len(drawn) == 20
    assert stichprobe.chosen("a", list(reversed(ids)), 10) == drawn
    assert stichprobe.chosen("b", ids, 10) != drawn
    assert stichprobe.chosen("a", [7], 10) == [7]


def test_the_share_comes_from_everywhere() -> None:
    ids = list(range(1_000))
    drawn = [stichprobe.chosen(f"{n}", ids, 10) for n in range(30)]
    halves = sum(1 for one in drawn for i in one if i < 500)
    assert 0.4 < halves / 3_000 < 0.6
