"""Who acts for a company, and for which employees it may see what."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base

Instant = TIMESTAMP(timezone=True)


class CompanyMember(Base):
    """A login that acts for a company (HR)."""

    __tablename__ = "company_member"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)


class Mandate(Base):
    """A power of attorney of an employee for the company, with scope and end.

    Only what it covers is visible: never the file, health, family or security matters.
    """

    __tablename__ = "mandate"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    scope: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
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
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
