"""Companies at the door: registration, sites, invitations, powers of agencies, tokens, webhooks."""

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
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class CompanyRegistration(Base):
    """What a company says of itself at the door; nothing is visible before it is approved."""

    __tablename__ = "company_registration"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    register_court: Mapped[str] = mapped_column(Text)
    register_no: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    postcode: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    sites: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    contact_name: Mapped[str] = mapped_column(Text)
    contact_email: Mapped[str] = mapped_column(Text)
    contact_phone: Mapped[str] = mapped_column(Text, server_default="")
    proof_sha256: Mapped[str] = mapped_column(Text, index=True)
    proof_name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="applied")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    applied_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)

    __table_args__ = (
        CheckConstraint("kind IN ('employer','agency')", name="kind_known"),
        CheckConstraint("state IN ('applied','returned','refused','approved')", name="state_known"),
        Index("ix_company_registration_open", "id", postgresql_where=text("state = 'applied'")),
    )


class CompanyAccess(Base):
    """A company that was let in, by whom, and whether its access was withdrawn.

    Only a row with ``approved_by`` and without ``withdrawn_at`` opens anything (``zugang``).
    """

    __tablename__ = "company_access"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, server_default="employer")
    approved_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (CheckConstraint("kind IN ('employer','agency')", name="kind_known"),)


class CompanySite(Base):
    """A place of work of a company; logins may be limited to some."""

    __tablename__ = "company_site"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    name: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_company_site_name", "company_id", "name", unique=True),)


class MemberInvitation(Base):
    """A link by which somebody becomes a login of a company; only its hash is stored."""

    __tablename__ = "member_invitation"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    site_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("role IN ('admin','hr','read')", name="role_known"),)


class AgencyPower(Base):
    """A power of a company for a law or relocation firm to act for it here; it always ends."""

    __tablename__ = "agency_power"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    role: Mapped[str] = mapped_column(Text, server_default="hr")
    valid_until: Mapped[date]
    granted_at: Mapped[datetime] = mapped_column(Instant)
    granted_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("role IN ('hr','read')", name="role_known"),
        CheckConstraint("company_id <> agency_id", name="another_company"),
        Index(
            "uq_agency_power_active",
            "company_id",
            "agency_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class MandateRequest(Base):
    """A company asks to see a case; the employee's link or a clerk answers, nobody else.

    ``vorgang_id`` is None where number and birth date do not belong to a case of the company: the
    company is told the same either way.
    """

    __tablename__ = "mandate_request"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    vorgang_id: Mapped[int | None] = mapped_column(ForeignKey("vorgang.id"), index=True)
    number: Mapped[str] = mapped_column(Text)
    scope: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_until: Mapped[date]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("company_site.id"))
    proof_sha256: Mapped[str | None] = mapped_column(Text, index=True)
    proof_name: Mapped[str] = mapped_column(Text, server_default="")
    requested_at: Mapped[datetime] = mapped_column(Instant)
    requested_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    state: Mapped[str] = mapped_column(Text, server_default="open")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint("state IN ('open','granted','refused')", name="state_known"),
        Index("ix_mandate_request_open", "id", postgresql_where=text("state = 'open'")),
    )


class CompanyLook(Base):
    """That a company looked at a case on a day, for the employee to read; no names of people."""

    __tablename__ = "company_look"

    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    # 0: the company itself.
    agency_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default="0")
    day: Mapped[date] = mapped_column(primary_key=True)
    looks: Mapped[int] = mapped_column(server_default="1")
    last_at: Mapped[datetime] = mapped_column(Instant)


class ApiToken(Base):
    """A machine of a company; the token itself is shown once and never stored."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    # The first signs, so that people recognise which token is meant.
    begins: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    window_start: Mapped[datetime | None] = mapped_column(Instant)
    window_calls: Mapped[int] = mapped_column(server_default="0")


class ApiAnswer(Base):
    """What a changing call was answered, so that its repetition is answered the same."""

    __tablename__ = "api_answer"

    token_id: Mapped[int] = mapped_column(
        ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True
    )
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Webhook(Base):
    """An address of a company that is told what happens in its own cases."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    url: Mapped[str] = mapped_column(Text)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_webhook_active", "company_id", postgresql_where=text("revoked_at IS NULL")),
    )


class CompanyEvent(Base):
    """Something happened in a case of a company with a webhook; written by triggers.

    ``told_at``: the mandate was looked at and the messages were ordered, or there was none.
    """

    __tablename__ = "company_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_company_event_untold", "id", postgresql_where=text("told_at IS NULL")),
    )


class WebhookDelivery(Base):
    """One event for one address: what came of it; ``round`` counts what people sent again."""

    __tablename__ = "webhook_delivery"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[int] = mapped_column(
        ForeignKey("company_event.id", ondelete="CASCADE"), index=True
    )
    round: Mapped[int] = mapped_column(server_default="1")
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (Index("uq_webhook_delivery_once", "webhook_id", "event_id", unique=True),)
