"""Accounts, and the door to the rest of the room: log in, look up, log out."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from abh.access import audit
from abh.access.actor import Actor
from abh.access.login import LoginOutcome, LoginRefused, login, pending_user, second_step
from abh.access.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from abh.access.policy import POWER_LABELS, ROLE_CEILING, ROLE_POWERS, Power, require
from abh.access.sessions import (
    actor_of_token,
    actor_of_user,
    choose_company,
    choose_desk,
    end_token,
    keep_desk,
    logout,
    revoke_sessions,
    was_somebody_else,
)
from abh.access.tables import AppUser
from abh.kernel.errors import FieldProblem, InvalidInput, NotFound

__all__ = [
    "LoginOutcome",
    "LoginRefused",
    "actor_of_token",
    "actor_of_user",
    "adopt_password",
    "change_password",
    "choose_company",
    "end_token",
    "choose_desk",
    "close_account",
    "create_user",
    "keep_desk",
    "login",
    "logout",
    "pending_user",
    "reopen_account",
    "revoke_sessions",
    "second_step",
    "set_extra_powers",
    "was_somebody_else",
]

RANKS = ("EINARB", "SB", "SGL", "ABL", "AL", "BG", "OB", "EXTERN")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
_MANAGERS = (Power.ADMIN, Power.SYSTEM)


def create_user(
    session: Session,
    actor: Actor,
    *,
    login: str,
    display_name: str,
    password: str,
    role: str,
    now: datetime,
    rank: str = "SB",
    in_training: bool = False,
    powers: Collection[str] | None = None,
    unit_key: str | None = None,
    email: str | None = None,
) -> AppUser:
    """Create an account; ``powers`` None gives what ``ROLE_POWERS`` says for the role.

    Raises ``NotAllowed`` without the power ``admin``, ``InvalidInput`` with every problem at once
    (also when the login is taken).
    """
    require(actor, _MANAGERS)
    login = login.strip().lower()
    problems = [
        *_name_problems(login, display_name),
        *password_problems(password),
        *_role_problems(role, rank, in_training, powers, unit_key),
    ]
    if problems:
        raise InvalidInput(problems)
    user = session.scalars(
        insert(AppUser)
        .values(
            login=login,
            display_name=display_name.strip(),
            password_hash=hash_password(password),
            role=role,
            rank=rank,
            in_training=in_training,
            powers=sorted(ROLE_POWERS[role] if powers is None else powers),
            unit_key=unit_key,
            email=email,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["login"])
        .returning(AppUser)
    ).one_or_none()
    if user is None:
        raise InvalidInput([FieldProblem("login", "Dieser Anmeldename ist vergeben.")])
    audit.record(session, actor, "user.create", "app_user", user.id, now=now, facts={"role": role})
    return user


def change_password(
    session: Session, actor: Actor, user_id: int, password: str, *, now: datetime
) -> None:
    """Set a new password for oneself or, as administrator, for anybody; ends all sessions."""
    if actor.user_id != user_id:
        require(actor, _MANAGERS)
    problems = password_problems(password)
    if problems:
        raise InvalidInput(problems)
    _change(session, user_id, password_hash=hash_password(password))
    audit.record(session, actor, "user.password", "app_user", user_id, now=now)
    revoke_sessions(session, actor, user_id, now=now)


def adopt_password(
    session: Session, actor: Actor, user_id: int, password_hash: str, *, now: datetime
) -> None:
    """Give an account the password of which only ``hash_password`` was kept, as administrator."""
    require(actor, _MANAGERS)
    _change(session, user_id, password_hash=password_hash)
    audit.record(session, actor, "user.password", "app_user", user_id, now=now)


def close_account(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Close an account: from now on no login, every open session ends, whatever an import says."""
    require(actor, _MANAGERS)
    _change(session, user_id, active=False, closed_at=now)
    audit.record(session, actor, "user.close", "app_user", user_id, now=now)
    revoke_sessions(session, actor, user_id, now=now)


