"""A letter from order to file, without and with seal and code check, against bare ``write_pdf``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from abh.bench import measure, satz
from abh.bench.world import World, furnish
from abh.db import transaction
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.letter_model import SignatureBlock
from abh.documents.siegel import FileSealer, make_demo_key
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel, Mark

KEY = "N02"
ROUNDS = 25
WARM_UP = 3


def run(database_url: str, rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield two lines: prepare, sign, render, gates, file and commit a Nachforderung of one case;
    then the same with the codes read back and the seal.

    The floor lays out the very same page with the same parsed CSS and fonts, in the same process,
    and keeps nothing. For the record the first line tells what reportlab and typst take for the
    bare text of the same letter, against the same floor.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            order = _order(world)
            now = datetime.now(UTC)
            make_demo_key(Path(folder) / "s.p12", b"probe", "Amt", now=now)
            sealer = FileSealer(Path(folder) / "s.p12", b"probe", place="Amt", today=now)
            bare = replace(world.house, sealer=None, check_codes=False)
            whole = replace(world.house, sealer=sealer, check_codes=True)
            source = _source(world, order)
            floor = _floor(world, source)
            peers = _peers(world, source, floor, Path(folder), rounds)
            for name, house in (("letter", bare), ("letter_seal_codes", whole)):
                ours = _ours(world, house, order)
                with measure.counting(world.engine) as statements:
                    ours()
                series = measure.in_turns(ours, floor, rounds, warm_up=min(WARM_UP, rounds))
                yield measure.line(
                    name,
                    *series,
                    p95_ms=round(measure.percentile(series[0], 0.95), 1),
                    statements=len(statements),
                    **(peers if name == "letter" else {}),
                )
        finally:
            world.close()


def _order(world: World) -> letters.LetterOrder:
    """Return the order of a letter that a real step has sent."""
    case_id = world.file(evidence=("pass",))
    world.find(case_id, identity_clarified=True)
    world.step(case_id, "nachfordern")
    with world.sessions() as session:
        sent = session.scalars(
            select(Letter).where(Letter.vorgang_id == case_id, Letter.key == KEY)
        ).one()
        content = sent.content
        return letters.LetterOrder(
            key=KEY,
            akte_id=sent.akte_id,
            vorgang_id=case_id,
            unit_key=sent.unit_key,
            reference=content["reference"],
            recipient=tuple(content["recipient"]),
            addressee=content["addressee"],
            fields=content["fields"],
            outcome=sent.outcome,
            channel=Channel(sent.channel or ""),
            clerk=content["clerk"],
            foreign=tuple(content["foreign"]),
            extra=content["extra"],
        )


def _ours(world: World, house: House, order: letters.LetterOrder) -> Callable[[], None]:
    def make() -> None:
        with transaction(world.sessions) as session:
            letter = letters.issue(session, house, world.clerk, order)
            assert letter.state == "released"

    return make


def _source(world: World, order: letters.LetterOrder) -> str:
    with transaction(world.sessions) as session:
        letter = letters.issue(session, world.house, world.clerk, order)
        block = SignatureBlock(Mark(letter.mark or ""), letter.suffix or "", world.clerk.name)
        return world.house.renderer.html(letters.letter_input(world.house, letter, block))


def _peers(
    world: World, source: str, floor: Callable[[], None], folder: Path, rounds: int
) -> dict[str, float]:
    lines, fonts = satz.lines_of(source), world.house.renderer.fonts
    own = folder / "satz"
    own.mkdir()
    found: dict[str, float] = {}
    for name, make in (("reportlab", satz.by_reportlab), ("typst", satz.by_typst)):
        write = make(lines, fonts, own)
        if not write().startswith(b"%PDF"):
            raise RuntimeError(f"{name} made no PDF")
        series = measure.in_turns(write, floor, rounds, warm_up=min(WARM_UP, rounds))
        one = measure.line(name, *series)
        found |= {f"{name}_ms": one["value"], f"{name}_ratio": one["ratio"]}
    return found


def _floor(world: World, source: str) -> Callable[[], None]:
    bare = world.house.renderer.bare(source)

    def make() -> None:
        assert bare().startswith(b"%PDF")

    return make
