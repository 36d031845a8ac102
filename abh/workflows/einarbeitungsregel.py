"""The next step of somebody in training, proposed from measured decisions (pure).

House rules, not law: whoever leads the unit decides, the figures only give the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

# So many decisions in a row without one coming back, before signing alone is proposed.
ENOUGH: Final = 10
# From so many on, a share of returned ones this high calls for training, not for patience.
TELLING: Final = 5
TOO_MANY: Final = 0.4


class Next(Enum):
    """What is proposed."""

    BEGIN = "beginnen"
    GO_ON = "weiter"
    TALK = "besprechen"
    RELEASE = "freigeben"


@dataclass(frozen=True, slots=True)
class Track:
    """Decisions that one clerk prepared in one Verfahren and somebody else looked at."""

    decided: int = 0
    returned: int = 0
    # decided since the last one came back (all, if none did)
    in_a_row: int = 0

    @property
    def share_returned(self) -> float:
        """Which part of all that was put forward came back."""
        both = self.decided + self.returned
        return self.returned / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next step and its reason in a sentence."""

    step: Next
    reason: str


def propose(track: Track) -> Proposal:
    """Return the next step for somebody in training with this track."""
    if track.in_a_row >= ENOUGH:
        words = f"{track.in_a_row} Entscheidungen in Folge ohne Rückgabe (ab {ENOUGH})."
        return Proposal(Next.RELEASE, words)
    both = track.decided + track.returned
    if both >= TELLING and track.share_returned >= TOO_MANY:
        words = f"{track.returned} von {both} Entwürfen kamen zurück."
        return Proposal(Next.TALK, words)
    if not both:
        return Proposal(Next.BEGIN, "Noch keine Entscheidung vorbereitet.")
    missing = ENOUGH - track.in_a_row
    words = f"{track.in_a_row} in Folge ohne Rückgabe; noch {missing} bis zum Vorschlag."
    return Proposal(Next.GO_ON, words)
