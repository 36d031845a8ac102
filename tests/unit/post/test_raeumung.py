"""The model of the clearance plan: least hours, floors, training, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from abh.kernel.errors import ConfigurationError
from abh.post import planregeln
from abh.post.raeumung.anlauf import at_start
from abh.post.raeumung.lage import first_monday, places
from abh.post.raeumung.modell import APPOINTMENTS, FIRMS, Clerk, Pile, Task, sentences
from abh.post.raeumung.rechnung import by_date, earliest

WEEKS = 4


def clerk(
    n: int = 1, *, post: int = 60, spare: int = 5, pace: Mapping[str, float] | None = None
) -> Clerk:
    return Clerk(
        n, f"Kraft {n}", pace if pace is not None else {"P02": 1.0},
        (post,) * WEEKS, {APPOINTMENTS: (spare,) * WEEKS, FIRMS: (1,) * WEEKS},
    )  # fmt: skip


def task(*clerks: Clerk, stock: int = 40, floor: int = 0, **pile: Any) -> Task:
    values = {"topic": "P02", "kind": "documents", "minutes": 12.0, "stock": stock, "inflow": 0.0}
    return Task(
        "SG1", WEEKS, (Pile(**(values | pile)),), clerks or (clerk(),),
        {APPOINTMENTS: (300,) * WEEKS, FIRMS: (60,) * WEEKS}, {APPOINTMENTS: floor, FIRMS: 100},
    )  # fmt: skip


def test_only_the_hours_that_are_missing_are_taken() -> None:
    # 40 items are 480 minutes; four weeks bring 240 of their own.
    plan = by_date(task(), 3)
    assert plan.zero_week == 3
    assert plan.taken_minutes == 240
    assert plan.gap == 0
    assert plan.stock[-1] == 0
    assert sum(plan.used) == 480


def test_with_enough_time_of_its_own_nothing_is_taken() -> None:
    assert by_date(task(stock=20), 3).taken_minutes == 0


def test_hours_go_where_waiting_hurts_first() -> None:
    plan = by_date(task(), 3)
    assert plan.given[APPOINTMENTS][0] == max(plan.given[APPOINTMENTS])
    assert list(plan.stock) == sorted(plan.stock, reverse=True)


def test_the_more_harmful_pile_is_worked_off_first() -> None:
    quick = Pile("P02", "other", 6.0, 20, 0.0, harm=1.0)
    court = Pile("P02", "court", 12.0, 20, 0.0, harm=9.0)
    both = replace(task(clerk(post=240, spare=0)), piles=(quick, court))
    # The first week does all 20 of the court, or all quick ones and half of the court's.
    assert by_date(both, 3).stock[0] == 20
    turned = replace(both, piles=(replace(quick, harm=9.0), replace(court, harm=1.0)))
    assert by_date(turned, 3).stock[0] == 10


def test_training_takes_longer_and_no_training_takes_nothing() -> None:
    learning = clerk(pace={"P02": 1.5})
    assert by_date(task(learning), 3).taken_minutes == 480
    plan = by_date(task(clerk(pace={})), 3)
    assert plan.zero_week is None
    assert sentences(plan, task(clerk(pace={})), None) == [
        "SG1: Niemand ist für P02 ausgebildet; 40 Eingänge bleiben liegen."
    ]


def test_what_needs_no_training_anybody_does() -> None:
    assert by_date(task(clerk(pace={}), topic=""), 3).zero_week == 3


def test_floors_of_appointments_are_kept_and_named_when_they_are_in_the_way() -> None:
    closed = task(floor=100)
    plan = by_date(closed, 3)
    assert plan.zero_week is None
    assert plan.without_floors
    said = sentences(plan, closed, date(2026, 12, 27))
    assert said[0] == "SG1: Es fehlen bis zum 27.12.2026 4 Stunden (P02)."
    assert "Ohne die Untergrenzen" in said[1]
    half = by_date(task(floor=80), 3)
    assert half.zero_week == 3
    assert max(half.given[APPOINTMENTS]) <= 1


def test_what_cannot_be_says_that_floors_are_not_the_reason() -> None:
    far = task(stock=4_000)
    plan = by_date(far, 3)
    assert plan.zero_week is None
    assert not plan.without_floors
    assert "Auch ohne Untergrenzen" in sentences(plan, far, None)[-1]
    nobody = replace(far, clerks=())
    assert sentences(by_date(nobody, 3), nobody, None) == [
        "SG1: Im Dienstplan steht in diesen Wochen niemand."
    ]


def test_the_earliest_week_is_found_with_the_fewest_hours_for_it() -> None:
    plan = earliest(task())
    assert plan.zero_week == 1
    assert plan.taken_minutes == by_date(task(), 1).taken_minutes == 360
    assert by_date(task(), 0).zero_week is None
    assert earliest(task(stock=4_000)).zero_week is None


def test_inflow_counts_until_the_day_of_the_plan() -> None:
    steady = task(stock=0, inflow=10.0)
    assert by_date(steady, 3).taken_minutes == 240


def test_same_input_same_plan() -> None:
    several = task(clerk(1), clerk(2), clerk(3, pace={"P02": 1.5}), stock=120)
    assert by_date(several, 3) == by_date(several, 3)


def test_a_plan_begins_with_what_comes_and_is_done_before_its_first_week() -> None:
    mild = Pile("P02", "other", 10.0, 20, 7.0, harm=1.0)
    court = Pile("P02", "court", 20.0, 3, 0.0, harm=9.0)
    alien = Pile("P33", "documents", 10.0, 5, 14.0)
    trained, learning = clerk(1), clerk(2, pace={"P02": 2.0})
    # Six days bring 6 and 12; an hour does the court's three, half an hour of who learns 1.5 more.
    found = at_start((mild, court, alien), (trained, learning), {1: 60, 2: 30, 9: 600}, 6)
    assert [pile.stock for pile in found] == [25, 0, 17]
    assert at_start((mild,), (), {}, 0) == (mild,)
    assert [p.stock for p in at_start((mild,), (trained,), {1: 6_000}, 2)] == [0]


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 11, 23), date(2026, 11, 30)),
        (date(2026, 11, 27), date(2026, 11, 30)),
        (date(2026, 11, 28), date(2026, 12, 7)),
    ],
)
def test_a_plan_starts_on_a_monday_at_least_three_days_ahead(day: date, monday: date) -> None:
    assert first_monday(day) == monday


def test_hours_are_spread_over_the_days_and_fewer_come_where_the_roster_has_less() -> None:
    from abh.appointments.postzeit import Piece, RosteredPiece

    monday, tuesday = date(2026, 11, 30), date(2026, 12, 1)
    free = [
        RosteredPiece(Piece("SG1", 5, 1, day, 96, 130), "kunden", ((96, 130),))
        for day in (monday, tuesday)
    ]
    two = places(free, {(1, 0, APPOINTMENTS): 2}, monday)
    assert [(p.day, p.start, p.end) for p in two] == [(monday, 118, 130), (tuesday, 118, 130)]
    assert len(places(free, {(1, 0, APPOINTMENTS): 9}, monday)) == 4
    assert places(free, {(1, 0, FIRMS): 1}, monday) == []


def test_the_house_rules_are_read_and_faults_are_all_named() -> None:
    rules = planregeln.plan_rules()
    assert rules.on(date(2026, 11, 23)).minutes["inquiry"] > 0
    with pytest.raises(LookupError):
        rules.on(date(2020, 1, 1))
    with pytest.raises(ConfigurationError) as caught:
        planregeln.read(
            {"bearbeitung": [{"ab": date(2026, 1, 1), "minuten": {"brief": 3}}]}, "post.yaml"
        )
    assert "unbekannte Art" in str(caught.value)
    assert "raeumungsplan.wochen" in str(caught.value)
