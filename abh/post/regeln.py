"""The house rules of the post from ``config/post.yaml``: dated weights, claims, undoing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from abh.configfiles import configuration_error, load_yaml_file
from abh.kernel.errors import Reason
from abh.post.triage import PARTS, Weight, Weights, in_force
from abh.settings import ROOT

FILE = ROOT / "config" / "post.yaml"


@dataclass(frozen=True, slots=True)
class PostRules:
    """Checked house rules; ``weights`` are all versions, by day."""

    weights: tuple[Weights, ...]
    claim: timedelta
    undo: timedelta

    def on(self, today: date) -> Weights:
        """Return the weights in force on ``today``."""
        return in_force(self.weights, today)

    def next_version(self, today: date) -> date | None:
        """Return the day on which other weights come into force, None for never."""
        return min((w.valid_from for w in self.weights if w.valid_from > today), default=None)


@cache
def rules(path: Path = FILE) -> PostRules:
    """Return the rules, read once a process; raises ``ConfigurationError`` naming every fault."""
    return read(load_yaml_file(path), str(path))


def read(raw: Any, name: str) -> PostRules:
    """Return checked rules; raises ``ConfigurationError`` naming every fault."""
    faults: list[Reason] = []
    if not isinstance(raw, Mapping):
        raise configuration_error(name, [Reason("muss Schlüssel und Werte enthalten")])
    versions = raw.get("gewichte")
    if not isinstance(versions, list) or not versions:
        faults.append(Reason("gewichte: mindestens ein Eintrag ist nötig"))
        versions = []
    weights = [_weights(one, f"gewichte[{n}]", faults) for n, one in enumerate(versions)]
    days = [one.valid_from for one in weights if one]
    if len(set(days)) != len(days):
        faults.append(Reason("gewichte: zwei Einträge gelten ab demselben Tag"))
    minutes = _count(raw, "anspruch_minuten", "", faults, least=1)
    seconds = _count(raw, "ruecknahme_sekunden", "", faults, least=10)
    if faults:
        raise configuration_error(name, faults)
    return PostRules(
        tuple(sorted((one for one in weights if one), key=lambda one: one.valid_from)),
        timedelta(minutes=minutes),
        timedelta(seconds=seconds),
    )


def _weights(raw: Any, where: str, faults: list[Reason]) -> Weights | None:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("ab"), date):
        faults.append(Reason(f"{where}.ab: ein Tag ist nötig (JJJJ-MM-TT)"))
        return None
    known = {*PARTS, "ab", "warten", "stufen"}
    faults += [Reason(f"{where}.{key}: unbekannt") for key in sorted(set(raw) - known)]
    parts = {name: _weight(raw.get(name), f"{where}.{name}", faults) for name in PARTS}
    bands = raw.get("stufen") if isinstance(raw.get("stufen"), Mapping) else {}
    return Weights(
        valid_from=raw["ab"],
        parts=parts,
        waiting=_count(raw, "warten", where, faults, least=0),
        acute=_count(bands, "akut", f"{where}.stufen", faults, least=1),
        soon=_count(bands, "bald", f"{where}.stufen", faults, least=1),
    )


def _weight(raw: Any, where: str, faults: list[Reason]) -> Weight:
    if not isinstance(raw, Mapping):
        faults.append(Reason(f"{where}: punkte, tage und vorbei sind nötig"))
        return Weight(0, 1, 0)
    return Weight(
        _count(raw, "punkte", where, faults, least=0),
        _count(raw, "tage", where, faults, least=1),
        _count(raw, "vorbei", where, faults, least=0),
    )


def _count(raw: Any, key: str, where: str, faults: list[Reason], *, least: int) -> int:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        place = f"{where}.{key}" if where else key
        faults.append(Reason(f"{place}: eine ganze Zahl ab {least} ist nötig"))
        return least
    return value
