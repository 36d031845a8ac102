"""One look-up for many who ask the same at once: taken, and what is free instead.

In a rush most people want the same few times. An answer serves everybody who had asked before it
was looked up: to them it is as new as their own would be. Who asks later looks anew.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from abh.appointments.errors import SlotUnavailable
from abh.appointments.search import Slot

# More questions than a process answers in the moments for which an answer is of use.
_MOST: Final = 512


@dataclass(frozen=True, slots=True)
class _Answer:
    begun: float
    message: str
    alternatives: tuple[Slot, ...]


_answers: dict[Hashable, _Answer] = {}


def moment() -> float:
    """Return this moment on the clock that ``since`` and ``keep`` go by."""
    return time.monotonic()


def since(question: Hashable, asked: float) -> SlotUnavailable | None:
    """Return the answer to ``question`` if it was looked up after ``asked``."""
    found = _answers.get(question)
    if found is None or found.begun < asked:
        return None
    return SlotUnavailable(found.message, alternatives=found.alternatives)


def keep(question: Hashable, begun: float, answer: SlotUnavailable) -> None:
    """Keep an answer whose look-up began at ``begun``, for those who had asked before."""
    if len(_answers) >= _MOST:
        _answers.clear()
    _answers[question] = _Answer(begun, str(answer), answer.alternatives)
