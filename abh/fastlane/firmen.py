"""Companies at the door: they register; a clerk lets them in, sends back, refuses, takes it back.

Nothing is visible to a company before a clerk has seen its proof; a withdrawal ends sessions,
tokens and webhooks in its own transaction, and every other look at the next request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power, require
from abh.access.sessions import revoke_sessions
from abh.documents.house import House
from abh.fastlane import personen
from abh.fastlane.schemas import RegistrationSchema, load
from abh.fastlane.tables import CompanyMember
from abh.fastlane.tables_zugang import (
    ApiToken,
    CompanyAccess,
    CompanyRegistration,
    CompanySite,
    MemberInvitation,
    Webhook,
)
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.kernel.names import search_form
from abh.outbox.service import enqueue
from abh.persons.service import find_or_create_company
from abh.persons.tables import Company

MOST_COMPANIES: Final = 200
GONE: Final = "Dieser Link gilt nicht (mehr)."
_STATES: Final = {"return": "returned", "refuse": "refused"}
_MAIL: Final[Mapping[str, tuple[str, str]]] = {
    "applied": (
        "Ihre Anmeldung zum Firmenservice",
        "Ihre Anmeldung ist angekommen. Den Stand sehen Sie hier:",
    ),
    "returned": (
        "Zu Ihrer Anmeldung zum Firmenservice fehlt noch etwas",
        "Bitte ergänzen Sie Ihre Anmeldung; was fehlt, steht hier:",
    ),
    "refused": (
        "Ihre Anmeldung zum Firmenservice",
        "Wir haben über Ihre Anmeldung entschieden; den Grund lesen Sie hier:",
    ),
}


def register(
    session: Session, house: House, data: Mapping[str, Any], proof: tuple[str, str]
) -> str:
    """Take a registration with its proof (sha256, name); return the token of its link.

    Raises ``InvalidInput``. The answer never depends on whether the company is known already.
    """
    values = load(RegistrationSchema(), data)
    token, now = new_token(), house.now()
    row = CompanyRegistration(
        **values,
        token_hash=token_hash(token),
        proof_sha256=proof[0],
        proof_name=proof[1],
        applied_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, SYSTEM, "firma.register", "company_registration", row.id, now=now)
    _tell(session, house, row, "applied", token)
    return token


def register_again(
    session: Session,
    house: House,
    token: str,
    data: Mapping[str, Any],
    proof: tuple[str, str] | None,
) -> None:
    """Send a returned registration again, completed; raises ``NotFound``, ``InvalidInput`` and
    ``Conflict`` when it was not returned."""
    values = load(RegistrationSchema(), data)
    row = registration_of(session, token, lock=True)
    if row.state != "returned":
        raise Conflict("Diese Anmeldung liegt zur Prüfung oder ist entschieden.")
    if proof is not None:
        values |= {"proof_sha256": proof[0], "proof_name": proof[1]}
    for name, value in values.items():
        setattr(row, name, value)
    row.state, row.applied_at = "applied", house.now()
    audit.record(session, SYSTEM, "firma.register", "company_registration", row.id, now=house.now())


def registration_of(session: Session, token: str, *, lock: bool = False) -> CompanyRegistration:
    """Return the registration behind a link; raises ``NotFound``."""
    query = select(CompanyRegistration).where(CompanyRegistration.token_hash == token_hash(token))
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(GONE)
    return row


def queue(session: Session, actor: Actor) -> list[CompanyRegistration]:
    """Return what waits for a decision, oldest first; raises ``NotAllowed``."""
    require(actor, Power.FASTLANE_ADMIT)
    query = select(CompanyRegistration).where(CompanyRegistration.state == "applied")
    return list(session.scalars(query.order_by(CompanyRegistration.id).limit(MOST_COMPANIES)))


_CANDIDATES = text(
    """
SELECT c.id, c.name, c.register_no, c.postcode, c.city,
       (SELECT count(*) FROM vorgang v WHERE v.company_id = c.id AND v.closed_at IS NULL) AS cases
  FROM company c
 WHERE c.register_no = :register OR (c.name_search = :name AND c.register_no IS NULL)
 ORDER BY (c.register_no = :register) DESC NULLS LAST, cases DESC, c.id LIMIT 20
