"""Who acts for a company, and for which employees it may see what."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class CompanyMember(Base):
    """A login that acts for a company (HR): ``admin`` all, ``hr`` cases, ``read`` look only.

    ``site_ids`` limits it to some sites of the company, None is all; ``ended_at`` is a dismissal.
    """

    __tablename__ = "company_member"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Text, server_default="admin")
    site_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("role IN ('admin','hr','read')", name="role_known"),
        Index("ix_company_member_company", "company_id"),
    )


class Mandate(Base):
    """A power of attorney of an employee for the company, with scope and end.

    Only what it covers is visible: never the file, health, family or security matters. With
    ``vorgang_id`` it reaches no further than that one case, which the company filed itself.
    """

    __tablename__ = "mandate"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    scope: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    # None: the employee confirmed it by the own link.
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    # power: Vollmacht (§ 14 VwVfG NRW); declaration: § 81a(1) AufenthG, given with an application.
    kind: Mapped[str] = mapped_column(Text, server_default="power")
    vorgang_id: Mapped[int | None] = mapped_column(ForeignKey("vorgang.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("company_site.id"))
    proof_sha256: Mapped[str | None] = mapped_column(Text, index=True)
    proof_name: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        CheckConstraint("kind IN ('power','declaration')", name="kind_known"),
        CheckConstraint("valid_until >= valid_from", name="valid_period"),
        CheckConstraint("cardinality(scope) >= 1", name="has_scope"),
        CheckConstraint(
            "scope <@ ARRAY['state','tasks','appointments','decisions']::text[]",
            name="scope_known",
        ),
        Index(
            "uq_mandate_active",
            "company_id",
            "person_id",
            text("coalesce(vorgang_id, 0)"),
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
