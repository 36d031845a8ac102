"""Birth dates without day or month, and what they mean for age."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.kernel.birthdate import PartialDate, parse_birth_date
from abh.kernel.errors import InvalidInput

D = date.fromisoformat


@pytest.mark.parametrize(
    ("text", "stored", "earliest", "latest"),
    [
        ("17.05.1990", "1990-05-17", "1990-05-17", "1990-05-17"),
        ("00.05.1990", "1990-05-00", "1990-05-01", "1990-05-31"),
        ("00.02.1992", "1992-02-00", "1992-02-01", "1992-02-29"),
        ("00.00.1990", "1990-00-00", "1990-01-01", "1990-12-31"),
        (" 29.02.2004 ", "2004-02-29", "2004-02-29", "2004-02-29"),
    ],
)
def test_a_birth_date_is_read_shown_and_bounded(
    text: str, stored: str, earliest: str, latest: str
) -> None:
    found = parse_birth_date(text)
    assert str(found) == text.strip()
    assert found.stored() == stored
    assert parse_birth_date(stored) == found
    assert (found.earliest, found.latest) == (D(earliest), D(latest))
    assert found.is_complete is (earliest == latest)


@pytest.mark.parametrize(
    "text",
    ["", "1990", "00.00.0000", "17.05.0000", "17.00.1990", "30.02.1990", "29.02.1990", "32.01.1990",
     "01.13.1990", "1.5.1990", "17/05/1990", "17.05.90", "17.05.1879", "1990-5-17", "١٧.05.1990"],
)  # fmt: skip
def test_a_date_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_birth_date(text)
    assert caught.value.problems[0].field == "birth_date"


@pytest.mark.parametrize(
    ("birth", "stichtag", "ages", "adult"),
    [
        ("17.05.2008", "2026-05-16", (17, 17), False),
        ("17.05.2008", "2026-05-17", (18, 18), True),
        ("29.02.2008", "2026-02-28", (17, 17), False),
        ("29.02.2008", "2026-03-01", (18, 18), True),
        ("00.05.2008", "2026-05-17", (17, 18), False),
        ("00.05.2008", "2026-05-31", (18, 18), True),
        ("00.00.2008", "2026-05-17", (17, 18), False),
        ("00.00.2008", "2026-12-31", (18, 18), True),
        ("00.00.2026", "2026-05-17", (0, 0), False),
    ],
)
def test_age_is_bounded_and_protection_prefers_the_younger_reading(
    birth: str, stichtag: str, ages: tuple[int, int], adult: bool
) -> None:
    person = parse_birth_date(birth)
    assert person.age_bounds(D(stichtag)) == ages
    assert person.is_certainly_adult(D(stichtag)) is adult
    assert person.is_possibly_minor(D(stichtag)) is not adult


def test_a_birth_in_the_future_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Zukunft"):
        parse_birth_date("01.01.2027").age_bounds(D("2026-11-22"))


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 2), date(2040, 1, 1)))
def test_the_true_age_lies_within_the_bounds_of_what_is_known(born: date, day: date) -> None:
    low, high = PartialDate(born.year, born.month, born.day).age_bounds(day)
    assert low == high
    for known in (PartialDate(born.year, born.month), PartialDate(born.year)):
        youngest, oldest = known.age_bounds(day)
        assert youngest <= low <= oldest
        assert known.earliest <= born <= known.latest
