"""The order of the desk list follows harm by waiting, never who somebody is."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from abh.workflows import registry
from abh.workflows.definition import Effect
from abh.workflows.facts import Facts
from abh.workflows.harm import HarmRow, rank, row_of
from abh.workflows.planung import harm_day, planning_states, settled_states
from abh.workflows.verfahren.zustaende import DECIDED_STATES
from tests.unit.workflows.faelle import case

TODAY = date(2026, 11, 23)


def row(**days):
    return HarmRow(
        today=TODAY,
        **{
            name: TODAY + timedelta(days=value) if not isinstance(value, bool) else value
            for name, value in days.items()
        },
    )


def test_title_that_ends_soon_comes_first_and_says_so():
    soon, later = rank(row(title_until=5)), rank(row(title_until=50))
    assert soon.score > later.score > rank(row()).score
    assert soon.reason == "Titel endet in 5 Tagen (28.11.2026)."


def test_ended_title_without_fiction_is_worse_than_one_that_continues():
    lost = rank(row(title_until=-3))
    kept = rank(row(title_until=-3, title_continues=True))
    assert lost.score > kept.score
    assert "nur durch den Antrag" in kept.reason


def test_clock_of_75_and_job_start_count():
    assert rank(row(clock_75_on=3)).score > rank(row(clock_75_on=20)).score > 0
    assert "§ 75 VwGO" in rank(row(clock_75_on=-1)).reason
    assert rank(row(job_start=2)).score > rank(row(job_start=30)).score > 0
    assert rank(row(job_start=1)).reason == "Arbeitsbeginn morgen (24.11.2026)."
    assert "war am" in rank(row(job_start=-2)).reason


def test_waiting_longer_comes_earlier_and_never_counts_negative():
    assert rank(row(received_on=-40)).score == 40
    assert rank(row(received_on=-1)).reason == "Wartet seit einem Tag."
    assert rank(row(received_on=9)).score == 0


def test_reason_names_the_largest_part():
    found = rank(row(received_on=-20, title_until=1))
    assert found.reason.startswith("Titel endet morgen")


def test_nationality_name_and_employer_can_never_move_a_case():
    names = {field.name for field in fields(HarmRow)}
    assert names == {
        "today",
        "received_on",
        "title_until",
        "title_continues",
        "job_start",
        "clock_75_on",
    }
    ranks = {
        rank(
            row_of(
                case(nationalities=nations, employer=employer),
                title_continues=True,
                clock_75_on=None,
            )
        )
        for nations in ((), ("IND",), ("USA",), ("SYR", "TUR"))
        for employer in ("", "Großbetrieb AG")
    }
    assert len(ranks) == 1


@pytest.mark.parametrize("state", sorted(DECIDED_STATES))
def test_a_decided_case_stands_behind_every_open_one(state: str) -> None:
    overdue = Facts(
        stichtag=TODAY,
        today=TODAY,
        received_on=TODAY - timedelta(days=400),
        title_until=TODAY - timedelta(days=30),
        job_start=TODAY - timedelta(days=10),
    )
    fresh = Facts(stichtag=TODAY, today=TODAY, received_on=TODAY)
    assert harm_day(overdue, "in_review")[0] < harm_day(fresh, "received")[0]
    assert harm_day(fresh, "received")[0] < harm_day(overdue, state)[0]
    assert harm_day(overdue, state)[1] == "entschieden"


def test_the_earliest_harm_of_an_open_case_counts() -> None:
    facts = Facts(stichtag=TODAY, today=TODAY, received_on=date(2026, 11, 30))
    assert harm_day(facts, "received") == (date(2027, 2, 28), "klage75")
    sooner = replace(facts, title_until=date(2026, 12, 20))
    assert harm_day(sooner, "received") == (date(2026, 12, 20), "titel")


def test_what_waits_for_nothing_sinks_and_what_runs_out_does_not() -> None:
    p20 = registry.newest("P20")
    settled = settled_states(p20)
    assert "tolerated" in settled
    assert not {"renewal_due", "expired_gap", "ground_check"} & settled
    p02 = registry.newest("P02")
    ended = {state.key for state in p02.states if state.terminal}
    assert settled_states(p02) == DECIDED_STATES | ended


def test_whoever_can_be_asked_is_planned_where_the_table_asks() -> None:
    forgotten = [
        (verfahren.key, step.key)
        for verfahren in registry.PUBLISHED
        for step in verfahren.steps
        if Effect.REQUEST_PARTICIPATIONS in step.effects
        and not set(step.source) <= planning_states(verfahren)
    ]
    assert forgotten == []
    assert {"agreed", "in_review"} <= planning_states(registry.newest("P28"))
    assert "bc_review" in planning_states(registry.newest("P30"))
    assert "preapproved" not in planning_states(registry.newest("P28"))
