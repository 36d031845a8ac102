"""Plays the gateways of mailbox, De-Mail and beBPo: takes messages, answers as their operators do.

What it does depends on the address, so that a demo and the tests can choose: ``abgelehnt…`` is
refused, ``stumm…`` never answers, ``ungelesen…`` is delivered and never retrieved, ``doppelt…``
answers twice, ``kaputt…`` sends a receipt that nobody can read; every other one is delivered and,
in a mailbox, retrieved at the next look.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from abh.documents.versandstelle import DONE, IN, OUT


def look(folder: Path, now: datetime) -> int:
    """Take what lies in the out folder and answer; returns how many messages were handled.

    A message that is delivered lies in ``postfach/`` until the next look retrieves it.
    """
    out, shelf = folder / OUT, folder / "postfach"
    shelf.mkdir(parents=True, exist_ok=True)
    for name in (IN, OUT, DONE):
        (folder / name).mkdir(parents=True, exist_ok=True)
    handled = 0
    for slip_path in sorted(shelf.glob("*.json")):
        slip = json.loads(slip_path.read_text("utf-8"))
        if not slip["an"].startswith("ungelesen"):
            _answer(folder, slip, "abgerufen", now)
            slip_path.unlink()
            handled += 1
    for recall in sorted(out.glob("*.rueckruf")):
        (shelf / f"{recall.stem}.json").unlink(missing_ok=True)
        recall.unlink()
    for slip_path in sorted(out.glob("*.json")):
        slip = json.loads(slip_path.read_text("utf-8"))
        _take(folder, slip, now)
        if slip["weg"] == "portal" and not slip["an"].startswith(("abgelehnt", "stumm", "kaputt")):
            slip_path.replace(shelf / slip_path.name)
        else:
            slip_path.unlink()
        handled += 1
    return handled


def _take(folder: Path, slip: dict[str, str], now: datetime) -> None:
    pdf = folder / OUT / slip["datei"]
    address = slip["an"]
    sound = hashlib.sha256(pdf.read_bytes()).hexdigest() == slip["sha256"]
    pdf.unlink()
    if address.startswith("stumm"):
        return
    if address.startswith("kaputt"):
        (folder / IN / f"{slip['auftrag']}-0.json").write_text("{", "utf-8")
    elif address.startswith("abgelehnt") or not sound:
        why = "Postfach unbekannt" if sound else "Prüfsumme falsch"
        _answer(folder, slip, "abgelehnt", now, why)
    else:
        _answer(folder, slip, "zugestellt", now)
        if address.startswith("doppelt"):
            _answer(folder, slip, "zugestellt", now, nth=2)


def _answer(
    folder: Path, slip: dict[str, str], event: str, now: datetime, text: str = "", nth: int = 1
) -> None:
    receipt = {
        "auftrag": slip["auftrag"], "ereignis": event, "am": now.isoformat(), "text": text,
    }  # fmt: skip
    name = f"{slip['auftrag']}-{event}-{nth}.json"
    draft = folder / IN / f".{name}.neu"
    draft.write_text(json.dumps(receipt, ensure_ascii=False), "utf-8")
    draft.replace(folder / IN / name)
