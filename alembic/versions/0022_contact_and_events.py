"""Reminders, codes by letter, calendar feeds, pauses of a desk, group events with guests.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_ID = (sa.BigInteger(), sa.Identity(always=False))

# Counts the places of an event in the transaction that changes a guest; the check on
# ``group_event.taken`` then refuses the one too many, whoever writes.
_COUNT = """
CREATE FUNCTION count_event_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was int := 0;
    becomes int := 0;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.event_id <> NEW.event_id THEN
        RAISE EXCEPTION 'a guest stays with the event' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP <> 'INSERT' THEN
        was := CASE OLD.reply WHEN 'open' THEN 1 WHEN 'yes' THEN 1 + OLD.guests ELSE 0 END;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        becomes := CASE NEW.reply WHEN 'open' THEN 1 WHEN 'yes' THEN 1 + NEW.guests ELSE 0 END;
    END IF;
    IF was <> becomes THEN
        UPDATE group_event SET taken = taken + becomes - was
         WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.event_id ELSE NEW.event_id END;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_event_places AFTER INSERT OR UPDATE OR DELETE ON event_guest
    FOR EACH ROW EXECUTE FUNCTION count_event_places();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("walk_in", sa.Column("result", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_walk_in_result_known"),
        "walk_in",
        "result IN ('','erledigt','unterlagen','auskunft','termin','verwiesen')"
        " AND (result = '' OR status = 'served')",
    )
    _contact()
    _events()


def _contact() -> None:
    op.create_table(
        "booking_reminder",
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("start_cell", sa.SmallInteger(), nullable=False),
        sa.Column("days_before", sa.SmallInteger(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "via IN ('mail','sms','letter')", name=op.f("ck_booking_reminder_via_known")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_booking_reminder_booking_id")
        ),
        sa.PrimaryKeyConstraint(
            "booking_id", "day", "start_cell", "days_before", name=op.f("pk_booking_reminder")
        ),
    )
    op.create_table(
        "booking_code",
        sa.Column("booking_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recipient", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), server_default="de", nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "attempts BETWEEN 0 AND 5", name=op.f("ck_booking_code_attempts_limited")
        ),
        sa.CheckConstraint(
            "(told_at IS NULL) = (reference IS NULL) AND (reference IS NULL) = (code_hash IS NULL)",
            name=op.f("ck_booking_code_told_with_its_code"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_booking_code_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_booking_code_letter_id")
        ),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_booking_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_booking_code_reference")),
    )
    op.create_index(
        "ix_booking_code_untold",
        "booking_code",
        ["created_at"],
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_read_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"], ["app_user.id"], name=op.f("fk_calendar_feed_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_calendar_feed_unit_key")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_calendar_feed_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_unit_key"), "calendar_feed", ["unit_key"])
    op.create_index(op.f("ix_calendar_feed_user_id"), "calendar_feed", ["user_id"])
    op.create_table(
        "desk_pause",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= began_at",
            name=op.f("ck_desk_pause_ends_after_it_began"),
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_desk_pause_desk_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_desk_pause_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_pause")),
    )
    op.create_index(
        "uq_desk_pause_desk_id",
        "desk_pause",
        ["desk_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _events() -> None:
    op.create_table(
        "group_event",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("places", sa.SmallInteger(), nullable=False),
        sa.Column("guests_each", sa.SmallInteger(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("reply_until", sa.Date(), nullable=False),
        sa.Column("taken", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("cancelled_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "taken BETWEEN 0 AND places", name=op.f("ck_group_event_places_suffice")
        ),
        sa.CheckConstraint("places BETWEEN 1 AND 2000", name=op.f("ck_group_event_places_sane")),
        sa.CheckConstraint("guests_each BETWEEN 0 AND 20", name=op.f("ck_group_event_guests_sane")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_group_event_times_in_order")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_group_event_made_by")),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_group_event_unit_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_event")),
    )
    op.create_index(op.f("ix_group_event_unit_key"), "group_event", ["unit_key"])
    op.create_table(
        "event_guest",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_at", _INSTANT, nullable=False),
        sa.Column("reply", sa.Text(), server_default="open", nullable=False),
        sa.Column("guests", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("language", sa.Text(), server_default="de", nullable=False),
        sa.Column("accessible", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("replied_at", _INSTANT, nullable=True),
        sa.Column("certificate", sa.Text(), server_default="", nullable=False),
        sa.Column("came_at", _INSTANT, nullable=True),
        sa.Column("handed_over_at", _INSTANT, nullable=True),
        sa.Column("handed_over_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reply IN ('open','yes','no','withdrawn')", name=op.f("ck_event_guest_reply_known")
        ),
        sa.CheckConstraint("guests BETWEEN 0 AND 20", name=op.f("ck_event_guest_guests_sane")),
        sa.CheckConstraint(
            "reply = 'yes' OR guests = 0", name=op.f("ck_event_guest_guests_of_who_comes")
        ),
        sa.CheckConstraint(
            "handed_over_at IS NULL OR came_at IS NOT NULL",
            name=op.f("ck_event_guest_handed_to_who_came"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["group_event.id"], name=op.f("fk_event_guest_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["handed_over_by"], ["app_user.id"], name=op.f("fk_event_guest_handed_over_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_event_guest_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_guest")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_event_guest_token_hash")),
    )
    op.create_index(op.f("ix_event_guest_person_id"), "event_guest", ["person_id"])
    op.create_index(op.f("ix_event_guest_vorgang_id"), "event_guest", ["vorgang_id"])
    op.create_index(
        "uq_event_guest_event_person",
        "event_guest",
        ["event_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("reply <> 'withdrawn'"),
    )
    op.execute(_COUNT)
