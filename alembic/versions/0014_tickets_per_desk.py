"""Tickets are counted per desk, and a desk's day is found without its unit.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "ticket_counter",
        sa.Column("desk_id", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.drop_constraint(op.f("pk_ticket_counter"), "ticket_counter", type_="primary")
    op.create_primary_key(
        op.f("pk_ticket_counter"), "ticket_counter", ["unit_key", "day", "desk_id"]
    )
    op.create_index("ix_desk_day_desk_id_day", "desk_day", ["desk_id", "day"])
