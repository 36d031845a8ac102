"""When a failed effect is tried again: pure."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=10)
LONGEST: Final = timedelta(hours=1)
# About four hours in all; longer outages are for people, who see the message and repeat it.
MOST_ATTEMPTS: Final = 12


def pause(message_id: int, attempt: int) -> timedelta:
    """Return the pause after the given attempt (from 1): doubling, spread by up to a fifth.

    The spread depends on the message, so that those which failed together do not come back
    together, and the same question has the same answer.
    """
    if attempt < 1:
        raise ValueError("attempts count from 1")
    doublings = 1 << min(attempt - 1, 20)
    whole = min(FIRST * doublings, LONGEST)
    spread = zlib.crc32(f"{message_id}:{attempt}".encode()) / 2**32
    return whole * (0.8 + 0.4 * spread)
