"""Post: parts of items, arrivals of the channels, corrections, text models, what the intake says.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tables()
    op.add_column(
        "post_item",
        sa.Column(
            "notes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
    )
    op.add_column("post_item", sa.Column("sorted_by", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "post_item", sa.Column("bell", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("post_item", sa.Column("reading", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_post_item_reading_known"), "post_item", "reading IN ('','offen','gelesen','leer')"
    )
    op.create_index(
        "ix_post_item_unfiled",
        "post_item",
        ["id"],
        unique=False,
        postgresql_where=sa.text(
            "vorgang_id IS NOT NULL AND sha256 IS NOT NULL AND blatt_id IS NULL"
        ),
    )
    op.create_index(
        "ix_post_item_unread",
        "post_item",
        ["id"],
        unique=False,
        postgresql_where=sa.text("reading = 'offen'"),
    )
    op.create_index(
        "ix_post_item_bell",
        "post_item",
        ["unit_key", "id"],
        unique=False,
        postgresql_where=sa.text("bell AND done_at IS NULL"),
    )


def _tables() -> None:
    op.create_table(
        "post_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["post_item.id"], name=op.f("fk_post_part_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_part")),
    )
    op.create_index(op.f("ix_post_part_item_id"), "post_part", ["item_id"], unique=False)
    op.create_index(op.f("ix_post_part_sha256"), "post_part", ["sha256"], unique=False)
    op.create_table(
        "post_arrival",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("arrived_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('scan','mail')", name=op.f("ck_post_arrival_channel_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_arrival")),
        sa.UniqueConstraint("channel", "ref", name=op.f("uq_post_arrival_channel_ref")),
    )
    op.create_index(
        op.f("ix_post_arrival_arrived_at"), "post_arrival", ["arrived_at"], unique=False
    )
    op.create_table(
        "post_correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("corrected_by", sa.BigInteger(), nullable=True),
        sa.Column("corrected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrected_by"], ["app_user.id"], name=op.f("fk_post_correction_corrected_by")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["post_item.id"], name=op.f("fk_post_correction_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_correction")),
    )
    op.create_index(
        op.f("ix_post_correction_item_id"), "post_correction", ["item_id"], unique=False
    )
    op.create_table(
        "post_model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("trained_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("newest_correction", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_model")),
    )
    op.create_index(op.f("ix_post_model_sha256"), "post_model", ["sha256"], unique=False)
