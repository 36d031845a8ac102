"""The brake: waiting is the price, nobody writes a slip, hoarded ones are good in turn only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import URLSafeSerializer

from abh.web import bremse
from abh.web.bremse import SLIP_LIVES, Brake, solved

KEY = "k" * 40
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HERE = "192.0.2.7"


def _brake() -> Brake:
    return Brake(free=2, window=timedelta(hours=1), pause=timedelta(seconds=30))


def _held_up(brake: Brake, now: datetime = NOW, slip: str = "", address: str = HERE) -> str:
    wait = brake.admit(address, now, slip, KEY)
    assert wait is not None
    return wait.slip


def _used_up() -> Brake:
    brake = _brake()
    assert brake.admit(HERE, NOW, "", KEY) is None
    assert brake.admit(HERE, NOW, "", KEY) is None
    return brake


def test_the_first_sendings_cost_nothing_and_the_next_a_wait() -> None:
    brake = _used_up()
    wait = brake.admit(HERE, NOW, "", KEY)
    assert wait is not None
    assert wait.seconds == 30
    assert brake.admit("192.0.2.8", NOW, "", KEY) is None


def test_a_slip_holds_from_its_time_on_and_once() -> None:
    brake = _used_up()
    slip = _held_up(brake)
    _held_up(brake, NOW + timedelta(seconds=29), slip)
    assert brake.admit(HERE, NOW + timedelta(seconds=31), slip, KEY) is None
    _held_up(brake, NOW + timedelta(seconds=32), slip)


def test_nobody_writes_a_slip_or_uses_that_of_another_address() -> None:
    brake = _used_up()
    foreign = URLSafeSerializer("x" * 40, salt="abh.bremse").dumps([HERE, 0.0, "n"])
    odd = URLSafeSerializer(KEY, salt="abh.bremse").dumps({"a": 1})
    for slip in ("1", "", "\x00", foreign, odd, "A" * 5000):
        _held_up(brake, NOW + timedelta(minutes=5), slip)
    slip = _held_up(brake)
    other = _brake()
    for _ in range(2):
        other.admit("192.0.2.8", NOW, "", KEY)
    _held_up(other, NOW + timedelta(seconds=40), slip, "192.0.2.8")


def test_a_slip_ends() -> None:
    brake = _used_up()
    slip = _held_up(brake)
    _held_up(brake, NOW + timedelta(seconds=31) + SLIP_LIVES, slip)


def test_a_hundred_slips_fetched_at_once_are_good_one_after_the_other() -> None:
    brake = _used_up()
    slips = [_held_up(brake) for _ in range(100)]
    later = NOW + timedelta(seconds=40)
    through = [slip for slip in slips if brake.admit(HERE, later, slip, KEY) is None]
    # Thirty seconds for the first, three for each further one.
    assert len(through) == 4


def _work_for(slip: str) -> str:
    return next(str(number) for number in range(10**7) if solved(slip, str(number)))


def test_work_shortens_the_wait_once_and_for_its_own_slip_only() -> None:
    brake = _used_up()
    first, second = _held_up(brake), _held_up(brake)
    work = _work_for(first)
    early = NOW + timedelta(seconds=11)
    assert brake.admit(HERE, early, first, KEY, "") is not None
    assert brake.admit(HERE, NOW + timedelta(seconds=9), first, KEY, work) is not None
    assert brake.admit(HERE, early, second, KEY, work) is not None
    assert brake.admit(HERE, early, first, KEY, work) is None
    assert brake.admit(HERE, early, first, KEY, work) is not None


def test_work_does_not_change_how_many_go_through_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bremse, "WORK_BITS", 4)
    brake = _used_up()
    slips = [_held_up(brake) for _ in range(12)]
    works = [_work_for(slip) for slip in slips]
    later = NOW + timedelta(seconds=20)
    pairs = zip(slips, works, strict=True)
    through = [slip for slip, work in pairs if brake.admit(HERE, later, slip, KEY, work) is None]
    # Ten seconds instead of thirty for the first, still three for each further one.
    assert len(through) == 4


def test_what_is_no_work_is_not_taken_for_it() -> None:
    slip = _held_up(_used_up())
    work = _work_for(slip)
    for odd in ("", "-1", " 1", "1e3", "\u0661", "9" * 11, work + "x", "0" * 11 + work):
        assert not solved(slip, odd)
    assert solved(slip, work)
