"""How applicants come to their own page beside the link: a code by letter, a tablet at a desk."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class StatusCode(Base):
    """The code by letter that opens the status page together with the case number.

    ``reference`` is the first half of the code and finds the row; of the second half only the
    keyed hash is kept. Both are made with the letter (``told_at``); wrong halves are counted.
    """

    __tablename__ = "status_code"

    vorgang_id: Mapped[int] = mapped_column(
        ForeignKey("vorgang.id"), primary_key=True, autoincrement=False
    )
    asked_at: Mapped[datetime] = mapped_column(Instant)
    language: Mapped[str] = mapped_column(Text, server_default="de")
    last_day: Mapped[date | None]
    reference: Mapped[str | None] = mapped_column(Text, unique=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    told_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts_limited"),
        CheckConstraint(
            "(told_at IS NULL) = (reference IS NULL) AND (reference IS NULL) = (code_hash IS NULL)"
            " AND (told_at IS NULL) = (last_day IS NULL)",
            name="told_with_its_code",
        ),
        Index("ix_status_code_untold", "asked_at", postgresql_where=text("told_at IS NULL")),
    )


class DeskTablet(Base):
    """The tablet that stands at a desk: its secret address, of which the hash is kept."""

    __tablename__ = "desk_tablet"

    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id"), primary_key=True, autoincrement=False
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)


class TabletShow(Base):
    """What the tablet of a desk shows now: the case of the visitor who was called there.

    It ends with the visit, at ``until``, or when the clerk ends it; whatever comes first.
    """

    __tablename__ = "tablet_show"

    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk_tablet.desk_id"), primary_key=True, autoincrement=False
    )
    vorgang_id: Mapped[int] = mapped_column(ForeignKey("vorgang.id"), index=True)
    booking_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("booking.id"), index=True)
    language: Mapped[str] = mapped_column(Text)
    shown_at: Mapped[datetime] = mapped_column(Instant)
    shown_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    until: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("until > shown_at", name="ends_after_it_began"),)
