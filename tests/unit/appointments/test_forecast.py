"""The wait is a range from measured lengths, wider with everybody ahead, honest without a desk."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from abh.appointments.forecast import ENOUGH, Ahead, Length, forecast, forecast_at, length_of


def test_without_enough_measured_visits_the_planned_minutes_count() -> None:
    assert length_of([30.0] * (ENOUGH - 1), 10) == Length(7.0, 10.0, 15.0)
    assert length_of([30.0] * ENOUGH, 10) == Length(30.0, 30.0, 30.0)


def test_more_desks_halve_the_wait_and_nobody_ahead_means_soon() -> None:
    four = [Length(8, 10, 14)] * 4
    one, two = forecast(four, 1), forecast(four, 2)
    assert one is not None
    assert two is not None
    assert (one.low, one.middle, one.high, one.ahead) == (32, 40, 61, 4)
    assert (two.low, two.middle, two.high) == (16, 20, 33)
    soon = forecast([], 2)
    assert soon is not None
    assert (soon.low, soon.middle, soon.high) == (0, 0, 5)


def test_without_an_open_desk_nothing_is_promised() -> None:
    assert forecast([Length(8, 10, 14)], 0) is None


@given(st.lists(st.floats(1, 120), max_size=60), st.integers(5, 60), st.integers(1, 20))
def test_the_range_is_in_order_and_grows_with_the_queue(
    measured: list[float], planned: int, ahead: int
) -> None:
    each = length_of(measured, planned)
    assert each.low <= each.middle <= each.high
    shorter, longer = forecast([each] * ahead, 3), forecast([each] * (ahead + 1), 3)
    assert shorter is not None
    assert longer is not None
    assert shorter.low <= shorter.middle <= shorter.high
    assert longer.high - longer.low >= shorter.high - shorter.low - 1


PLAIN, EQUIPPED = frozenset[str](), frozenset({"biometrics"})


def test_the_wait_counts_at_the_desks_that_can_serve() -> None:
    ten = Length(10, 10, 10)
    ahead = [Ahead(ten), Ahead(ten), Ahead(ten, EQUIPPED)]
    any_desk, special = (
        forecast_at(ahead, [PLAIN, EQUIPPED], needs) for needs in (PLAIN, EQUIPPED)
    )
    assert any_desk is not None
    assert special is not None
    assert (any_desk.middle, any_desk.ahead) == (15, 3)
    # Two who can go to either desk count half each, the one for this desk wholly.
    assert (special.middle, special.ahead) == (20, 3)


def test_nobody_is_told_a_wait_for_a_desk_that_is_not_open() -> None:
    assert forecast_at([], [PLAIN], EQUIPPED) is None
    assert forecast_at([], [], PLAIN) is None


def test_with_equal_desks_it_is_the_plain_forecast() -> None:
    ahead = [Length(8, 10, 14)] * 4
    assert forecast_at([Ahead(each) for each in ahead], [PLAIN, PLAIN]) == forecast(ahead, 2)
