"""The draw of emergency places: its announcement, the requests, and what proves their ground."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    JSONB,
)
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class Draw(Base):
    """A draw of the emergency places of a unit on a day; what is published of it, and when.

    ``seed`` stays secret until ``drawn_at``; its hash is published from ``opened_at`` on.
    """

    __tablename__ = "draw"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    day: Mapped[date]
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    seed_hash: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    cutoff_at: Mapped[datetime] = mapped_column(Instant)
    # Pseudonym and lots of every person; None while requests are taken.
    entries: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    list_hash: Mapped[str] = mapped_column(Text, server_default="")
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    drawn_at: Mapped[datetime | None] = mapped_column(Instant)
    ranking: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")

    __table_args__ = (
        UniqueConstraint("unit_key", "day", name="uq_draw_unit_key_day"),
        CheckConstraint("octet_length(seed) = 32", name="seed_is_256_bits"),
        CheckConstraint("opened_at < cutoff_at", name="opens_before_the_cutoff"),
        CheckConstraint("closed_at >= cutoff_at", name="closes_after_the_cutoff"),
        CheckConstraint(
            "drawn_at IS NULL OR (closed_at IS NOT NULL AND drawn_at > closed_at)",
            name="list_before_seed",
        ),
    )


class EmergencyRequest(Base):
    """A request for an emergency place; bound to the person, known in public by a pseudonym."""

    __tablename__ = "emergency_request"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    pseudonym: Mapped[str] = mapped_column(Text, unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    ground: Mapped[str] = mapped_column(Text)
    harm_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, server_default="")
    # Of the page on which it was asked for; the mails speak it, whatever the person's file says.
    language: Mapped[str] = mapped_column(Text, server_default="")
    requested_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    # Of the request that stands for the person in the list: what came of it.
    outcome: Mapped[str] = mapped_column(Text, server_default="")
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)

    __table_args__ = (
        CheckConstraint("ground IN ('arbeitsplatz','leistungen','reise')", name="ground_known"),
        CheckConstraint("outcome IN ('','drawn','not_drawn','has_place')", name="outcome_known"),
    )


class EmergencyEvidence(Base):
    """A file that proves the ground of an emergency request; its content lies in the store."""

    __tablename__ = "emergency_evidence"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("emergency_request.id"))
    sha256: Mapped[str] = mapped_column(Text, index=True)
    name: Mapped[str] = mapped_column(Text)
    mime: Mapped[str] = mapped_column(Text)
    pages: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        UniqueConstraint("request_id", "sha256", name="uq_emergency_evidence_request_id_sha256"),
    )
