"""Visits of several persons and services, chains of services, and extra places.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OPEN = "status IN ('held','booked','checked_in','called')"
_ACTIVE = "status IN ('held','booked','checked_in','called','served')"

# A GiST index knows numbers, not words: each service is a hash of 63 bits, so that plus one fits.
_PURPOSES = """
    CREATE FUNCTION booking_purposes(service_key text, also text[]) RETURNS int8multirange
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN also = '{}' THEN int8multirange(int8range(
                   hashtextextended(service_key, 0) >> 1,
                   (hashtextextended(service_key, 0) >> 1) + 1))
               ELSE (SELECT range_agg(int8range(h, h + 1))
                     FROM (SELECT hashtextextended(each, 0) >> 1 AS h
                           FROM unnest(also || service_key) AS each) AS hashes) END
    $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _services()
    for table in ("booking", "invitation"):
        op.add_column(
            table,
            sa.Column("also", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        )
        op.add_column(
            table, sa.Column("persons", sa.SmallInteger(), server_default="1", nullable=False)
        )
        op.add_column(
            table, sa.Column("interpreter", sa.Boolean(), server_default="false", nullable=False)
        )
    _extra_places()
    _bookings()


def _services() -> None:
    for name, usual in (("per_person", "0"), ("most_persons", "1"), ("interpreter_minutes", "0")):
        op.add_column(
            "service", sa.Column(name, sa.SmallInteger(), server_default=usual, nullable=False)
        )
    op.add_column("service", sa.Column("next_key", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_service_next_key"),
        "service",
        "service",
        ["next_key"],
        ["key"],
        deferrable=True,
        initially="DEFERRED",
    )
    for name, rule in (
        ("per_person_sane", "per_person BETWEEN 0 AND 120"),
        ("most_persons_sane", "most_persons BETWEEN 1 AND 12"),
        ("interpreter_sane", "interpreter_minutes BETWEEN 0 AND 120"),
        ("next_is_another", "next_key <> key"),
    ):
        op.create_check_constraint(op.f(f"ck_service_{name}"), "service", rule)


def _extra_places() -> None:
    op.create_table(
        "extra_place",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cells", postgresql.INT4RANGE(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("risk_permille", sa.SmallInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_extra_place_reason_given")),
        sa.CheckConstraint(
            "risk_permille BETWEEN 0 AND 1000", name=op.f("ck_extra_place_risk_is_a_share")
        ),
        sa.CheckConstraint(
            "NOT isempty(cells) AND lower(cells) >= 0 AND upper(cells) <= 288",
            name=op.f("ck_extra_place_cells"),
        ),
        postgresql.ExcludeConstraint(
            (sa.column("desk_id"), "="),
            (sa.column("day"), "="),
            (sa.column("cells"), "&&"),
            where=sa.text("withdrawn_at IS NULL"),
            using="gist",
            name="ex_extra_place_desk",
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_extra_place_desk_id")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_extra_place_made_by")),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_extra_place_unit_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_place")),
        sa.UniqueConstraint("id", "desk_id", "day", "cells", name="uq_extra_place_place"),
    )
    op.create_index("ix_extra_place_unit_key_day", "extra_place", ["unit_key", "day"])


def _bookings() -> None:
    op.execute(_PURPOSES)
    op.add_column(
        "booking",
        sa.Column(
            "purposes",
            postgresql.INT8MULTIRANGE(),
            sa.Computed("booking_purposes(service_key, also)", persisted=True),
            nullable=True,
        ),
    )
    op.add_column("booking", sa.Column("extra_id", sa.BigInteger(), nullable=True))
    for name, rule in (
        ("persons_sane", "persons BETWEEN 1 AND 12"),
        ("services_sane", "cardinality(also) <= 3"),
        ("each_service_once", "NOT service_key = ANY (also)"),
        ("extra_by_staff", "extra_id IS NULL OR invitation_id IS NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_booking_{name}"), "booking", rule)
    op.create_foreign_key(
        "fk_booking_extra_place",
        "booking",
        "extra_place",
        ["extra_id", "desk_id", "day", "cells"],
        ["id", "desk_id", "day", "cells"],
    )
    op.drop_constraint("ex_booking_desk", "booking", type_="unique")
    op.create_exclude_constraint(
        "ex_booking_desk",
        "booking",
        (sa.column("desk_id"), "="),
        (sa.column("day"), "="),
        (sa.column("cells"), "&&"),
        where=sa.text(f"{_ACTIVE} AND extra_id IS NULL"),
        using="gist",
    )
    op.create_exclude_constraint(
        "ex_booking_person_purposes",
        "booking",
        (sa.column("person_id"), "="),
        (sa.column("purposes"), "&&"),
        where=sa.text(_OPEN),
        using="gist",
    )
    op.create_index(
        "uq_booking_extra_place",
        "booking",
        ["extra_id"],
        unique=True,
        postgresql_where=sa.text(f"{_ACTIVE} AND extra_id IS NOT NULL"),
    )
