"""A gate before the hot path of booking: so many of this process at once, the others wait outside.

In a rush every further thread only takes time from those that hold a place already, and finds all
desks held. No guard depends on it: whoever waits too long goes in all the same, so that a gate can
never be part of a circle of waiting.
"""

from __future__ import annotations

import threading
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

AT_ONCE: Final = 8
# Longer than eight bookings take on a slow machine, shorter than anybody notices.
PATIENCE_SECONDS: Final = 0.5
_INSIDE: Final = "abh.appointments.einlass"
_places = threading.BoundedSemaphore(AT_ONCE)


def enter(session: Session) -> None:
    """Wait for a place inside, at most ``PATIENCE_SECONDS``; it is kept until the transaction ends.

    Entering again in the same transaction does nothing.
    """
    if _INSIDE not in session.info and _places.acquire(timeout=PATIENCE_SECONDS):
        session.info[_INSIDE] = True


@event.listens_for(Session, "after_transaction_end")
def _leave(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None and session.info.pop(_INSIDE, False):
        _places.release()
