"""Reporting oneself in the waiting room, and files of the ground of an emergency request.

Revision ID: 0042
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("booking", sa.Column("reported_at", postgresql.TIMESTAMP(timezone=True)))
    op.create_table(
        "emergency_evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("pages", sa.SmallInteger()),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["emergency_request.id"],
            name=op.f("fk_emergency_evidence_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_evidence")),
        sa.UniqueConstraint("request_id", "sha256", name="uq_emergency_evidence_request_id_sha256"),
    )
    op.create_index(
        op.f("ix_emergency_evidence_sha256"), "emergency_evidence", ["sha256"], unique=False
    )
