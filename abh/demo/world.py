"""What all cases of one bulk load share: clerks, law, clocks, numbers, documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from abh.demo.sheets import Sheet, stand_ins
from abh.documents.zeichnung import find_rule, ordnung_on
from abh.documents.zeichnung_types import Channel, Rank, Rule, Zeichnungsordnung
from abh.kernel.fristen import Frist, untaetigkeit
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows import uhren
from abh.workflows.briefe import CHANNELS
from abh.workflows.definition import Verfahren
from abh.workflows.recht import law_values
from abh.workflows.registry import current


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk who keeps cases."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Post:
    """Where cases of a procedure are kept: the unit, its clerks trained for it, and its lead."""

    unit_key: str
    clerks: tuple[Clerk, ...]
    lead: Clerk


@dataclass(frozen=True, slots=True)
class LetterToRender:
    """A letter of the showcase that is to be drawn for real: of which step, by whom, when."""

    vorgang_id: int
    key: str
    step: str
    clerk_id: int
    at: datetime


@dataclass
class World:
    """What all cases of a load share; ``running`` holds the last case number of each year.

    ``lead`` signs what clerks may not, ``head`` what leads of a unit may not. ``to_render``
    collects the letters of the showcase. ``posts`` says where cases of the other procedures are
    kept. ``companies`` is how many invented ones were there before this load, ``variants`` limits
    procedures to what the office does itself.
    """

    verfahren: Verfahren
    law: Rechtsstand
    secret: bytes
    now: datetime
    today: date
    unit_key: str
    clerks: list[Clerk]
    lead: Clerk
    running: dict[int, int]
    sheets: Mapping[str, Sheet]
    zeichnung: Sequence[Zeichnungsordnung]
    to_render: list[LetterToRender] = field(default_factory=list)
    head: Clerk | None = None
    posts: Mapping[str, Sequence[Post]] = field(default_factory=dict)
    companies: int = 0
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.law_now = law_values(lambda key: self.law.value(key, self.today))
        # Days of two years times a dozen lengths: bounded without a bound of its own.
        self.length = cache(self._length)
        self.warnings = cache(self._warnings)
        self.signing = cache(self._signing)

    def share_lengths(self, other: World) -> None:
        """Take what ``other`` has computed of the same law and day already."""
        self.length, self.warnings, self.signing = other.length, other.warnings, other.signing

    def verfahren_of(self, key: str) -> Verfahren:
        """Return the procedure as it is in force today; raises ``UnknownVerfahren``."""
        return current(key, self.today)

    def sheets_of(self, verfahren: Verfahren) -> dict[str, Sheet]:
        """Return a stand-in document for every kind of proof and every letter of a procedure."""
        return stand_ins(verfahren)

    def _length(self, key: str, day: date) -> Frist:
        return uhren.length(self.law, key, day)

    def _signing(self, key: str, outcome: str) -> tuple[Rule, dict[str, Any]]:
        """Return the row of the signature table and what of it is stored with a letter."""
        # The table of today: the one of the day of an old demo letter was never written.
        rule = find_rule(self.zeichnung, key, self.today, outcome=outcome)
        ordnung = ordnung_on(self.zeichnung, self.today)
        channel = CHANNELS.get(key, Channel.PORTAL)
        rank = max(rule.signer_from or Rank.SB, Rank.SB)
        return rule, {
            "rule_id": rule.id,
            "rule_version": ordnung.version,
            "mark": rule.mark.value,
            "suffix": "" if rule.automatic else ordnung.suffixes[rank],
            "remedy": rule.remedy.value,
            "channel": (channel if channel in rule.channels else rule.channels[0]).value,
        }

    def _warnings(self, received: date) -> tuple[list[dict[str, Any]], str]:
        clock = untaetigkeit(received, self.law)
        rows = [
            {
                "kind": f"vwgo75_{number}",
                "label": warning.text,
                "norm": "§ 75 VwGO",
                "starts_on": clock.frist.start_day,
                "due_on": warning.day,
            }
            for number, warning in enumerate(clock.warnings, start=1)
        ]
        return rows, as_json(uhren.arithmetic(clock.frist.steps))


_JSON = json.JSONEncoder(ensure_ascii=False, default=str)


def as_json(value: Any) -> str:
    """Return the text of a JSON column; days and instants in their ISO form."""
    return _JSON.encode(value)
