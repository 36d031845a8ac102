"""What all cases of one bulk load share: clerks, law, clocks, numbers, documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from abh.demo.sheets import Sheet
from abh.kernel.fristen import Frist, untaetigkeit
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows import uhren
from abh.workflows.definition import Verfahren
from abh.workflows.recht import law_values


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk who keeps cases."""

    id: int
    name: str


@dataclass
class World:
    """What all cases of a load share; ``running`` holds the last case number of each year."""

    verfahren: Verfahren
    law: Rechtsstand
    secret: bytes
    now: datetime
    today: date
    unit_key: str
    clerks: list[Clerk]
    running: dict[int, int]
    sheets: Mapping[str, Sheet]

    def __post_init__(self) -> None:
        self.law_now = law_values(lambda key: self.law.value(key, self.today))
        self.length = lru_cache(maxsize=4096)(self._length)
        self.warnings = lru_cache(maxsize=4096)(self._warnings)

    def _length(self, key: str, day: date) -> Frist:
        return uhren.length(self.law, key, day)

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


def as_json(value: Any) -> str:
    """Return the text of a JSON column; days and instants in their ISO form."""
    return json.dumps(value, ensure_ascii=False, default=str)
