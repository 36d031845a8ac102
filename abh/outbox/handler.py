"""What delivers an effect: the contract of a handler and what it is given.

A handler may run twice for one message: when the machine dies between the effect and the commit,
the message is delivered again. So the effect itself must carry the deduplication key
(``ctx.dedup_key``): as Message-ID, as file name, as job name of a printer. Rows that a handler
writes through ``session`` need no such care, they commit together with "done" or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from abh.kernel.clock import Clock
from abh.settings import Settings


class Blobs(Protocol):
    """The content-addressed store; the room above passes its own in."""

    def get(self, sha256: str) -> bytes:
        """Return the content; raises an error of the store when it is missing or damaged."""
        ...


@dataclass(frozen=True, slots=True)
class HandlerContext:
    """What every handler may use; ``attempt`` counts from 1.

    ``clock`` is the ``House`` of the process, so that handlers of upper rooms find their own there.
    """

    clock: Clock
    settings: Settings
    store: Blobs
    dedup_key: str = ""
    message_id: int = 0
    attempt: int = 1


class Handler(Protocol):
    """Deliver one effect; returns facts to keep with the message, or None. Never commits."""

    def __call__(
        self, session: Session, payload: dict[str, Any], ctx: HandlerContext, /
    ) -> dict[str, Any] | None: ...


class DeliveryFailed(Exception):
    """An effect could not be delivered; ``text`` is shown to people and holds no personal data.

    ``permanent`` means that trying again by itself is useless: a person has to look first.
    ``record`` writes what people shall see of the failure; it runs after the rest was rolled back.
    """

    def __init__(
        self,
        text: str,
        *,
        permanent: bool = False,
        record: Callable[[Session], None] | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.permanent = permanent
        self.record = record
