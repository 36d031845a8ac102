"""The people of a company: invitations, sites, roles, dismissal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit, zweitfaktor
from abh.access.actor import SYSTEM, Actor
from abh.access.service import create_user
from abh.access.sessions import revoke_sessions
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane.schemas import ROLES, InvitationSchema, load
from abh.fastlane.tables import CompanyMember
from abh.fastlane.tables_zugang import (
    ApiToken,
    CompanySite,
    MemberInvitation,
)
from abh.fastlane.zugang import Acting, require_admin
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.outbox.service import enqueue
from abh.persons.tables import Company

INVITATION_LIVES: Final = timedelta(days=7)
GONE: Final = "Diese Einladung gilt nicht (mehr)."
_NOBODY: Final = "Diese Person gehört nicht zu Ihrer Firma."


def invite(session: Session, house: House, who: Acting, data: Mapping[str, Any]) -> None:
    """Invite somebody to the company by mail; raises ``NotAllowed``, ``InvalidInput``."""
    require_admin(who)
    values = load(InvitationSchema(), data)
    known = {site.id for site in sites(session, who.company_id)}
    chosen = sorted(set(values["site_ids"]) & known) or None
    company = session.get_one(Company, who.company_id)
    send_invitation(
        session, house, who.actor, company, values["email"], role=values["role"], site_ids=chosen
    )


def send_invitation(
    session: Session,
    house: House,
    actor: Actor,
    company: Company,
    email: str,
    *,
    role: str,
    site_ids: Sequence[int] | None,
) -> None:
    """Write an invitation (128 bits, kept as hash, seven days) and its mail."""
    token, now = new_token(), house.now()
    row = MemberInvitation(
        company_id=company.id,
        email=email.lower(),
        role=role,
        site_ids=None if site_ids is None else list(site_ids),
        token_hash=token_hash(token),
        invited_by=actor.user_id,
        created_at=now,
        expires_at=now + INVITATION_LIVES,
    )
    session.add(row)
    session.flush()
    link = house.link("firma", "einladung", token)
    words = (
        f"Sie sind eingeladen, für {company.name} den Firmenservice zu benutzen. Bitte legen Sie"
        " Ihren Zugang an; der Link gilt sieben Tage und einmal:"
    )
    enqueue(
        session,
        "mail",
        f"mail:firma:einladung:{row.id}",
        {
            "to": row.email,
            "subject": "Einladung zum Firmenservice",
            "text": f"{words}\n\n{link}\n\n{house.office.name}\n",
        },
        now=now,
    )
    audit.record(
        session, actor, "firma.invite", "member_invitation", row.id, now=now,
        facts={"company": company.id},
    )  # fmt: skip


def invitation_of(
    session: Session, token: str, house: House, *, lock: bool = False
) -> MemberInvitation:
    """Return an invitation that may still be used; raises ``NotFound`` in the same words else."""
    query = select(MemberInvitation).where(
        MemberInvitation.token_hash == token_hash(token),
        MemberInvitation.used_at.is_(None),
        MemberInvitation.withdrawn_at.is_(None),
        MemberInvitation.expires_at > house.now(),
    )
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(GONE)
    return row


def accept(
    session: Session, house: House, token: str, *, name: str, password: str, actor: Actor | None
) -> None:
    """Become a login of the company: a new account, or the one that is logged in (``actor``).

    Locks the invitation, which is good once. Raises ``NotFound``, ``InvalidInput``; an address
    that has an account already must log in first.
    """
    row = invitation_of(session, token, house, lock=True)
    now = house.now()
    if actor is not None and actor.kind == "employer" and actor.user_id is not None:
        if actor.login != row.email:
            raise NotFound(GONE)
        user_id = actor.user_id
    else:
        # An invitation follows only after a company was let in; the account is the machine's act.
        user_id = create_user(
            session, SYSTEM, login=row.email, display_name=name, password=password,
            role="employer", rank="EXTERN", email=row.email, now=now,
        ).id  # fmt: skip
    row.used_at = now
    values = {"role": row.role, "site_ids": row.site_ids, "ended_at": None}
    session.execute(
        insert(CompanyMember)
        .values(user_id=user_id, company_id=row.company_id, **values)
        .on_conflict_do_update(index_elements=["user_id", "company_id"], set_=values)
    )
    audit.record(
        session, SYSTEM, "firma.join", "app_user", user_id, now=now,
        facts={"company": row.company_id, "kind": row.role},
    )  # fmt: skip


def sites(session: Session, company_id: int) -> list[CompanySite]:
    """Return the sites of a company by name."""
    query = select(CompanySite).where(CompanySite.company_id == company_id)
    return list(session.scalars(query.order_by(CompanySite.name).limit(200)))


def add_site(session: Session, house: House, who: Acting, name: str) -> None:
    """Add a site; one that is there already changes nothing. Raises ``NotAllowed``."""
    require_admin(who)
    plain = " ".join(name.split())[:80]
    if not plain or not plain.isprintable():
        raise InvalidInput([FieldProblem("site", "Bitte angeben.")])
    values = insert(CompanySite).values(company_id=who.company_id, name=plain)
    session.execute(values.on_conflict_do_nothing())
    audit.record(session, who.actor, "firma.site", "company", who.company_id, now=house.now())


_MEMBERS = text(
    """
