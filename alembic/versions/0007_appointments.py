"""Roster, desk days, bookings, invitations.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "desk_day",
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("free", sa.LargeBinary(), nullable=False),
        sa.Column("longest", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "lane IN ('kunden','einladung','firmen','notfall','post','pause')",
            name=op.f("ck_desk_day_lane_known"),
        ),
        sa.CheckConstraint("octet_length(free) = 36", name=op.f("ck_desk_day_free_is_288_bits")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_desk_day_desk_id")),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_desk_day_unit_key")
        ),
        sa.PrimaryKeyConstraint("unit_key", "day", "desk_id", "lane", name=op.f("pk_desk_day")),
    )
    op.create_index(
        "ix_desk_day_search",
        "desk_day",
        ["unit_key", "lane", "day", "desk_id"],
        unique=False,
        postgresql_where=sa.text("longest > 0"),
    )
    op.create_table(
        "roster_pattern",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("start_cell", sa.SmallInteger(), nullable=False),
        sa.Column("end_cell", sa.SmallInteger(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "lane IN ('kunden','einladung','firmen','notfall','post','pause')",
            name=op.f("ck_roster_pattern_lane_known"),
        ),
        sa.CheckConstraint(
            "0 <= start_cell AND start_cell < end_cell AND end_cell <= 288",
            name=op.f("ck_roster_pattern_cells"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_roster_pattern_weekday_known")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_roster_pattern_desk_id")),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_roster_pattern_unit_key")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_roster_pattern_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_pattern")),
    )
    op.create_index(
        op.f("ix_roster_pattern_unit_key"), "roster_pattern", ["unit_key"], unique=False
    )
    op.create_table(
        "roster_horizon",
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_roster_horizon_unit_key")
        ),
        sa.PrimaryKeyConstraint("unit_key", name=op.f("pk_roster_horizon")),
    )
    op.create_table(
        "ticket_counter",
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_ticket_counter_unit_key")
        ),
        sa.PrimaryKeyConstraint("unit_key", "day", name=op.f("pk_ticket_counter")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), server_default="einladung", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("book_until", sa.Date(), nullable=False),
        sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "lane IN ('kunden','einladung','firmen','notfall','post','pause')",
            name=op.f("ck_invitation_lane_known"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invitation_person_id")),
        sa.ForeignKeyConstraint(
            ["service_key"], ["service.key"], name=op.f("fk_invitation_service_key")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_invitation_unit_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_vorgang_id"), "invitation", ["vorgang_id"], unique=False)
    op.create_index(
        "uq_invitation_vorgang_service",
        "invitation",
        ["vorgang_id", "service_key"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "roster_block",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cells", postgresql.INT4RANGE(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("pattern_id", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("desk_id"), "="),
            (sa.column("day"), "="),
            (sa.column("cells"), "&&"),
            using="gist",
            name="ex_roster_block_desk",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("user_id"), "="),
            (sa.column("day"), "="),
            (sa.column("cells"), "&&"),
            using="gist",
            name="ex_roster_block_user",
        ),
        sa.CheckConstraint(
            "lane IN ('kunden','einladung','firmen','notfall','post','pause')",
            name=op.f("ck_roster_block_lane_known"),
        ),
        sa.CheckConstraint(
            "NOT isempty(cells) AND lower(cells) >= 0 AND upper(cells) <= 288",
            name=op.f("ck_roster_block_cells"),
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_roster_block_desk_id")),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["roster_pattern.id"], name=op.f("fk_roster_block_pattern_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_roster_block_unit_key")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_roster_block_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_block")),
    )
    op.create_index(
        "ix_roster_block_unit_key_day", "roster_block", ["unit_key", "day"], unique=False
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cells", postgresql.INT4RANGE(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("invitation_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("held_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ticket", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("called_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("checked_in_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("called_to", sa.BigInteger(), nullable=True),
        sa.Column("sequence", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("served_by", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("desk_id"), "="),
            (sa.column("day"), "="),
            (sa.column("cells"), "&&"),
            where=sa.text("status IN ('held','booked','checked_in','called','served')"),
            using="gist",
            name="ex_booking_desk",
        ),
        sa.CheckConstraint(
            "lane IN ('kunden','einladung','firmen','notfall','post','pause')",
            name=op.f("ck_booking_lane_known"),
        ),
        sa.CheckConstraint(
            "status <> 'held' OR held_until IS NOT NULL", name=op.f("ck_booking_hold_ends")
        ),
        sa.CheckConstraint(
            "status IN ('held','booked','checked_in','called','served','no_show','cancelled','lapsed')",
            name=op.f("ck_booking_status_known"),
        ),
        sa.CheckConstraint(
            "NOT isempty(cells) AND lower(cells) >= 0 AND upper(cells) <= 288",
            name=op.f("ck_booking_cells"),
        ),
        sa.ForeignKeyConstraint(["called_to"], ["desk.id"], name=op.f("fk_booking_called_to")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_booking_desk_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_booking_invitation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_booking_person_id")),
        sa.ForeignKeyConstraint(["served_by"], ["app_user.id"], name=op.f("fk_booking_served_by")),
        sa.ForeignKeyConstraint(
            ["service_key"], ["service.key"], name=op.f("fk_booking_service_key")
        ),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_booking_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    op.create_index(op.f("ix_booking_invitation_id"), "booking", ["invitation_id"], unique=False)
    op.create_index(
        "ix_booking_held_until",
        "booking",
        ["held_until"],
        unique=False,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index("ix_booking_unit_key_day", "booking", ["unit_key", "day"], unique=False)
    op.create_index(op.f("ix_booking_vorgang_id"), "booking", ["vorgang_id"], unique=False)
    op.create_index(
        "uq_booking_person_purpose",
        "booking",
        ["person_id", "service_key"],
        unique=True,
        postgresql_where=sa.text("status IN ('held','booked','checked_in','called')"),
    )
