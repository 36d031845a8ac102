"""Bulk signing, trays and states of workplace printers, electronic access and its service.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _looks()
    _printing()
    _electronic()


def _looks() -> None:
    op.create_table(
        "letter_look",
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_look_letter_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_letter_look_user_id")),
        sa.PrimaryKeyConstraint("letter_id", "user_id", name=op.f("pk_letter_look")),
    )


def _printing() -> None:
    op.add_column(
        "printer",
        sa.Column("trays", postgresql.JSONB(), server_default="{}", nullable=False),
    )
    op.add_column(
        "printer", sa.Column("duplex", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "print_job", sa.Column("paper", sa.Text(), server_default="letter", nullable=False)
    )
    op.add_column("print_job", sa.Column("looks", sa.Integer(), server_default="0", nullable=False))
    op.add_column("print_job", sa.Column("reported_at", _INSTANT, nullable=True))
    op.drop_constraint(op.f("ck_print_job_state_known"), "print_job", type_="check")
    op.create_check_constraint(
        op.f("ck_print_job_state_known"),
        "print_job",
        "state IN ('waiting','sent','printing','jammed','completed','failed')",
    )
    op.alter_column("print_job", "letter_id", nullable=True)
    op.add_column("print_job", sa.Column("form_issue_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_print_job_form_issue_id"), "print_job", "form_issue", ["form_issue_id"], ["id"]
    )
    op.create_index(
        op.f("ix_print_job_form_issue_id"), "print_job", ["form_issue_id"], unique=False
    )
    op.create_check_constraint(
        op.f("ck_print_job_prints_one_thing"),
        "print_job",
        "num_nonnulls(letter_id, form_issue_id) = 1",
    )
    op.create_check_constraint(
        op.f("ck_print_job_paper_known"), "print_job", "paper IN ('letter','form','label')"
    )


def _electronic() -> None:
    op.create_table(
        "electronic_access",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), server_default="", nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('portal','demail')", name=op.f("ck_electronic_access_channel_known")
        ),
        sa.CheckConstraint(
            "level IN ('','substanziell','hoch')", name=op.f("ck_electronic_access_level_known")
        ),
        sa.CheckConstraint(
            "revoked_on IS NULL OR revoked_on >= consent_on",
            name=op.f("ck_electronic_access_valid_period"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_electronic_access_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["app_user.id"], name=op.f("fk_electronic_access_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electronic_access")),
    )
    op.create_index(
        op.f("ix_electronic_access_person_id"), "electronic_access", ["person_id"], unique=False
    )
    op.create_index(
        "uq_electronic_access_open",
        "electronic_access",
        ["person_id", "channel"],
        unique=True,
        postgresql_where=sa.text("revoked_on IS NULL"),
    )
    for name in ("address", "transfer", "transfer_note"):
        op.add_column("dispatch", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("retrieve_until", "retrieved_on"):
        op.add_column("dispatch", sa.Column(name, sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_dispatch_transfer_known"),
        "dispatch",
        "transfer IN ('','ordered','delivered','retrieved','expired','refused')",
    )
