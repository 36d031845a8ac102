"""The clock decides days in Berlin; identifiers keep their promise."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from abh.kernel.clock import FileClock, FixedClock, SystemClock, today
from abh.kernel.ids import case_number, content_hash, new_token, token_hash


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_changes_at_midnight_in_berlin_in_both_nights_of_the_clock_change(
    instant: datetime, day: date
) -> None:
    assert today(FixedClock(instant)) == day


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))
    before = clock.now()
    assert clock.now() == before
    clock.advance(timedelta(weeks=2))
    assert clock.now() - before == timedelta(weeks=2)


def test_a_file_clock_moves_all_who_read_the_file(tmp_path: Path) -> None:
    one, two = (FileClock(tmp_path / "demo" / "clock") for _ in range(2))
    assert abs(one.now() - SystemClock().now()) < timedelta(seconds=5)
    one.set_to(datetime(2026, 6, 1, tzinfo=UTC))
    one.advance(timedelta(days=14))
    assert two.now().date() == date(2026, 6, 15)


def test_a_broken_clock_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("soon", encoding="ascii")
    with pytest.raises(ValueError):
        FileClock(tmp_path / "clock").now()


def test_tokens_differ_and_are_stored_hashed() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 22 for token in tokens)
    assert len(token_hash(tokens.pop())) == 32


def test_a_content_hash_is_sha_256() -> None:
    assert content_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_case_number_is_readable_and_starts_at_one() -> None:
    assert case_number(2026, 1234) == "ABH-2026-0001234"
    with pytest.raises(ValueError):
        case_number(2026, 0)
