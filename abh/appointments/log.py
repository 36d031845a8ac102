"""What the audit log keeps of an act on a booking: place and purpose by key, never a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, applicant_actor
from abh.appointments.tables import Booking


def record_booking(
    session: Session,
    actor: Actor | None,
    action: str,
    subject: Booking,
    now: datetime,
    facts: dict[str, object] | None = None,
) -> None:
    """Write an act on a booking to the audit log (no actor: the person who came by link)."""
    audit.record(
        session,
        actor or applicant_actor(),
        action,
        "booking",
        subject.id,
        now=now,
        vorgang_id=subject.vorgang_id,
        person_id=subject.person_id,
        facts={
            "day": subject.day.isoformat(),
            "cell": subject.start_cell,
            "desk": subject.desk_id,
            "service": subject.service_key,
            **(facts or {}),
        },
    )
