"""Retention (end of a file, holds, deletion runs with records); pictures, signatures of sheets.

Append-only tables give way to a row that an approved, running deletion run names, and to nothing
else. Changing a row stays impossible for everybody.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)

YIELDS = """
CREATE FUNCTION refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  run bigint := nullif(current_setting('abh.deletion_run', true), '')::bigint;
  of_file bigint := (to_jsonb(OLD) ->> 'akte_id')::bigint;
BEGIN
  IF run IS NOT NULL AND EXISTS (
    SELECT 1 FROM deletion_item i JOIN deletion_run r ON r.id = i.run_id
     WHERE r.id = run AND r.state = 'running' AND r.approved_by <> r.checked_by
       AND i.state = 'proposed'
       AND (i.vorgang_id = OLD.vorgang_id
            OR (i.akte_id = of_file
                AND NOT EXISTS (SELECT 1 FROM vorgang v WHERE v.akte_id = of_file))))
  THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("akte", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("akte", sa.Column("ended_ground", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "akte",
        sa.Column(
            "removed_sheets", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False
        ),
    )
    op.create_check_constraint(
        op.f("ck_akte_ground_known"),
        "akte",
        "ended_ground IN ('','fortzug','ausreise','einbuergerung','tod')",
    )
    op.create_check_constraint(
        op.f("ck_akte_end_has_ground"), "akte", "(ended_on IS NULL) = (ended_ground = '')"
    )
    _hold()
    _run()
    _item()
    op.create_table(
        "blob_removal",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["deletion_run.id"], name=op.f("fk_blob_removal_run_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob_removal")),
    )
    op.create_table(
        "blatt_bild",
        sa.Column("blatt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["blatt_id"], ["blatt.id"], name=op.f("fk_blatt_bild_blatt_id")),
        sa.PrimaryKeyConstraint("blatt_id", name=op.f("pk_blatt_bild")),
    )
    op.create_table(
        "blatt_signatur",
        sa.Column("blatt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("found", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["blatt_id"], ["blatt.id"], name=op.f("fk_blatt_signatur_blatt_id")
        ),
        sa.PrimaryKeyConstraint("blatt_id", name=op.f("pk_blatt_signatur")),
    )
    op.execute(YIELDS)
    for table in ("blatt", "vorgang_step", "case_finding"):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_deleted_by_run BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_deletion()"
        )


def _hold() -> None:
    op.create_table(
        "deletion_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("akte_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "length(btrim(reason)) >= 5", name=op.f("ck_deletion_hold_reason_written")
        ),
        sa.ForeignKeyConstraint(["akte_id"], ["akte.id"], name=op.f("fk_deletion_hold_akte_id")),
        sa.ForeignKeyConstraint(["set_by"], ["app_user.id"], name=op.f("fk_deletion_hold_set_by")),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["app_user.id"], name=op.f("fk_deletion_hold_lifted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_hold")),
    )
    op.create_index(op.f("ix_deletion_hold_akte_id"), "deletion_hold", ["akte_id"])


def _run() -> None:
    op.create_table(
        "deletion_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=True),
        sa.Column("answer_due_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed','checked','running','done','dropped')",
            name=op.f("ck_deletion_run_state_known"),
        ),
        sa.CheckConstraint("approved_by <> checked_by", name=op.f("ck_deletion_run_four_eyes")),
        sa.CheckConstraint(
            "state NOT IN ('running','done') OR (checked_by IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_deletion_run_approved"),
        ),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["app_user.id"], name=op.f("fk_deletion_run_checked_by")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["app_user.id"], name=op.f("fk_deletion_run_approved_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_run")),
    )
    op.create_index(
        "uq_deletion_run_open",
        "deletion_run",
        ["unit_key"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed','checked')"),
    )


def _item() -> None:
    op.create_table(
        "deletion_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("akte_id", sa.BigInteger(), nullable=True),
        sa.Column("verfahren", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("arithmetic", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("sheets", sa.Integer(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed','held','archive','deleted')",
            name=op.f("ck_deletion_item_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'deleted') = (vorgang_id IS NULL)",
            name=op.f("ck_deletion_item_record_names_no_case"),
        ),
        sa.CheckConstraint(
            "state <> 'deleted' OR (digest <> '' AND proof <> '')",
            name=op.f("ck_deletion_item_recorded"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["deletion_run.id"], name=op.f("fk_deletion_item_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_item")),
    )
    op.create_index(op.f("ix_deletion_item_run_id"), "deletion_item", ["run_id"])
    op.create_index(op.f("ix_deletion_item_vorgang_id"), "deletion_item", ["vorgang_id"])
    op.create_index(op.f("ix_deletion_item_proof"), "deletion_item", ["proof"])
