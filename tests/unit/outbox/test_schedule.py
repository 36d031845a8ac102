"""Which runs are due after a night, after a week without power, and around clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from abh.jobs import JOBS
from abh.kernel.clock import BERLIN
from abh.outbox.jobs import Daily, Every, Missed
from abh.outbox.schedule import Due, LastRun, due_daily, planned_times, tick

AT_TWO = Daily(2, 0)
ALL = list(Missed)


def _at(day: int, hour: int = 2, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize("missed", ALL)
def test_nothing_is_due_between_two_times(missed: Missed) -> None:
    assert due_daily(AT_TWO, missed, LastRun(_at(20)), _at(21, 1, 59)) == ()


@pytest.mark.parametrize("missed", ALL)
def test_a_punctual_run_is_due_at_its_time_under_every_rule(missed: Missed) -> None:
    now = _at(21) + timedelta(seconds=1)
    assert due_daily(AT_TWO, missed, LastRun(_at(20)), now) == (Due(_at(21)),)


def test_a_week_without_power_is_caught_up_once() -> None:
    due = due_daily(AT_TWO, Missed.CATCH_UP_ONCE, LastRun(_at(13)), _at(20, 9))
    assert due == (Due(_at(20), "nachgeholt, einmal für 7"),)


def test_a_week_without_power_is_skipped_and_recorded() -> None:
    due = due_daily(AT_TWO, Missed.SKIP, LastRun(_at(13)), _at(20, 9))
    assert due == (Due(_at(20), "7 Läufe ausgelassen", skipped=True),)


def test_a_week_without_power_is_run_late_day_by_day_with_its_own_cutoff() -> None:
    rule = Missed.LATE_WITH_ORIGINAL_CUTOFF
    due = due_daily(AT_TWO, rule, LastRun(_at(13)), _at(20, 2, 1))
    assert [run.planned_for for run in due] == [_at(day) for day in range(14, 21)]
    assert [run.detail for run in due] == ["nachgeholt"] * 6 + [""]


def test_a_very_long_gap_is_worked_off_in_portions() -> None:
    rule = Missed.LATE_WITH_ORIGINAL_CUTOFF
    due = due_daily(AT_TWO, rule, LastRun(_at(1, month=1)), _at(20))
    assert len(due) == 31
    assert due[0].planned_for == _at(2, month=1)


def test_the_first_start_of_a_house_is_late_for_nothing() -> None:
    now = _at(20, 9)
    assert due_daily(AT_TWO, Missed.SKIP, None, now)[0].skipped
    assert due_daily(AT_TWO, Missed.LATE_WITH_ORIGINAL_CUTOFF, None, now)[0].skipped
    assert due_daily(AT_TWO, Missed.CATCH_UP_ONCE, None, now) == (Due(_at(20), "erster Lauf"),)


def test_a_failed_run_is_tried_again_until_the_next_one_is_due() -> None:
    failed = LastRun(_at(20), failed_at=_at(20, 2, 1))
    assert due_daily(AT_TWO, Missed.CATCH_UP_ONCE, failed, _at(20, 2, 10)) == ()
    assert due_daily(AT_TWO, Missed.CATCH_UP_ONCE, failed, _at(20, 2, 16)) == (
        Due(_at(20), "erneut"),
    )
    assert due_daily(AT_TWO, Missed.CATCH_UP_ONCE, failed, _at(21)) == (Due(_at(21)),)


def test_a_failed_run_with_its_own_cutoff_is_not_given_up_for_the_next() -> None:
    failed = LastRun(_at(20), failed_at=_at(20, 2, 1))
    due = due_daily(AT_TWO, Missed.LATE_WITH_ORIGINAL_CUTOFF, failed, _at(21))
    assert [run.planned_for for run in due] == [_at(20), _at(21)]


def test_a_clock_set_back_makes_nothing_due() -> None:
    assert due_daily(AT_TWO, Missed.CATCH_UP_ONCE, LastRun(_at(20)), _at(3)) == ()


def test_each_day_has_one_time_also_in_both_nights_of_the_clock_change() -> None:
    half_past_two = Daily(2, 30)
    spring = datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)
    autumn = datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 10, 27, 12, tzinfo=UTC)
    for after, until in (spring, autumn):
        times = [at.astimezone(BERLIN) for at in planned_times(half_past_two, after, until)]
        assert len({at.date() for at in times}) == len(times) == 4
    skipped = list(planned_times(half_past_two, spring[0], spring[1]))[1]
    assert skipped.astimezone(BERLIN).hour == 3
    doubled = list(planned_times(half_past_two, autumn[0], autumn[1]))[1]
    assert doubled == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_two_schedulers_tick_on_the_same_grid() -> None:
    every = timedelta(seconds=5)
    first = tick(Every(every), every, datetime(2026, 11, 23, 7, 0, 11, 200, tzinfo=UTC))
    second = tick(Every(every), every, datetime(2026, 11, 23, 7, 0, 14, 900, tzinfo=UTC))
    assert first == second == datetime(2026, 11, 23, 7, 0, 10, tzinfo=UTC)


def test_job_names_are_unique_and_no_daily_job_falls_into_the_changing_hour() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert all(job.trigger.hour not in (2,) for job in JOBS if isinstance(job.trigger, Daily))
