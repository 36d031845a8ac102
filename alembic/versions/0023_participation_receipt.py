"""A participation shows when the other authority was reminded and when its receipt was proved.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two days; what proves the receipt has its column already."""
    op.add_column("beteiligung", sa.Column("reminded_on", sa.Date(), nullable=True))
    op.add_column("beteiligung", sa.Column("receipt_on", sa.Date(), nullable=True))
