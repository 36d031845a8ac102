"""Staff accounts as the technician keeps them: a link for a password, closing, powers by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from abh.access import audit, zweitfaktor
from abh.access.actor import SYSTEM, Actor
from abh.access.policy import ROLE_CEILING, ROLE_POWERS, Power, require
from abh.access.service import (
    change_password,
    close_account,
    password_problems,
    reopen_account,
    revoke_sessions,
    set_extra_powers,
)
from abh.access.tables import AppUser
from abh.access.tables_zugang import PasswordLink
from abh.kernel.errors import Conflict, InvalidInput, NotFound
from abh.kernel.ids import new_token, token_hash
from abh.office.repository import NO_PASSWORD
from abh.outbox.service import enqueue

LINK_LIVES: Final = timedelta(days=3)
GONE: Final = "Dieser Link gilt nicht (mehr). Bitte lassen Sie sich einen neuen geben."
_NOBODY: Final = "Dieses Konto gibt es nicht."
_OWN: Final = "Das eigene Konto ändert eine andere Person mit Verwaltungsrecht."
MOST: Final = 500

_ACCOUNTS = text(
    """
SELECT u.id, u.login, u.display_name, u.role, u.rank, u.unit_key, u.email, u.active, u.closed_at,
       u.powers, u.extra_powers, u.password_hash = :none AS without_password,
       EXISTS (SELECT 1 FROM second_factor f
                WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS factor,
       (SELECT max(s.last_seen_at) FROM user_session s
         WHERE s.user_id = u.id AND s.waits_for IS NULL) AS seen_at,
       (SELECT l.expires_at FROM password_link l
         WHERE l.user_id = u.id AND l.used_at IS NULL AND l.withdrawn_at IS NULL
           AND l.expires_at > :now) AS link_until
  FROM app_user u
 WHERE u.role <> 'employer'
   AND (CAST(:id AS bigint) IS NULL OR u.id = :id)
   AND (:words = '' OR u.login LIKE :inside OR lower(u.display_name) LIKE :inside
        OR lower(u.unit_key) = :words)
 ORDER BY u.active DESC, u.display_name, u.id LIMIT :most
"""
)


def accounts(
    session: Session, actor: Actor, *, now: datetime, words: str = ""
) -> Sequence[Mapping[str, Any]]:
    """Return the accounts of the staff by name, those in force first; at most ``MOST``.

    ``words`` is a part of a name or login, or a Sachgebiet. Raises ``NotAllowed``.
    """
    require(actor, Power.ADMIN)
    plain = words.strip().lower()
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _rows(session, now, words=plain, inside=f"%{escaped}%")


def account(session: Session, actor: Actor, user_id: int, *, now: datetime) -> Mapping[str, Any]:
    """Return one account of the staff; raises ``NotAllowed``, ``NotFound`` (also for companies)."""
    require(actor, Power.ADMIN)
    found = _rows(session, now, id=user_id)
    if not found:
        raise NotFound(_NOBODY)
    return found[0]


def extras(role: str) -> list[str]:
    """Return the powers that can be given to an account of ``role`` beside its usual ones."""
    return sorted(ROLE_CEILING[role] - ROLE_POWERS[role])


def order_link(session: Session, actor: Actor, user_id: int, *, now: datetime, mailed: bool) -> str:
    """Return the token of a new link (128 bits, kept as hash); earlier ones are void.

    The password in force stays until the link is used. ``mailed`` says in the log who saw it.
    Locks the account. Raises ``NotAllowed``, ``NotFound``, ``Conflict`` for a closed account.
    """
    user = _locked(session, actor, user_id)
    if not user.active:
        raise Conflict("Dieses Konto ist gesperrt; öffnen Sie es zuerst.")
    _withdraw(session, user_id, now)
    token = new_token()
    session.add(
        PasswordLink(
            user_id=user_id,
            token_hash=token_hash(token),
            ordered_by=actor.user_id,
            created_at=now,
            expires_at=now + LINK_LIVES,
        )
    )
    audit.record(
        session, actor, "user.link", "app_user", user_id, now=now, facts={"mailed": mailed}
    )
    return token


def mail_link(
    session: Session, actor: Actor, user_id: int, *, link_to: str, office: str, now: datetime
) -> None:
    """Send a new link to the address of the account; nobody else reads it.

    ``link_to`` is the address before the token. Raises as ``order_link``, and ``Conflict`` where
    the account has no address.
    """
    email = session.scalar(select(AppUser.email).where(AppUser.id == user_id))
    if not email:
        raise Conflict("Zu diesem Konto ist keine E-Mail-Adresse bekannt.")
    token = order_link(session, actor, user_id, now=now, mailed=True)
    words = (
        "hier legen Sie Ihr Passwort fest. Der Link gilt drei Tage und einmal. Haben Sie ihn nicht"
        " erwartet, sagen Sie bitte der Technik Bescheid:"
    )
    enqueue(
        session,
        "mail",
        f"mail:passwort:{token_hash(token).hex()}",
        {
            "to": email,
            "subject": "Ihr Zugang zur Ausländerbehörde",
            "text": f"Guten Tag,\n\n{words}\n\n{link_to}{token}\n\n{office}\n",
        },
        now=now,
    )


def mail_all(
    session: Session, actor: Actor, *, link_to: str, office: str, now: datetime
) -> tuple[int, int]:
    """Send a link to everybody who never had a password; return (sent, without an address).

    Who holds a link that is still good gets no second one.
    """
    waiting = [
        row
        for row in accounts(session, actor, now=now)
        if row["active"] and row["without_password"] and not row["link_until"]
    ]
    sent = [row["id"] for row in waiting if row["email"]]
    for user_id in sorted(sent):
        mail_link(session, actor, user_id, link_to=link_to, office=office, now=now)
    return len(sent), len(waiting) - len(sent)


def holder_of(session: Session, token: str, *, now: datetime, lock: bool = False) -> AppUser:
    """Return whose link this is; raises ``NotFound`` in the same words whatever the cause."""
    query = (
        select(AppUser)
        .join(PasswordLink, PasswordLink.user_id == AppUser.id)
        .where(
            PasswordLink.token_hash == token_hash(token),
            PasswordLink.used_at.is_(None),
            PasswordLink.withdrawn_at.is_(None),
            PasswordLink.expires_at > now,
            AppUser.active,
        )
    )
    user = session.scalars(query.with_for_update(of=AppUser) if lock else query).one_or_none()
    if user is None:
        raise NotFound(GONE)
    return user


def choose_password(session: Session, token: str, password: str, *, now: datetime) -> None:
    """Set the password of whom the link belongs to; the link is used, all sessions end.

    Two at once: the row of the account is locked first, so the second finds the link used.
    Raises ``NotFound``, ``InvalidInput``.
    """
    user = holder_of(session, token, now=now, lock=True)
    used = session.execute(
        update(PasswordLink)
        .where(PasswordLink.token_hash == token_hash(token), PasswordLink.used_at.is_(None))
        .values(used_at=now)
        .returning(PasswordLink.id)
    ).one_or_none()
    if used is None:
        raise NotFound(GONE)
    problems = password_problems(password)
    if problems:
        raise InvalidInput(problems)
    change_password(session, SYSTEM, user.id, password, now=now)


def close(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Close an account: sessions end, links are void; not the own one (``Conflict``)."""
    _locked(session, actor, user_id, other=True)
    _withdraw(session, user_id, now)
    close_account(session, actor, user_id, now=now)


def reopen(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Open an account again; ``Conflict`` for people who are no longer in the office file."""
    user = _locked(session, actor, user_id, other=True)
    if not user.active and user.closed_at is None:
        raise Conflict("Diese Person steht nicht mehr in der Amtsdatei; tragen Sie sie dort ein.")
    reopen_account(session, actor, user_id, now=now)


def reset_factor(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Let somebody set up the second factor anew, for a lost phone; sessions end."""
    _locked(session, actor, user_id, other=True)
    zweitfaktor.reset(session, actor, user_id, now=now)
    revoke_sessions(session, actor, user_id, now=now)


def give_powers(
    session: Session, actor: Actor, user_id: int, wanted: Collection[str], *, now: datetime
) -> None:
    """Give the powers ``wanted`` beside the usual ones and take the others; not to oneself."""
    _locked(session, actor, user_id, other=True)
    set_extra_powers(session, actor, user_id, wanted, now=now)


def _locked(session: Session, actor: Actor, user_id: int, *, other: bool = False) -> AppUser:
    require(actor, Power.ADMIN)
    user = session.get(AppUser, user_id, with_for_update=True, populate_existing=True)
    if user is None or user.role == "employer":
        raise NotFound(_NOBODY)
    if other and actor.user_id == user_id:
        raise Conflict(_OWN)
    return user


def _withdraw(session: Session, user_id: int, now: datetime) -> None:
    session.execute(
        update(PasswordLink)
        .where(
            PasswordLink.user_id == user_id,
            PasswordLink.used_at.is_(None),
            PasswordLink.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def _rows(session: Session, now: datetime, **wanted: object) -> Sequence[Mapping[str, Any]]:
    params = {
        "id": None, "words": "", "inside": "", "none": NO_PASSWORD, "now": now, "most": MOST,
    }  # fmt: skip
    return [dict(row) for row in session.execute(_ACCOUNTS, params | wanted).mappings()]