SELECT u.id, u.display_name, u.login, m.role, m.site_ids,
       EXISTS (SELECT 1 FROM second_factor f
                WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS factor,
       (SELECT max(s.last_seen_at) FROM user_session s
         WHERE s.user_id = u.id AND s.waits_for IS NULL) AS seen_at
  FROM company_member m JOIN app_user u ON u.id = m.user_id
 WHERE m.company_id = :company AND m.ended_at IS NULL AND u.active
 ORDER BY u.display_name, u.id LIMIT 500
"""
)


def members(session: Session, who: Acting) -> Sequence[Any]:
    """Return the logins of the company; raises ``NotAllowed`` unless its administration asks."""
    require_admin(who)
    rows = session.execute(_MEMBERS, {"company": who.company_id})
    return [dict(row) for row in rows.mappings()]


def open_invitations(session: Session, house: House, who: Acting) -> list[MemberInvitation]:
    """Return invitations that may still be used, newest first."""
    require_admin(who)
    query = select(MemberInvitation).where(
        MemberInvitation.company_id == who.company_id,
        MemberInvitation.used_at.is_(None),
        MemberInvitation.withdrawn_at.is_(None),
        MemberInvitation.expires_at > house.now(),
    )
    return list(session.scalars(query.order_by(MemberInvitation.id.desc()).limit(100)))


def withdraw_invitation(session: Session, house: House, who: Acting, invitation_id: int) -> None:
    """End an invitation of the own company; an unknown one is no error."""
    require_admin(who)
    session.execute(
        update(MemberInvitation)
        .where(
            MemberInvitation.id == invitation_id,
            MemberInvitation.company_id == who.company_id,
            MemberInvitation.used_at.is_(None),
        )
        .values(withdrawn_at=house.now())
    )


def dismiss(session: Session, house: House, who: Acting, user_id: int) -> None:
    """End somebody's membership: sessions and tokens end in the same transaction.

    Locks the memberships of the company in order. Raises ``NotAllowed``, ``NotFound``, and
    ``Conflict`` for the last administrator.
    """
    _locked_member(session, who, user_id, leaves="admin")
    now = house.now()
    session.execute(
        update(CompanyMember)
        .where(CompanyMember.company_id == who.company_id, CompanyMember.user_id == user_id)
        .values(ended_at=now)
    )
    session.execute(
        update(ApiToken)
        .where(
            ApiToken.user_id == user_id,
            ApiToken.company_id == who.company_id,
            ApiToken.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    revoke_sessions(session, who.actor, user_id, now=now)
    audit.record(session, who.actor, "firma.dismiss", "app_user", user_id, now=now)


def change_role(session: Session, house: House, who: Acting, user_id: int, role: str) -> None:
    """Give a member another role; their sessions end. Raises as ``dismiss`` does."""
    if role not in ROLES:
        raise InvalidInput([FieldProblem("role", "Bitte aus der Liste wählen.")])
    _locked_member(session, who, user_id, leaves="" if role == "admin" else "admin")
    session.execute(
        update(CompanyMember)
        .where(CompanyMember.company_id == who.company_id, CompanyMember.user_id == user_id)
        .values(role=role)
    )
    revoke_sessions(session, who.actor, user_id, now=house.now())
    audit.record(
        session, who.actor, "firma.role", "app_user", user_id, now=house.now(),
        facts={"kind": role},
    )  # fmt: skip


def reset_factor(session: Session, house: House, who: Acting, user_id: int) -> None:
    """Let a member set up the second factor anew, for a lost phone without codes; sessions end.

    Not for people who act for other companies too: one company must not open another's door.
    """
    _locked_member(session, who, user_id, leaves="")
    elsewhere = session.scalar(
        select(CompanyMember.company_id).where(
            CompanyMember.user_id == user_id,
            CompanyMember.company_id != who.company_id,
            CompanyMember.ended_at.is_(None),
        )
    )
    if elsewhere is not None:
        raise Conflict("Diese Person ist auch für andere Firmen tätig; bitte an uns wenden.")
    zweitfaktor.reset(session, who.actor, user_id, now=house.now())
    revoke_sessions(session, who.actor, user_id, now=house.now())


def _locked_member(session: Session, who: Acting, user_id: int, *, leaves: str) -> None:
    require_admin(who)
    rows = session.execute(
        select(CompanyMember.user_id, CompanyMember.role)
        .join(AppUser, AppUser.id == CompanyMember.user_id)
        .where(
            CompanyMember.company_id == who.company_id,
            CompanyMember.ended_at.is_(None),
            AppUser.active,
        )
        .order_by(CompanyMember.user_id)
        .with_for_update(of=CompanyMember)
    ).all()
    roles = {row.user_id: row.role for row in rows}
    if user_id not in roles:
        raise NotFound(_NOBODY)
    left = [each for each, role in roles.items() if role == "admin" and each != user_id]
    if leaves == "admin" and roles[user_id] == "admin" and not left:
        raise Conflict("Eine Person mit Verwaltungsrecht muss bleiben.")


def company_name(session: Session, company_id: int) -> str:
    """Return the name of a company, "" for one that is gone."""
    return session.scalar(select(Company.name).where(Company.id == company_id)) or ""
