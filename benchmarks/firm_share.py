"""Simulated years with and without the firm lane: the private applicants' median wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from abh.fastlane.kontingent import regeln
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import load_settings, load_yaml_dir
from abh.simulate.firmenanteil import WITH, WITHOUT
from abh.simulate.firmenanteil_belege import compare

SEED, YEARS = 1, 8
# Of the rules in force on this day: a benchmark must not depend on the day.
DAY = date(2026, 11, 23)


def run(database_url: str, seed: int = SEED, years: int = YEARS) -> Iterator[dict[str, Any]]:
    """Yield one line; the floor is the same people without the lane. Needs no database."""
    law = Rechtsstand(load_yaml_dir(load_settings({"ABH_MODE": "test"}).law_dir))
    found = compare(seed, years, regeln(law.value, DAY))
    with_lane, without = (found["ways"][way.name]["private"] for way in (WITH, WITHOUT))
    yield {
        "name": "firm_share",
        "value": with_lane["median_days"],
        "unit": "days",
        "floor": without["median_days"],
        "ratio": round(with_lane["median_days"] / without["median_days"], 3),
        "returned_used": found["ways"][WITH.name]["returned_used_share"],
        "without_cap": found["worse"]["ohne_deckel"],
        "without_return": found["worse"]["ohne_rueckgabe"],
        "claims_hold": all(each["holds"] for each in found["claims"]),
        "controls_fail": all(each["fails_without_guard"] for each in found["claims"]),
        "years": years,
    }
