"""Cases, their append-only step log, findings, waivers, participations, clocks, fictions, fees."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class CaseCounter(Base):
    """The running number of each year; the row lock makes case numbers free of gaps."""

    __tablename__ = "case_counter"

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int]


class Vorgang(Base):
    """One case of one person in one Verfahren, at a published version of it.

    ``row_version`` rises with every step (optimistic lock). ``harm_on`` is the earliest day on
    which waiting does harm (title ends, job starts, § 75 VwGO; none once decided); the desk list
    is sorted by it, so that no daily recalculation is needed. Nationality plays no part in it.
    """

    __tablename__ = "vorgang"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    verfahren: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Text)
    state_since: Mapped[datetime] = mapped_column(Instant)
    row_version: Mapped[int] = mapped_column(server_default="1")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    akte_id: Mapped[int] = mapped_column(ForeignKey("akte.id"), index=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    received_on: Mapped[date]
    received_channel: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    title_kind: Mapped[str] = mapped_column(Text, server_default="none")
    title_until: Mapped[date | None]
    job_start: Mapped[date | None]
    harm_on: Mapped[date]
    harm_key: Mapped[str] = mapped_column(Text)
    # What was applied for, as the facts of the Verfahren name it (see workflows.facts).
    antrag: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # Running business (request, hearing, card, remedy …) in the shape of workflows.facts.
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    status_token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    language: Mapped[str] = mapped_column(Text, server_default="de")

    __table_args__ = (
        CheckConstraint(
            "received_channel IN ('portal','paper','email','counter','employer','other_authority')",
            name="channel_known",
        ),
        Index(
            "ix_vorgang_desk_list",
            "unit_key",
            "harm_on",
            "id",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_vorgang_owner_list",
            "owner_id",
            "harm_on",
            "id",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "uq_vorgang_open_person_verfahren",
            "person_id",
            "verfahren",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        # What was finished in a month, for the indicators of a unit.
        Index(
            "ix_vorgang_unit_closed",
            "unit_key",
            "closed_at",
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
    )


class AntragDraft(Base):
    """What somebody typed and uploaded before the application was complete; deleted after a day."""

    __tablename__ = "antrag_draft"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    uploads: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class VorgangStep(Base):
    """The log of steps; append-only by trigger, numbered per case without gaps."""

    __tablename__ = "vorgang_step"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"))
    seq: Mapped[int]
    step: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    actor_name: Mapped[str] = mapped_column(Text)
    norm: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")

    __table_args__ = (
        UniqueConstraint("vorgang_id", "seq", name="uq_vorgang_step_vorgang_id_seq"),
        # Hand-overs are counted case by case (``uebergaben``).
        Index(
            "ix_vorgang_step_handover", "vorgang_id", postgresql_where=text("step = 'uebergabe'")
        ),
    )


class Waiver(Base):
    """A requirement done without, with the written reason; the Verfahren names the norm for it."""

    __tablename__ = "waiver"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"))
    requirement: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    granted_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("vorgang_id", "requirement", name="uq_waiver_vorgang_id_requirement"),
        CheckConstraint("length(btrim(reason)) >= 10", name="reason_written"),
    )


class CaseFinding(Base):
    """What the office found out about one fact of the case; the newest row of a key counts.

    ``key`` is the name of a field of ``workflows.facts.Facts``, ``value`` its JSON form. Rows are
    never changed, so that the file shows what was believed when (append-only by trigger).
    """

    __tablename__ = "case_finding"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"))
    key: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(JSONB)
    remark: Mapped[str] = mapped_column(Text, server_default="")
    found_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    found_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_case_finding_vorgang_id_key", "vorgang_id", "key", "id"),)


class VorgangLink(Base):
    """Two cases that belong together: one followed from the other, or both are decided at once."""

    __tablename__ = "vorgang_link"

    from_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (CheckConstraint("from_id <> to_id", name="two_cases"),)


class Evidence(Base):
    """A sheet of the file that proves something of this case (passport, contract, degree …)."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    blatt_id: Mapped[int] = mapped_column(ForeignKey("blatt.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    # NULL: not looked at yet; it counts as present until a clerk rejects it.
    accepted: Mapped[bool | None]
    remark: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (UniqueConstraint("vorgang_id", "blatt_id", name="uq_evidence_vorgang_id"),)


class Beteiligung(Base):
    """Another authority asked in a case, with its own clock (§ 36(2) BeschV, § 73 AufenthG …)."""

    __tablename__ = "beteiligung"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    round: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    channel: Mapped[str] = mapped_column(Text, server_default="")
    requested_on: Mapped[date | None]
    due_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, server_default="")
    # days left when the period came to stand
    rest_days: Mapped[int | None] = mapped_column(SmallInteger)
    reminded_on: Mapped[date | None]
    # what proves that the request arrived, and the day it proves
    receipt: Mapped[str] = mapped_column(Text, server_default="")
    receipt_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('planned','requested','needs_info','consented','refused',"
            "'deemed_consented','overdue')",
            name="state_known",
        ),
    )


class CaseFrist(Base):
    """A clock of a case: norm, start, end, arithmetic, and what happens when it runs out."""

    __tablename__ = "frist"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    norm: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(Text, server_default="running")
    beteiligung_id: Mapped[int | None] = mapped_column(ForeignKey("beteiligung.id"), index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    arithmetic: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    # For clocks of the table of the Verfahren: their length, what started them, their rests.
    law_key: Mapped[str] = mapped_column(Text, server_default="")
    event_on: Mapped[date | None]
    stops: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (
        CheckConstraint("status IN ('running','stopped','expired','ended')", name="status_known"),
        Index(
            "ix_frist_papers",
            "vorgang_id",
            postgresql_where=text(
                "kind IN ('rueckgabe','rueckgabe_mahnung') AND status <> 'ended'"
            ),
        ),
        Index("ix_frist_due", "due_on", "id", postgresql_where=text("status='running'")),
        # The next clock of each case of a clerk, read from the index alone.
        Index(
            "ix_frist_case_due",
            "vorgang_id",
            "due_on",
            postgresql_where=text("status = 'running'"),
        ),
    )


class FiktionRecord(Base):
    """The effect of the application by law (§ 81(3), (4) AufenthG) and what ended it."""

    __tablename__ = "fiktion"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), unique=True)
    kind: Mapped[str] = mapped_column(Text)
    norm: Mapped[str] = mapped_column(Text)
    since: Mapped[date | None]
    words: Mapped[dict[str, str]] = mapped_column(JSONB)
    ended_on: Mapped[date | None]
    ended_by: Mapped[str] = mapped_column(Text, server_default="")


class Fee(Base):
    """A fee of the case with its norm; paid, or waived with the norm that waives it."""

    __tablename__ = "fee"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"))
    code: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    norm: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="due")
    waiver_norm: Mapped[str] = mapped_column(Text, server_default="")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    payment: Mapped[str] = mapped_column(Text, server_default="")
    # A fee can fall due again in one case, such as that of each renewal of a toleration.
    turn: Mapped[int] = mapped_column(SmallInteger, server_default="1")

    __table_args__ = (
        UniqueConstraint("vorgang_id", "code", "turn", name="uq_fee_vorgang_id_code_turn"),
        CheckConstraint("status IN ('due','paid','waived')", name="status_known"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("status <> 'waived' OR waiver_norm <> ''", name="waiver_has_norm"),
    )
