"""One part of the batch of prospects in a process of its own, and how much memory it took."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass, field

from abh.bench.world import MONDAY
from abh.db import make_engine, make_sessions
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import ROOT, load_yaml_dir
from abh.workflows.kampagne import Zaehlung, batch


@dataclass
class Teil:
    """What one process did: counts, seconds, and peak memory in MB after each chunk."""

    zaehlung: Zaehlung
    seconds: float
    memory: list[float] = field(default_factory=list)


def work(url: str, part: int, parts: int) -> Teil:
    """Compute the prospects of every ``parts``-th person."""
    law = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
    engine = make_engine(url)
    memory: list[float] = []

    def note(_done: int) -> None:
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    begun = time.perf_counter()
    try:
        with make_sessions(engine)() as session:
            found = batch(session, law, MONDAY.date(), part=part, parts=parts, progress=note)
    finally:
        engine.dispose()
    return Teil(found, time.perf_counter() - begun, memory)
