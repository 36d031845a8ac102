"""Sachgebiete, desks, printers, services, qualifications, closures.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "office_profile",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_profile")),
    )
    op.create_table(
        "printer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("key", name=op.f("uq_printer_key")),
    )
    op.create_table(
        "sachgebiet",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("central", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("verfahren", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("room", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sachgebiet")),
    )
    op.create_table(
        "service",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("equipment", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("minutes BETWEEN 5 AND 240", name=op.f("ck_service_minutes_sane")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service")),
    )
    op.create_table(
        "closure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_closure_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
        sa.UniqueConstraint(
            "day", "unit_key", name="uq_closure_day_unit", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_closure_day"), "closure", ["day"], unique=False)
    op.create_table(
        "desk",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("equipment", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("printer_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_desk_printer_id")),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_desk_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
        sa.UniqueConstraint("key", name=op.f("uq_desk_key")),
    )
    op.create_index(op.f("ix_desk_unit_key"), "desk", ["unit_key"], unique=False)
    op.create_table(
        "qualification",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("verfahren", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "level IN ('trained','training')", name=op.f("ck_qualification_level_known")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_qualification_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "verfahren", name=op.f("pk_qualification")),
    )
