"""Places of the firm lane, size of companies, their calendars, published figures of both lanes.

Revision ID: 0031
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_ID = (sa.BigInteger(), sa.Identity(always=False))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _accounts()
    _places()
    _figures()


def _accounts() -> None:
    op.create_table(
        "firm_account",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", _INSTANT, nullable=True),
        sa.CheckConstraint("employees >= 0", name=op.f("ck_firm_account_employees_counted")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_firm_account_company_id")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["app_user.id"], name=op.f("fk_firm_account_set_by")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_firm_account")),
    )
    op.create_table(
        "firm_week",
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "extract(isodow FROM monday) = 1", name=op.f("ck_firm_week_is_a_monday")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_firm_week_unit_key")
        ),
        sa.PrimaryKeyConstraint("unit_key", "monday", name=op.f("pk_firm_week")),
    )


def _places() -> None:
    op.create_table(
        "firm_group",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.CheckConstraint("key <> ''", name=op.f("ck_firm_group_key_given")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_firm_group_company_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_firm_group_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_group")),
        sa.UniqueConstraint("company_id", "key", name="uq_firm_group_company_id_key"),
    )
    op.create_table(
        "firm_place",
        sa.Column("booking_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("instead_of", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "instead_of <> booking_id", name=op.f("ck_firm_place_instead_of_another")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_firm_place_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_firm_place_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["firm_group.id"], name=op.f("fk_firm_place_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["instead_of"],
            ["firm_place.booking_id"],
            name=op.f("fk_firm_place_instead_of"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_firm_place")),
        sa.UniqueConstraint("instead_of", name=op.f("uq_firm_place_instead_of")),
    )
    op.create_index("ix_firm_place_company_id", "firm_place", ["company_id"])
    op.create_index("ix_firm_place_batch_id", "firm_place", ["batch_id"])
    op.create_table(
        "firm_calendar",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_read_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_firm_calendar_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["app_user.id"], name=op.f("fk_firm_calendar_made_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_calendar")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_firm_calendar_token_hash")),
    )
    op.create_index(
        "uq_firm_calendar_company_id",
        "firm_calendar",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _figures() -> None:
    op.create_table(
        "lane_figures",
        sa.Column("id", *_ID, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=False),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_lane_figures_days_in_order")),
        sa.ForeignKeyConstraint(
            ["published_by"], ["app_user.id"], name=op.f("fk_lane_figures_published_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_figures")),
    )
    op.create_index(
        "uq_lane_figures_period",
        "lane_figures",
        ["first_day", "last_day"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