"""
)


def candidates(session: Session, row: CompanyRegistration) -> list[Mapping[str, Any]]:
    """Return employers of our cases that this may be: by register number, else by name.

    Applicants name their employer without a register number; the clerk says which it is.
    """
    given = {"register": register_text(row), "name": search_form(row.name)}
    return [dict(each) for each in session.execute(_CANDIDATES, given).mappings()]


def register_text(row: CompanyRegistration) -> str:
    """Return the number as it is written in a case: ``HRB 12345 Düsseldorf``."""
    number = row.register_no
    return number if row.register_court in number else f"{number} {row.register_court}"


def decide(
    session: Session,
    house: House,
    actor: Actor,
    registration_id: int,
    outcome: str,
    *,
    reason: str = "",
    company_id: int | None = None,
) -> None:
    """Approve (``company_id``: the employer it is, None a new one), return or refuse with reason.

    Locks the registration. Raises ``NotAllowed``, ``NotFound``, ``InvalidInput`` without a reason,
    ``Conflict`` when somebody decided meanwhile.
    """
    require(actor, Power.FASTLANE_ADMIT)
    row = session.scalars(
        select(CompanyRegistration)
        .where(CompanyRegistration.id == registration_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("Diese Anmeldung gibt es nicht.")
    if row.state != "applied":
        raise Conflict("Über diese Anmeldung ist schon entschieden.")
    if outcome != "approve" and (outcome not in _STATES or not reason.strip()):
        raise InvalidInput(
            [FieldProblem("reason", "Bitte einen Grund angeben, den die Firma liest.")]
        )
    row.decided_at, row.decided_by, row.reason = house.now(), actor.user_id, reason.strip()[:1000]
    if outcome == "approve":
        row.state = "approved"
        row.company_id = _admit(session, house, actor, row, company_id)
    else:
        row.state = _STATES[outcome]
        # Only the hash of the old link is kept, so the mail carries a new one.
        token = new_token()
        row.token_hash = token_hash(token)
        _tell(session, house, row, row.state, token)
    audit.record(
        session, actor, "firma.decide", "company_registration", row.id, now=house.now(),
        facts={"result": row.state},
    )  # fmt: skip


def _admit(
    session: Session, house: House, actor: Actor, row: CompanyRegistration, company_id: int | None
) -> int:
    now = house.now()
    if company_id is None:
        data = {name: getattr(row, name) for name in ("name", "street", "postcode", "city")}
        company, _ = find_or_create_company(
            session, actor, {**data, "register_no": register_text(row)}, now=now
        )
    else:
        known = {each["id"] for each in candidates(session, row)}
        found = session.get(Company, company_id) if company_id in known else None
        if found is None:
            raise NotFound("Diese Firma gibt es hier nicht.")
        company = found
    if company.register_no is None:
        company.register_no = register_text(row)
    admitted = {"kind": row.kind, "approved_at": now, "approved_by": actor.user_id}
    session.execute(
        insert(CompanyAccess)
        .values(company_id=company.id, **admitted)
        .on_conflict_do_update(
            index_elements=["company_id"], set_={**admitted, "withdrawn_at": None, "reason": ""}
        )
    )
    for site in dict.fromkeys(row.sites):
        add = insert(CompanySite).values(company_id=company.id, name=site)
        session.execute(add.on_conflict_do_nothing())
    personen.send_invitation(
        session, house, actor, company, row.contact_email, role="admin", site_ids=None
    )
    return company.id


def withdraw(session: Session, house: House, actor: Actor, company_id: int, reason: str) -> None:
    """Take a company's access back at once: sessions, tokens, webhooks, invitations, every look.

    Raises ``NotAllowed``, ``NotFound``, ``InvalidInput`` without a reason. Twice changes nothing.
    """
    require(actor, Power.FASTLANE_ADMIT)
    now = house.now()
    if not reason.strip():
        raise InvalidInput([FieldProblem("reason", "Bitte einen Grund angeben.")])
    if session.get(Company, company_id) is None:
        raise NotFound("Diese Firma gibt es hier nicht.")
    taken = {"withdrawn_at": now, "reason": reason.strip()[:1000]}
    done = session.execute(
        insert(CompanyAccess)
        .values(company_id=company_id, approved_at=now, **taken)
        .on_conflict_do_update(
            index_elements=["company_id"],
            set_=taken,
            where=CompanyAccess.withdrawn_at.is_(None),
        )
        .returning(CompanyAccess.company_id)
    ).first()
    if done is None:
        return
    for table in (ApiToken, Webhook):
        session.execute(
            update(table)
            .where(table.company_id == company_id, table.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    session.execute(
        update(MemberInvitation)
        .where(MemberInvitation.company_id == company_id, MemberInvitation.used_at.is_(None))
        .values(withdrawn_at=now)
    )
    members = select(CompanyMember.user_id).where(CompanyMember.company_id == company_id)
    for user_id in session.scalars(members.order_by(CompanyMember.user_id)).all():
        revoke_sessions(session, actor, user_id, now=now)
    audit.record(session, actor, "firma.withdraw", "company", company_id, now=now)


def readmit(session: Session, house: House, actor: Actor, company_id: int) -> None:
    """Let a company in again, or one that has members without ever having been let in.

    Tokens and webhooks stay ended. Raises ``NotAllowed``, ``NotFound``.
    """
    require(actor, Power.FASTLANE_ADMIT)
    if session.get(Company, company_id) is None:
        raise NotFound("Diese Firma gibt es hier nicht.")
    admitted = {"approved_at": house.now(), "approved_by": actor.user_id}
    session.execute(
        insert(CompanyAccess)
        .values(company_id=company_id, **admitted)
        .on_conflict_do_update(
            index_elements=["company_id"], set_={**admitted, "withdrawn_at": None, "reason": ""}
        )
    )
    audit.record(session, actor, "firma.readmit", "company", company_id, now=house.now())


_COMPANIES = text(
    """
