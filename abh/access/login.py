"""Logging in: password, throttle, second factor, and a session on the server for the cookie."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from abh.access import audit, zweitfaktor
from abh.access.actor import SYSTEM, Actor
from abh.access.passwords import hash_password, is_outdated, matches
from abh.access.sessions import actor_of_user, expiry, idle_of
from abh.access.tables import AppUser, LoginAttempt, UserSession
from abh.access.throttle import PER_ADDRESS, PER_LOGIN, in_words
from abh.kernel.errors import DomainError
from abh.kernel.ids import new_token, token_hash

# Between password and code; whoever takes longer begins again.
PENDING: Final = timedelta(minutes=15)
WRONG_CODE: Final = "Der Code stimmt nicht oder wurde schon benutzt. Bitte den nächsten eingeben."
OVER: Final = "Das hat zu lange gedauert. Bitte melden Sie sich neu an."


class LoginRefused(DomainError):
    """Wrong name or password, or too many of them; ``wait`` says how long to wait, zero if not.

    The text is the same for unknown logins, wrong passwords and closed accounts.
    """

    title = "Die Anmeldung war nicht möglich."

    def __init__(self, wait: timedelta = timedelta(0), message: str = "") -> None:
        if not message and wait:
            message = (
                "Es gab zu viele Fehlversuche. "
                f"Bitte versuchen Sie es in {in_words(wait)} noch einmal."
            )
        elif not message:
            message = "Anmeldename oder Passwort ist falsch. Bitte prüfen Sie beides."
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class LoginOutcome:
    """What came of an attempt: token and actor, or the refusal that the caller raises.

    A refusal is a value and not an exception, because the attempt has to be committed. With
    ``waits_for`` (``code``, ``setup``) the token opens nothing but the second step.
    """

    token: str = ""
    actor: Actor | None = None
    refused: LoginRefused | None = None
    waits_for: str = ""
    recovery_codes: tuple[str, ...] = ()


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
    waits = zweitfaktor.needed(session, user)
    if waits:
        token = _keep_session(session, user, now, now + PENDING, waits)
        return LoginOutcome(token=token, waits_for=waits)
    return _open_session(session, user, now, idle)


def pending_user(session: Session, token: str, *, now: datetime) -> tuple[AppUser, str] | None:
    """Return whose second step ``token`` is and what it waits for; None when there is none."""
    found = session.execute(
        select(AppUser, UserSession.waits_for)
        .join(UserSession, UserSession.user_id == AppUser.id)
        .where(
            UserSession.token_hash == token_hash(token),
            UserSession.waits_for.is_not(None),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > now,
            AppUser.active,
        )
    ).one_or_none()
    return None if found is None else (found[0], str(found[1]))


def second_step(
    session: Session,
    token: str,
    code: str,
    *,
    address: str,
    secret: str,
    now: datetime,
    idle: timedelta | None = None,
) -> LoginOutcome:
    """Give the code for a login that waits for it; right, it gets a new token and may enter.

    As with ``login`` the caller commits in either case. Guessing is slowed per account and per
    address, whatever session it comes from. A code is good once.
    """
    waiting = pending_user(session, token, now=now)
    if waiting is None:
        return LoginOutcome(refused=LoginRefused(message=OVER))
    user, waits = waiting
    key, origin = f"code {user.login}", _keyed(secret, "address", address)
    if not _alone(session, key):
        return LoginOutcome(refused=LoginRefused(timedelta(seconds=1)))
    wait = _wait(session, key, origin, now)
    if wait:
        return LoginOutcome(refused=LoginRefused(wait))
    codes: list[str] | None = []
    if waits == "setup":
        actor = actor_of_user(user)
        codes = zweitfaktor.confirm_setup(session, actor, user.id, code, secret=secret, now=now)
        right = codes is not None
    else:
        right = zweitfaktor.check(session, user.id, code, secret=secret, now=now)
    session.execute(
        insert(LoginAttempt).values(login=key, address_hash=origin, at=now, succeeded=right)
    )
    if not right:
        _record_refusal(session, user, now)
        return LoginOutcome(refused=LoginRefused(message=WRONG_CODE))
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == token_hash(token))
        .values(revoked_at=now)
    )
    opened = _open_session(session, user, now, idle)
    return replace(opened, recovery_codes=tuple(codes or ()))


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
    token = _keep_session(session, user, now, expiry(now, now, idle_of(user.role, idle)))
    actor = actor_of_user(user)
    audit.record(session, actor, "login.done", "app_user", user.id, now=now)
    return LoginOutcome(token=token, actor=actor)


def _keep_session(
    session: Session, user: AppUser, now: datetime, until: datetime, waits: str | None = None
) -> str:
    token = new_token()
    session.execute(
        insert(UserSession).values(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=until,
            waits_for=waits,
        )
    )
    return token


def _keyed(secret: str, purpose: str, value: str) -> bytes:
    message = f"{purpose}:{value}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()
