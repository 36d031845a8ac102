"""Which Sachgebiet unknown post belongs to, by its words (``config/post_themen.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from abh.configfiles import configuration_error, load_yaml_file
from abh.kernel.errors import Reason
from abh.settings import ROOT
from abh.workflows import registry

FILE = ROOT / "config" / "post_themen.yaml"
_MOST_TEXT = 5_000


class Unit(Protocol):
    """A Sachgebiet (``office.tables.Sachgebiet``)."""

    key: str
    central: bool
    verfahren: list[str]


@dataclass(frozen=True, slots=True)
class Topic:
    """A Verfahren and the words that speak for it."""

    verfahren: str
    words: re.Pattern[str]


@cache
def topics(path: Path = FILE) -> tuple[Topic, ...]:
    """Return the topics, read once a process; raises ``ConfigurationError`` naming every fault."""
    return read(load_yaml_file(path), str(path))


def read(raw: Any, name: str) -> tuple[Topic, ...]:
    """Return checked topics; raises ``ConfigurationError`` naming every fault."""
    rows = raw.get("themen") if isinstance(raw, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise configuration_error(name, [Reason("themen: mindestens ein Eintrag ist nötig")])
    faults, found, known = [], [], registry.known_keys()
    for number, row in enumerate(rows):
        where = f"themen[{number}]"
        words = row.get("woerter") if isinstance(row, Mapping) else None
        if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
            faults.append(Reason(f"{where}.woerter: eine Liste von Wörtern ist nötig"))
        elif row.get("verfahren") not in known:
            faults.append(Reason(f"{where}.verfahren: „{row.get('verfahren')}“ gibt es nicht"))
        else:
            either = "|".join(re.escape(word) for word in words)
            pattern = re.compile(rf"(?<!\w)(?:{either})", re.IGNORECASE)
            found.append(Topic(str(row["verfahren"]), pattern))
    if faults:
        raise configuration_error(name, faults)
    return tuple(found)


def unit_of(text: str, units: Sequence[Unit]) -> tuple[str, str]:
    """Return the Sachgebiet for a text without case, and why, as a German sentence.

    Without a topic, or where nobody handles it, it is the central one (else the first).
    """
    handled = {verfahren: unit.key for unit in units for verfahren in unit.verfahren}
    for topic in topics():
        hit = topic.words.search(text, 0, _MOST_TEXT)
        if hit and topic.verfahren in handled:
            unit = handled[topic.verfahren]
            return unit, f"{unit} wegen „{' '.join(hit[0].split())}“ ({topic.verfahren})."
    central = next((unit.key for unit in units if unit.central), units[0].key)
    return central, f"{central}, weil kein Thema zu erkennen ist."
