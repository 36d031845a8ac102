"""Tables of the company's side of cases: applications, sheets, messages, outlook, reports."""

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
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class FirmFiling(Base):
    """An application that a company sent for an employee; the same content makes no second case."""

    __tablename__ = "firm_filing"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), unique=True)
    filed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    filed_at: Mapped[datetime] = mapped_column(Instant)
    # Of all that was said, and of procedure, name and birth date alone; keyed, so no one guesses.
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    identity_hash: Mapped[bytes] = mapped_column(LargeBinary)
    # What the company declared about its power of attorney.
    declared: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("company_id", "content_hash", name="uq_firm_filing_content"),
        Index("ix_firm_filing_identity", "company_id", "identity_hash"),
    )


class FirmBatch(Base):
    """A sheet of applications as it was read; the file itself is not kept."""

    __tablename__ = "firm_batch"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    verfahren: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ordered_at: Mapped[datetime | None] = mapped_column(Instant)


class FirmBatchRow(Base):
    """A row of a sheet: the cells as typed, what is wrong with them, and what became of it.

    ``cells`` is emptied when the case exists, because the case has it all.
    """

    __tablename__ = "firm_batch_row"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("firm_batch.id"))
    row_no: Mapped[int]
    cells: Mapped[dict[str, str]] = mapped_column(JSONB)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    state: Mapped[str] = mapped_column(Text)
    vorgang_id: Mapped[int | None] = mapped_column(ForeignKey("vorgang.id"), index=True)

    __table_args__ = (
        CheckConstraint(
            "state IN ('faulty','valid','ordered','filed','known')", name="state_known"
        ),
        UniqueConstraint("batch_id", "row_no", name="uq_firm_batch_row_no"),
    )


class CaseMessage(Base):
    """A message in a case between office and company, with read receipt and answer-by date."""

    __tablename__ = "case_message"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    from_company: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    topic: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    answer_by: Mapped[date | None]
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("case_message.id"), index=True)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    read_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("length(btrim(body)) >= 1", name="says_something"),
        Index(
            "ix_case_message_unread",
            "company_id",
            "from_company",
            "vorgang_id",
            postgresql_where=text("read_at IS NULL OR answered_at IS NULL"),
        ),
    )


class CaseOutlook(Base):
    """When a decision is to be expected, by when it is promised, and whether that was kept.

    ``row_version`` is that of the case it was computed for.
    """

    __tablename__ = "case_outlook"

    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), primary_key=True)
    row_version: Mapped[int]
    computed_on: Mapped[date]
    expected_from: Mapped[date | None]
    expected_to: Mapped[date | None]
    cases: Mapped[int]
    promised_on: Mapped[date | None]
    waited_days: Mapped[int] = mapped_column(server_default="0")
    decided_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("expected_from <= expected_to", name="range_in_order"),
        Index(
            "ix_case_outlook_decided",
            "decided_on",
            postgresql_where=text("decided_on IS NOT NULL AND promised_on IS NOT NULL"),
        ),
    )


class CaseOutlookChange(Base):
    """How the expected range and the promised day of a case have moved."""

    __tablename__ = "case_outlook_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    on: Mapped[date]
    expected_from: Mapped[date | None]
    expected_to: Mapped[date | None]
    cases: Mapped[int]
    promised_on: Mapped[date | None]


class EmployerReport(Base):
    """A report of an early end of employment (§ 4a(5) S. 3 Nr. 3 AufenthG) and its clock."""

    __tablename__ = "employer_report"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reported_at: Mapped[datetime] = mapped_column(Instant)
    ended_on: Mapped[date]
    known_on: Mapped[date]
    due_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    post_item_id: Mapped[int | None] = mapped_column(ForeignKey("post_item.id"), index=True)

    __table_args__ = (
        UniqueConstraint("vorgang_id", "ended_on", name="uq_employer_report_vorgang_id_ended_on"),
    )
