"""Extra places: deliberate overbooking as rows of their own, beside the bookings of the roster."""

from __future__ import annotations

from datetime import date, datetime

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
from sqlalchemy.dialects.postgresql import INT4RANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class ExtraPlace(Base):
    """A place beyond the roster, on cells that are booked: deliberate overbooking of one desk.

    Decided by a supervisor with a reason, and with the risk that stood beside the decision: the
    chance that more people come than the desk can serve.
    """

    __tablename__ = "extra_place"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    day: Mapped[date]
    cells: Mapped[Range[int]] = mapped_column(INT4RANGE)
    reason: Mapped[str] = mapped_column(Text)
    # In tenths of a percent; what was known then, not what came of it.
    risk_permille: Mapped[int] = mapped_column(SmallInteger)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("btrim(reason) <> ''", name="reason_given"),
        CheckConstraint("risk_permille BETWEEN 0 AND 1000", name="risk_is_a_share"),
        CheckConstraint(
            "NOT isempty(cells) AND lower(cells) >= 0 AND upper(cells) <= 288", name="cells"
        ),
        UniqueConstraint("id", "desk_id", "day", "cells", name="uq_extra_place_place"),
        # One person more at a time, never two.
        ExcludeConstraint(
            ("desk_id", "="),
            ("day", "="),
            ("cells", "&&"),
            where=text("withdrawn_at IS NULL"),
            name="ex_extra_place_desk",
        ),
        Index("ix_extra_place_unit_key_day", "unit_key", "day"),
    )
