"""Inbound items of post: known with their legal date of receipt the day they come."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base

Instant = TIMESTAMP(timezone=True)


class PostItem(Base):
    """One inbound item; the stamp date (``received_on``) may lie before its entry."""

    __tablename__ = "post_item"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    received_on: Mapped[date]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    channel: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    vorgang_id: Mapped[int | None] = mapped_column(ForeignKey("vorgang.id"), index=True)
    blatt_id: Mapped[int | None] = mapped_column(ForeignKey("blatt.id"))
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint("channel IN ('paper','email','portal','counter')", name="channel_known"),
        CheckConstraint(
            "kind IN ('application','documents','statement','inquiry','ba_answer','other')",
            name="kind_known",
        ),
        Index(
            "ix_post_item_open",
            "unit_key",
            "received_on",
            "id",
            postgresql_where=text("done_at IS NULL"),
        ),
    )
