"""Blocks of the roster know from which lane their minutes came back to the public.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the lane of origin, empty for all blocks so far."""
    op.add_column(
        "roster_block", sa.Column("returned_from", sa.Text(), server_default="", nullable=False)
    )
