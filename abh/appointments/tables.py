"""The roster in lanes, computed free time per desk and day, bookings, invitations."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    INT4RANGE,
    INT8MULTIRANGE,
    ExcludeConstraint,
    MultiRange,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

# A booking refers to an extra place, so its table must be known too.
import abh.appointments.extra_tables  # noqa: F401
from abh.db import Base, Instant

LANES = ("kunden", "einladung", "firmen", "notfall", "post", "pause")
_LANES_SQL = "lane IN ('kunden','einladung','firmen','notfall','post','pause')"
_ACTIVE = "status IN ('held','booked','checked_in','called','served')"


def _bound(cell: int | None) -> int:
    if cell is None:
        raise ValueError("a range without end is not stored")
    return cell


class RosterPattern(Base):
    """A weekly pattern: this clerk at this desk in this lane, from cell to cell (5 minutes).

    Cells count wall-clock minutes since local midnight divided by five, which also settles
    daylight saving; ``end_cell`` is exclusive.
    """

    __tablename__ = "roster_pattern"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), index=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start_cell: Mapped[int] = mapped_column(SmallInteger)
    end_cell: Mapped[int] = mapped_column(SmallInteger)
    lane: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]

    __table_args__ = (
        CheckConstraint(_LANES_SQL, name="lane_known"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint(
            "0 <= start_cell AND start_cell < end_cell AND end_cell <= 288", name="cells"
        ),
    )


class RosterBlock(Base):
    """A piece of a real day: desk, clerk, lane; neither can be in two places at once."""

    __tablename__ = "roster_block"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    day: Mapped[date]
    cells: Mapped[Range[int]] = mapped_column(INT4RANGE)
    lane: Mapped[str] = mapped_column(Text)
    pattern_id: Mapped[int | None] = mapped_column(ForeignKey("roster_pattern.id"))
    # The lane whose unused minutes these were; "" for minutes of this lane from the start.
    returned_from: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (
        CheckConstraint(_LANES_SQL, name="lane_known"),
        CheckConstraint(
            "NOT isempty(cells) AND lower(cells) >= 0 AND upper(cells) <= 288", name="cells"
        ),
        ExcludeConstraint(
            ("desk_id", "="), ("day", "="), ("cells", "&&"), name="ex_roster_block_desk"
        ),
        ExcludeConstraint(
            ("user_id", "="), ("day", "="), ("cells", "&&"), name="ex_roster_block_user"
        ),
        Index("ix_roster_block_unit_key_day", "unit_key", "day"),
    )


class RosterHorizon(Base):
    """Up to which day the blocks of a unit were made from its patterns; made once, then edited."""

    __tablename__ = "roster_horizon"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), primary_key=True)
    until: Mapped[date]


class Absence(Base):
    """Days on which a clerk is not there, and who sits at the desk instead; never why."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("cover_id IS DISTINCT FROM user_id", name="covered_by_another"),
        Index(
            "ix_absence_days", "first_day", "last_day", postgresql_where=text("ended_at IS NULL")
        ),
    )


class DeskDay(Base):
    """Free cells of a desk on a day in one lane, as a bitmap of 288 bits (36 bytes).

    Derived: rules minus bookings. Row to lock before booking, and the search index. The unit
    belongs to the key because a desk may be lent to another unit for a part of the day.
    """

    __tablename__ = "desk_day"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"), primary_key=True)
    lane: Mapped[str] = mapped_column(Text, primary_key=True)
    free: Mapped[bytes] = mapped_column(LargeBinary)
    longest: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint(_LANES_SQL, name="lane_known"),
        CheckConstraint("octet_length(free) = 36", name="free_is_288_bits"),
        Index(
            "ix_desk_day_search",
            "unit_key",
            "lane",
            "day",
            "desk_id",
            postgresql_where=text("longest > 0"),
        ),
        # What a booking locks: all lanes of a desk on a day.
        Index("ix_desk_day_desk_id_day", "desk_id", "day"),
    )


