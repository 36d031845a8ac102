"""Users, server-side sessions, login attempts, the audit log and its seals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class AppUser(Base):
    """A person who logs in. ``powers`` are what the person may do, ``rank`` what they may sign."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    rank: Mapped[str] = mapped_column(Text, server_default="SB")
    in_training: Mapped[bool] = mapped_column(server_default="false")
    powers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    # Sachgebiet by key, without a foreign key: this room lies below the office.
    unit_key: Mapped[str | None] = mapped_column(Text, index=True)
    email: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default="true")
    # Closed and given by hand: the next import of the office file leaves both as they are.
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    extra_powers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("login = lower(login) AND login <> ''", name="login_lower"),
        CheckConstraint(
            "rank IN ('EINARB','SB','SGL','ABL','AL','BG','OB','EXTERN')", name="rank_known"
        ),
        CheckConstraint("role IN ('clerk','lead','admin','employer')", name="role_known"),
    )


class UserSession(Base):
    """A session lives on the server, so that it can be ended at once; the cookie holds a token."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    desk_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    # Until the second factor is given (``code``) or set up (``setup``) a session opens nothing.
    waits_for: Mapped[str | None] = mapped_column(Text)
    # For which company a company's login acts now; without a foreign key as ``desk_id``.
    company_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("waits_for IN ('code','setup')", name="waits_known"),)


class UserKeys(Base):
    """How somebody uses the keyboard: shortcuts on, with Alt or off, and letters of their own.

    ``keys`` holds only what differs from the usual letters, an action to its letter.
    """

    __tablename__ = "user_keys"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("app_user.id"), primary_key=True, autoincrement=False
    )
    mode: Mapped[str] = mapped_column(Text, server_default="on")
    keys: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")

    __table_args__ = (CheckConstraint("mode IN ('on','alt','off')", name="mode_known"),)


class UserTour(Base):
    """How far somebody is on the guided tour of the demo; ``ended`` when it was closed."""

    __tablename__ = "user_tour"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("app_user.id"), primary_key=True, autoincrement=False
    )
    stop: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    ended: Mapped[bool] = mapped_column(server_default="false")


class LoginAttempt(Base):
    """Every attempt, so that guessing is slowed per login and per address (stored hashed)."""

    __tablename__ = "login_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(Text)
    address_hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)
    succeeded: Mapped[bool]

    __table_args__ = (
        Index("ix_login_attempt_login_at", "login", "at"),
        Index("ix_login_attempt_address_hash_at", "address_hash", "at"),
    )


class AuditEntry(Base):
    """One act or one look at personal data; append-only by trigger, chained by the sealer."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[int | None] = mapped_column(BigInteger)
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    is_read: Mapped[bool] = mapped_column(server_default="false")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")

    __table_args__ = (
        Index("ix_audit_entry_vorgang_id_id", "vorgang_id", "id"),
        Index("ix_audit_entry_person_id_id", "person_id", "id"),
        # Indicators of the post come from the log.
        Index(
            "ix_audit_entry_post",
            "entity_id",
            "id",
            postgresql_where=text("entity = 'post_bundle'"),
        ),
        CheckConstraint(
            "actor_kind IN ('staff','applicant','employer','system')", name="actor_known"
        ),
    )


class AuditSeal(Base):
    """The chain: ``hash = SHA-256(previous hash, canonical entry)`` in the order of sealing."""

    __tablename__ = "audit_seal"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    # The first transaction number that began after this sealing: a row written by that one or a
    # later one drew its id afterwards, so a lower id betrays that it was slipped in.
    horizon: Mapped[int] = mapped_column(BigInteger)


class AuditAnchor(Base):
    """The root of a day, to be printed or sent elsewhere, so that nobody can rewrite the chain."""

    __tablename__ = "audit_anchor"

    day: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    anchored_at: Mapped[datetime] = mapped_column(Instant)
