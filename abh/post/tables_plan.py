"""Clearance plans, answers, filters, weights and second looks of the post room."""

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class PostPlan(Base):
    """A clearance plan: what was asked, what came out, and whether it was written to the roster.

    ``result`` holds numbers only, week by week for each unit; ``classes`` says which access classes
    they count. ``roster_ids`` are the blocks that an accepted plan wrote. A proposal of the weekly
    job ``renews`` the accepted plan it was computed from.
    """

    __tablename__ = "post_plan"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    units: Mapped[list[str]] = mapped_column(ARRAY(Text))
    classes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    target: Mapped[date | None]
    floor_appointments: Mapped[int] = mapped_column(SmallInteger)
    floor_firms: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Text)
    ordered_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    computed_at: Mapped[datetime] = mapped_column(Instant)
    first_week: Mapped[date]
    weeks: Mapped[int] = mapped_column(SmallInteger)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    renews: Mapped[int | None] = mapped_column(ForeignKey("post_plan.id"))
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    roster_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")

    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','proposal','accepted','replaced','withdrawn')", name="state_known"
        ),
        CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name="accepted_when"),
        CheckConstraint(
            "floor_appointments BETWEEN 0 AND 100 AND floor_firms BETWEEN 0 AND 100",
            name="floors_are_percent",
        ),
    )


class PostUnitSetting(Base):
    """What a Sachgebiet lets the machine do with its post; nothing is allowed until set."""

    __tablename__ = "post_unit_setting"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), primary_key=True)
    # Answer status inquiries without anybody looking, where no act is involved.
    auto_answer: Mapped[bool] = mapped_column(server_default="false")
    changed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(Instant)


class PostAnswer(Base):
    """A letter that answers post: sent by itself, or a draft that waits in the signature folder."""

    __tablename__ = "post_answer"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    bundle_id: Mapped[int] = mapped_column(ForeignKey("post_bundle.id"), index=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    vorgang_id: Mapped[int | None] = mapped_column(ForeignKey("vorgang.id"), index=True)
    automatic: Mapped[bool]
    # Why it was not sent by itself, in German; empty for what was.
    why_draft: Mapped[str] = mapped_column(Text, server_default="")
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class PostFilter(Base):
    """A choice of bundles that a unit keeps under a name."""

    __tablename__ = "post_filter"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    name: Mapped[str] = mapped_column(Text)
    choice: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    saved_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("unit_key", "name"),)


class PostWeights(Base):
    """Weights of the rank that somebody put into force from a day on, with what it changes."""

    __tablename__ = "post_weights"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text)
    effect: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ordered_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    ordered_at: Mapped[datetime] = mapped_column(Instant)


class PostSample(Base):
    """A bundle closed without answer that a supervisor looks at a second time, drawn by seed."""

    __tablename__ = "post_sample"

    bundle_id: Mapped[int] = mapped_column(ForeignKey("post_bundle.id"), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    closed_on: Mapped[date]
    drawn_at: Mapped[datetime] = mapped_column(Instant)
    looked_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    looked_at: Mapped[datetime | None] = mapped_column(Instant)
    verdict: Mapped[str] = mapped_column(Text, server_default="")
    remark: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        CheckConstraint("verdict IN ('','right','wrong')", name="verdict_known"),
        CheckConstraint("(verdict = '') = (looked_at IS NULL)", name="looked_says_what"),
        Index(
            "ix_post_sample_open",
            "unit_key",
            "closed_on",
            postgresql_where=text("verdict = ''"),
        ),
    )


class PostSampleDay(Base):
    """A day whose closings were drawn from: the seed, and how many of how many."""

    __tablename__ = "post_sample_day"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    seed: Mapped[str] = mapped_column(Text)
    closed: Mapped[int]
    drawn: Mapped[int]