class TicketCounter(Base):
    """The last ticket number given out in a unit for a day, at a desk (0: without appointment).

    Counted per desk, because a common counter would make all bookings of a unit and day wait for
    each other until they are committed.
    """

    __tablename__ = "ticket_counter"

    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default="0")
    last: Mapped[int] = mapped_column(SmallInteger)


class Invitation(Base):
    """An invitation that grew out of a case: pick one of the computed slots by link."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    vorgang_id: Mapped[int] = mapped_column(BigInteger, index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    service_key: Mapped[str] = mapped_column(ForeignKey("service.key"))
    lane: Mapped[str] = mapped_column(Text, server_default="einladung")
    also: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    persons: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    interpreter: Mapped[bool] = mapped_column(server_default="false")
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    created_at: Mapped[datetime] = mapped_column(Instant)
    book_until: Mapped[date]
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(_LANES_SQL, name="lane_known"),
        # A second letter replaces the first: only one link of a case and purpose is alive.
        Index(
            "uq_invitation_vorgang_service",
            "vorgang_id",
            "service_key",
            unique=True,
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )


class Booking(Base):
    """A place for one person and one purpose; the database makes double booking impossible.

    ``held`` is the ten-minute hold while the applicant confirms (``held_until``).
    """

    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id"))
    day: Mapped[date]
    cells: Mapped[Range[int]] = mapped_column(INT4RANGE)
    lane: Mapped[str] = mapped_column(Text)
    service_key: Mapped[str] = mapped_column(ForeignKey("service.key"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    status: Mapped[str] = mapped_column(Text)
    held_until: Mapped[datetime | None] = mapped_column(Instant)
    # Shown on the display instead of a name.
    ticket: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    called_at: Mapped[datetime | None] = mapped_column(Instant)
    # Said in the waiting room that they are here; nobody has compared name and birth date yet.
    reported_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_in_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    # The desk that called, which need not be the desk of the place.
    called_to: Mapped[int | None] = mapped_column(ForeignKey("desk.id"))
    # Grows with every change, so that a calendar takes the newer file (RFC 5545, SEQUENCE).
    sequence: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    served_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    # How often the number was called; absent is who was called three times.
    calls: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # The colleague to whom the visit was handed; nobody else calls it.
    hand_to: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    # Further services of the same visit, how many people come, whether somebody interprets, and
    # what the desk must have for the person.
    also: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    persons: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    interpreter: Mapped[bool] = mapped_column(server_default="false")
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    # All services of the visit as numbers, for the rule of one open place per person and purpose.
    purposes: Mapped[MultiRange[int] | None] = mapped_column(
        INT8MULTIRANGE, Computed("booking_purposes(service_key, also)", persisted=True)
    )
    # The extra place on which it stands; None is a place of the roster.
    extra_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint(_LANES_SQL, name="lane_known"),
        CheckConstraint("persons BETWEEN 1 AND 12", name="persons_sane"),
        CheckConstraint("NOT service_key = ANY (also)", name="each_service_once"),
        CheckConstraint("cardinality(also) <= 3", name="services_sane"),
        # Nobody books an extra place by a link: it is an act of staff.
        CheckConstraint("extra_id IS NULL OR invitation_id IS NULL", name="extra_by_staff"),
        ForeignKeyConstraint(
            ["extra_id", "desk_id", "day", "cells"],
            ["extra_place.id", "extra_place.desk_id", "extra_place.day", "extra_place.cells"],
            name="fk_booking_extra_place",
        ),
        CheckConstraint(
            "status IN ('held','booked','checked_in','called','served','no_show',"
            "'cancelled','lapsed')",
            name="status_known",
        ),
        CheckConstraint(
            "NOT isempty(cells) AND lower(cells) >= 0 AND upper(cells) <= 288", name="cells"
        ),
        CheckConstraint("status <> 'held' OR held_until IS NOT NULL", name="hold_ends"),
        ExcludeConstraint(
            ("desk_id", "="),
            ("day", "="),
            ("cells", "&&"),
            where=text(f"{_ACTIVE} AND extra_id IS NULL"),
            name="ex_booking_desk",
        ),
        Index(
            "uq_booking_extra_place",
            "extra_id",
            unique=True,
            postgresql_where=text(f"{_ACTIVE} AND extra_id IS NOT NULL"),
        ),
        ExcludeConstraint(
            ("person_id", "="),
            ("purposes", "&&"),
            where=text("status IN ('held','booked','checked_in','called')"),
            name="ex_booking_person_purposes",
        ),
        Index(
            "uq_booking_person_purpose",
            "person_id",
            "service_key",
            unique=True,
            postgresql_where=text("status IN ('held','booked','checked_in','called')"),
        ),
        Index("ix_booking_unit_key_day", "unit_key", "day"),
        Index("ix_booking_held_until", "held_until", postgresql_where=text("status = 'held'")),
    )

    @property
    def start_cell(self) -> int:
        """The first cell."""
        return _bound(self.cells.lower)

    @property
    def end_cell(self) -> int:
        """The exclusive end cell."""
        return _bound(self.cells.upper)


class Standby(Base):
    """Somebody who takes a freed place: by need, then by waiting; at most three offers."""

    __tablename__ = "standby"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    service_key: Mapped[str] = mapped_column(ForeignKey("service.key"))
    lane: Mapped[str] = mapped_column(Text)
    also: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    persons: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    interpreter: Mapped[bool] = mapped_column(server_default="false")
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    need: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    email: Mapped[str] = mapped_column(Text)
    until: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(Instant)
    offers: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(_LANES_SQL, name="lane_known"),
        CheckConstraint("offers BETWEEN 0 AND 3", name="three_offers"),
        CheckConstraint("persons BETWEEN 1 AND 12", name="persons_sane"),
        CheckConstraint("NOT service_key = ANY (also)", name="each_service_once"),
        CheckConstraint("cardinality(also) <= 3", name="services_sane"),
        Index(
            "uq_standby_person_purpose",
            "person_id",
            "service_key",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class BookingLink(Base):
    """The link by which a person confirms or gives back a place taken without an invitation.

    ``told_at`` is when the link was mailed; of an offer the token is made only then.
    """

    __tablename__ = "booking_link"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
    standby_id: Mapped[int | None] = mapped_column(ForeignKey("standby.id"), index=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    email: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    # An offer that lapsed was passed on to the next of the list.
    passed_on: Mapped[bool] = mapped_column(server_default="false")


class WalkIn(Base):
    """Somebody who came without an appointment: a number, no name, and a link to wait elsewhere."""

    __tablename__ = "walk_in"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"))
    day: Mapped[date]
    ticket: Mapped[str] = mapped_column(Text)
    service_key: Mapped[str] = mapped_column(ForeignKey("service.key"))
    accessible: Mapped[bool] = mapped_column(server_default="false")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(Text, server_default="waiting")
    calls: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    called_at: Mapped[datetime | None] = mapped_column(Instant)
    called_to: Mapped[int | None] = mapped_column(ForeignKey("desk.id"))
    hand_to: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    served_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    # What came of the visit, a key of ``walkin.RESULTS``; "" where nobody said.
    result: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting','called','served','no_show','left')", name="status_known"
        ),
        CheckConstraint(
            "result IN ('','erledigt','unterlagen','auskunft','termin','verwiesen')"
            " AND (result = '' OR status = 'served')",
            name="result_known",
        ),
        CheckConstraint(
            "(status IN ('served','no_show','left')) = (closed_at IS NOT NULL)", name="ends_once"
        ),
        UniqueConstraint("unit_key", "day", "ticket", name="uq_walk_in_unit_key_day_ticket"),
    )
