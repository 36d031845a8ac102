"""Inbound items, the pieces of work they are bundled into, counters, bulk acts, imports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant
from abh.outbox.sammellauf import Ordered, OrderedRow, outcome_known

_CLASSES = "access_class IN ('allgemein','rueckkehr','einbuergerung')"
# A bundle that anybody trained may take: not in hand, not reserved, not put off.
FREE = "closed_at IS NULL AND claimed_by IS NULL AND hand_to IS NULL AND follow_up_on IS NULL"


class PostBundle(Base):
    """All open items of one person (or linked household) in a Sachgebiet: one piece of work.

    ``subject`` names whom it is about: ``p17`` a person, ``h5`` a household, ``i99`` an item whose
    sender nobody knows yet. ``priority`` orders the pile: points of harm less the day of the oldest
    item, so that it need not be counted anew every day; ``rescore_on`` is the next day on which it
    changes by itself. The age (``oldest_on``) never resets while an item is open.
    """

    __tablename__ = "post_bundle"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    access_class: Mapped[str] = mapped_column(Text, server_default="allgemein")
    subject: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"), index=True)
    # The Verfahren whose training the work needs; "" for what everybody in the unit may do.
    topic: Mapped[str] = mapped_column(Text, server_default="")
    items: Mapped[int]
    persons: Mapped[int]
    inquiries: Mapped[int] = mapped_column(server_default="0")
    oldest_on: Mapped[date]
    # Days by what they are: what the rank was computed from (see triage.HarmDays).
    harm: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    points: Mapped[int] = mapped_column(server_default="0")
    band: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    priority: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rescore_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    # When something last came, by the clock of the office.
    touched_at: Mapped[datetime] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    beat_at: Mapped[datetime | None] = mapped_column(Instant)
    hand_to: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    follow_up_on: Mapped[date | None]
    # Who gave it back last; somebody else is to see it first.
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    last_reason: Mapped[str] = mapped_column(Text, server_default="")
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint(_CLASSES, name="class_known"),
        CheckConstraint("items >= 0 AND persons >= 0 AND inquiries >= 0", name="counts_sane"),
        CheckConstraint("(claimed_by IS NULL) = (beat_at IS NULL)", name="claim_beats"),
        Index(
            "uq_post_bundle_open",
            "subject",
            "unit_key",
            "access_class",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "uq_post_bundle_claim",
            "claimed_by",
            unique=True,
            postgresql_where=text("closed_at IS NULL AND claimed_by IS NOT NULL"),
        ),
        Index(
            "ix_post_bundle_free",
            "unit_key",
            "topic",
            text("priority DESC"),
            "id",
            postgresql_where=text(FREE),
        ),
        Index(
            "ix_post_bundle_hand",
            "hand_to",
            postgresql_where=text("closed_at IS NULL AND hand_to IS NOT NULL"),
        ),
        Index(
            "ix_post_bundle_returned",
            "returned_by",
            postgresql_where=text("closed_at IS NULL AND returned_by IS NOT NULL"),
        ),
        Index(
            "ix_post_bundle_beat",
            "beat_at",
            postgresql_where=text("closed_at IS NULL AND claimed_by IS NOT NULL"),
        ),
        Index(
            "ix_post_bundle_follow_up",
            "follow_up_on",
            postgresql_where=text("closed_at IS NULL AND follow_up_on IS NOT NULL"),
        ),
        Index(
            "ix_post_bundle_rescore",
            "rescore_on",
            postgresql_where=text("closed_at IS NULL AND rescore_on IS NOT NULL"),
        ),
        Index(
            "ix_post_bundle_unopened",
            "unit_key",
            "oldest_on",
            "id",
            postgresql_where=text("closed_at IS NULL AND opened_at IS NULL"),
        ),
    )


class PostItem(Base):
    """One inbound item; the stamp date (``received_on``) may lie before its entry.

    ``sha256`` is the original in the store, filed before the row is written. ``source`` and
    ``source_ref`` name the item where it came from, so that it is taken in once.
    """

    __tablename__ = "post_item"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    received_on: Mapped[date]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    channel: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    access_class: Mapped[str] = mapped_column(Text, server_default="allgemein")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    vorgang_id: Mapped[int | None] = mapped_column(ForeignKey("vorgang.id"), index=True)
    blatt_id: Mapped[int | None] = mapped_column(ForeignKey("blatt.id"), index=True)
    bundle_id: Mapped[int | None] = mapped_column(ForeignKey("post_bundle.id"), index=True)
    source: Mapped[str] = mapped_column(Text, server_default="hand")
    source_ref: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(Text, index=True)
    file_name: Mapped[str] = mapped_column(Text, server_default="")
    mime: Mapped[str] = mapped_column(Text, server_default="")
    sender: Mapped[str] = mapped_column(Text, server_default="")
    birth: Mapped[str] = mapped_column(Text, server_default="")
    quoted_number: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    # Days of harm that the item itself names (job start, court period, journey …).
    harm: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    # Why it was put where it is, in a sentence; and the earlier item with the same content.
    placed_by: Mapped[str] = mapped_column(Text, server_default="")
    same_as: Mapped[int | None] = mapped_column(ForeignKey("post_item.id"), index=True)
    # What the intake has to say of it: a torn code, a blank page, a forged sender.
    notes: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    # Why it is of this kind, in a sentence; "" where a human said so.
    sorted_by: Mapped[str] = mapped_column(Text, server_default="")
    # A court or an Eilantrag: told to the unit at once.
    bell: Mapped[bool] = mapped_column(server_default="false")
    # Its writing: "offen" waits to be read, "bild" has no text layer and waits for the machine that
    # reads pictures, "" needs none.
    reading: Mapped[str] = mapped_column(Text, server_default="")
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    answer: Mapped[str] = mapped_column(Text, server_default="")
    close_reason: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        CheckConstraint("channel IN ('paper','email','portal','counter')", name="channel_known"),
        CheckConstraint(
            "kind IN ('application','documents','statement','inquiry','ba_answer','complaint',"
            "'lawyer','court','employer','returned','other')",
            name="kind_known",
        ),
        CheckConstraint(_CLASSES, name="class_known"),
        CheckConstraint("reading IN ('','offen','bild','gelesen','leer')", name="reading_known"),
        CheckConstraint(
            "done_at IS NULL OR answer <> '' OR close_reason <> ''", name="closing_says_why"
        ),
        Index(
            "uq_post_item_source",
            "source",
            "source_ref",
            unique=True,
            postgresql_where=text("source_ref IS NOT NULL"),
        ),
        Index(
            "ix_post_item_loose",
            "id",
            postgresql_where=text("done_at IS NULL AND bundle_id IS NULL"),
        ),
        Index(
            "ix_post_item_open",
            "unit_key",
            "received_on",
            "id",
            postgresql_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_post_item_unfiled",
            "id",
            postgresql_where=text(
                "vorgang_id IS NOT NULL AND sha256 IS NOT NULL AND blatt_id IS NULL"
            ),
        ),
        Index("ix_post_item_unread", "id", postgresql_where=text("reading = 'offen'")),
        Index("ix_post_item_picture", "id", postgresql_where=text("reading = 'bild'")),
        Index(
            "ix_post_item_bell",
            "unit_key",
            "id",
            postgresql_where=text("bell AND done_at IS NULL"),
        ),
    )


class PostPart(Base):
    """A file inside an item: an attachment of a mail, or a view of what browsers cannot show.

    The original stays whole in ``PostItem.sha256``; this is for looking at. ``sha256`` is empty
    for what was not taken out, ``note`` says why.
    """

    __tablename__ = "post_part"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("post_item.id"), index=True)
    file_name: Mapped[str] = mapped_column(Text)
    mime: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(Text, index=True)
    note: Mapped[str] = mapped_column(Text, server_default="")


class PostArrival(Base):
    """A file of the scan folder or a message of the mailbox whose items are in the database.

    Its source is cleared away only when this row is committed; after a kill it is found again.
    """

    __tablename__ = "post_arrival"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    # Scan: SHA-256 of the file. Mail: folder, UIDVALIDITY and UID.
    ref: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    pages: Mapped[int | None]
    items: Mapped[int]
    note: Mapped[str] = mapped_column(Text, server_default="")
    arrived_at: Mapped[datetime] = mapped_column(Instant, index=True)

    __table_args__ = (
        UniqueConstraint("channel", "ref"),
        CheckConstraint("channel IN ('scan','mail')", name="channel_known"),
    )


class PostCorrection(Base):
    """A clerk says that an item is of another kind: what the text model learns from."""

    __tablename__ = "post_correction"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("post_item.id"), index=True)
    was: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    corrected_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    corrected_at: Mapped[datetime] = mapped_column(Instant)


class PostModel(Base):
    """A text model; ``sha256`` its weights in the store, the newest row is in use."""

    __tablename__ = "post_model"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(Text, index=True)
    trained_at: Mapped[datetime] = mapped_column(Instant)
    samples: Mapped[int]
    # How many corrections it has learned, and the newest of them.
    corrections: Mapped[int]
    newest_correction: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # Share of the held-out samples that it gets right.
    accuracy: Mapped[float]


class PostTally(Base):
    """What the supervisor's page counts, as differences that triggers write and a job adds up.

    Nobody waits for a common row: whoever closes a bundle writes a line of its own. ``what`` is
    alter (``on_day`` the oldest stamp), thema, stufe, ein or aus (``on_day`` the day it happened).
    """

    __tablename__ = "post_tally"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(Text)
    access_class: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, server_default="")
    on_day: Mapped[date | None]
    items: Mapped[int] = mapped_column(BigInteger)
    persons: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_post_tally_unit", "unit_key", "what", "on_day"),)


class PostBulk(Ordered, Base):
    """One act on many bundles, ordered with a preview and carried out after a pause to undo it."""

    __tablename__ = "post_bulk"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    act: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ordered_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint(
            "act IN ('assign','close','follow_up','acknowledge','ask_missing','answer','move')",
            name="act_known",
        ),
        Index(
            "ix_post_bulk_due",
            "run_at",
            postgresql_where=text("done_at IS NULL AND undone_at IS NULL"),
        ),
    )


class PostBulkRow(OrderedRow, Base):
    """A bundle of a bulk act and what came of it; ``outcome`` is empty until it was its turn."""

    __tablename__ = "post_bulk_row"

    bulk_id: Mapped[int] = mapped_column(ForeignKey("post_bulk.id"), primary_key=True)
    bundle_id: Mapped[int] = mapped_column(
        ForeignKey("post_bundle.id"), index=True, primary_key=True
    )

    __table_args__ = (outcome_known(),)


class PostImport(Base):
    """One list of old post: how far it was read, so that a broken run goes on where it stopped."""

    __tablename__ = "post_import"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    rows_read: Mapped[int] = mapped_column(server_default="0")
    taken: Mapped[int] = mapped_column(server_default="0")
    known: Mapped[int] = mapped_column(server_default="0")
    # Counted before the first batch.
    rows_total: Mapped[int | None]
    begun_at: Mapped[datetime] = mapped_column(Instant)
    touched_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("sha256"),)


class PostImportFault(Base):
    """A cell of an imported list that cannot be right; its row was not taken in."""

    __tablename__ = "post_import_fault"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("post_import.id"), index=True)
    row_no: Mapped[int]
    cell: Mapped[str] = mapped_column(Text)
    column_name: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
