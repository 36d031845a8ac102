"""The e-file (Akte, Blatt), letters with their signatures, dispatch, printing, forms, cards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class Akte(Base):
    """The e-file of a person in one access class; sheets are numbered without gaps."""

    __tablename__ = "akte"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    # "aufenthalt", "rueckkehr" and "einbuergerung" are kept apart.
    access_class: Mapped[str] = mapped_column(Text, server_default="aufenthalt")
    last_sheet: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(Instant)
    # Moved to the Ausländerdatei B (§ 67 AufenthV): the day and why; deletion counts from it.
    ended_on: Mapped[date | None]
    ended_ground: Mapped[str] = mapped_column(Text, server_default="")
    # Numbers of sheets that a deletion run took out, so that a gap is never unexplained.
    removed_sheets: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")

    __table_args__ = (
        CheckConstraint(
            "ended_ground IN ('','fortzug','ausreise','einbuergerung','tod')", name="ground_known"
        ),
        CheckConstraint("(ended_on IS NULL) = (ended_ground = '')", name="end_has_ground"),
    )


class Blatt(Base):
    """One document in the file with its sheet number and the hash of its content; append-only."""

    __tablename__ = "blatt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    akte_id: Mapped[int] = mapped_column(ForeignKey("akte.id"))
    sheet_no: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    # "upload", "letter", "note", "message", "scan"
    origin: Mapped[str] = mapped_column(Text)
    blob_sha256: Mapped[str] = mapped_column(Text, index=True)
    mime: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    pages: Mapped[int | None]
    file_name: Mapped[str] = mapped_column(Text, server_default="")
    received_on: Mapped[date]
    filed_at: Mapped[datetime] = mapped_column(Instant)
    filed_by: Mapped[str] = mapped_column(Text)
    # No foreign key to the room above; workflows sets it in the same transaction.
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)

    __table_args__ = (
        UniqueConstraint("akte_id", "sheet_no", name="uq_blatt_akte_id_sheet_no"),
        CheckConstraint("sheet_no > 0", name="sheet_no_positive"),
        CheckConstraint("length(blob_sha256) = 64", name="sha256_hex"),
    )


class BlattText(Base):
    """The text layer of a sheet for the search; empty where it holds none (a picture, a scan)."""

    __tablename__ = "blatt_text"

    blatt_id: Mapped[int] = mapped_column(
        ForeignKey("blatt.id"), primary_key=True, autoincrement=False
    )
    content: Mapped[str] = mapped_column(Text)
    words: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('german', content)", persisted=True)
    )

    __table_args__ = (Index("ix_blatt_text_words", "words", postgresql_using="gin"),)


class Letter(Base):
    """A letter on its way: draft, frozen, signed, released, dispatched; or void.

    What the signature table decided (rule, mark, suffix, channel, remedy) is stored with it.
    """

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text, server_default="")
    akte_id: Mapped[int] = mapped_column(ForeignKey("akte.id"), index=True)
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    # Addressed to this employer, not to the person.
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    unit_key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_sha256: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    rule_id: Mapped[str | None] = mapped_column(Text)
    rule_version: Mapped[str | None] = mapped_column(Text)
    mark: Mapped[str | None] = mapped_column(Text)
    suffix: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    remedy: Mapped[str | None] = mapped_column(Text)
    prepared_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    final_signer_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    hand_signed_at: Mapped[datetime | None] = mapped_column(Instant)
    pdf_sha256: Mapped[str | None] = mapped_column(Text)
    # Sealing changes the bytes; what was rendered, reproducibly, keeps its own hash.
    unsealed_sha256: Mapped[str | None] = mapped_column(Text)
    sealed_by: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None]
    blatt_id: Mapped[int | None] = mapped_column(ForeignKey("blatt.id"), index=True)
    comment: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','signing','signed','released','dispatched','void')",
            name="state_known",
        ),
        CheckConstraint(
            "state NOT IN ('released','dispatched') OR (pdf_sha256 IS NOT NULL"
            " AND blatt_id IS NOT NULL AND rule_id IS NOT NULL)",
            name="released_is_filed",
        ),
        Index("ix_letter_signing", "unit_key", "id", postgresql_where=text("state = 'signing'")),
        Index("ix_letter_prepared", "prepared_by", "created_at"),
        # What is signed and still in the house, on the ways that need paper.
        Index(
            "ix_letter_leaving",
            "unit_key",
            "id",
            postgresql_where=text(
                "state = 'released' AND channel IN"
                " ('post','pzu','einschreiben','empfangsbekenntnis')"
            ),
        ),
        Index("ix_letter_company", "company_id", postgresql_where=text("company_id IS NOT NULL")),
        Index(
            "ix_letter_company_released",
            "released_at",
            postgresql_where=text("company_id IS NOT NULL"),
        ),
    )


class LetterSignature(Base):
    """A signature given to a frozen content; a change of content voids it."""

    __tablename__ = "letter_signature"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    kind: Mapped[str] = mapped_column(Text)
    rank: Mapped[str] = mapped_column(Text)
    # As what a co-signature was given: a rank, "Recht", "Kasse".
    capacity: Mapped[str] = mapped_column(Text, server_default="")
    content_sha256: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(Instant)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("kind IN ('prepare','co','final')", name="kind_known"),)


class LetterLook(Base):
    """Which content of a waiting letter somebody was shown; a bundle counts only what was."""

    __tablename__ = "letter_look"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    content_sha256: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime] = mapped_column(Instant)


class SigningMandate(Base):
    """The written authority of a person to sign, with dates and a limit in EUR."""

    __tablename__ = "signing_mandate"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    max_amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    capacities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")

    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid_period"),
    )


class SigningDeputy(Base):
    """Who signs in whose place while that person is absent; both days inclusive."""

    __tablename__ = "signing_deputy"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    absent_user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    deputy_user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    ground: Mapped[str] = mapped_column(Text)
    appointed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint("valid_until >= valid_from", name="valid_period"),
        CheckConstraint("absent_user_id <> deputy_user_id", name="somebody_else"),
    )


class SigningExclusion(Base):
    """A person who may not act in the matters of another (§§ 20, 21 VwVfG NRW)."""

    __tablename__ = "signing_exclusion"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, primary_key=True)
    ground: Mapped[str] = mapped_column(Text)


class Dispatch(Base):
    """How a letter left and when it counts as notified (§ 41 VwVfG NRW, LZG NRW)."""

    __tablename__ = "dispatch"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    channel: Mapped[str] = mapped_column(Text)
    handed_over_on: Mapped[date]
    served_on: Mapped[date | None]
    notified_earliest: Mapped[date | None]
    notified_latest: Mapped[date | None]
    arithmetic: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    evidence: Mapped[str] = mapped_column(Text, server_default="")
    # The scanned deed or receipt in the file, and mail that came back.
    deed_blatt_id: Mapped[int | None] = mapped_column(ForeignKey("blatt.id"), index=True)
    returned_on: Mapped[date | None]
    return_reason: Mapped[str] = mapped_column(Text, server_default="")
    # Where it went: by electronic ways, and on paper where it came back once. Of electronic ways
    # also what the operator said, and for the mailbox the last day of retrieval and the day of it
    # (§ 41 Abs. 2a VwVfG NRW).
    address: Mapped[str] = mapped_column(Text, server_default="")
    transfer: Mapped[str] = mapped_column(Text, server_default="")
    transfer_note: Mapped[str] = mapped_column(Text, server_default="")
    retrieve_until: Mapped[date | None]
    retrieved_on: Mapped[date | None]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "transfer IN ('','ordered','delivered','retrieved','expired','refused')",
            name="transfer_known",
        ),
    )


class ElectronicAccess(Base):
    """The access that a person opened for electronic service, until it is revoked (§ 3a VwVfG).

    ``level`` is how the account was proven; a mailbox without it serves no act (§ 41(2a)).
    """

    __tablename__ = "electronic_access"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text, server_default="")
    consent_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    revoked_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("channel IN ('portal','demail')", name="channel_known"),
        CheckConstraint("level IN ('','substanziell','hoch')", name="level_known"),
        CheckConstraint("revoked_on IS NULL OR revoked_on >= consent_on", name="valid_period"),
        Index(
            "uq_electronic_access_open",
            "person_id",
            "channel",
            unique=True,
            postgresql_where=text("revoked_on IS NULL"),
        ),
    )


class PrintJob(Base):
    """A print at a workplace printer; its state is what the printer said, not a queue."""

    __tablename__ = "print_job"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    # The prescribed form onto which entries are printed.
    form_issue_id: Mapped[int | None] = mapped_column(ForeignKey("form_issue.id"), index=True)
    printer_id: Mapped[int] = mapped_column(ForeignKey("printer.id"))
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    printer_job: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text, server_default="")
    # Which paper it needs (``printing.Paper``); the printer's trays say where that lies.
    paper: Mapped[str] = mapped_column(Text, server_default="letter")
    # How often the printer was asked since it took the job, and when it last answered.
    looks: Mapped[int] = mapped_column(server_default="0")
    reported_at: Mapped[datetime | None] = mapped_column(Instant)
    # Letters that go to the printer as one job bear the id of the first one's; no foreign key,
    # because each may be deleted with its case.
    bundle: Mapped[int | None] = mapped_column(BigInteger, index=True)
    # Why it was printed again; empty for the first print.
    reason: Mapped[str] = mapped_column(Text, server_default="")
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting','sent','printing','jammed','completed','failed')",
            name="state_known",
        ),
        CheckConstraint("num_nonnulls(letter_id, form_issue_id) = 1", name="prints_one_thing"),
        CheckConstraint("paper IN ('letter','form','label')", name="paper_known"),
    )


class FormIssue(Base):
    """A prescribed form handed out (§ 58 AufenthV): serial and seal number, printed entries.

    The form itself is never rendered; for D3 ``entry_81_5a`` holds the future work allowed.
    """

    __tablename__ = "form_issue"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(BigInteger, index=True)
    form: Mapped[str] = mapped_column(Text)
    serial_no: Mapped[str] = mapped_column(Text)
    seal_no: Mapped[str | None] = mapped_column(Text)
    valid_until: Mapped[date | None]
    entries: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    entry_81_5a: Mapped[str | None] = mapped_column(Text)
    issued_on: Mapped[date]
    issued_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    returned_on: Mapped[date | None]

    __table_args__ = (UniqueConstraint("form", "serial_no", name="uq_form_issue_form_serial_no"),)


class FormStock(Base):
    """One numbered form in custody: in stock, issued, or spoiled with the reason."""

    __tablename__ = "form_stock"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    form: Mapped[str] = mapped_column(Text)
    serial_no: Mapped[str] = mapped_column(Text)
    unit_key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="stock")
    received_on: Mapped[date]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    form_issue_id: Mapped[int | None] = mapped_column(ForeignKey("form_issue.id"), index=True)
    changed_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        UniqueConstraint("form", "serial_no", name="uq_form_stock_form_serial_no"),
        CheckConstraint("state IN ('stock','issued','spoiled')", name="state_known"),
        CheckConstraint("state <> 'spoiled' OR reason <> ''", name="spoiled_says_why"),
        CheckConstraint("(state = 'issued') = (form_issue_id IS NOT NULL)", name="issued_to"),
    )


class CardOrder(Base):
    """An order of a residence card (eAT, § 78 AufenthG) and what became of it."""

    __tablename__ = "card_order"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    vorgang_id: Mapped[int] = mapped_column(BigInteger, index=True)
    state: Mapped[str] = mapped_column(Text, server_default="ordered")
    title_kind: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    provisions: Mapped[str] = mapped_column(Text, server_default="")
    ordered_on: Mapped[date]
    ordered_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    arrived_on: Mapped[date | None]
    handed_over_on: Mapped[date | None]
    returned_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('ordered','rejected','arrived','handed_over','returned')",
            name="state_known",
        ),
        CheckConstraint("valid_until > valid_from", name="valid_period"),
    )
