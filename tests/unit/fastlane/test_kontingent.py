"""Quota and plan: tables of cases on pure functions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from abh.appointments import availability
from abh.fastlane.erscheinen import in_vain
from abh.fastlane.gruppe import FULL, LANE, QUOTA, Limits, fit, week_of
from abh.fastlane.kontingent import kontingent, lane_minutes, next_month, regeln, size_of
from abh.kernel.errors import LawMissing
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows.facts import Facts, PartialDate, TitleKind
from abh.workflows.guards.karte import GESPEICHERT_AM, LAW
from abh.workflows.recht import law_values

DAY = date(2026, 11, 23)
STATE = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
RULES = regeln(STATE.value, DAY)
TUESDAY = date(2026, 11, 24)
NINE = 108
ALL_DAY = availability.mask(NINE, NINE + 36)
FREELY = Limits({date(2026, 11, 1): 99, date(2026, 12, 1): 99}, {date(2026, 11, 23): 9999})


@pytest.mark.parametrize(
    ("employees", "size"),
    [(None, "klein"), (0, "klein"), (49, "klein"), (50, "mittel"), (249, "mittel"), (250, "gross")],
)
def test_the_size_begins_at_its_number(employees: int | None, size: str) -> None:
    assert size_of(employees, RULES) == size


@pytest.mark.parametrize(
    ("employees", "cases", "missed", "places"),
    [
        (10, 0, 0, 2),  # hardly a case: two beyond the cases
        (10, 3, 0, 5),
        (10, 40, 0, 6),  # a small company with many cases: its size
        (100, 40, 0, 20),
        (5000, 40, 0, 42),
        (5000, 400, 0, 60),
        (5000, 400, 7, 53),  # each missed place lowers it
        (10, 3, 99, 1),  # one is always left
    ],
)
def test_the_smaller_of_size_and_cases_less_what_was_missed(
    employees: int, cases: int, missed: int, places: int
) -> None:
    assert kontingent(employees, cases, missed, 0, RULES).places == places


def test_every_figure_has_its_sentence_and_what_is_used_is_taken_off() -> None:
    found = kontingent(5000, 40, 1, 50, RULES)
    assert [each.key for each in found.why] == [
        "groesse.gross", "vorgaenge", "kleinere", "versaeumt", "benutzt",
    ]  # fmt: skip
    assert [each.numbers["num"] for each in found.why] == [60, 42, 42, 1, 50]
    assert found.left == 0  # 41 places, 50 used: never below zero
    assert [each.key for each in kontingent(1, 0, 9, 0, RULES).why][-2] == "mindestens"


def test_rules_are_dated_and_a_day_without_them_is_an_error() -> None:
    assert RULES.since == date(2026, 1, 1)
    with pytest.raises(LawMissing):
        regeln(STATE.value, date(2025, 12, 31))


def test_the_lane_takes_its_share_of_a_week_and_no_minute_more() -> None:
    assert lane_minutes(6405, RULES) == 640
    assert lane_minutes(0, RULES) == 0
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)


def test_a_family_follows_each_other_at_one_desk_and_large_ones_choose_first() -> None:
    free = {(TUESDAY, 4): availability.mask(NINE, NINE + 12)}
    plan = fit(free, [(1,), (2, 3, 4)], 15, FREELY, not_before=(DAY, 0))
    assert [(s.person_id, s.start_cell) for s in plan.seats] == [
        (2, NINE), (3, NINE + 3), (4, NINE + 6), (1, NINE + 9),
    ]  # fmt: skip
    assert not plan.left


def test_a_family_is_seated_whole_or_not_at_all() -> None:
    free = {(TUESDAY, 4): availability.mask(NINE, NINE + 8)}
    plan = fit(free, [(1, 2, 3), (4,)], 15, FREELY, not_before=(DAY, 0))
    assert [seat.person_id for seat in plan.seats] == [4]
    assert plan.left == {1: FULL, 2: FULL, 3: FULL}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits({date(2026, 11, 1): 1}, {date(2026, 11, 23): 99}), QUOTA),
        (Limits({date(2026, 11, 1): 9}, {date(2026, 11, 23): 20}), LANE),
        (Limits({}, {date(2026, 11, 23): 99}), QUOTA),  # a month that nobody opened is closed
    ],
)
def test_what_stands_in_the_way_is_named(limits: Limits, reason: str) -> None:
    plan = fit({(TUESDAY, 4): ALL_DAY}, [(1, 2)], 20, limits, not_before=(DAY, 0))
    assert not plan.seats
    assert plan.left == {1: reason, 2: reason}


def test_limits_are_used_up_by_the_plan_itself() -> None:
    limits = Limits({date(2026, 11, 1): 3}, {date(2026, 11, 23): 999})
    plan = fit({(TUESDAY, 4): ALL_DAY}, [(n,) for n in range(5)], 20, limits, not_before=(DAY, 0))
    assert len(plan.seats) == 3
    assert set(plan.left.values()) == {QUOTA}


def test_nothing_begins_before_the_lead_time() -> None:
    free = {(DAY, 4): ALL_DAY, (TUESDAY, 4): 0}
    plan = fit(free, [(1,)], 20, FREELY, not_before=(DAY, NINE + 30))
    assert plan.seats[0].start_cell == NINE + 32
    gone = fit(free, [(1,)], 20, FREELY, not_before=(TUESDAY, 0))
    assert not gone.seats


def test_a_plan_never_seats_two_at_a_time_whatever_the_group() -> None:
    days = [TUESDAY + timedelta(days=n) for n in range(3)]
    free = {(day, desk): ALL_DAY for day in days for desk in (1, 2)}
    parties = [tuple(range(n * 10, n * 10 + 1 + n % 4)) for n in range(14)]
    plan = fit(free, parties, 20, FREELY, not_before=(DAY, 0))
    taken: dict[tuple[date, int], int] = {}
    for seat in plan.seats:
        cells = availability.mask(seat.start_cell, seat.end_cell)
        place = (seat.day, seat.desk_id)
        assert taken.get(place, 0) & cells == 0
        assert free[place] & cells == cells
        taken[place] = taken.get(place, 0) | cells
    seated = {seat.person_id for seat in plan.seats}
    assert seated.isdisjoint(plan.left)
    assert seated | set(plan.left) == {each for party in parties for each in party}
    assert {week_of(seat.day) for seat in plan.seats} == {date(2026, 11, 23)}


def facts(**changes: object) -> Facts:
    return Facts(
        stichtag=DAY,
        today=DAY,
        birth=PartialDate(1990, 5, 4),
        law=law_values(lambda key: STATE.value(key, DAY), LAW),
        **changes,  # type: ignore[arg-type]
    )


STORED = {GESPEICHERT_AM.key: date(2024, 3, 1)}


@pytest.mark.parametrize(
    ("service", "state", "known", "vain"),
    [
        ("biometrie_antrag", "in_review", facts(), False),
        ("biometrie_antrag", "in_review", facts(biometrics_on=DAY, biometrics_usable=True), True),
        ("biometrie_antrag", "in_review", facts(biometrics_on=DAY), False),
        # Stored ones serve for a title, not for a visa, and not when something else is needed.
        (
            "biometrie_antrag",
            "in_review",
            facts(title_kind=TitleKind.AE_18A_18B, angaben=STORED),
            True,
        ),
        (
            "biometrie_antrag",
            "in_review",
            facts(title_kind=TitleKind.NATIONALES_VISUM, angaben=STORED),
            False,
        ),
        (
            "biometrie_antrag",
            "in_review",
            facts(title_kind=TitleKind.AE_18A_18B, angaben=STORED, presence_needed_for="Originale"),
            False,
        ),
        ("abholung_karte", "card_in_production", facts(), True),
        ("abholung_karte", "card_ready", facts(), False),
        ("firmentermin", "in_review", facts(), False),
    ],
)
def test_nobody_comes_for_nothing(service: str, state: str, known: Facts, vain: bool) -> None:
    assert (in_vain(service, state, known) is not None) is vain
