"""What the audit log keeps of an act on a booking: place and purpose by key, never a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, applicant_actor
from abh.appointments.tables import Booking


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what with a place: its key in the log and what else it keeps."""

    actor: Actor
    action: str
    facts: Mapping[str, object] = field(default_factory=dict)


def by_person(action: str, facts: Mapping[str, object] | None = None) -> Act:
    """Return an act of the person who came by link."""
    return Act(applicant_actor(), action, facts or {})


def facts_of_place(day: date, start_cell: int, service_key: str) -> dict[str, object]:
    """Return what the log keeps of every place, besides its desk."""
    return {"day": day.isoformat(), "cell": start_cell, "service": service_key}


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
            **facts_of_place(subject.day, subject.start_cell, subject.service_key),
            "desk": subject.desk_id,
            **(facts or {}),
        },
    )
