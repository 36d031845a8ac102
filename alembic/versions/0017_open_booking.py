"""Open booking by link, and the standby list for places that become free.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "service", sa.Column("open", sa.Boolean(), server_default="false", nullable=False)
    )
    op.create_table(
        "standby",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("need", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("offers", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "lane IN ('kunden','einladung','firmen','notfall','post','pause')",
            name=op.f("ck_standby_lane_known"),
        ),
        sa.CheckConstraint("offers BETWEEN 0 AND 3", name=op.f("ck_standby_three_offers")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_standby_person_id")),
        sa.ForeignKeyConstraint(
            ["service_key"], ["service.key"], name=op.f("fk_standby_service_key")
        ),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_standby_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standby")),
    )
    op.create_index(
        "uq_standby_person_purpose",
        "standby",
        ["person_id", "service_key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "booking_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("standby_id", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.Column("passed_on", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_booking_link_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["standby_id"], ["standby.id"], name=op.f("fk_booking_link_standby_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_link")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_booking_link_booking_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_booking_link_token_hash")),
    )
    op.create_index(op.f("ix_booking_link_standby_id"), "booking_link", ["standby_id"])
