"""Company cases: applications, sheets, messages, outlook, reports."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the tables of the company side of cases."""
    op.create_table(
        "firm_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("verfahren", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_firm_batch_company_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_firm_batch_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_batch")),
    )
    op.create_index(op.f("ix_firm_batch_company_id"), "firm_batch", ["company_id"], unique=False)
    op.create_table(
        "case_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("from_company", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("answers_id", sa.BigInteger(), nullable=True),
        sa.Column("read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("read_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("length(btrim(body)) >= 1", name=op.f("ck_case_message_says_something")),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["case_message.id"], name=op.f("fk_case_message_answers_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["app_user.id"], name=op.f("fk_case_message_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_case_message_company_id")
        ),
        sa.ForeignKeyConstraint(["read_by"], ["app_user.id"], name=op.f("fk_case_message_read_by")),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_case_message_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_message")),
    )
    op.create_index(
        "ix_case_message_unread",
        "case_message",
        ["company_id", "from_company", "vorgang_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL OR answered_at IS NULL"),
    )
    op.create_index(
        op.f("ix_case_message_vorgang_id"), "case_message", ["vorgang_id"], unique=False
    )
    op.create_table(
        "case_outlook",
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("computed_on", sa.Date(), nullable=False),
        sa.Column("expected_from", sa.Date(), nullable=True),
        sa.Column("expected_to", sa.Date(), nullable=True),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("waited_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "expected_from <= expected_to", name=op.f("ck_case_outlook_range_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_case_outlook_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("vorgang_id", name=op.f("pk_case_outlook")),
    )
    op.create_index(
        "ix_case_outlook_decided",
        "case_outlook",
        ["decided_on"],
        unique=False,
        postgresql_where=sa.text("decided_on IS NOT NULL AND promised_on IS NOT NULL"),
    )
    op.create_table(
        "case_outlook_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("expected_from", sa.Date(), nullable=True),
        sa.Column("expected_to", sa.Date(), nullable=True),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_case_outlook_change_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_outlook_change")),
    )
    op.create_index(
        op.f("ix_case_outlook_change_vorgang_id"),
        "case_outlook_change",
        ["vorgang_id"],
        unique=False,
    )
    op.create_table(
        "firm_batch_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "problems", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('faulty','valid','ordered','filed','known')",
            name=op.f("ck_firm_batch_row_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["firm_batch.id"], name=op.f("fk_firm_batch_row_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_firm_batch_row_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_batch_row")),
        sa.UniqueConstraint("batch_id", "row_no", name="uq_firm_batch_row_no"),
    )
    op.create_index(
        op.f("ix_firm_batch_row_vorgang_id"), "firm_batch_row", ["vorgang_id"], unique=False
    )
    op.create_table(
        "firm_filing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("filed_by", sa.BigInteger(), nullable=False),
        sa.Column("filed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("identity_hash", sa.LargeBinary(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_firm_filing_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"], ["app_user.id"], name=op.f("fk_firm_filing_filed_by")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_firm_filing_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_filing")),
        sa.UniqueConstraint("company_id", "content_hash", name="uq_firm_filing_content"),
        sa.UniqueConstraint("vorgang_id", name=op.f("uq_firm_filing_vorgang_id")),
    )
    op.create_index(
        "ix_firm_filing_identity", "firm_filing", ["company_id", "identity_hash"], unique=False
    )
    op.create_table(
        "employer_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("post_item_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_employer_report_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_item_id"], ["post_item.id"], name=op.f("fk_employer_report_post_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_employer_report_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_employer_report_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_report")),
        sa.UniqueConstraint(
            "vorgang_id", "ended_on", name="uq_employer_report_vorgang_id_ended_on"
        ),
    )
    op.create_index(
        op.f("ix_employer_report_vorgang_id"), "employer_report", ["vorgang_id"], unique=False
    )
    op.create_index(
        op.f("ix_case_message_answers_id"), "case_message", ["answers_id"], unique=False
    )
    op.create_index(
        op.f("ix_employer_report_post_item_id"), "employer_report", ["post_item_id"], unique=False
    )


def downgrade() -> None:
    """Refused: a correction is a new migration, data are never thrown away backwards."""
    raise NotImplementedError("migrations go forward only")
