"""What cannot be true together is refused; what is only unusual is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from abh.workflows import registry
from abh.workflows.facts import Entry, Facts, PartialDate, Request, TitleKind
from abh.workflows.widerspruch import contradictions, receipt_contradictions
from tests.unit.workflows.test_luecken import EVERY, ground

TODAY = date(2026, 11, 23)
TOMORROW = TODAY + timedelta(days=1)
P02, P14, P38 = (registry.newest(key) for key in ("P02", "P14", "P38"))
CALM = Facts(
    stichtag=TODAY, today=TODAY, received_on=date(2026, 11, 2), birth=PartialDate(1990, 2, 1)
)


def fields(facts: Facts, one=P02, changed=None) -> list[str]:
    return [problem.field for problem in contradictions(one, facts, changed)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth": PartialDate(2026, 12)}, "birth_date"),
        ({"birth": PartialDate(2026, 12), "received_on": None}, "birth_date"),
        ({"entry": Entry(on=TOMORROW)}, "entry_on"),
        ({"entry": Entry(on=date(1990, 1, 31))}, "entry_on"),
        ({"degree_on": TOMORROW}, "degree_on"),
        ({"degree_on": date(1989, 1, 1)}, "degree_on"),
        ({"withdrawal_on": TOMORROW}, "withdrawal_on"),
        ({"withdrawal_on": date(2026, 11, 1)}, "withdrawal_on"),
        ({"asylum_submitted_on": TOMORROW}, "asylum_submitted_on"),
        ({"biometrics_on": TOMORROW}, "biometrics_on"),
        ({"continuation_ordered_on": date(2026, 10, 30)}, "continuation_ordered_on"),
        ({"title_kind": TitleKind.NONE, "title_until": TODAY}, "title_until"),
        ({"job_permanent": True, "job_months": 24}, "job_months"),
    ],
)
def test_each_contradiction_is_named_at_its_field(changes, field) -> None:
    assert fields(CALM) == []
    assert fields(replace(CALM, **changes)) == [field]


@pytest.mark.parametrize(
    "changes",
    [
        {"birth": PartialDate(2026)},
        {"degree_on": TODAY, "withdrawal_on": date(2026, 11, 2)},
        {"title_kind": TitleKind.BLAUE_KARTE, "title_until": date(2020, 1, 1)},
        {"job_permanent": False, "job_months": 24, "job_start": date(2030, 1, 1)},
    ],
)
def test_what_is_only_unusual_is_left_to_the_rules(changes) -> None:
    assert fields(replace(CALM, **changes)) == []


def test_a_title_cannot_end_before_it_began() -> None:
    facts = replace(CALM, title_until=date(2021, 1, 1), angaben={"titel_seit": date(2022, 1, 1)})
    assert fields(facts, P14) == ["title_until"]
    assert fields(facts, P14, {"titel_seit"}) == ["titel_seit"]
    assert fields(facts, P14, {"isco"}) == []


def test_pairs_of_days_and_what_lasts_since_a_day_to_come() -> None:
    turned = replace(CALM, angaben={"betreten_ab": TOMORROW, "betreten_bis": TODAY})
    assert fields(turned, P38) == ["betreten_bis"]
    assert fields(replace(CALM, angaben={"titel_seit": TOMORROW}), P14) == ["titel_seit"]


def test_a_receipt_cannot_follow_what_it_caused() -> None:
    asked = replace(CALM, request=Request(sent_on=date(2026, 11, 5)))
    assert receipt_contradictions(asked, date(2026, 11, 5), None) == []
    (text,) = receipt_contradictions(asked, date(2026, 11, 6), None)
    assert "05.11.2026" in text
    decided = receipt_contradictions(CALM, TODAY, date(2026, 11, 20))
    assert decided == ["Entscheidung vom 20.11.2026: der Eingang kann nicht danach liegen."]


@EVERY
def test_no_ground_case_contradicts_itself(one) -> None:
    assert contradictions(one, ground(one)) == []
