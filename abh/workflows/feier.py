"""Events that a case leads to: whom to invite, and handing over the certificate as its step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import event_guests, events
from abh.appointments.tables_events import EventGuest, GroupEvent
from abh.documents.house import House
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, DomainError, FieldProblem, InvalidInput
from abh.kernel.names import full_name
from abh.persons.tables import Person
from abh.workflows.aenderung import noted
from abh.workflows.service import record_findings, take_step
from abh.workflows.steps import StepDone, check_scope, lock_case
from abh.workflows.tables import Vorgang
from abh.workflows.zugriff import may_know

MOST = 500


@dataclass(frozen=True, slots=True)
class Ceremony:
    """Which cases an event is for, and the step that is taken there with what must be found."""

    verfahren: str
    state: str
    step: str
    findings: Mapping[str, Any]


# § 16 StAG: the certificate is handed over after the solemn declaration. A kind of event that is
# not listed here invites nobody by a case.
CEREMONIES: Mapping[str, Ceremony] = MappingProxyType(
    {
        "einbuergerungsfeier": Ceremony(
            "P33",
            "ceremony_scheduled",
            "urkunde_aushaendigen",
            {"person_geprueft": True, "feierlich_bekannt": True},
        )
    }
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose case waits for an event."""

    vorgang_id: int
    number: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of a list of invitations: how many went out, and why the others did not."""

    count: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)


def candidates(session: Session, actor: Actor, event: GroupEvent, now: datetime) -> list[Candidate]:
    """Return whose case waits for such an event and who is invited to none, oldest first."""
    ceremony = CEREMONIES.get(event.kind)
    if ceremony is None or not may_know(actor, ceremony.verfahren, event.unit_key):
        return []
    invited = exists().where(
        EventGuest.vorgang_id == Vorgang.id,
        EventGuest.reply.in_(("open", "yes")),
        GroupEvent.id == EventGuest.event_id,
        GroupEvent.cancelled_at.is_(None),
        GroupEvent.ends_at > now,
    )
    rows = session.execute(
        select(Vorgang, Person)
        .join(Person, Person.id == Vorgang.person_id)
        .where(
            Vorgang.unit_key == event.unit_key,
            Vorgang.verfahren == ceremony.verfahren,
            Vorgang.state == ceremony.state,
            ~invited,
        )
        .order_by(Vorgang.state_since, Vorgang.id)
        .limit(MOST)
    )
    return [
        Candidate(
            case.id, case.number, full_name(who.given_names, who.family_name), case.state_since
        )
        for case, who in rows
    ]


def invite_cases(
    session: Session, house: House, actor: Actor, event_id: int, vorgang_ids: Sequence[int]
) -> Invited:
    """Invite the persons of these cases; each in a savepoint, so that one refusal stops no other.

    Locks the cases in the order of their ids, each before the event.
    """
    event = events.event_of(session, actor, event_id)
    count, refused = 0, {}
    for vorgang_id in sorted(set(vorgang_ids))[:MOST]:
        try:
            with session.begin_nested():
                _invite(session, house, actor, event, vorgang_id)
            count += 1
        except DomainError as error:
            number = session.scalar(select(Vorgang.number).where(Vorgang.id == vorgang_id))
            refused[number or str(vorgang_id)] = str(error)
    return Invited(count, refused)


def _invite(
    session: Session, house: House, actor: Actor, event: GroupEvent, vorgang_id: int
) -> None:
    ceremony = CEREMONIES.get(event.kind)
    case = lock_case(session, house, vorgang_id, expected_version=None)
    check_scope(actor, case)
    here = case.vorgang["unit_key"] == event.unit_key
    if ceremony is None or not here or case.verfahren.key != ceremony.verfahren:
        raise Conflict("Zu dieser Veranstaltung wird aus diesem Vorgang nicht eingeladen.")
    if case.state != ceremony.state:
        raise Conflict("Der Vorgang ist nicht (mehr) so weit.")
    event_guests.invite(
        session,
        house,
        actor,
        event.id,
        case.person["id"],
        vorgang_id=case.id,
        reference=case.number,
    )
    when = event.starts_at.astimezone(BERLIN)
    label = f"Eingeladen: {event.title} am {when:%d.%m.%Y}"
    noted(session, house, actor, case, "veranstaltung", label, "", "", {}, {"event": event.id})


def hand_over(
    session: Session,
    house: House,
    actor: Actor,
    guest_id: int,
    *,
    confirmed: bool,
    seal: str = "",
    expected_version: int | None = None,
) -> StepDone | None:
    """Hand over what the event is for, and take the step of the case with it: both or neither.

    ``confirmed``: identity compared and declaration made, which the findings of the case then say.
    The number of the certificate stands at the guest, ``seal`` is that of the seal pressed on it.
    None for somebody without a case. Raises ``StepNotAllowed`` with every reason, ``Conflict``.
    """
    guest = event_guests.guest_of(session, actor, guest_id)
    event = session.get_one(GroupEvent, guest.event_id)
    ceremony = CEREMONIES.get(event.kind)
    if guest.vorgang_id is None or ceremony is None:
        event_guests.mark_handed(session, actor, guest_id, now=house.now())
        return None
    if not confirmed:
        text = "Bitte bestätigen Sie: Identität geprüft, Bekenntnis abgegeben (§ 16 StAG)."
        raise InvalidInput([FieldProblem("bestaetigt", text)])
    # The case before the guest, as every change of a case.
    case = lock_case(session, house, guest.vorgang_id, expected_version=expected_version)
    session.refresh(guest, with_for_update=True)
    if guest.handed_over_at is not None:
        return None
    event_guests.mark_handed(session, actor, guest_id, now=house.now())
    found = record_findings(
        session, house, actor, case.id, ceremony.findings,
        expected_version=case.vorgang["row_version"], remark=event.title,
    )  # fmt: skip
    done = take_step(
        session, house, actor, case.id, ceremony.step,
        expected_version=found.row_version, reason=event.title,
        data={"form_serial": guest.certificate, "form_seal": seal},
    )  # fmt: skip
    if done.state == ceremony.state:
        raise Conflict("Die Übergabe braucht erst eine weitere Unterschrift.")
    return done
