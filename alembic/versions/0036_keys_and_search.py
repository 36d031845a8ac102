"""The desk: letters of each user, search by AZR number and company, clocks of one's own cases.

Revision ID: 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "user_keys",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.Text(), server_default="on", nullable=False),
        sa.Column(
            "keys",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint("mode IN ('on','alt','off')", name=op.f("ck_user_keys_mode_known")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_keys_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_keys")),
    )
    op.add_column("person", sa.Column("azr_number", sa.Text(), nullable=True))
    op.create_check_constraint("azr_number_form", "person", "azr_number ~ '^[0-9]{12}$'")
    op.create_index(
        "uq_person_azr_number",
        "person",
        ["azr_number"],
        unique=True,
        postgresql_where=sa.text("azr_number IS NOT NULL"),
    )
    op.create_index(
        "ix_company_name_search_trgm",
        "company",
        ["name_search"],
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_frist_case_due",
        "frist",
        ["vorgang_id", "due_on"],
        postgresql_where=sa.text("status = 'running'"),
    )
