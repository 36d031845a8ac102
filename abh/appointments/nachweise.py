"""Files that prove the ground of an emergency request: seen by the clerk who serves the visit only.

Nobody looks at them before the draw, because the draw weighs the ground and not the paper; of a
request that won no place nobody ever does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.policy import Power, require
from abh.appointments.tables import Booking
from abh.appointments.tables_losung import Draw, EmergencyEvidence, EmergencyRequest
from abh.documents.akte import Blobs
from abh.documents.entsorgung import note_unused
from abh.kernel.clock import BERLIN
from abh.kernel.errors import NotFound

# House rule: as long as the draw is shown to everybody; then nobody asks for the ground any more
# (Art. 5(1)(e) DSGVO).
KEPT = timedelta(days=30)
MOST = 3


class StoredFile(Protocol):
    """A file that was checked and lies in the store."""

    @property
    def name(self) -> str: ...
    @property
    def mime(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def pages(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """Why somebody asked for an emergency place, with what they sent to prove it."""

    request: EmergencyRequest
    files: Sequence[EmergencyEvidence]


def add(session: Session, request: EmergencyRequest, files: Iterable[StoredFile]) -> None:
    """Put files to a request, each content once, at most ``MOST``."""
    once = list({each.sha256: each for each in files}.values())[:MOST]
    for each in once:
        session.add(
            EmergencyEvidence(
                request_id=request.id,
                sha256=each.sha256,
                name=each.name,
                mime=each.mime,
                pages=each.pages,
            )
        )
    session.flush()


def of_visit(session: Session, actor: Actor, booking: Booking) -> list[Ground]:
    """Return the requests that led to a visit, for the clerk at whose desk it goes on; else none.

    Several requests of one person for one draw count as one, so all of them are shown.
    """
    if not _serves(actor, booking):
        return []
    won = select(EmergencyRequest.draw_id).where(EmergencyRequest.booking_id == booking.id)
    requests = session.scalars(
        select(EmergencyRequest)
        .where(
            EmergencyRequest.draw_id.in_(won),
            EmergencyRequest.person_id == booking.person_id,
            EmergencyRequest.withdrawn_at.is_(None),
        )
        .order_by(EmergencyRequest.requested_at, EmergencyRequest.id)
        .limit(20)
    ).all()
    files = session.scalars(
        select(EmergencyEvidence)
        .where(EmergencyEvidence.request_id.in_([each.id for each in requests]))
        .order_by(EmergencyEvidence.id)
    ).all()
    return [
        Ground(request, [file for file in files if file.request_id == request.id])
        for request in requests
    ]


def open_file(
    session: Session,
    actor: Actor,
    blobs: Blobs,
    booking_id: int,
    evidence_id: int,
    *,
    now: datetime,
) -> tuple[EmergencyEvidence, bytes]:
    """Return a file of a visit with its content; the look is written to the log.

    Raises ``NotAllowed`` outside the Sachgebiet, ``NotFound`` for everybody at whose desk the visit
    does not go on.
    """
    booking = session.get(Booking, booking_id)
    if booking is None:
        raise NotFound("Diesen Termin gibt es nicht.")
    require(actor, Power.CASE_COUNTER, booking.unit_key)
    grounds = of_visit(session, actor, booking)
    found = next((f for g in grounds for f in g.files if f.id == evidence_id), None)
    if found is None:
        raise NotFound("Diesen Nachweis gibt es nicht.")
    audit.record(
        session, actor, "draw.evidence", "emergency_evidence", found.id, now=now,
        person_id=booking.person_id, is_read=True, facts={"booking": booking.id},
    )  # fmt: skip
    return found, blobs.get(found.sha256)


def drop(session: Session, request_ids: Sequence[int], *, now: datetime) -> int:
    """Delete the files of requests; their contents leave the store after the commit."""
    shas = session.scalars(
        delete(EmergencyEvidence)
        .where(EmergencyEvidence.request_id.in_(request_ids))
        .returning(EmergencyEvidence.sha256)
    ).all()
    note_unused(session, shas, now=now)
    return len(shas)


def forget(session: Session, *, now: datetime, limit: int) -> int:
    """Delete the files of withdrawn requests and of draws ``KEPT`` ago; return how many files."""
    last = now.astimezone(BERLIN).date() - KEPT
    over = session.scalars(
        select(EmergencyEvidence.request_id)
        .join(EmergencyRequest, EmergencyRequest.id == EmergencyEvidence.request_id)
        .join(Draw, Draw.id == EmergencyRequest.draw_id)
        .where(or_(Draw.day < last, EmergencyRequest.withdrawn_at.is_not(None)))
        .distinct()
        .limit(limit)
    ).all()
    return drop(session, over, now=now)


def _serves(actor: Actor, booking: Booking) -> bool:
    """Whether the visit goes on at this clerk's desk, after the identity was compared."""
    return (
        booking.status == "called"
        and booking.called_to is not None
        and booking.called_to == actor.desk_id
        and booking.checked_in_at is not None
    )
