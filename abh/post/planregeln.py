"""House rules of plans and answers from ``config/post.yaml``: handling times, floors, horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from abh.configfiles import configuration_error, load_yaml_file
from abh.kernel.errors import Reason
from abh.post.regeln import FILE
from abh.post.schemas import KINDS


@dataclass(frozen=True, slots=True)
class Handling:
    """Minutes of work per item by kind in force from a day on; ``training`` multiplies them."""

    valid_from: date
    minutes: Mapping[str, int]
    training: float
    appointment: int
    window: timedelta
    enough: int


@dataclass(frozen=True, slots=True)
class PlanRules:
    """Checked rules. Floors are percent of the rostered minutes, ``weeks`` the longest plan,
    ``sample`` the percent of closings without answer that are looked at twice."""

    handling: tuple[Handling, ...]
    floor_appointments: int
    floor_firms: int
    weeks: int
    sample: int

    def on(self, today: date) -> Handling:
        """Return the handling times in force; raises ``LookupError`` before the first."""
        found = [one for one in self.handling if one.valid_from <= today]
        if not found:
            raise LookupError(f"no handling times in force on {today}")
        return max(found, key=lambda one: one.valid_from)


@cache
def plan_rules(path: Path = FILE) -> PlanRules:
    """Return the rules, read once a process; raises ``ConfigurationError`` naming every fault."""
    return read(load_yaml_file(path), str(path))


def read(raw: Any, name: str) -> PlanRules:
    """Return checked rules; raises ``ConfigurationError`` naming every fault."""
    faults: list[Reason] = []
    sections = raw if isinstance(raw, Mapping) else {}
    versions = sections.get("bearbeitung")
    if not isinstance(versions, list) or not versions:
        faults.append(Reason("bearbeitung: mindestens ein Eintrag ist nötig"))
        versions = []
    handling = [_handling(one, f"bearbeitung[{n}]", faults) for n, one in enumerate(versions)]
    plan = sections.get("raeumungsplan")
    plan = plan if isinstance(plan, Mapping) else {}
    floors = [
        _number(plan, key, "raeumungsplan", faults, 0, 100)
        for key in ("untergrenze_termine", "untergrenze_firmen")
    ]
    weeks = _number(plan, "wochen", "raeumungsplan", faults, 1, 52)
    sample = _number(sections, "stichprobe_prozent", "post", faults, 1, 100)
    if faults:
        raise configuration_error(name, faults)
    return PlanRules(tuple(one for one in handling if one), floors[0], floors[1], weeks, sample)


def _handling(raw: Any, where: str, faults: list[Reason]) -> Handling | None:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("ab"), date):
        faults.append(Reason(f"{where}.ab: ein Tag ist nötig (JJJJ-MM-TT)"))
        return None
    given = raw.get("minuten")
    minutes = given if isinstance(given, Mapping) else {}
    faults += [
        Reason(f"{where}.minuten.{key}: unbekannte Art")
        for key in sorted(set(minutes) - set(KINDS))
    ]
    return Handling(
        valid_from=raw["ab"],
        minutes={key: _number(minutes, key, f"{where}.minuten", faults, 1, 480) for key in KINDS},
        training=_number(raw, "einarbeitung_prozent", where, faults, 100, 500) / 100,
        appointment=_number(raw, "termin_minuten", where, faults, 5, 240),
        window=timedelta(days=_number(raw, "messen_tage", where, faults, 7, 730)),
        enough=_number(raw, "messen_ab", where, faults, 5, 10_000),
    )


def _number(
    raw: Mapping[str, Any], key: str, where: str, faults: list[Reason], least: int, most: int
) -> int:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        faults.append(Reason(f"{where}.{key}: eine ganze Zahl von {least} bis {most} ist nötig"))
        return least
    return value
