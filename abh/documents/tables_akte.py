"""Tables beside the sheets: holds, deletion runs, contents to go; pictures, signatures."""

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


class DeletionHold(Base):
    """A stop on deleting anything of a file (Löschsperre) until somebody lifts it."""

    __tablename__ = "deletion_hold"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    akte_id: Mapped[int] = mapped_column(ForeignKey("akte.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    set_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    set_at: Mapped[datetime] = mapped_column(Instant)
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("length(btrim(reason)) >= 5", name="reason_written"),)


class DeletionRun(Base):
    """A list of cases to delete: proposed by the job, checked by one, approved by another.

    The database refuses that the same person does both, and the append-only tables give way to a
    run in state ``running`` alone.
    """

    __tablename__ = "deletion_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="proposed")
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    # Offered to the archive before anything is destroyed; what it answered, and when.
    offered_on: Mapped[date | None]
    answer_due_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    answer: Mapped[str] = mapped_column(Text, server_default="")
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    comment: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        CheckConstraint(
            "state IN ('proposed','checked','running','done','dropped')", name="state_known"
        ),
        CheckConstraint("approved_by <> checked_by", name="four_eyes"),
        CheckConstraint(
            "state NOT IN ('running','done') OR (checked_by IS NOT NULL"
            " AND approved_by IS NOT NULL)",
            name="approved",
        ),
        Index(
            "uq_deletion_run_open",
            "unit_key",
            unique=True,
            postgresql_where=text("state IN ('proposed','checked')"),
        ),
    )


class DeletionItem(Base):
    """One case of a run; afterwards the record: what, why, when, norm, hash, no personal data.

    ``proof`` is an HMAC of the case number: who has the number can prove the deletion, who has
    only this row learns nobody's name or number.
    """

    __tablename__ = "deletion_item"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("deletion_run.id"), index=True)
    # Only until it is deleted. No foreign key: the case goes, the record stays.
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    akte_id: Mapped[int | None] = mapped_column(BigInteger)
    verfahren: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    norm: Mapped[str] = mapped_column(Text)
    anchor_on: Mapped[date]
    due_on: Mapped[date]
    arithmetic: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    state: Mapped[str] = mapped_column(Text, server_default="proposed")
    note: Mapped[str] = mapped_column(Text, server_default="")
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    sheets: Mapped[int] = mapped_column(server_default="0")
    size: Mapped[int] = mapped_column(BigInteger, server_default="0")
    row_count: Mapped[int] = mapped_column(server_default="0")
    digest: Mapped[str] = mapped_column(Text, server_default="")
    proof: Mapped[str] = mapped_column(Text, server_default="", index=True)

    __table_args__ = (
        CheckConstraint("state IN ('proposed','held','archive','deleted')", name="state_known"),
        CheckConstraint("(state = 'deleted') = (vorgang_id IS NULL)", name="record_names_no_case"),
        CheckConstraint("state <> 'deleted' OR (digest <> '' AND proof <> '')", name="recorded"),
    )


class SheetRemoval(Base):
    """One sheet that has to go at once (§ 91(2) AufenthG): asked for by one, decided by another.

    Afterwards the record: ground, days, number and hash of the sheet, no personal data. ``proof``
    is an HMAC of the number of the file.
    """

    __tablename__ = "sheet_removal"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(Text, index=True)
    # Only while the sheet is there. No foreign key: the sheet goes, the record stays.
    blatt_id: Mapped[int | None] = mapped_column(BigInteger)
    akte_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    sheet_no: Mapped[int]
    ground: Mapped[str] = mapped_column(Text)
    norm: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="proposed")
    proposed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text, server_default="")
    digest: Mapped[str] = mapped_column(Text, server_default="")
    proof: Mapped[str] = mapped_column(Text, server_default="", index=True)

    __table_args__ = (
        CheckConstraint(
            "state IN ('proposed','running','refused','destroyed')", name="state_known"
        ),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided"),
        CheckConstraint(
            "state <> 'destroyed' OR (digest <> '' AND proof <> ''"
            " AND num_nonnulls(blatt_id, akte_id, vorgang_id) = 0)",
            name="record_names_nobody",
        ),
        Index(
            "uq_sheet_removal_open",
            "blatt_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )


class BlobRemoval(Base):
    """A content that no sheet needed any more when it was noted; the nightly job looks again."""

    __tablename__ = "blob_removal"

    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    noted_at: Mapped[datetime] = mapped_column(Instant)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("deletion_run.id"), index=True)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class BlattBild(Base):
    """The small picture of a sheet; empty where it cannot be drawn. Goes with the sheet."""

    __tablename__ = "blatt_bild"

    blatt_id: Mapped[int] = mapped_column(
        ForeignKey("blatt.id"), primary_key=True, autoincrement=False
    )
    png: Mapped[bytes] = mapped_column(LargeBinary)


class BlattSignatur(Base):
    """What the check of the electronic signatures of a sheet found when it came in.

    ``found`` lists them (signer, signed_at, intact, trusted, covers_all); ``fault`` says why a
    file could not be checked. A sheet without signatures has an empty list.
    """

    __tablename__ = "blatt_signatur"

    blatt_id: Mapped[int] = mapped_column(
        ForeignKey("blatt.id"), primary_key=True, autoincrement=False
    )
    found: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    fault: Mapped[str] = mapped_column(Text, server_default="")
    checked_at: Mapped[datetime] = mapped_column(Instant)
