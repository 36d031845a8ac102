"""Events for many people at once: a ceremony, a counselling day; places, guests, who came."""

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


class GroupEvent(Base):
    """An event with places. ``taken`` is kept by a trigger on the guests and never exceeds them.

    Everybody invited keeps one place until they decline; only guests can be one too many.
    """

    __tablename__ = "group_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("sachgebiet.key"), index=True)
    # A key of ``events.KINDS``.
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    places: Mapped[int] = mapped_column(SmallInteger)
    guests_each: Mapped[int] = mapped_column(SmallInteger)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    reply_until: Mapped[date]
    taken: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    # Grows with every change that a calendar must follow.
    sequence: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    changed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("taken BETWEEN 0 AND places", name="places_suffice"),
        CheckConstraint("places BETWEEN 1 AND 2000", name="places_sane"),
        CheckConstraint("guests_each BETWEEN 0 AND 20", name="guests_sane"),
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
    )


class EventGuest(Base):
    """Somebody invited to an event, what they answered by link, and what happened there."""

    __tablename__ = "event_guest"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("group_event.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    # No foreign key to the room above; workflows sets it.
    vorgang_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_at: Mapped[datetime] = mapped_column(Instant)
    reply: Mapped[str] = mapped_column(Text, server_default="open")
    guests: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    language: Mapped[str] = mapped_column(Text, server_default="de")
    accessible: Mapped[bool] = mapped_column(server_default="false")
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    # The number on what is handed over, written down before the event.
    certificate: Mapped[str] = mapped_column(Text, server_default="")
    came_at: Mapped[datetime | None] = mapped_column(Instant)
    handed_over_at: Mapped[datetime | None] = mapped_column(Instant)
    handed_over_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint("reply IN ('open','yes','no','withdrawn')", name="reply_known"),
        CheckConstraint("guests BETWEEN 0 AND 20", name="guests_sane"),
        CheckConstraint("reply = 'yes' OR guests = 0", name="guests_of_who_comes"),
        CheckConstraint("handed_over_at IS NULL OR came_at IS NOT NULL", name="handed_to_who_came"),
        # Invited again to another event only after the first invitation has ended.
        Index(
            "uq_event_guest_event_person",
            "event_id",
            "person_id",
            unique=True,
            postgresql_where=text("reply <> 'withdrawn'"),
        ),
    )
