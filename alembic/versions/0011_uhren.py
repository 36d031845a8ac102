"""Clocks that can stand still, participations whose period only rests.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BEFORE = "status IN ('running','expired','ended')"
_AFTER = "status IN ('running','stopped','expired','ended')"


def upgrade() -> None:
    """Add what a stopped clock needs to run on: its length, its first event, its rests."""
    op.add_column("frist", sa.Column("law_key", sa.Text(), server_default="", nullable=False))
    op.add_column("frist", sa.Column("event_on", sa.Date(), nullable=True))
    op.add_column("frist", sa.Column("stops", JSONB(), server_default="[]", nullable=False))
    op.drop_constraint(op.f("ck_frist_status_known"), "frist", type_="check")
    op.create_check_constraint(op.f("ck_frist_status_known"), "frist", _AFTER)
    op.add_column("beteiligung", sa.Column("rest_days", sa.SmallInteger(), nullable=True))
    op.add_column("beteiligung", sa.Column("receipt", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take the columns back; clocks that stand count as ended."""
    op.drop_column("beteiligung", "receipt")
    op.drop_column("beteiligung", "rest_days")
    op.execute("UPDATE frist SET status = 'ended' WHERE status = 'stopped'")
    op.drop_constraint(op.f("ck_frist_status_known"), "frist", type_="check")
    op.create_check_constraint(op.f("ck_frist_status_known"), "frist", _BEFORE)
    op.drop_column("frist", "stops")
    op.drop_column("frist", "event_on")
    op.drop_column("frist", "law_key")
