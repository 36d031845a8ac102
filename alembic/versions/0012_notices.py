"""Co-signatures and deputies, seals, returned mail, reprints, custody of forms, text of sheets.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "letter_signature",
        sa.Column("capacity", sa.Text(), server_default="", nullable=False),
    )
    op.add_column(
        "signing_mandate",
        sa.Column("capacities", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("letter", sa.Column("unsealed_sha256", sa.Text(), nullable=True))
    op.add_column("letter", sa.Column("sealed_by", sa.Text(), nullable=True))
    op.add_column("print_job", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column("dispatch", sa.Column("deed_blatt_id", sa.BigInteger(), nullable=True))
    op.add_column("dispatch", sa.Column("returned_on", sa.Date(), nullable=True))
    op.add_column(
        "dispatch", sa.Column("return_reason", sa.Text(), server_default="", nullable=False)
    )
    op.create_foreign_key(
        op.f("fk_dispatch_deed_blatt_id"), "dispatch", "blatt", ["deed_blatt_id"], ["id"]
    )
    op.create_table(
        "signing_deputy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("absent_user_id", sa.BigInteger(), nullable=False),
        sa.Column("deputy_user_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("appointed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "valid_until >= valid_from", name=op.f("ck_signing_deputy_valid_period")
        ),
        sa.CheckConstraint(
            "absent_user_id <> deputy_user_id", name=op.f("ck_signing_deputy_somebody_else")
        ),
        sa.ForeignKeyConstraint(
            ["absent_user_id"], ["app_user.id"], name=op.f("fk_signing_deputy_absent_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["deputy_user_id"], ["app_user.id"], name=op.f("fk_signing_deputy_deputy_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["appointed_by"], ["app_user.id"], name=op.f("fk_signing_deputy_appointed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_deputy")),
    )
    op.create_index(op.f("ix_signing_deputy_absent_user_id"), "signing_deputy", ["absent_user_id"])
    op.create_index(op.f("ix_signing_deputy_deputy_user_id"), "signing_deputy", ["deputy_user_id"])
    op.create_table(
        "form_stock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("serial_no", sa.Text(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="stock", nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=True),
        sa.Column("form_issue_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('stock','issued','spoiled')", name=op.f("ck_form_stock_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'spoiled' OR reason <> ''", name=op.f("ck_form_stock_spoiled_says_why")
        ),
        sa.CheckConstraint(
            "(state = 'issued') = (form_issue_id IS NOT NULL)",
            name=op.f("ck_form_stock_issued_to"),
        ),
        sa.ForeignKeyConstraint(
            ["received_by"], ["app_user.id"], name=op.f("fk_form_stock_received_by")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["app_user.id"], name=op.f("fk_form_stock_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["form_issue_id"], ["form_issue.id"], name=op.f("fk_form_stock_form_issue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_stock")),
        sa.UniqueConstraint("form", "serial_no", name="uq_form_stock_form_serial_no"),
    )
    op.create_table(
        "blatt_text",
        sa.Column("blatt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('german', content)", persisted=True),
        ),
        sa.ForeignKeyConstraint(["blatt_id"], ["blatt.id"], name=op.f("fk_blatt_text_blatt_id")),
        sa.PrimaryKeyConstraint("blatt_id", name=op.f("pk_blatt_text")),
    )
    op.create_index("ix_blatt_text_words", "blatt_text", ["words"], postgresql_using="gin")
