"""Logging in: password, throttle, and a session on the server for the token in the cookie."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import SYSTEM, Actor
from abh.access.passwords import hash_password, is_outdated, matches
from abh.access.sessions import actor_of_user, expiry, idle_of
from abh.access.tables import AppUser, LoginAttempt, UserSession
from abh.access.throttle import PER_ADDRESS, PER_LOGIN, in_words
from abh.kernel.errors import DomainError
from abh.kernel.ids import new_token, token_hash


class LoginRefused(DomainError):
    """Wrong name or password, or too many of them; ``wait`` says how long to wait, zero if not.

    The text is the same for unknown logins, wrong passwords and closed accounts.
    """

    title = "Die Anmeldung war nicht möglich."

    def __init__(self, wait: timedelta = timedelta(0)) -> None:
        if wait:
            message = (
                "Es gab zu viele Fehlversuche. "
                f"Bitte versuchen Sie es in {in_words(wait)} noch einmal."
            )
        else:
            message = "Anmeldename oder Passwort ist falsch. Bitte prüfen Sie beides."
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class LoginOutcome:
    """What came of an attempt: token and actor, or the refusal that the caller raises.

    A refusal is a value and not an exception, because the attempt has to be committed.
    """

    token: str = ""
    actor: Actor | None = None
    refused: LoginRefused | None = None


def login(
    session: Session,
    name: str,
    password: str,
    *,
    address: str,
    secret: str,
    now: datetime,
    idle: timedelta | None = None,
) -> LoginOutcome:
    """Try to log in; the caller commits in either case and then raises ``outcome.refused``.

    Locks: one attempt per login at a time (advisory, released by the commit); a second one that
    comes meanwhile is refused with a short wait, so that guessing in parallel gains nothing.
    ``address`` is stored only as HMAC under ``secret``.
    """
    name = name.strip().lower()
    user = session.scalars(select(AppUser).where(AppUser.login == name)).one_or_none()
    # Unknown names are stored as HMAC too: people type their password into the wrong field.
    key = name if user else "?" + _keyed(secret, "login", name).hex()
    origin = _keyed(secret, "address", address)
    if not _alone(session, key):
        return LoginOutcome(refused=LoginRefused(timedelta(seconds=1)))
    wait = _wait(session, key, origin, now)
    if wait:
        return LoginOutcome(refused=LoginRefused(wait))
    right = matches(user.password_hash if user and user.active else None, password)
    session.execute(
        insert(LoginAttempt).values(login=key, address_hash=origin, at=now, succeeded=right)
    )
    if not right or user is None:
        _record_refusal(session, user, now)
        return LoginOutcome(refused=LoginRefused())
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    return _open_session(session, user, now, idle)


def _alone(session: Session, key: str) -> bool:
    return bool(
        session.scalar(
            text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 4711))"),
            {"key": f"login:{key}"},
        )
    )


def _wait(session: Session, key: str, origin: bytes, now: datetime) -> timedelta:
    last_success = (
        select(func.max(LoginAttempt.at))
        .where(LoginAttempt.login == key, LoginAttempt.succeeded)
        .scalar_subquery()
    )
    failed = select(func.count(), func.max(LoginAttempt.at)).where(~LoginAttempt.succeeded)
    by_login = session.execute(
        failed.where(
            LoginAttempt.login == key,
            LoginAttempt.at > now - PER_LOGIN.window,
            LoginAttempt.at > func.coalesce(last_success, text("'-infinity'::timestamptz")),
        )
    ).one()
    # A success does not clear an address: a guesser with an account of their own would use it so.
    by_address = session.execute(
        failed.where(
            LoginAttempt.address_hash == origin, LoginAttempt.at > now - PER_ADDRESS.window
        )
    ).one()
    return max(PER_LOGIN.wait(*by_login, now), PER_ADDRESS.wait(*by_address, now))


def _record_refusal(session: Session, user: AppUser | None, now: datetime) -> None:
    audit.record(session, SYSTEM, "login.refused", "app_user", user.id if user else None, now=now)


def _open_session(
    session: Session, user: AppUser, now: datetime, idle: timedelta | None
) -> LoginOutcome:
    token = new_token()
    session.execute(
        insert(UserSession).values(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=expiry(now, now, idle_of(user.role, idle)),
        )
    )
    actor = actor_of_user(user)
    audit.record(session, actor, "login.done", "app_user", user.id, now=now)
    return LoginOutcome(token=token, actor=actor)


def _keyed(secret: str, purpose: str, value: str) -> bytes:
    message = f"{purpose}:{value}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()