SELECT c.id, c.name, c.register_no, c.city, a.kind, a.approved_at, a.withdrawn_at, a.reason,
       (SELECT count(*) FROM company_member m
         WHERE m.company_id = c.id AND m.ended_at IS NULL) AS members,
       (SELECT count(*) FROM vorgang v
         WHERE v.company_id = c.id AND v.closed_at IS NULL) AS cases,
       (SELECT count(*) FROM mandate m WHERE m.company_id = c.id AND m.revoked_at IS NULL
           AND :day BETWEEN m.valid_from AND m.valid_until) AS mandates,
       (SELECT count(*) FROM booking b JOIN vorgang v ON v.id = b.vorgang_id
         WHERE v.company_id = c.id AND b.status = 'booked' AND b.day >= :day) AS bookings
  FROM company c
  LEFT JOIN company_access a ON a.company_id = c.id
 WHERE (a.company_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM company_member m WHERE m.company_id = c.id))
   AND (:name = '' OR c.name_search LIKE :name || '%')
 ORDER BY (a.withdrawn_at IS NOT NULL), cases DESC, c.id LIMIT :most
"""
)


def companies(session: Session, house: House, actor: Actor, name: str = "") -> Sequence[Any]:
    """Return the companies that were let in with their load, most open cases first, at most 200."""
    require(actor, Power.FASTLANE_ADMIT)
    given = {
        "day": house.today,
        "name": search_form(name[:80]).replace("%", "") if name.strip() else "",
        "most": MOST_COMPANIES,
    }
    return [dict(row) for row in session.execute(_COMPANIES, given).mappings()]


def _tell(session: Session, house: House, row: CompanyRegistration, what: str, token: str) -> None:
    subject, words = _MAIL[what]
    link = house.link("firma", "registrieren", token)
    enqueue(
        session,
        "mail",
        f"mail:firma:{row.id}:{what}:{token_hash(token).hex()[:16]}",
        {
            "to": row.contact_email,
            "subject": subject,
            "text": f"{words}\n\n{link}\n\n{house.office.name}\n",
        },
        now=house.now(),
    )
