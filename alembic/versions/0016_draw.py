"""Emergency requests and their verifiable draw.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)

# What was published cannot be unsaid: hash and times of a draw, its list, its seed and order.
_FROZEN = """
CREATE FUNCTION draw_is_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published draw is not deleted';
    END IF;
    IF (NEW.unit_key, NEW.day, NEW.seed, NEW.seed_hash, NEW.opened_at, NEW.cutoff_at)
       IS DISTINCT FROM (OLD.unit_key, OLD.day, OLD.seed, OLD.seed_hash, OLD.opened_at, OLD.cutoff_at)
       OR (OLD.closed_at IS NOT NULL AND (NEW.entries, NEW.list_hash, NEW.closed_at)
           IS DISTINCT FROM (OLD.entries, OLD.list_hash, OLD.closed_at))
       OR (OLD.drawn_at IS NOT NULL AND (NEW.drawn_at, NEW.ranking)
           IS DISTINCT FROM (OLD.drawn_at, OLD.ranking)) THEN
        RAISE EXCEPTION 'a published draw is not changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draw_is_published BEFORE UPDATE OR DELETE ON draw
    FOR EACH ROW EXECUTE FUNCTION draw_is_published();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "draw",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("seed_hash", sa.Text(), nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("cutoff_at", _INSTANT, nullable=False),
        sa.Column("entries", postgresql.JSONB(), nullable=True),
        sa.Column("list_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("drawn_at", _INSTANT, nullable=True),
        sa.Column("ranking", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("octet_length(seed) = 32", name=op.f("ck_draw_seed_is_256_bits")),
        sa.CheckConstraint("opened_at < cutoff_at", name=op.f("ck_draw_opens_before_the_cutoff")),
        sa.CheckConstraint("closed_at >= cutoff_at", name=op.f("ck_draw_closes_after_the_cutoff")),
        sa.CheckConstraint(
            "drawn_at IS NULL OR (closed_at IS NOT NULL AND drawn_at > closed_at)",
            name=op.f("ck_draw_list_before_seed"),
        ),
        sa.ForeignKeyConstraint(["unit_key"], ["sachgebiet.key"], name=op.f("fk_draw_unit_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint("unit_key", "day", name="uq_draw_unit_key_day"),
    )
    op.create_table(
        "emergency_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("draw_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("harm_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_at", _INSTANT, nullable=False),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "ground IN ('arbeitsplatz','leistungen','reise')",
            name=op.f("ck_emergency_request_ground_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('','drawn','not_drawn','has_place')",
            name=op.f("ck_emergency_request_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_emergency_request_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["draw.id"], name=op.f("fk_emergency_request_draw_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_emergency_request_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_request")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_emergency_request_pseudonym")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_emergency_request_token_hash")),
    )
    op.create_index(
        op.f("ix_emergency_request_draw_id"), "emergency_request", ["draw_id"], unique=False
    )
    op.create_index(
        op.f("ix_emergency_request_person_id"), "emergency_request", ["person_id"], unique=False
    )
    op.execute(_FROZEN)
