"""E-file, letters, signatures, dispatch, print jobs, forms, cards.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "card_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="ordered", nullable=False),
        sa.Column("title_kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("provisions", sa.Text(), server_default="", nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('ordered','rejected','arrived','handed_over')",
            name=op.f("ck_card_order_state_known"),
        ),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_card_order_valid_period")),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["app_user.id"], name=op.f("fk_card_order_ordered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_order")),
    )
    op.create_index(op.f("ix_card_order_vorgang_id"), "card_order", ["vorgang_id"], unique=False)
    op.create_table(
        "form_issue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("serial_no", sa.Text(), nullable=False),
        sa.Column("seal_no", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column(
            "entries", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("entry_81_5a", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["app_user.id"], name=op.f("fk_form_issue_issued_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_issue")),
        sa.UniqueConstraint("form", "serial_no", name="uq_form_issue_form_serial_no"),
    )
    op.create_index(op.f("ix_form_issue_vorgang_id"), "form_issue", ["vorgang_id"], unique=False)
    op.create_table(
        "signing_mandate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("max_amount", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_signing_mandate_valid_period"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_signing_mandate_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_mandate")),
    )
    op.create_index(
        op.f("ix_signing_mandate_user_id"), "signing_mandate", ["user_id"], unique=False
    )
    op.create_table(
        "akte",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("access_class", sa.Text(), server_default="aufenthalt", nullable=False),
        sa.Column("last_sheet", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_akte_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_akte")),
        sa.UniqueConstraint("number", name=op.f("uq_akte_number")),
    )
    op.create_index(op.f("ix_akte_person_id"), "akte", ["person_id"], unique=False)
    op.create_table(
        "signing_exclusion",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_signing_exclusion_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_signing_exclusion_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "person_id", name=op.f("pk_signing_exclusion")),
    )
    op.create_table(
        "blatt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("akte_id", sa.BigInteger(), nullable=False),
        sa.Column("sheet_no", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("blob_sha256", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.Text(), server_default="", nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("filed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(blob_sha256) = 64", name=op.f("ck_blatt_sha256_hex")),
        sa.CheckConstraint("sheet_no > 0", name=op.f("ck_blatt_sheet_no_positive")),
        sa.ForeignKeyConstraint(["akte_id"], ["akte.id"], name=op.f("fk_blatt_akte_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blatt")),
        sa.UniqueConstraint("akte_id", "sheet_no", name="uq_blatt_akte_id_sheet_no"),
    )
    op.create_index(op.f("ix_blatt_blob_sha256"), "blatt", ["blob_sha256"], unique=False)
    op.create_index(op.f("ix_blatt_vorgang_id"), "blatt", ["vorgang_id"], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("akte_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("rule_id", sa.Text(), nullable=True),
        sa.Column("rule_version", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("suffix", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("prepared_by", sa.BigInteger(), nullable=True),
        sa.Column("final_signer_id", sa.BigInteger(), nullable=True),
        sa.Column("hand_signed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("pdf_sha256", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("blatt_id", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("released_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft','signing','signed','released','dispatched','void')",
            name=op.f("ck_letter_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('released','dispatched') OR (pdf_sha256 IS NOT NULL AND blatt_id IS NOT NULL AND rule_id IS NOT NULL)",
            name=op.f("ck_letter_released_is_filed"),
        ),
        sa.ForeignKeyConstraint(["akte_id"], ["akte.id"], name=op.f("fk_letter_akte_id")),
        sa.ForeignKeyConstraint(["blatt_id"], ["blatt.id"], name=op.f("fk_letter_blatt_id")),
        sa.ForeignKeyConstraint(
            ["final_signer_id"], ["app_user.id"], name=op.f("fk_letter_final_signer_id")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["app_user.id"], name=op.f("fk_letter_prepared_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index(op.f("ix_letter_akte_id"), "letter", ["akte_id"], unique=False)
    op.create_index(
        "ix_letter_signing",
        "letter",
        ["unit_key", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'signing'"),
    )
    op.create_index(op.f("ix_letter_vorgang_id"), "letter", ["vorgang_id"], unique=False)
    op.create_table(
        "dispatch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("handed_over_on", sa.Date(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("notified_earliest", sa.Date(), nullable=True),
        sa.Column("notified_latest", sa.Date(), nullable=True),
        sa.Column(
            "arithmetic",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_dispatch_letter_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["app_user.id"], name=op.f("fk_dispatch_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
    )
    op.create_index(op.f("ix_dispatch_letter_id"), "dispatch", ["letter_id"], unique=False)
    op.create_table(
        "letter_signature",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("signed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("voided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('prepare','co','final')", name=op.f("ck_letter_signature_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_signature_letter_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_letter_signature_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_signature")),
    )
    op.create_index(
        op.f("ix_letter_signature_letter_id"), "letter_signature", ["letter_id"], unique=False
    )
    op.create_table(
        "print_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("printer_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("printer_job", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=True),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting','sent','completed','failed')",
            name=op.f("ck_print_job_state_known"),
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_print_job_letter_id")),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["app_user.id"], name=op.f("fk_print_job_ordered_by")
        ),
        sa.ForeignKeyConstraint(
            ["printer_id"], ["printer.id"], name=op.f("fk_print_job_printer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
    )
    op.create_index(op.f("ix_print_job_letter_id"), "print_job", ["letter_id"], unique=False)
    op.execute(
        "CREATE TRIGGER blatt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blatt "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
