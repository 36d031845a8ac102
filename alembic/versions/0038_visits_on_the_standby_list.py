"""Visits of several services and persons on the standby list; what a person needs of the desk.

Revision ID: 0038
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def _needs() -> sa.Column[list[str]]:
    kind = postgresql.ARRAY(sa.Text())
    return sa.Column("needs", kind, server_default="{}", nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("booking", "invitation", "standby"):
        op.add_column(table, _needs())
    services = postgresql.ARRAY(sa.Text())
    op.add_column("standby", sa.Column("also", services, server_default="{}", nullable=False))
    op.add_column(
        "standby", sa.Column("persons", sa.SmallInteger(), server_default="1", nullable=False)
    )
    op.add_column(
        "standby", sa.Column("interpreter", sa.Boolean(), server_default="false", nullable=False)
    )
    op.create_check_constraint("persons_sane", "standby", "persons BETWEEN 1 AND 12")
    op.create_check_constraint("each_service_once", "standby", "NOT service_key = ANY (also)")
    op.create_check_constraint("services_sane", "standby", "cardinality(also) <= 3")
