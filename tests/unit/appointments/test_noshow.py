"""Overbooking is advised only as far as the measured visits and the stated risk allow."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.appointments import noshow


def test_the_risk_is_the_upper_tail_of_the_binomial() -> None:
    # Two booked for one place, each comes with 0.9: both come with 0.81.
    assert noshow.overflow_risk(1, 2, 0.1) == pytest.approx(0.81)
    assert noshow.overflow_risk(10, 10, 0.1) == 0
    assert noshow.overflow_risk(10, 11, 0.0) == 1


def test_the_risk_agrees_with_played_days() -> None:
    dice = Random(5)
    days = 20_000
    over = sum(sum(dice.random() < 0.85 for _ in range(22)) > 20 for _ in range(days)) / days
    assert noshow.overflow_risk(20, 22, 0.15) == pytest.approx(over, abs=0.015)


def test_few_visits_give_no_room() -> None:
    assert noshow.advise(20, 29, 29, risk=0.2).extra == 0
    assert noshow.advise(20, 400, 0, risk=0.2).extra == 0


@given(
    st.integers(1, 60), st.integers(30, 2000), st.floats(0, 0.6), st.sampled_from([0.01, 0.05, 0.2])
)
def test_advice_stays_below_the_risk_and_one_more_would_not(
    places: int, ended: int, share: float, risk: float
) -> None:
    missed = int(ended * share)
    found = noshow.advise(places, ended, missed, risk=risk)
    rate = noshow.cautious_rate(ended, missed)
    assert 0 <= rate <= missed / ended + 1e-9
    assert found.risk <= risk
    if found.extra < 20:
        assert noshow.overflow_risk(places, places + found.extra + 1, rate) > risk
