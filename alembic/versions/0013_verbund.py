"""Links between cases.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of links."""
    op.create_table(
        "vorgang_link",
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_vorgang_link_two_cases")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_vorgang_link_by_id")),
        sa.ForeignKeyConstraint(["from_id"], ["vorgang.id"], name=op.f("fk_vorgang_link_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["vorgang.id"], name=op.f("fk_vorgang_link_to_id")),
        sa.PrimaryKeyConstraint("from_id", "to_id", "kind", name=op.f("pk_vorgang_link")),
    )
    op.create_index(op.f("ix_vorgang_link_to_id"), "vorgang_link", ["to_id"])


def downgrade() -> None:
    """Drop the table of links."""
    op.drop_table("vorgang_link")
