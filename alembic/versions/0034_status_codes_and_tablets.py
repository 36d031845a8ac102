"""Status page: codes by letter, tablets at desks and what they show.

Revision ID: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "status_code",
        sa.Column("vorgang_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("language", sa.Text(), server_default="de", nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "attempts BETWEEN 0 AND 5", name=op.f("ck_status_code_attempts_limited")
        ),
        sa.CheckConstraint(
            "(told_at IS NULL) = (reference IS NULL) AND (reference IS NULL) = (code_hash IS NULL)"
            " AND (told_at IS NULL) = (last_day IS NULL)",
            name=op.f("ck_status_code_told_with_its_code"),
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_status_code_vorgang_id")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_status_code_letter_id")
        ),
        sa.PrimaryKeyConstraint("vorgang_id", name=op.f("pk_status_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_status_code_reference")),
    )
    op.create_index(op.f("ix_status_code_letter_id"), "status_code", ["letter_id"])
    op.create_index(
        "ix_status_code_untold",
        "status_code",
        ["asked_at"],
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "desk_tablet",
        sa.Column("desk_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_desk_tablet_desk_id")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_desk_tablet_made_by")),
        sa.PrimaryKeyConstraint("desk_id", name=op.f("pk_desk_tablet")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_desk_tablet_token_hash")),
    )
    op.create_table(
        "tablet_show",
        sa.Column("desk_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("shown_at", _INSTANT, nullable=False),
        sa.Column("shown_by", sa.BigInteger(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.CheckConstraint("until > shown_at", name=op.f("ck_tablet_show_ends_after_it_began")),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk_tablet.desk_id"], name=op.f("fk_tablet_show_desk_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_tablet_show_vorgang_id")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_tablet_show_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["shown_by"], ["app_user.id"], name=op.f("fk_tablet_show_shown_by")
        ),
        sa.PrimaryKeyConstraint("desk_id", name=op.f("pk_tablet_show")),
    )
    op.create_index(op.f("ix_tablet_show_vorgang_id"), "tablet_show", ["vorgang_id"])
    op.create_index(op.f("ix_tablet_show_booking_id"), "tablet_show", ["booking_id"])
