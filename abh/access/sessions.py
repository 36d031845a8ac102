"""Server-side sessions: sliding expiry, revocation, the desk chosen for the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor, ActorKind
from abh.access.policy import ROLE_CEILING
from abh.access.tables import AppUser, UserSession
from abh.kernel.errors import NotFound
from abh.kernel.ids import new_token, token_hash

IDLE_STAFF: Final = timedelta(hours=8)
IDLE_EMPLOYER: Final = timedelta(hours=2)
ABSOLUTE: Final = timedelta(hours=12)
# A page writes "last seen" at most once in this time, so that reading pages stays reading.
TOUCH: Final = timedelta(minutes=1)
# Columns of the tables, not of the mapped classes: every page of the office asks who is there.
_SESSION, _USER = UserSession.__table__.c, AppUser.__table__.c
_HOLDER = select(
    _SESSION.id.label("session_id"),
    _SESSION.created_at.label("opened_at"),
    _SESSION.last_seen_at,
    _SESSION.desk_id,
    _SESSION.company_id,
    _USER.id,
    _USER.display_name,
    _USER.login,
    _USER.role,
    _USER.rank,
    _USER.in_training,
    _USER.powers,
    _USER.unit_key,
).where(
    _USER.id == _SESSION.user_id,
    _SESSION.token_hash == bindparam("hash"),
    _SESSION.revoked_at.is_(None),
    _SESSION.expires_at > bindparam("now"),
    _SESSION.waits_for.is_(None),
    _USER.active,
)


def actor_of_user(
    user: AppUser | Any, desk_id: int | None = None, company_id: int | None = None
) -> Actor:
    """Return the actor an account, or a row of its columns, is.

    Powers beyond the ceiling of its role do not count.
    """
    kind: ActorKind = "employer" if user.role == "employer" else "staff"
    return Actor(
        kind=kind,
        user_id=user.id,
        name=user.display_name,
        login=user.login,
        role=user.role,
        rank=user.rank,
        in_training=user.in_training,
        powers=frozenset(user.powers) & ROLE_CEILING[user.role],
        unit_key=user.unit_key if kind == "staff" else None,
        desk_id=desk_id,
        company_id=company_id if kind == "employer" else None,
    )


def idle_of(role: str, idle: timedelta | None) -> timedelta:
    """Return how long a session of ``role`` may rest; ``idle`` is the setting for staff."""
    staff = idle or IDLE_STAFF
    return min(staff, IDLE_EMPLOYER) if role == "employer" else staff


def expiry(created: datetime, seen: datetime, idle: timedelta) -> datetime:
    """Return when a session ends: ``idle`` after it was last used, 12 h after it began."""
    return min(seen + idle, created + ABSOLUTE)


def actor_of_token(
    session: Session, token: str, *, now: datetime, idle: timedelta | None = None
) -> Actor | None:
    """Return who holds ``token``, None when it is unknown, over, revoked or the account closed.

    Moves the end of the session on; one statement, a second one at most once a minute.
    """
    found = session.execute(_HOLDER, {"hash": token_hash(token), "now": now}).one_or_none()
    if found is None:
        return None
    if now - found.last_seen_at >= TOUCH:
        session.execute(
            update(UserSession)
            .where(UserSession.id == found.session_id)
            .values(
                last_seen_at=now,
                expires_at=expiry(found.opened_at, now, idle_of(found.role, idle)),
            )
        )
    return actor_of_user(found, found.desk_id, found.company_id)


def logout(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """End the session of ``token`` at once; an unknown token is no error."""
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == token_hash(token), UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    audit.record(session, actor, "logout", "app_user", actor.user_id, now=now)


def revoke_sessions(session: Session, actor: Actor, user_id: int, *, now: datetime) -> int:
    """End all sessions of an account, return how many; the caller checks the power."""
    ended = session.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(UserSession.id)
    ).all()
    audit.record(
        session,
        actor,
        "session.revoke",
        "app_user",
        user_id,
        now=now,
        facts={"count": len(ended)},
    )
    return len(ended)


def choose_desk(
    session: Session, actor: Actor, token: str, desk_id: int | None, *, now: datetime
) -> None:
    """Set the desk at which this session works (None: no desk); the printer follows it.

    Whether the desk belongs to the unit is checked by the office, which lies above this room.
    Raises ``NotFound`` when the session is over or somebody else's.
    """
    changed = session.execute(
        update(UserSession)
        .where(
            UserSession.token_hash == token_hash(token),
            UserSession.user_id == actor.user_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > now,
        )
        .values(desk_id=desk_id)
        .returning(UserSession.id)
    ).scalar_one_or_none()
    if changed is None:
        raise NotFound("Diese Sitzung ist beendet. Bitte melden Sie sich neu an.")
    audit.record(session, actor, "session.desk", "desk", desk_id, now=now)


def was_somebody_else(session: Session, old_token: str, new_token: str) -> bool:
    """Say whether a browser's old session, however it ended, was another person's than the new."""
    hashes = [token_hash(old_token), token_hash(new_token)]
    users = session.scalars(
        select(UserSession.user_id).where(UserSession.token_hash.in_(hashes)).distinct()
    ).all()
    return len(users) > 1


def keep_desk(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """Put a new session at the desk of the same person's last one, if that was used today.

    For who logs in again in the midst of work; without such a session nothing changes.
    """
    last = session.execute(
        select(UserSession.desk_id)
        .where(
            UserSession.user_id == actor.user_id,
            UserSession.desk_id.is_not(None),
            UserSession.last_seen_at > now - ABSOLUTE,
        )
        .order_by(UserSession.last_seen_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is not None:
        choose_desk(session, actor, token, last, now=now)


def choose_company(
    session: Session, actor: Actor, token: str, company_id: int, *, now: datetime
) -> str:
    """Set the company for which this session of a company's login acts; return its new token.

    The old token is dead: a session never gets other powers under a name that was known before.
    Whether it may is checked by the lane of companies, which lies above, at every request.
    """
    fresh = new_token()
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == token_hash(token), UserSession.user_id == actor.user_id)
        .values(company_id=company_id, token_hash=token_hash(fresh))
    )
    audit.record(session, actor, "firma.choose", "company", company_id, now=now)
    return fresh


def end_token(session: Session, token: str, *, now: datetime) -> None:
    """End the session of ``token`` because its browser logs in anew; unknown ones are no error."""
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == token_hash(token), UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
