"""Waiting after wrong passwords; hashing that tells nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import extract_parameters

from abh.access import passwords
from abh.access.throttle import PER_ADDRESS, PER_LOGIN, in_words

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    waits = [PER_LOGIN.wait(failures, NOW, NOW).total_seconds() for failures in range(16)]
    assert waits[:8] == [0, 0, 0, 0, 5, 10, 20, 40]
    assert waits == sorted(waits)
    assert waits[-1] == 900


def test_the_wait_counts_from_the_last_failure() -> None:
    assert PER_LOGIN.wait(6, NOW, NOW + timedelta(seconds=15)) == timedelta(seconds=5)
    assert PER_LOGIN.wait(6, NOW, NOW + timedelta(seconds=20)) == timedelta(0)


def test_an_office_behind_one_address_may_mistype_more_often_than_a_person() -> None:
    assert PER_ADDRESS.wait(10, NOW, NOW) == timedelta(0)
    assert PER_ADDRESS.wait(21, NOW, NOW) == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("wait", "words"),
    [(0.2, "1 Sekunde"), (40, "40 Sekunden"), (90, "90 Sekunden"), (91, "2 Minuten")],
)
def test_waits_are_said_in_words_rounded_up(wait: float, words: str) -> None:
    assert in_words(timedelta(seconds=wait)) == words


def test_hash_for_unknown_logins_costs_as_much_as_a_real_one() -> None:
    real = extract_parameters(passwords.hash_password("ein Passwort"))
    assert extract_parameters(passwords._NOBODY) == real
    assert not passwords.is_outdated(passwords._NOBODY)


def test_nobody_can_log_in_with_the_hash_for_unknown_logins() -> None:
    assert not passwords.matches(None, "ein Passwort")
    assert not passwords.matches("kein Hash", "ein Passwort")
