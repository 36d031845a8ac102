"""The first start in the browser, and how far somebody is on the tour of the demo.

Revision ID: 0041
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "office_setup",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "draft",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_office_setup_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_setup")),
    )
    op.create_table(
        "user_tour",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stop", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ended", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_tour_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_tour")),
    )
