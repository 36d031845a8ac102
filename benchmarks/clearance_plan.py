"""A clearance plan of 8 units, 60 clerks and 26 weeks, against its own continuous relaxation.

Also the harm that it leaves overdue when it is worked off by harm and by receipt with the same
staff, and the control in which both orders must come out alike.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from abh.post.raeumung import rechnung
from abh.post.regeln import rules
from abh.simulate import raeumung

SEED = 2026


def run(_database_url: str, **size: Any) -> Iterator[dict[str, Any]]:
    """Yield one line: seconds to the plan, the gap that is left, overdue harm against receipt."""
    office = raeumung.world(SEED, **size)
    tasks = [raeumung.task_of(unit, office) for unit in office.units]
    rechnung.possible(tasks[0], 0)  # the library is loaded once per process
    begun = time.perf_counter()
    plans = [raeumung.planned(task) for task in tasks]
    ours = time.perf_counter() - begun
    begun = time.perf_counter()
    for task in tasks:
        rechnung.possible(task, task.weeks - 1)
    floor = time.perf_counter() - begun
    found = raeumung.compare(SEED, rules().on(raeumung.START), **size)
    yield {
        "name": "clearance_plan",
        "value": round(ours * 1000, 1),
        "unit": "ms",
        "floor": round(floor * 1000, 1),
        "ratio": round(ours / floor, 1),
        "units": len(tasks),
        "clerks": sum(len(task.clerks) for task in tasks),
        "weeks": office.weeks,
        "items": found["items"],
        "solved": sum(plan.zero_week is not None for plan in plans),
        "gap": max(plan.gap for plan in plans),
        "harm_ratio": found["harm"]["ratio"],
        "control_ratio": found["control"]["ratio"],
        "load": round(os.getloadavg()[0], 1),
    }
