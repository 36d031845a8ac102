"""Places of the firm lane: which company took them, in which act, for whom; its size; calendars."""

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
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class FirmAccount(Base):
    """What the quota of a company rests on; the row that its bookings lock, one at a time."""

    __tablename__ = "firm_account"

    company_id: Mapped[int] = mapped_column(
        ForeignKey("company.id"), primary_key=True, autoincrement=False
    )
    employees: Mapped[int | None]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    set_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("employees >= 0", name="employees_counted"),)


class FirmWeek(Base):
    """The row that all companies lock who take minutes of the lane in this week."""

    __tablename__ = "firm_week"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), primary_key=True)
    monday: Mapped[date] = mapped_column(primary_key=True)

    __table_args__ = (CheckConstraint("extract(isodow FROM monday) = 1", name="is_a_monday"),)


class FirmGroup(Base):
    """One act of booking for several people: all of its places or none.

    ``key`` comes with the form, so that the same form sent twice books once.
    """

    __tablename__ = "firm_group"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    key: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("company_id", "key", name="uq_firm_group_company_id_key"),
        CheckConstraint("key <> ''", name="key_given"),
    )


class FirmPlace(Base):
    """A booking that a company made. The name is that of the booking and never changes.

    A colleague who comes instead gets a place of his own (``instead_of``), once for each place.
    """

    __tablename__ = "firm_place"

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id"), primary_key=True, autoincrement=False
    )
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("firm_group.id"), index=True)
    instead_of: Mapped[int | None] = mapped_column(
        ForeignKey("firm_place.booking_id", ondelete="SET NULL"), unique=True
    )
    # The ``sequence`` of the booking of which the person was told; None before the first time.
    told: Mapped[int | None] = mapped_column(SmallInteger)
    # Given back by the company so late that nobody else could use it.
    late: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (CheckConstraint("instead_of <> booking_id", name="instead_of_another"),)


class FirmCalendar(Base):
    """A secret address under which a company's calendar reads its places; one is alive."""

    __tablename__ = "firm_calendar"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_read_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index(
            "uq_firm_calendar_company_id",
            "company_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class LaneFigures(Base):
    """The figures of both lanes for a period, as published: frozen, without personal data."""

    __tablename__ = "lane_figures"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    published_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        Index(
            "uq_lane_figures_period",
            "first_day",
            "last_day",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
