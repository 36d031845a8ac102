"""Post: clearance plans, answers, saved filters, weights, samples, moves between units.

Revision ID: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# Post that goes to another unit or class takes its coming (and, where it is done, its going) along,
# so that a recount by unit and class still equals the counters.
_INTO = "INSERT INTO post_tally (unit_key, access_class, what, key, on_day, items, persons) VALUES"
_DAY = "(({0}) AT TIME ZONE 'Europe/Berlin')::date"
_TRIGGERS = f"""
CREATE FUNCTION post_item_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_INTO}
    (OLD.unit_key, OLD.access_class, 'ein', '', {_DAY.format("NEW.entered_at")}, -1, 0),
    (NEW.unit_key, NEW.access_class, 'ein', '', {_DAY.format("NEW.entered_at")}, 1, 0);
    IF OLD.done_at IS NOT NULL THEN
        {_INTO}
        (OLD.unit_key, OLD.access_class, 'aus', '', {_DAY.format("OLD.done_at")}, -1, 0),
        (NEW.unit_key, NEW.access_class, 'aus', '', {_DAY.format("OLD.done_at")}, 1, 0);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER post_item_moves AFTER UPDATE OF unit_key, access_class ON post_item FOR EACH ROW
    WHEN ((OLD.unit_key, OLD.access_class) IS DISTINCT FROM (NEW.unit_key, NEW.access_class))
    EXECUTE FUNCTION post_item_moves();
CREATE FUNCTION post_bundle_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_INTO}
    (OLD.unit_key, OLD.access_class, 'ein', '', {_DAY.format("NEW.created_at")}, 0, -OLD.persons),
    (NEW.unit_key, NEW.access_class, 'ein', '', {_DAY.format("NEW.created_at")}, 0, OLD.persons);
    RETURN NULL;
END $$;
CREATE TRIGGER post_bundle_moves AFTER UPDATE OF unit_key, access_class ON post_bundle FOR EACH ROW
    WHEN ((OLD.unit_key, OLD.access_class) IS DISTINCT FROM (NEW.unit_key, NEW.access_class))
    EXECUTE FUNCTION post_bundle_moves();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "post_filter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("choice", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("saved_by", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["app_user.id"], name=op.f("fk_post_filter_saved_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_filter_unit_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_filter")),
        sa.UniqueConstraint("unit_key", "name", name=op.f("uq_post_filter_unit_key_name")),
    )
    op.create_table(
        "post_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("classes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("target", sa.Date(), nullable=True),
        sa.Column("floor_appointments", sa.SmallInteger(), nullable=False),
        sa.Column("floor_firms", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("first_week", sa.Date(), nullable=False),
        sa.Column("weeks", sa.SmallInteger(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("renews", sa.BigInteger(), nullable=True),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "roster_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False
        ),
        sa.CheckConstraint(
            "state <> 'accepted' OR accepted_at IS NOT NULL",
            name=op.f("ck_post_plan_accepted_when"),
        ),
        sa.CheckConstraint(
            "state IN ('draft','proposal','accepted','replaced','withdrawn')",
            name=op.f("ck_post_plan_state_known"),
        ),
        sa.CheckConstraint(
            "floor_appointments BETWEEN 0 AND 100 AND floor_firms BETWEEN 0 AND 100",
            name=op.f("ck_post_plan_floors_are_percent"),
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by"], ["app_user.id"], name=op.f("fk_post_plan_accepted_by")
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["app_user.id"], name=op.f("fk_post_plan_ordered_by")
        ),
        sa.ForeignKeyConstraint(["renews"], ["post_plan.id"], name=op.f("fk_post_plan_renews")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_plan")),
    )
    op.create_table(
        "post_sample_day",
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_sample_day_unit_key")
        ),
        sa.PrimaryKeyConstraint("unit_key", "day", name=op.f("pk_post_sample_day")),
    )
    op.create_table(
        "post_unit_setting",
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("auto_answer", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["app_user.id"], name=op.f("fk_post_unit_setting_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_unit_setting_unit_key")
        ),
        sa.PrimaryKeyConstraint("unit_key", name=op.f("pk_post_unit_setting")),
    )
    op.create_table(
        "post_weights",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effect", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["app_user.id"], name=op.f("fk_post_weights_ordered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_weights")),
        sa.UniqueConstraint("valid_from", name=op.f("uq_post_weights_valid_from")),
    )
    op.create_table(
        "post_sample",
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("drawn_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("looked_by", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("verdict", sa.Text(), server_default="", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(verdict = '') = (looked_at IS NULL)", name=op.f("ck_post_sample_looked_says_what")
        ),
        sa.CheckConstraint(
            "verdict IN ('','right','wrong')", name=op.f("ck_post_sample_verdict_known")
        ),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["post_bundle.id"], name=op.f("fk_post_sample_bundle_id")
        ),
        sa.ForeignKeyConstraint(
            ["looked_by"], ["app_user.id"], name=op.f("fk_post_sample_looked_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_sample_unit_key")
        ),
        sa.PrimaryKeyConstraint("bundle_id", name=op.f("pk_post_sample")),
    )
    op.create_index(
        "ix_post_sample_open",
        "post_sample",
        ["unit_key", "closed_on"],
        unique=False,
        postgresql_where=sa.text("verdict = ''"),
    )
    op.create_table(
        "post_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("why_draft", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["post_bundle.id"], name=op.f("fk_post_answer_bundle_id")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_post_answer_letter_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_post_answer_made_by")),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_post_answer_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_answer")),
    )
    op.create_index(op.f("ix_post_answer_bundle_id"), "post_answer", ["bundle_id"], unique=False)
    op.create_index(op.f("ix_post_answer_letter_id"), "post_answer", ["letter_id"], unique=False)
    op.create_index(op.f("ix_post_answer_vorgang_id"), "post_answer", ["vorgang_id"], unique=False)
    op.create_index(
        "ix_audit_entry_post",
        "audit_entry",
        ["entity_id", "id"],
        unique=False,
        postgresql_where=sa.text("entity = 'post_bundle'"),
    )
    op.drop_constraint(op.f("ck_post_bulk_act_known"), "post_bulk")
    op.create_check_constraint(
        op.f("ck_post_bulk_act_known"),
        "post_bulk",
        "act IN ('assign','close','follow_up','acknowledge','ask_missing','answer','move')",
    )
    op.execute(_TRIGGERS)