def reopen_account(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Open an account again that was closed by hand; its password is the one it had."""
    require(actor, _MANAGERS)
    _change(session, user_id, active=True, closed_at=None)
    audit.record(session, actor, "user.reopen", "app_user", user_id, now=now)


def set_extra_powers(
    session: Session, actor: Actor, user_id: int, extra: Collection[str], *, now: datetime
) -> None:
    """Give an account powers beyond those of the office file, and take those given before.

    Sessions end, because a session keeps what it was opened for. Raises ``InvalidInput`` for what
    the role may never hold.
    """
    require(actor, _MANAGERS)
    user = session.get_one(AppUser, user_id, with_for_update=True)
    problems = _role_problems(user.role, user.rank, user.in_training, extra, user.unit_key)
    if problems:
        raise InvalidInput(problems)
    of_file = set(user.powers) - set(user.extra_powers)
    given = sorted(set(extra) - of_file)
    if given == sorted(user.extra_powers):
        return
    user.extra_powers, user.powers = given, sorted(of_file | set(given))
    session.flush()
    audit.record(
        session, actor, "user.powers", "app_user", user_id, now=now, facts={"powers": given}
    )
    revoke_sessions(session, actor, user_id, now=now)


def user_by_login(session: Session, login: str) -> AppUser:
    """Return the account with this login; raises ``NotFound``."""
    user = session.scalars(
        select(AppUser).where(AppUser.login == login.strip().lower())
    ).one_or_none()
    if user is None:
        raise NotFound(f"Es gibt kein Konto mit dem Anmeldenamen {login!r}.")
    return user


def password_problems(password: str) -> list[FieldProblem]:
    """Return what is wrong with a new password; length is what counts, not its characters."""
    if MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return []
    text = f"Das Passwort braucht mindestens {MIN_LENGTH} und höchstens {MAX_LENGTH} Zeichen."
    return [FieldProblem("password", text)]


def _change(session: Session, user_id: int, **values: object) -> None:
    changed = session.execute(
        update(AppUser).where(AppUser.id == user_id).values(**values).returning(AppUser.id)
    ).scalar_one_or_none()
    if changed is None:
        raise NotFound("Dieses Konto gibt es nicht.")


def _name_problems(login: str, display_name: str) -> list[FieldProblem]:
    problems = []
    if not _LOGIN.fullmatch(login):
        text = "Ein Anmeldename hat 2 bis 64 Zeichen: Buchstaben ohne Umlaut, Ziffern und . _ @ + -"
        problems.append(FieldProblem("login", text))
    if not display_name.strip():
        problems.append(FieldProblem("display_name", "Der Name fehlt."))
    return problems


def _role_problems(
    role: str,
    rank: str,
    in_training: bool,
    powers: Collection[str] | None,
    unit_key: str | None,
) -> list[FieldProblem]:
    if role not in ROLE_POWERS:
        known = ", ".join(ROLE_POWERS)
        return [FieldProblem("role", f"Die Rolle {role!r} gibt es nicht; möglich sind {known}.")]
    problems = []
    if rank not in RANKS:
        problems.append(FieldProblem("rank", f"Den Rang {rank!r} gibt es nicht."))
    if in_training != (rank == "EINARB"):
        problems.append(FieldProblem("rank", "Einarbeitung und Rang EINARB gehören zusammen."))
    if (role == "employer") != (rank == "EXTERN"):
        problems.append(FieldProblem("rank", "Der Rang EXTERN ist der von Firmen, nur von diesen."))
    if role == "employer" and unit_key is not None:
        problems.append(FieldProblem("unit_key", "Eine Firma gehört zu keinem Sachgebiet."))
    too_much = sorted(set(powers or ()) - ROLE_CEILING[role])
    if too_much:
        names = ", ".join(POWER_LABELS.get(power, power) for power in too_much)
        problems.append(FieldProblem("powers", f"Für diese Rolle nicht möglich: {names}."))
    return problems
