"""People without appointment; calls are counted, a visit can be handed to a colleague.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "booking", sa.Column("calls", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("booking", sa.Column("hand_to", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_booking_hand_to"), "booking", "app_user", ["hand_to"], ["id"])
    op.create_table(
        "walk_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("accessible", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("calls", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("called_at", _INSTANT, nullable=True),
        sa.Column("called_to", sa.BigInteger(), nullable=True),
        sa.Column("hand_to", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("served_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting','called','served','no_show','left')",
            name=op.f("ck_walk_in_status_known"),
        ),
        sa.CheckConstraint(
            "(status IN ('served','no_show','left')) = (closed_at IS NOT NULL)",
            name=op.f("ck_walk_in_ends_once"),
        ),
        sa.ForeignKeyConstraint(["called_to"], ["desk.id"], name=op.f("fk_walk_in_called_to")),
        sa.ForeignKeyConstraint(["hand_to"], ["app_user.id"], name=op.f("fk_walk_in_hand_to")),
        sa.ForeignKeyConstraint(["served_by"], ["app_user.id"], name=op.f("fk_walk_in_served_by")),
        sa.ForeignKeyConstraint(
            ["service_key"], ["service.key"], name=op.f("fk_walk_in_service_key")
        ),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_walk_in_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_walk_in_token_hash")),
        sa.UniqueConstraint("unit_key", "day", "ticket", name="uq_walk_in_unit_key_day_ticket"),
    )
