"""Pictures of sheets: the first page small for the list, any page large enough to read.

A picture drawn by us is the safe preview: whatever is in the file, the browser gets a PNG.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.documents.akte import Blobs
from abh.documents.tables import Blatt
from abh.documents.tables_akte import BlattBild
from abh.kernel.errors import DomainError, NotFound

_PROBE = Path(__file__).with_name("bild_probe.py")
DRAWN: Final = frozenset({"application/pdf", "image/jpeg", "image/png"})
SMALL: Final = (120, 170)
LARGE: Final = (1000, 1500)
_LIMITS: Final = {"memory": 1024 * 1024 * 1024, "seconds": 15, "pixels": 60_000_000}


def page_picture(data: bytes, mime: str, page: int, size: tuple[int, int]) -> bytes | None:
    """Return a page (from 1) as PNG inside ``size`` pixels, None for what cannot be drawn.

    A process of its own with limits of memory and time does it.
    """
    if mime not in DRAWN or page < 1 or (mime != "application/pdf" and page > 1):
        return None
    limits = json.dumps({**_LIMITS, "page": page, "width": size[0], "height": size[1]})
    command = [sys.executable, "-I", str(_PROBE), limits, mime]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=60, env={}, check=True
        )
    except subprocess.SubprocessError:
        return None
    return done.stdout or None


def thumbnail(session: Session, blobs: Blobs, blatt: Blatt) -> bytes | None:
    """Return the small picture of a sheet, drawn at the first look and kept; None without one."""
    known = session.scalar(select(BlattBild.png).where(BlattBild.blatt_id == blatt.id))
    if known is None:
        try:
            drawn = page_picture(blobs.get(blatt.blob_sha256), blatt.mime, 1, SMALL)
        except DomainError:
            # Lost or damaged: said where the sheet itself is opened.
            return None
        known = drawn or b""
        session.execute(
            insert(BlattBild)
            .values(blatt_id=blatt.id, png=known)
            .on_conflict_do_nothing(index_elements=["blatt_id"])
        )
    return known or None


def picture_of(blobs: Blobs, blatt: Blatt, page: int) -> bytes:
    """Return a page of a sheet to read; raises ``NotFound`` for what cannot be drawn."""
    drawn = page_picture(blobs.get(blatt.blob_sha256), blatt.mime, page, LARGE)
    if drawn is None:
        raise NotFound("Diese Seite lässt sich nicht darstellen.")
    return drawn
