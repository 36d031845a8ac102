"""Who acts: the small, frozen answer to "who is that" which every service takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["staff", "applicant", "employer", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. ``powers`` are what they may do, ``rank`` what they may sign.

    ``unit_key`` is the Sachgebiet in which staff act; None for everybody else. ``user_id`` is the
    account, None for people without one (link of an applicant) and for the machine itself.
    ``company_id`` is the company for which a company's login acts now; the log names it.
    """

    kind: ActorKind
    user_id: int | None
    name: str
    login: str
    role: str
    rank: str
    in_training: bool
    powers: frozenset[str]
    unit_key: str | None
    desk_id: int | None = None
    company_id: int | None = None

    def may(self, power: str) -> bool:
        """Return whether the actor holds ``power``, whatever the unit."""
        return power in self.powers


SYSTEM = Actor(
    kind="system",
    user_id=None,
    name="Automatik",
    login="system",
    role="system",
    rank="",
    in_training=False,
    powers=frozenset({"system"}),
    unit_key=None,
)


def applicant_actor() -> Actor:
    """Return the person who came by the link of their case: no account, no name in the log."""
    return Actor(
        kind="applicant",
        user_id=None,
        name="Antragstellende Person",
        login="",
        role="applicant",
        rank="",
        in_training=False,
        powers=frozenset({"applicant"}),
        unit_key=None,
    )
