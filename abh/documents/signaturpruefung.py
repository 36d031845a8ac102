"""Signed PDFs that came in: checked once for each sheet, and shown beside it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.documents.house import House
from abh.documents.tables import Blatt
from abh.documents.tables_akte import BlattSignatur
from abh.kernel.errors import DomainError

_PROBE = Path(__file__).with_name("siegel_probe.py")
_LIMITS: Final = {"memory": 2 * 1024 * 1024 * 1024, "seconds": 20}
# Every signature names the bytes it covers, in plain text because it could not cover them else.
_MARK: Final = b"/ByteRange"
# Letters of the office are checked when they are sealed.
_CHECKED_ORIGINS: Final = ("upload", "scan", "message")


def signatures_of(data: bytes, trusted: Sequence[bytes] = ()) -> tuple[list[dict[str, Any]], str]:
    """Return the signatures of a PDF as JSON values, and why it could not be checked ("" if so)."""
    if _MARK not in data:
        return [], ""
    roots = [base64.b64encode(root).decode("ascii") for root in trusted]
    head = json.dumps({**_LIMITS, "roots": roots}).encode("ascii")
    command = [sys.executable, "-I", str(_PROBE)]
    try:
        done = subprocess.run(
            command, input=head + b"\n" + data, capture_output=True, timeout=90, env={}, check=True
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip()
        plain = said if error.returncode == 1 and len(said) < 200 else ""
        return [], plain or "Die Signatur lässt sich nicht prüfen."
    except (subprocess.SubprocessError, ValueError):
        return [], "Die Signatur lässt sich nicht prüfen."
    return found, ""


def sweep_signatures(session: Session, clock: Any, limit: int = 20) -> int:
    """Check the signatures of sheets that came in, newest first; the job ``akte.signaturen``."""
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    waiting = session.scalars(
        select(Blatt)
        .outerjoin(BlattSignatur, BlattSignatur.blatt_id == Blatt.id)
        .where(
            BlattSignatur.blatt_id.is_(None),
            Blatt.mime == "application/pdf",
            Blatt.origin.in_(_CHECKED_ORIGINS),
        )
        .order_by(Blatt.id.desc())
        .limit(min(limit, 20))
        .with_for_update(of=Blatt, skip_locked=True)
    ).all()
    for blatt in waiting:
        try:
            found, fault = signatures_of(clock.blobs.get(blatt.blob_sha256), clock.trusted)
        except DomainError as error:
            found, fault = [], str(error)
        session.execute(
            insert(BlattSignatur)
            .values(blatt_id=blatt.id, found=found, fault=fault, checked_at=clock.now())
            .on_conflict_do_nothing(index_elements=["blatt_id"])
        )
    return len(waiting)


def findings_of(session: Session, ids: Sequence[int]) -> Mapping[int, BlattSignatur]:
    """Return what was found on these sheets; sheets without signature or fault are left out."""
    rows = session.scalars(select(BlattSignatur).where(BlattSignatur.blatt_id.in_(ids))).all()
    return {row.blatt_id: row for row in rows if row.found or row.fault}
