"""Cases, steps, findings, waivers, participations, clocks, fictions, fees.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "antrag_draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "uploads", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_antrag_draft")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_antrag_draft_token_hash")),
    )
    op.create_index(
        op.f("ix_antrag_draft_expires_at"), "antrag_draft", ["expires_at"], unique=False
    )
    op.create_table(
        "case_counter",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_counter")),
    )
    op.create_table(
        "vorgang",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("verfahren", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("akte_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_channel", sa.Text(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("title_kind", sa.Text(), server_default="none", nullable=False),
        sa.Column("title_until", sa.Date(), nullable=True),
        sa.Column("job_start", sa.Date(), nullable=True),
        sa.Column("harm_on", sa.Date(), nullable=False),
        sa.Column("harm_key", sa.Text(), nullable=False),
        sa.Column("antrag", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "progress", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("status_token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), server_default="de", nullable=False),
        sa.CheckConstraint(
            "received_channel IN ('portal','paper','email','counter','employer','other_authority')",
            name=op.f("ck_vorgang_channel_known"),
        ),
        sa.ForeignKeyConstraint(["akte_id"], ["akte.id"], name=op.f("fk_vorgang_akte_id")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_vorgang_company_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_vorgang_owner_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_vorgang_person_id")),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_vorgang_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vorgang")),
        sa.UniqueConstraint("number", name=op.f("uq_vorgang_number")),
        sa.UniqueConstraint("status_token_hash", name=op.f("uq_vorgang_status_token_hash")),
    )
    op.create_index(op.f("ix_vorgang_company_id"), "vorgang", ["company_id"], unique=False)
    op.create_index(
        "ix_vorgang_desk_list",
        "vorgang",
        ["unit_key", "harm_on", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_vorgang_owner_id"), "vorgang", ["owner_id"], unique=False)
    op.create_index(
        "ix_vorgang_owner_list",
        "vorgang",
        ["owner_id", "harm_on", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_vorgang_person_id"), "vorgang", ["person_id"], unique=False)
    op.create_index(
        "uq_vorgang_open_person_verfahren",
        "vorgang",
        ["person_id", "verfahren"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "beteiligung",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('planned','requested','needs_info','consented','refused','deemed_consented','overdue')",
            name=op.f("ck_beteiligung_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_beteiligung_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beteiligung")),
    )
    op.create_index(op.f("ix_beteiligung_vorgang_id"), "beteiligung", ["vorgang_id"], unique=False)
    op.create_table(
        "case_finding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("found_by", sa.BigInteger(), nullable=True),
        sa.Column("found_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["found_by"], ["app_user.id"], name=op.f("fk_case_finding_found_by")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_case_finding_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_finding")),
    )
    op.create_index(
        "ix_case_finding_vorgang_id_key", "case_finding", ["vorgang_id", "key", "id"], unique=False
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("blatt_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["blatt_id"], ["blatt.id"], name=op.f("fk_evidence_blatt_id")),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_evidence_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("vorgang_id", "blatt_id", name="uq_evidence_vorgang_id"),
    )
    op.create_index(op.f("ix_evidence_vorgang_id"), "evidence", ["vorgang_id"], unique=False)
    op.create_table(
        "fee",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="due", nullable=False),
        sa.Column("waiver_norm", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("payment", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "status <> 'waived' OR waiver_norm <> ''", name=op.f("ck_fee_waiver_has_norm")
        ),
        sa.CheckConstraint("status IN ('due','paid','waived')", name=op.f("ck_fee_status_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_fee_amount_not_negative")),
        sa.ForeignKeyConstraint(["settled_by"], ["app_user.id"], name=op.f("fk_fee_settled_by")),
        sa.ForeignKeyConstraint(["vorgang_id"], ["vorgang.id"], name=op.f("fk_fee_vorgang_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee")),
        sa.UniqueConstraint("vorgang_id", "code", name="uq_fee_vorgang_id_code"),
    )
    op.create_table(
        "fiktion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["vorgang_id"], ["vorgang.id"], name=op.f("fk_fiktion_vorgang_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fiktion")),
        sa.UniqueConstraint("vorgang_id", name=op.f("uq_fiktion_vorgang_id")),
    )
    op.create_table(
        "vorgang_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["app_user.id"], name=op.f("fk_vorgang_step_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_vorgang_step_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vorgang_step")),
        sa.UniqueConstraint("vorgang_id", "seq", name="uq_vorgang_step_vorgang_id_seq"),
    )
    op.create_table(
        "waiver",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("length(btrim(reason)) >= 10", name=op.f("ck_waiver_reason_written")),
        sa.ForeignKeyConstraint(["granted_by"], ["app_user.id"], name=op.f("fk_waiver_granted_by")),
        sa.ForeignKeyConstraint(["vorgang_id"], ["vorgang.id"], name=op.f("fk_waiver_vorgang_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
        sa.UniqueConstraint("vorgang_id", "requirement", name="uq_waiver_vorgang_id_requirement"),
    )
    op.create_table(
        "frist",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("beteiligung_id", sa.BigInteger(), nullable=True),
        sa.Column("letter_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "arithmetic",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('running','expired','ended')", name=op.f("ck_frist_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["beteiligung_id"], ["beteiligung.id"], name=op.f("fk_frist_beteiligung_id")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_frist_letter_id")),
        sa.ForeignKeyConstraint(["vorgang_id"], ["vorgang.id"], name=op.f("fk_frist_vorgang_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frist")),
    )
    op.create_index(
        "ix_frist_due",
        "frist",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("status='running'"),
    )
    op.create_index(op.f("ix_frist_vorgang_id"), "frist", ["vorgang_id"], unique=False)
    op.execute(
        "CREATE TRIGGER vorgang_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vorgang_step "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER case_finding_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_finding "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
