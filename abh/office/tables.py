"""The office: Sachgebiete, desks, printers, services, qualifications, closures, routing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class OfficeProfile(Base):
    """The office file as imported: letterhead, court, bank, targets; the newest row counts."""

    __tablename__ = "office_profile"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    profile: Mapped[dict[str, Any]] = mapped_column(JSONB)
    imported_at: Mapped[datetime] = mapped_column(Instant)


class Sachgebiet(Base):
    """A topic unit with its own post, appointments, counter, biometrics and card issue."""

    __tablename__ = "sachgebiet"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    central: Mapped[bool] = mapped_column(server_default="false")
    verfahren: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    room: Mapped[str] = mapped_column(Text, server_default="")
    email: Mapped[str] = mapped_column(Text, server_default="")
    phone: Mapped[str] = mapped_column(Text, server_default="")


class Printer(Base):
    """A printer by IPP (``ipp://…``) or, in the demo, a folder (``file:…``)."""

    __tablename__ = "printer"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    uri: Mapped[str] = mapped_column(Text)
    # Kind of paper -> {"source": IPP media-source, "media": IPP size}; see documents.printing.
    trays: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    duplex: Mapped[bool] = mapped_column(server_default="false")


class Desk(Base):
    """A place where a clerk serves people; ``equipment`` e.g. biometrics, barrier_free."""

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), index=True)
    room: Mapped[str] = mapped_column(Text)
    equipment: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("printer.id"))


class Qualification(Base):
    """What a clerk may do in which Verfahren: trained, or in training (four eyes)."""

    __tablename__ = "qualification"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    verfahren: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[str] = mapped_column(Text)

    __table_args__ = (CheckConstraint("level IN ('trained','training')", name="level_known"),)


class Service(Base):
    """Something done at the counter: duration in minutes, equipment it needs."""

    __tablename__ = "service"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    equipment: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    # Whether anybody may book it without an invitation.
    open: Mapped[bool] = mapped_column(server_default="false")
    # Minutes for every person after the first, and how many one visit takes at most.
    per_person: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    most_persons: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    # Minutes more when everything is said twice.
    interpreter_minutes: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # The service for which a second link is offered when this one has borne fruit (card made).
    next_key: Mapped[str | None] = mapped_column(
        ForeignKey("service.key", deferrable=True, initially="DEFERRED")
    )

    __table_args__ = (
        CheckConstraint("minutes BETWEEN 5 AND 240", name="minutes_sane"),
        CheckConstraint("per_person BETWEEN 0 AND 120", name="per_person_sane"),
        CheckConstraint("most_persons BETWEEN 1 AND 12", name="most_persons_sane"),
        CheckConstraint("interpreter_minutes BETWEEN 0 AND 120", name="interpreter_sane"),
        CheckConstraint("next_key <> key", name="next_is_another"),
    )


class Closure(Base):
    """A day on which the office, or one unit, is closed; by the office file or by a lead's hand."""

    __tablename__ = "closure"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    unit_key: Mapped[str | None] = mapped_column(ForeignKey("sachgebiet.key"))
    reason: Mapped[str] = mapped_column(Text)
    # The file is imported again and again; what a lead closed meanwhile must survive that.
    by_hand: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        UniqueConstraint(
            "day", "unit_key", name="uq_closure_day_unit", postgresql_nulls_not_distinct=True
        ),
    )


class OfficeSetup(Base):
    """The first start of a house without an office: codes, who holds one, what was typed so far.

    One row at most; it goes when the office is opened. Codes and token are stored hashed, the
    password of the first account as its argon2id hash inside ``draft``.
    """

    __tablename__ = "office_setup"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    holder: Mapped[str] = mapped_column(Text, server_default="")
    draft: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    changed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
