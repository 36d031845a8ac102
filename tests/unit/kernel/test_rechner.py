"""The clerk's deadline calculator: plain data in, plain data out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.errors import DomainError, InvalidInput
from abh.kernel.fristen import berechne
from abh.kernel.rechtsstand import Rechtsstand


def ends(result: dict[str, Any]) -> tuple[str, str]:
    return result["earliest"]["date"], result["latest"]["date"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            {"event": "bescheid", "date": "2026-11-03", "channel": "post"},
            ("2026-12-07", "2026-12-09"),
        ),
        (
            {"event": "bescheid", "date": "2026-11-03", "channel": "pzu", "instructed": False},
            ("2027-11-03", "2027-11-03"),
        ),
        (
            {"event": "bescheid", "date": "2026-11-03", "channel": "pzu", "length": 2,
             "unit": "wochen", "norm": "§ 67 OWiG"},
            ("2026-11-17", "2026-11-17"),
        ),
        (
            {"event": "nachforderung", "date": "2026-11-02", "channel": "email"},
            ("2026-12-04", "2026-12-04"),
        ),
        (
            {"event": "anhoerung", "date": "2026-11-02", "channel": "schalter", "length": 2,
             "unit": "wochen"},
            ("2026-11-16", "2026-11-16"),
        ),
        ({"event": "ba", "date": "2026-11-02"}, ("2026-11-16", "2026-11-16")),
        ({"event": "ba", "date": "2026-11-02", "accelerated": True}, ("2026-11-09", "2026-11-09")),
        ({"event": "antrag", "date": "2026-08-22"}, ("2026-11-22", "2026-11-22")),
        (
            {"event": "frei", "date": "2026-03-03", "length": 1, "unit": "monate", "norm": "§ 82"},
            ("2026-04-07", "2026-04-07"),
        ),
        (
            {"event": "frei", "date": "2026-03-02", "length": 2, "unit": "wochen", "norm": "§ 82",
             "stops": [{"since": "2026-03-05", "until": "2026-03-07", "reason": "Gutachten"}]},
            ("2026-03-19", "2026-03-19"),
        ),
        (
            {"event": "nachforderung", "date": "2026-04-01", "channel": "pzu",
             "fixed_day": "2026-05-01", "reference_31_3": True},
            ("2026-05-01", "2026-05-01"),
        ),
        (
            {"event": "frei", "date": "2026-04-01", "fixed_day": "2026-05-01", "norm": "§ 82"},
            ("2026-05-04", "2026-05-04"),
        ),
    ],
)  # fmt: skip
def test_the_calculator_finds_both_ends(
    recht: Rechtsstand, payload: dict[str, Any], expected: tuple[str, str]
) -> None:
    result = berechne(payload, recht)
    assert ends(result) == expected
    assert result["norm"]
    assert result["disputed"] is (expected[0] != expected[1])
    assert json.loads(json.dumps(result)) == result


def test_the_answer_shows_weekday_holiday_norm_and_arithmetic(recht: Rechtsstand) -> None:
    payload = {"event": "frei", "date": "2026-03-03", "length": 1, "unit": "monate", "norm": "§ 82"}
    end = berechne(payload, recht)["latest"]
    assert end["weekday"] == "Dienstag"
    assert end["holiday"] == ""
    assert end["raw_end"] == {"date": "2026-04-03", "weekday": "Freitag", "holiday": "Karfreitag"}
    assert end["expires_at"] == "2026-04-07T22:00:00+00:00"
    assert end["lines"][0]["norm"] == "§ 31 Abs. 1 VwVfG NRW, § 187 Abs. 1 BGB"


def test_an_application_gives_warnings_and_the_first_day_of_an_action(recht: Rechtsstand) -> None:
    result = berechne({"event": "antrag", "date": "2026-08-22"}, recht)
    assert result["admissible_from"]["date"] == "2026-11-23"
    assert [w["text"].split()[0] for w in result["warnings"]] == ["8", "10", "12"]


def test_a_portal_letter_nobody_retrieved_gives_no_deadline(recht: Rechtsstand) -> None:
    result = berechne({"event": "bescheid", "date": "2026-11-02", "channel": "portal"}, recht)
    assert result["latest"] is None
    assert result["notification"]["effective"] is False
    assert "keine Bekanntgabe" in result["lines"][-1]["text"]


def test_a_standing_clock_gives_no_deadline(recht: Rechtsstand) -> None:
    payload = {
        "event": "frei",
        "date": "2026-03-02",
        "length": 2,
        "unit": "wochen",
        "norm": "§ 85c",
        "stops": [{"since": "2026-03-05", "until": None}],
    }
    result = berechne(payload, recht)
    assert result["latest"] is None
    assert result["stopped_since"] == "2026-03-05"


@pytest.mark.parametrize(
    "extra",
    [{"length": 1, "unit": "wochen"}, {"fixed_day": "2026-11-10"}],
)
def test_a_deadline_under_the_house_minimum_is_called_too_short(
    recht: Rechtsstand, extra: dict[str, Any]
) -> None:
    payload = {"event": "nachforderung", "date": "2026-11-02", "channel": "pzu", **extra}
    assert "Kürzer als 2 Wochen" in berechne(payload, recht)["lines"][0]["text"]


def test_a_deadline_of_just_the_house_minimum_is_long_enough(recht: Rechtsstand) -> None:
    payload = {"event": "nachforderung", "date": "2026-11-02", "channel": "pzu"}
    assert berechne({**payload, "length": 2, "unit": "wochen"}, recht)["lines"] == []
    assert berechne({**payload, "fixed_day": "2026-11-16"}, recht)["lines"] == []


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({}, {"event", "date"}),
        ({"event": "bescheid", "date": "2026-11-03"}, {"channel"}),
        ({"event": "x", "date": "3.11.2026", "channel": "taube"}, {"event", "date", "channel"}),
        ({"event": "ba", "date": "20261103"}, {"date"}),
        ({"event": "ba", "date": "2026-02-29"}, {"date"}),
        ({"event": "ba", "date": "2019-12-31"}, {"date"}),
        ({"event": "ba", "date": 20261103}, {"date"}),
        ({"event": "ba", "date": "2026-11-03", "stops": [{"since": "2026-11-04"}]}, {"stops"}),
        ({"event": "ba", "date": "2026-11-03", "stops": "x"}, {"stops"}),
        ({"event": "ba", "date": "2026-11-03", "channel": "post"}, {"channel"}),
        ({"event": "antrag", "date": "2026-11-03", "length": 1, "unit": "tage"}, {"length"}),
        ({"event": "antrag", "date": "2026-11-03", "foo": 1}, {"foo"}),
        ({"event": "antrag", "date": "2026-11-03", "\ud800": 1}, {"\\ud800"}),
        ({"event": "frei", "date": "2026-11-03"}, {"norm"}),
        ({"event": "frei", "date": "2026-11-03", "norm": "§ 1"}, {"length"}),
        ({"event": "frei", "date": "2026-11-03", "norm": "§ 1", "length": 0, "unit": "tage"},
         {"length"}),
        ({"event": "frei", "date": "2026-11-03", "norm": "§ 1", "length": 1}, {"unit"}),
        ({"event": "frei", "date": "2026-11-03", "norm": "a\x00b", "length": True, "unit": "tage"},
         {"norm", "length"}),
        ({"event": "bescheid", "date": "2026-11-03", "channel": "post", "fixed_day": "2026-12-01"},
         {"fixed_day"}),
        ({"event": "bescheid", "date": "2026-11-03", "channel": "post", "length": 2,
          "unit": "wochen"}, {"norm"}),
        ({"event": "bescheid", "date": "2026-11-03", "channel": "post", "instructed": "nein"},
         {"instructed"}),
        ({"event": "bescheid", "date": "2026-11-03", "channel": "post", "accelerated": True},
         {"accelerated"}),
        ({"event": "frei", "date": "2026-11-03", "norm": "§ 1", "length": 1, "unit": "tage",
          "stops": [{"until": "2026-11-04"}, {"since": "2026-11-09", "until": "2026-11-08"}, 7]},
         {"stops.0.since", "stops.1.until", "stops.2"}),
        ({"event": "nachforderung", "date": "2026-11-03", "channel": "post", "length": 1,
          "unit": "wochen", "reference_31_3": True}, {"reference_31_3"}),
    ],
)  # fmt: skip
def test_every_problem_of_the_input_is_named_at_once(
    recht: Rechtsstand, payload: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        berechne(payload, recht)
    assert fields <= {problem.field for problem in caught.value.problems}


# A short alphabet: hypothesis takes seconds to prepare all of Unicode.
TEXT = st.text("a-0ä\x00\ud800", max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner),
    max_leaves=4,
)
KEYS = st.sampled_from(
    ["event", "date", "norm", "channel", "length", "unit", "stops", "fixed_day", "retrieved",
     "arrived", "instructed", "accelerated", "never_arrived", "reference_31_3", "x"]
)  # fmt: skip
LIKELY = st.sampled_from(
    ["bescheid", "frei", "ba", "post", "portal", "tage", "jahre", "2026-11-03", "2040-12-31", 3]
)


@given(st.dictionaries(KEYS, JSON | LIKELY))
def test_any_input_gives_an_answer_or_an_error_for_people(
    recht: Rechtsstand, payload: dict[str, Any]
) -> None:
    try:
        json.dumps(berechne(payload, recht))
    except DomainError as error:
        assert str(error)


def test_something_that_is_no_object_is_refused(recht: Rechtsstand) -> None:
    with pytest.raises(InvalidInput):
        berechne([], recht)  # type: ignore[arg-type]
