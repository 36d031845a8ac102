"""Events that change: calendars follow by a number that grows, and say since when.

Revision ID: 0047
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "group_event", sa.Column("sequence", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "group_event", sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
