"""Letters that the clocks of many cases cause, made by processes that may be killed at any time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from abh.bench.world import MONDAY
from abh.db import make_engine, make_sessions, transaction
from abh.documents.house import House, build_house
from abh.documents.letter_model import LetterInput, SignatureBlock
from abh.documents.vorschau import sample_of
from abh.documents.zeichnung_types import Mark
from abh.kernel.clock import FixedClock
from abh.settings import load_settings
from abh.workflows.jobs import sweep_fristen

# A day on which the periods for sending documents are over.
NOW = MONDAY + timedelta(days=60)
# What a kill can undo at most; small, so that two processes end together.
BATCH = 2


def work(url: str, folder: str, start_at: float) -> None:
    """Expire clocks and make the reminders that follow, until nothing is due; tell the end.

    The renderer is warm before the start, as in a worker that lives for days.
    """
    settings = load_settings(
        {"ABH_MODE": "test", "ABH_DATABASE_URL": url, "ABH_VAR_DIR": str(Path(folder))}
    )
    engine = make_engine(url, pool_size=2)
    sessions = make_sessions(engine)
    with transaction(sessions) as session:
        house = build_house(settings, session, clock=FixedClock(NOW))
    _sample(house)()
    time.sleep(max(0.0, start_at - time.time()))
    last, burnt = time.time(), time.process_time()
    while True:
        with transaction(sessions) as session:
            made = sweep_fristen(session, house, BATCH)
        if not made:
            break
        last = time.time()
    engine.dispose()
    _tell(last, burnt)


def lay_out(url: str, count: int, start_at: float) -> None:
    """Lay out one and the same page ``count`` times: what this machine can do at most."""
    settings = load_settings({"ABH_MODE": "test", "ABH_DATABASE_URL": url})
    engine = make_engine(url, pool_size=1)
    with transaction(make_sessions(engine)) as session:
        house = build_house(settings, session, clock=FixedClock(NOW))
    engine.dispose()
    write = _sample(house)
    write()
    time.sleep(max(0.0, start_at - time.time()))
    burnt = time.process_time()
    for _ in range(count):
        write()
    _tell(time.time(), burnt)


def _sample(house: House) -> Callable[[], bytes]:
    """Set the sample of the letter once and return what lays out its page anew."""
    letter = LetterInput(
        "N03",
        house.office,
        ("Erika Muster", "Graf-Adolf-Straße 12", "40212 Düsseldorf"),
        "ABH-2026-0000001",
        house.today,
        SignatureBlock(Mark.NONE),
        fields=sample_of("N03", "automatisch"),
        outcome="automatisch",
        addressee="Erika Muster",
    )
    house.renderer.render(letter)
    return house.renderer.bare(house.renderer.html(letter))


def _tell(ended: float, burnt: float) -> None:
    """Write the moment of the end and the seconds of processor time since the start."""
    sys.stdout.write(f"{ended} {time.process_time() - burnt}\n")


if __name__ == "__main__":
    if sys.argv[1] == "lay_out":
        lay_out(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        work(sys.argv[1], sys.argv[2], float(sys.argv[3]))
