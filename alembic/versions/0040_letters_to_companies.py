"""Letters addressed to the employer of a case; how far a long import is.

Revision ID: 0040
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("letter", sa.Column("company_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_letter_company_id"), "letter", "company", ["company_id"], ["id"])
    op.create_index(
        "ix_letter_company",
        "letter",
        ["company_id"],
        postgresql_where=sa.text("company_id IS NOT NULL"),
    )
    op.add_column("post_import", sa.Column("rows_total", sa.Integer(), nullable=True))
    op.add_column(
        "post_import", sa.Column("touched_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
