"""Which member of a company knows of a letter to it, and who wants mails about them.

Revision ID: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "company_member",
        sa.Column("mail_news", sa.Boolean(), server_default="true", nullable=False),
    )
    op.create_table(
        "letter_notice",
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("mailed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_letter_notice_letter_id"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_letter_notice_user_id"),
        sa.PrimaryKeyConstraint("letter_id", "user_id", name="pk_letter_notice"),
    )
    op.create_index("ix_letter_notice_mailed", "letter_notice", ["user_id", "mailed_on"])
    op.create_index(
        "ix_letter_company_released",
        "letter",
        ["released_at"],
        postgresql_where=sa.text("company_id IS NOT NULL"),
    )
