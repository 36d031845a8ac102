"""This room alone: the rooms above hear nothing of its signals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from abh.appointments.counter import CLOSING, NO_SHOW
from abh.outbox import signals


@pytest.fixture(autouse=True)
def deaf() -> Iterator[None]:
    """Connect every signal of this room to nobody."""
    with signals.connected({CLOSING: (), NO_SHOW: ()}):
        yield
