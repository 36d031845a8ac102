"""What services need besides a session: clock, law, signature rules, stores, renderer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from abh.documents.akte import Blobs
from abh.documents.letter_model import Office
from abh.documents.render import Renderer
from abh.documents.zeichnung_types import Zeichnungsordnung
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.ids import derived_token
from abh.kernel.rechtsstand import Rechtsstand


@dataclass(frozen=True, slots=True)
class House:
    """The furniture of one process, built once at start (``abh.wiring.build_house``).

    It is itself a ``Clock``. ``office`` is the letterhead of the imported office file.
    """

    clock: Clock
    law: Rechtsstand
    zeichnung: Sequence[Zeichnungsordnung]
    blobs: Blobs
    renderer: Renderer
    office: Office
    base_url: str
    secret: bytes
    profile: Mapping[str, Any] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """The calendar day in Berlin."""
        return self.clock.now().astimezone(BERLIN).date()

    def status_token(self, number: str, generation: int = 0) -> str:
        """Return the token of a case's status link; a higher generation makes older ones void.

        It is derived from the secret, so that every letter can carry the link while the database
        keeps only its hash.
        """
        return derived_token(self.secret, f"status:{number}:{generation}")

    def status_link(self, number: str, generation: int = 0) -> str:
        """Return the link to the status page of a case."""
        return self.link("status", self.status_token(number, generation))

    def link(self, *parts: str) -> str:
        """Return an absolute link into the public pages."""
        return "/".join((self.base_url.rstrip("/"), *parts))
