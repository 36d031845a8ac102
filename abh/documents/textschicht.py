"""The text layer of sheets for the full-text search: kept when filed, or read later by a sweep."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.documents.tables import Blatt, BlattText
from abh.kernel.errors import DomainError

_PROBE = Path(__file__).with_name("text_probe.py")
# A tsvector holds one megabyte; a sheet of the file is found by far less.
MOST_CHARACTERS = 200_000
_LIMITS: Mapping[str, int] = {
    "memory": 1024 * 1024 * 1024,
    "seconds": 15,
    "characters": MOST_CHARACTERS,
}
# PostgreSQL keeps no NUL, and other controls are no words.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def text_of_pdf(data: bytes) -> str:
    """Return the text layer of a PDF, "" for a scan without one or a file that cannot be read."""
    command = [sys.executable, "-I", str(_PROBE), json.dumps(_LIMITS)]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=60, env={}, check=True
        )
    except subprocess.SubprocessError:
        return ""
    return clean(done.stdout.decode("utf-8", "replace"))


def clean(text: str) -> str:
    """Return ``text`` as the search may keep it."""
    return _CONTROLS.sub(" ", text)[:MOST_CHARACTERS]


def keep_texts(session: Session, texts: Mapping[int, str]) -> None:
    """Write the texts of sheets by id; a sheet that has one keeps it."""
    rows = [{"blatt_id": blatt, "content": clean(text)} for blatt, text in texts.items()]
    if rows:
        session.execute(insert(BlattText), rows)


def read_texts(session: Session, house: House, limit: int) -> int:
    """Read the text of sheets that have none yet, newest first; the job ``akte.texte``.

    A sheet that cannot be read gets an empty text, so that it is not tried for ever.
    """
    waiting = session.execute(
        select(Blatt.id, Blatt.mime, Blatt.blob_sha256, Blatt.title)
        .outerjoin(BlattText, BlattText.blatt_id == Blatt.id)
        .where(BlattText.blatt_id.is_(None))
        .order_by(Blatt.id.desc())
        .limit(min(limit, 50))
        .with_for_update(of=Blatt, skip_locked=True)
    ).all()
    texts = {}
    for row in waiting:
        words = ""
        if row.mime == "application/pdf":
            try:
                words = text_of_pdf(house.blobs.get(row.blob_sha256))
            except (DomainError, OSError):
                words = ""
        texts[row.id] = f"{row.title}\n{words}"
    keep_texts(session, texts)
    return len(texts)
