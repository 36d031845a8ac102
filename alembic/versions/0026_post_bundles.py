"""Post: items with their originals, bundles, counters, bulk acts, imports.

Revision ID: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_KINDS = (
    "kind IN ('application','documents','statement','inquiry','ba_answer','complaint',"
    "'lawyer','court','employer','returned','other')"
)
_CLASSES = "access_class IN ('allgemein','rueckkehr','einbuergerung')"

# What a bundle counts for: one line for each view of the backlog.
_VIEWS = """
SELECT s.unit_key, s.access_class, v.what, v.key, v.on_day, s.sign * s.items, s.sign * s.persons
  FROM ({signed}) s
 CROSS JOIN LATERAL (VALUES ('alter', '', s.oldest_on), ('thema', s.topic, NULL::date),
                            ('stufe', s.band::text, NULL::date)) v(what, key, on_day)
"""
_COLUMNS = "unit_key, access_class, items, persons, oldest_on, topic, band, created_at"
_INTO = "INSERT INTO post_tally (unit_key, access_class, what, key, on_day, items, persons)"
_DAY = "(({0}) AT TIME ZONE 'Europe/Berlin')::date"

# A statement that writes many bundles (COPY) writes few lines: they are added up at once.
_TRIGGERS = f"""
CREATE FUNCTION post_bundles_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_INTO}
    SELECT unit_key, access_class, what, key, on_day, sum(n_items), sum(n_persons) FROM (
        {_VIEWS.format(signed=f"SELECT 1 AS sign, {_COLUMNS} FROM new_rows WHERE closed_at IS NULL")}
        UNION ALL
        SELECT unit_key, access_class, 'ein', '', {_DAY.format("created_at")}, 0, persons
          FROM new_rows
    ) t(unit_key, access_class, what, key, on_day, n_items, n_persons)
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION post_bundle_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gone boolean := TG_OP = 'DELETE' OR NEW.closed_at IS NOT NULL;
BEGIN
    IF OLD.closed_at IS NULL THEN
        {_INTO} {_VIEWS.format(signed="SELECT -1 AS sign, (OLD).*")};
    END IF;
    IF NOT gone THEN
        {_INTO} {_VIEWS.format(signed="SELECT 1 AS sign, (NEW).*")};
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.closed_at IS NULL AND gone AND OLD.persons > 0 THEN
        {_INTO} VALUES (OLD.unit_key, OLD.access_class, 'aus', '',
                        {_DAY.format("NEW.closed_at")}, 0, OLD.persons);
    ELSIF TG_OP = 'UPDATE' AND NOT gone AND NEW.persons <> OLD.persons THEN
        {_INTO} VALUES (NEW.unit_key, NEW.access_class, 'ein', '',
                        {_DAY.format("NEW.touched_at")}, 0, NEW.persons - OLD.persons);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION post_items_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_INTO}
    SELECT unit_key, access_class, 'ein', '', {_DAY.format("entered_at")}, count(*), 0
      FROM new_rows GROUP BY 1, 2, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION post_item_closes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_INTO} VALUES (NEW.unit_key, NEW.access_class, 'aus', '',
                    {_DAY.format("NEW.done_at")}, 1, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER post_bundles_come AFTER INSERT ON post_bundle
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION post_bundles_come();
CREATE TRIGGER post_bundle_changes
    AFTER UPDATE OF unit_key, access_class, items, persons, oldest_on, topic, band, closed_at
    ON post_bundle FOR EACH ROW
    WHEN ((OLD.unit_key, OLD.access_class, OLD.items, OLD.persons, OLD.oldest_on, OLD.topic,
           OLD.band, OLD.closed_at IS NULL)
          IS DISTINCT FROM (NEW.unit_key, NEW.access_class, NEW.items, NEW.persons,
           NEW.oldest_on, NEW.topic, NEW.band, NEW.closed_at IS NULL))
    EXECUTE FUNCTION post_bundle_changes();
CREATE TRIGGER post_bundle_goes AFTER DELETE ON post_bundle
    FOR EACH ROW EXECUTE FUNCTION post_bundle_changes();
CREATE TRIGGER post_items_come AFTER INSERT ON post_item
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION post_items_come();
CREATE TRIGGER post_item_closes AFTER UPDATE OF done_at ON post_item
    FOR EACH ROW WHEN (OLD.done_at IS NULL AND NEW.done_at IS NOT NULL)
    EXECUTE FUNCTION post_item_closes();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "post_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rows_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("known", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_import")),
        sa.UniqueConstraint("sha256", name=op.f("uq_post_import_sha256")),
    )
    op.create_table(
        "post_tally",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("access_class", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_tally")),
    )
    op.create_index(
        "ix_post_tally_unit", "post_tally", ["unit_key", "what", "on_day"], unique=False
    )
    op.create_table(
        "post_bulk",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("run_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("undone_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "act IN ('assign','close','follow_up')", name=op.f("ck_post_bulk_act_known")
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["app_user.id"], name=op.f("fk_post_bulk_ordered_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_bulk_unit_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_bulk")),
    )
    op.create_index(
        "ix_post_bulk_due",
        "post_bulk",
        ["run_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND undone_at IS NULL"),
    )
    op.create_table(
        "post_import_fault",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["post_import.id"], name=op.f("fk_post_import_fault_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_import_fault")),
    )
    op.create_index(
        op.f("ix_post_import_fault_import_id"), "post_import_fault", ["import_id"], unique=False
    )
    op.create_table(
        "post_bundle",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("access_class", sa.Text(), server_default="allgemein", nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("inquiries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("oldest_on", sa.Date(), nullable=False),
        sa.Column(
            "harm", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("band", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rescore_on", sa.Date(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("touched_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("beat_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("hand_to", sa.BigInteger(), nullable=True),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column("last_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "access_class IN ('allgemein','rueckkehr','einbuergerung')",
            name=op.f("ck_post_bundle_class_known"),
        ),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (beat_at IS NULL)", name=op.f("ck_post_bundle_claim_beats")
        ),
        sa.CheckConstraint(
            "items >= 0 AND persons >= 0 AND inquiries >= 0",
            name=op.f("ck_post_bundle_counts_sane"),
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["app_user.id"], name=op.f("fk_post_bundle_claimed_by")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["app_user.id"], name=op.f("fk_post_bundle_closed_by")
        ),
        sa.ForeignKeyConstraint(["hand_to"], ["app_user.id"], name=op.f("fk_post_bundle_hand_to")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_post_bundle_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_post_bundle_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["sachgebiet.key"], name=op.f("fk_post_bundle_unit_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_bundle")),
    )
    op.create_index(
        "ix_post_bundle_beat",
        "post_bundle",
        ["beat_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND claimed_by IS NOT NULL"),
    )
    op.create_index(
        "ix_post_bundle_follow_up",
        "post_bundle",
        ["follow_up_on"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND follow_up_on IS NOT NULL"),
    )
    op.create_index(
        "ix_post_bundle_free",
        "post_bundle",
        ["unit_key", "topic", sa.text("priority DESC"), "id"],
        unique=False,
        postgresql_where=sa.text(
            "closed_at IS NULL AND claimed_by IS NULL AND hand_to IS NULL AND follow_up_on IS NULL"
        ),
    )
    op.create_index(
        "ix_post_bundle_hand",
        "post_bundle",
        ["hand_to"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND hand_to IS NOT NULL"),
    )
    op.create_index(op.f("ix_post_bundle_person_id"), "post_bundle", ["person_id"], unique=False)
    op.create_index(
        "ix_post_bundle_rescore",
        "post_bundle",
        ["rescore_on"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND rescore_on IS NOT NULL"),
    )
    op.create_index(
        "ix_post_bundle_unopened",
        "post_bundle",
        ["unit_key", "oldest_on", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND opened_at IS NULL"),
    )
    op.create_index(
        "uq_post_bundle_claim",
        "post_bundle",
        ["claimed_by"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND claimed_by IS NOT NULL"),
    )
    op.create_index(
        "uq_post_bundle_open",
        "post_bundle",
        ["subject", "unit_key", "access_class"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "post_bulk_row",
        sa.Column("bulk_id", sa.BigInteger(), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "outcome IN ('','done','skipped')", name=op.f("ck_post_bulk_row_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["bulk_id"], ["post_bulk.id"], name=op.f("fk_post_bulk_row_bulk_id")
        ),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["post_bundle.id"], name=op.f("fk_post_bulk_row_bundle_id")
        ),
        sa.PrimaryKeyConstraint("bulk_id", "bundle_id", name=op.f("pk_post_bulk_row")),
    )
    op.add_column(
        "post_item",
        sa.Column("access_class", sa.Text(), server_default="allgemein", nullable=False),
    )
    op.add_column("post_item", sa.Column("bundle_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "post_item", sa.Column("source", sa.Text(), server_default="hand", nullable=False)
    )
    op.add_column("post_item", sa.Column("source_ref", sa.Text(), nullable=True))
    op.add_column("post_item", sa.Column("sha256", sa.Text(), nullable=True))
    op.add_column("post_item", sa.Column("file_name", sa.Text(), server_default="", nullable=False))
    op.add_column("post_item", sa.Column("mime", sa.Text(), server_default="", nullable=False))
    op.add_column("post_item", sa.Column("sender", sa.Text(), server_default="", nullable=False))
    op.add_column("post_item", sa.Column("birth", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "post_item", sa.Column("quoted_number", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("post_item", sa.Column("body", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "post_item",
        sa.Column(
            "harm", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
    )
    op.add_column("post_item", sa.Column("placed_by", sa.Text(), server_default="", nullable=False))
    op.add_column("post_item", sa.Column("same_as", sa.BigInteger(), nullable=True))
    op.add_column("post_item", sa.Column("answer", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "post_item", sa.Column("close_reason", sa.Text(), server_default="", nullable=False)
    )
    op.create_index(op.f("ix_post_item_bundle_id"), "post_item", ["bundle_id"], unique=False)
    op.create_index(op.f("ix_post_item_sha256"), "post_item", ["sha256"], unique=False)
    op.create_index(
        "uq_post_item_source",
        "post_item",
        ["source", "source_ref"],
        unique=True,
        postgresql_where=sa.text("source_ref IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_post_item_same_as"), "post_item", "post_item", ["same_as"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_post_item_bundle_id"), "post_item", "post_bundle", ["bundle_id"], ["id"]
    )
    op.create_index(
        "ix_post_item_loose",
        "post_item",
        ["id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND bundle_id IS NULL"),
    )
    op.drop_constraint(op.f("ck_post_item_kind_known"), "post_item")
    op.create_check_constraint(op.f("ck_post_item_kind_known"), "post_item", _KINDS)
    op.create_check_constraint(op.f("ck_post_item_class_known"), "post_item", _CLASSES)
    # Items closed before there was a word for why.
    op.execute("UPDATE post_item SET close_reason = 'erledigt' WHERE done_at IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_post_item_closing_says_why"),
        "post_item",
        "done_at IS NULL OR answer <> '' OR close_reason <> ''",
    )
    op.execute(_TRIGGERS)
