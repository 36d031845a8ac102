"""The order of the post: harm first, one reason each, and nothing that says who somebody is."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import ConfigurationError
from abh.persons.tables import Person
from abh.post import bundles, regeln, triage
from abh.post.triage import HarmDays, rank
from abh.post.zugang import class_of_unit

TODAY = date(2026, 11, 23)
WEIGHTS = regeln.rules().on(TODAY)
DAYS = st.one_of(st.none(), st.integers(-400, 400).map(lambda n: TODAY + timedelta(days=n)))
HARM = st.builds(HarmDays, **dict.fromkeys(triage.PARTS, DAYS))
RECEIVED = st.integers(0, 700).map(lambda n: TODAY - timedelta(days=n))
SENTENCE = re.compile(r"[A-ZÄÖÜ][^.!?]*(\d\.[^.!?]*)*\.")


def test_nothing_that_says_who_somebody_is_goes_into_the_rank() -> None:
    known = {field.name for field in fields(HarmDays)}
    assert all(field.type == "date | None" for field in fields(HarmDays))
    assert known & {column.name for column in Person.__table__.columns} == set()
    read = str(bundles._HARM)
    for name in ("nationalit", "family_name", "given_names", "language", "sex", "birth"):
        assert name not in read


@given(HARM, RECEIVED)
def test_every_rank_is_explained_in_one_german_sentence(days: HarmDays, received: date) -> None:
    found = rank(days, received, WEIGHTS, TODAY)
    assert SENTENCE.fullmatch(re.sub(r"\d\d\.\d\d\.\d{4}", "X", found.reason))
    assert found.points >= 0
    assert found.band in triage.BANDS


@given(HARM, RECEIVED, st.integers(1, 300))
def test_whoever_waits_longer_with_the_same_harm_comes_first(
    days: HarmDays, received: date, longer: int
) -> None:
    earlier = rank(days, received - timedelta(days=longer), WEIGHTS, TODAY)
    assert earlier.priority > rank(days, received, WEIGHTS, TODAY).priority


@given(HARM, RECEIVED, st.sampled_from(triage.PARTS), st.integers(0, 400), st.integers(1, 100))
def test_a_nearer_day_of_harm_never_ranks_lower(
    days: HarmDays, received: date, part: str, ahead: int, nearer: int
) -> None:
    far = replace(days, **{part: TODAY + timedelta(days=ahead)})
    near = replace(days, **{part: TODAY + timedelta(days=max(0, ahead - nearer))})
    first, second = (rank(one, received, WEIGHTS, TODAY) for one in (near, far))
    assert first.priority >= second.priority


@given(HARM, RECEIVED)
def test_the_stored_order_holds_until_the_day_it_names(days: HarmDays, received: date) -> None:
    now = rank(days, received, WEIGHTS, TODAY)
    last = (now.changes_on or TODAY + timedelta(days=1_000)) - timedelta(days=1)
    assert rank(days, received, WEIGHTS, last).priority == now.priority


@given(HARM)
def test_days_survive_their_row(days: HarmDays) -> None:
    assert bundles.of_stored(bundles.stored(days)) == days


def test_a_title_that_ends_tomorrow_goes_before_a_hundred_days_of_waiting() -> None:
    urgent = rank(HarmDays(titel=TODAY + timedelta(days=1)), TODAY, WEIGHTS, TODAY)
    old = rank(HarmDays(), TODAY - timedelta(days=100), WEIGHTS, TODAY)
    assert urgent.priority > old.priority
    assert urgent.reason == "Der Aufenthaltstitel endet morgen (24.11.2026)."
    assert old.reason == "Wartet seit 100 Tagen."


def test_new_weights_count_from_their_day_on() -> None:
    later = replace(WEIGHTS, valid_from=date(2027, 1, 1), waiting=5)
    versions = (WEIGHTS, later)
    assert triage.in_force(versions, date(2026, 12, 31)) is WEIGHTS
    assert triage.in_force(versions, date(2027, 1, 1)) is later
    with pytest.raises(LookupError):
        triage.in_force(versions, date(2025, 12, 31))


def test_every_fault_of_the_rules_is_named(tmp_path: Path) -> None:
    file = tmp_path / "post.yaml"
    file.write_text("gewichte: [{ab: 2026-01-01, nationalitaet: {}}]\nanspruch_minuten: 0\n")
    with pytest.raises(ConfigurationError) as caught:
        regeln.rules(file)
    said = str(caught.value)
    for word in ("nationalitaet: unbekannt", "titel", "anspruch_minuten", "ruecknahme_sekunden"):
        assert word in said


def test_a_unit_with_restricted_files_only_has_restricted_post() -> None:
    assert class_of_unit(["P33"]) == "einbuergerung"
    assert class_of_unit(["P01", "P33"]) == "allgemein"
    assert class_of_unit([]) == "allgemein"
