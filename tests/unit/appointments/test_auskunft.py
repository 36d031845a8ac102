"""A refusal serves those who had asked before it was looked up, and nobody who asks later."""

from __future__ import annotations

from datetime import date

import pytest

from abh.appointments import auskunft
from abh.appointments.errors import SlotUnavailable
from abh.appointments.search import Slot

OTHER = Slot(date(2026, 11, 24), 96, 1, 20)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auskunft, "_answers", {})


def test_who_asked_before_the_look_up_hears_its_answer() -> None:
    auskunft.keep("eight o'clock", 10.0, SlotUnavailable("Weg.", alternatives=[OTHER]))
    for asked in (9.0, 10.0):
        told = auskunft.since("eight o'clock", asked)
        assert told is not None
        assert (str(told), told.alternatives) == ("Weg.", (OTHER,))


def test_who_asks_after_the_look_up_began_looks_anew() -> None:
    auskunft.keep("eight o'clock", 10.0, SlotUnavailable())
    assert auskunft.since("eight o'clock", 10.001) is None


def test_another_wish_hears_nothing() -> None:
    auskunft.keep("eight o'clock", 10.0, SlotUnavailable())
    assert auskunft.since("nine o'clock", 9.0) is None


def test_what_is_kept_stays_small() -> None:
    for number in range(5000):
        auskunft.keep(number, 10.0, SlotUnavailable())
    assert len(auskunft._answers) <= auskunft._MOST
    assert auskunft.since(4999, 9.0) is not None
