"""The brake: waiting is the price, nobody writes a slip, hoarded ones are good in turn only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from itsdangerous import URLSafeSerializer

from abh.web.bremse import SLIP_LIVES, Brake

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
