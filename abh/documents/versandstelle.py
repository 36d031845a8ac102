"""The door to mailbox, De-Mail and beBPo: a folder that the gateway software of each empties.

We put out a PDF and its slip (JSON); the gateway answers with receipts (JSON). The formats stand
in ``docs/elektronischer-versand.md``. Both sides may die at any time: a file appears whole or not
at all, its name is the key of the effect, and a receipt stays until its effect is in the database.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

OUT, IN, DONE, UNCLEAR = "ausgang", "eingang", "erledigt", "unklar"
_KEY = re.compile(r"versand-(\d{1,18})")
# A receipt is a few lines; anything larger is none.
_MAX_BYTES = 100_000


class GatewayFailed(Exception):
    """The folder of the gateway cannot be used; the order waits, nothing is lost."""


class Event(StrEnum):
    """What a gateway tells of a message."""

    DELIVERED = "zugestellt"
    RETRIEVED = "abgerufen"
    REFUSED = "abgelehnt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One answer of a gateway; ``path`` is the file it came in."""

    dispatch_id: int
    event: Event
    at: datetime
    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class Gateway:
    """A folder shared with the gateway software."""

    folder: Path

    def put(self, dispatch_id: int, pdf: bytes, slip: dict[str, Any]) -> None:
        """Put out a message; the same one again changes nothing. Raises ``GatewayFailed``."""
        key = key_of(dispatch_id)
        text = json.dumps({**slip, "auftrag": key}, ensure_ascii=False, indent=2, sort_keys=True)
        try:
            # The slip comes last: it is what the gateway looks for.
            self._write(OUT, f"{key}.pdf", pdf)
            self._write(OUT, f"{key}.json", text.encode())
        except OSError as error:
            raise GatewayFailed(
                f"Der Ordner der Versandstelle ist nicht beschreibbar ({error.strerror})."
            ) from error

    def recall(self, dispatch_id: int) -> None:
        """Ask for a message to be taken back that nobody retrieved. Raises ``GatewayFailed``."""
        try:
            self._write(OUT, f"{key_of(dispatch_id)}.rueckruf", b"")
        except OSError as error:
            raise GatewayFailed(str(error.strerror)) from error

    def receipts(self, limit: int) -> Iterator[Receipt]:
        """Yield the receipts that wait, oldest first; unreadable ones are put aside."""
        folder = self.folder / IN
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("*.json"))[:limit]:
            receipt = _read(path)
            if receipt is None:
                self._move(path, UNCLEAR)
            else:
                yield receipt

    def archive(self, receipt: Receipt) -> None:
        """Put a receipt away whose effect is committed."""
        self._move(receipt.path, DONE)

    def _move(self, path: Path, folder: str) -> None:
        target = self.folder / folder
        target.mkdir(parents=True, exist_ok=True)
        path.replace(target / path.name)

    def _write(self, folder: str, name: str, data: bytes) -> None:
        target = self.folder / folder
        target.mkdir(parents=True, exist_ok=True)
        draft = target / f".{name}.{os.getpid()}.neu"
        draft.write_bytes(data)
        draft.replace(target / name)


def key_of(dispatch_id: int) -> str:
    """Return the name of a message at the gateway."""
    return f"versand-{dispatch_id}"


def _read(path: Path) -> Receipt | None:
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        raw = json.loads(path.read_text("utf-8"))
        key = _KEY.fullmatch(raw["auftrag"])
        at = datetime.fromisoformat(raw["am"])
        event = Event(raw["ereignis"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if key is None or at.tzinfo is None:
        return None
    return Receipt(int(key[1]), event, at, str(raw.get("text", ""))[:500], path)
