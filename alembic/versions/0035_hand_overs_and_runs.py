"""Hand-overs counted by an index of their lines in the log; bulk hand-overs as stored runs.

Revision ID: 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_vorgang_step_handover",
        "vorgang_step",
        ["vorgang_id"],
        postgresql_where=sa.text("step = 'uebergabe'"),
    )
    op.create_index(
        "ix_vorgang_unit_closed",
        "vorgang",
        ["unit_key", "closed_at"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index("ix_letter_prepared", "letter", ["prepared_by", "created_at"])
    op.create_table(
        "case_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("to_user", sa.BigInteger(), nullable=True),
        sa.Column("to_unit", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("run_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.CheckConstraint("to_user IS NULL OR to_unit = ''", name=op.f("ck_case_run_one_aim")),
        sa.CheckConstraint("length(btrim(reason)) >= 10", name=op.f("ck_case_run_reason_written")),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_case_run_unit_key")
        ),
        sa.ForeignKeyConstraint(["to_user"], ["app_user.id"], name=op.f("fk_case_run_to_user")),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["app_user.id"], name=op.f("fk_case_run_ordered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_run")),
    )
    op.create_index(
        "ix_case_run_due",
        "case_run",
        ["run_at"],
        postgresql_where=sa.text("done_at IS NULL AND undone_at IS NULL"),
    )
    op.create_index("ix_case_run_unit", "case_run", ["unit_key", "id"])
    op.create_table(
        "case_run_row",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "outcome IN ('','done','skipped')", name=op.f("ck_case_run_row_outcome_known")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["case_run.id"], name=op.f("fk_case_run_row_run_id")),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_case_run_row_vorgang_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["app_user.id"], name=op.f("fk_case_run_row_owner_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "vorgang_id", name=op.f("pk_case_run_row")),
    )
    op.create_index(op.f("ix_case_run_row_vorgang_id"), "case_run_row", ["vorgang_id"])
