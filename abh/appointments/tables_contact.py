"""What reaches people and desks beside the booking: reminders, codes by letter, feeds, pauses."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class BookingReminder(Base):
    """A reminder of a place, so many days before it; the key makes a second one impossible.

    Of the place and not of the booking: who is moved is reminded of the new day.
    """

    __tablename__ = "booking_reminder"

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    start_cell: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    days_before: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    via: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("via IN ('mail','sms','letter')", name="via_known"),)


class BookingCode(Base):
    """The code by letter with which somebody without e-mail confirms an open booking.

    ``reference`` is the first half of the code and finds the row; of the second half only the
    keyed hash is kept. Both are made with the letter (``told_at``); wrong halves are counted.
    """

    __tablename__ = "booking_code"

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id"), primary_key=True, autoincrement=False
    )
    recipient: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str] = mapped_column(Text, server_default="de")
    last_day: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(Instant)
    reference: Mapped[str | None] = mapped_column(Text, unique=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    told_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts_limited"),
        CheckConstraint(
            "(told_at IS NULL) = (reference IS NULL) AND (reference IS NULL) = (code_hash IS NULL)",
            name="told_with_its_code",
        ),
        Index("ix_booking_code_untold", "created_at", postgresql_where=text("told_at IS NULL")),
    )


class CalendarFeed(Base):
    """A secret address under which a calendar reads the places of a clerk or of a unit."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), index=True)
    # Whose places; NULL: all of the unit.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_read_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class DeskPause(Base):
    """A desk at which nobody is called for a while; at most one pause of a desk is open."""

    __tablename__ = "desk_pause"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_it_began"),
        Index(
            "uq_desk_pause_desk_id",
            "desk_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
