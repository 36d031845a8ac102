"""Pure rules of the outbox: pauses, names of mails, errors without personal data, the table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from abh.kernel.errors import ConfigurationError
from abh.outbox import signals
from abh.outbox.backoff import LONGEST, pause
from abh.outbox.delivery import error_text
from abh.outbox.handler import DeliveryFailed
from abh.outbox.mail import file_name, message_id
from abh.outbox.resolve import resolve


def test_pauses_double_up_to_an_hour_and_spread_by_a_fifth() -> None:
    for attempt in range(1, 8):
        ideal = timedelta(seconds=10) * 2 ** (attempt - 1)
        assert 0.8 * ideal <= pause(17, attempt) <= 1.2 * ideal
    assert pause(17, 500) <= 1.2 * LONGEST
    assert len({pause(number, 3) for number in range(50)}) > 40
    assert pause(17, 3) == pause(17, 3)
    with pytest.raises(ValueError, match="from 1"):
        pause(17, 0)


def test_one_key_has_one_message_id_and_one_file_whatever_it_contains() -> None:
    assert message_id("a", "x@abh.example") == message_id("a", "x@abh.example")
    assert message_id("a", "x@abh.example") != message_id("b", "x@abh.example")
    assert file_name("a/../b") != file_name("a-b")
    assert "/" not in file_name("../../etc/passwd\0")
    assert len(file_name("x" * 5000)) < 120


def test_an_unexpected_error_is_kept_without_its_words() -> None:
    text = error_text(ValueError("Frau Beispiel, geboren 1990"))
    assert text == "ValueError"
    assert error_text(DeliveryFailed("Drucker ohne Papier")) == "Drucker ohne Papier"
    assert "geheim" not in error_text(FileNotFoundError(2, "No such file", "/geheim"))


def test_all_missing_functions_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as fault:
        resolve(["abh.outbox.mail:send", "abh.outbox.mail:sned", "abh.nowhere:go"])
    assert [reason.text.split(" ")[0] for reason in fault.value.reasons] == [
        "abh.outbox.mail:sned",
        "abh.nowhere:go",
    ]


def test_an_unconnected_signal_is_an_error_and_not_silence() -> None:
    with pytest.raises(LookupError):
        signals.emit(None, "letter.singed", None, now=None)  # type: ignore[arg-type]
    heard = []
    with signals.connected(
        {"letter.signed": [lambda session, actor, **facts: heard.append(facts)]}
    ):
        signals.emit(None, "letter.signed", None, now=None, letter_id=4)  # type: ignore[arg-type]
    assert heard == [{"now": None, "letter_id": 4}]
