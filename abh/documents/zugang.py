"""Electronic access that a person opened (§ 3a Abs. 1, § 41 Abs. 2a VwVfG NRW): given, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.tables import ElectronicAccess
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound

# A mailbox whose account was proven only by an e-mail address serves no act.
LEVELS = ("substanziell", "hoch")
_WAYS = (Channel.PORTAL, Channel.DEMAIL)


def open_access(
    session: Session,
    house: House,
    actor: Actor,
    person_id: int,
    *,
    channel: str,
    address: str,
    level: str,
    consent_on: date,
    evidence: str,
    vorgang_id: int | None = None,
) -> int:
    """Record the consent of a person to be served by a mailbox or by De-Mail; returns its id.

    ``level`` is how the account was proven (``LEVELS``); the mailbox needs one. Raises
    ``InvalidInput`` with every fault, ``Conflict`` while an access of that kind is open.
    """
    problems = []
    if channel not in _WAYS:
        problems.append(FieldProblem("channel", "Diesen elektronischen Weg gibt es nicht."))
    if not address.strip() or len(address) > 200 or any(c.isspace() for c in address.strip()):
        problems.append(FieldProblem("address", "Bitte die Kennung des Postfachs angeben."))
    if channel == Channel.DEMAIL and "@" not in address:
        problems.append(FieldProblem("address", "Eine De-Mail-Adresse enthält ein @."))
    if channel == Channel.PORTAL and level not in LEVELS:
        text = "Ohne nachgewiesenes Konto (substanziell oder hoch) geht kein Bescheid ins Postfach."
        problems.append(FieldProblem("level", text))
    if consent_on > house.today:
        problems.append(FieldProblem("consent_on", "Der Tag liegt in der Zukunft."))
    if not evidence.strip():
        problems.append(FieldProblem("evidence", "Bitte nennen, womit eingewilligt wurde."))
    if problems:
        raise InvalidInput(problems)
    if access_of(session, person_id, Channel(channel)) is not None:
        raise Conflict("Für diesen Weg ist der Zugang schon eröffnet.")
    row = ElectronicAccess(
        person_id=person_id,
        channel=channel,
        address=address.strip(),
        level=level if level in LEVELS else "",
        consent_on=consent_on,
        evidence=evidence.strip(),
        recorded_by=actor.user_id,
        recorded_at=house.now(),
    )
    session.add(row)
    session.flush()
    _note(session, house, actor, "access.open", row, vorgang_id)
    return row.id


def revoke_access(
    session: Session, house: House, actor: Actor, access_id: int, *, vorgang_id: int | None = None
) -> None:
    """End a consent from today on; what was served before stays served."""
    row = session.scalar(
        select(ElectronicAccess).where(ElectronicAccess.id == access_id).with_for_update()
    )
    if row is None or row.revoked_on is not None:
        raise NotFound("Dieser Zugang ist nicht eröffnet.")
    row.revoked_on = house.today
    session.flush()
    _note(session, house, actor, "access.revoke", row, vorgang_id)


def access_of(session: Session, person_id: int, channel: Channel) -> ElectronicAccess | None:
    """Return the open access of a person by that way, None without one."""
    return session.scalar(
        select(ElectronicAccess).where(
            ElectronicAccess.person_id == person_id,
            ElectronicAccess.channel == channel.value,
            ElectronicAccess.revoked_on.is_(None),
        )
    )


def accesses(session: Session, person_id: int) -> Sequence[ElectronicAccess]:
    """Return all consents of a person, the newest first."""
    return session.scalars(
        select(ElectronicAccess)
        .where(ElectronicAccess.person_id == person_id)
        .order_by(ElectronicAccess.id.desc())
        .limit(50)
    ).all()


def _note(
    session: Session,
    house: House,
    actor: Actor,
    action: str,
    row: ElectronicAccess,
    vorgang_id: int | None,
) -> None:
    audit.record(
        session,
        actor,
        action,
        "person",
        row.person_id,
        now=house.now(),
        vorgang_id=vorgang_id,
        person_id=row.person_id,
        facts={"channel": row.channel, "level": row.level},
    )
