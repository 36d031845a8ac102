"""Inbound items of post.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "post_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("entered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("blatt_id", sa.BigInteger(), nullable=True),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('paper','email','portal','counter')",
            name=op.f("ck_post_item_channel_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('application','documents','statement','inquiry','ba_answer','other')",
            name=op.f("ck_post_item_kind_known"),
        ),
        sa.ForeignKeyConstraint(["blatt_id"], ["blatt.id"], name=op.f("fk_post_item_blatt_id")),
        sa.ForeignKeyConstraint(["done_by"], ["app_user.id"], name=op.f("fk_post_item_done_by")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["app_user.id"], name=op.f("fk_post_item_entered_by")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_post_item_person_id")),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_item_unit_key")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_post_item_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_item")),
    )
    op.create_index(
        "ix_post_item_open",
        "post_item",
        ["unit_key", "received_on", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(op.f("ix_post_item_person_id"), "post_item", ["person_id"], unique=False)
    op.create_index(op.f("ix_post_item_vorgang_id"), "post_item", ["vorgang_id"], unique=False)
