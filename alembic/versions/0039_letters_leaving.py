"""Letters that leave together as one job; single sheets that have to go (§ 91(2) AufenthG).

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
LEAVING = "state = 'released' AND channel IN ('post','pzu','einschreiben','empfangsbekenntnis')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("print_job", sa.Column("bundle", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_print_job_bundle"), "print_job", ["bundle"])
    op.create_index(
        "ix_letter_leaving", "letter", ["unit_key", "id"], postgresql_where=sa.text(LEAVING)
    )
    _sheet_removal()
    op.execute(YIELDS)
    op.execute("DROP TRIGGER blatt_deleted_by_run ON blatt")
    op.execute(
        "CREATE TRIGGER blatt_deleted_by_run BEFORE DELETE ON blatt "
        "FOR EACH ROW EXECUTE FUNCTION refuse_sheet_deletion()"
    )


# Besides a deletion run, one sheet yields to the removal that two people decided.
YIELDS = """
CREATE FUNCTION refuse_sheet_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  run bigint := nullif(current_setting('abh.deletion_run', true), '')::bigint;
  removal bigint := nullif(current_setting('abh.sheet_removal', true), '')::bigint;
BEGIN
  IF removal IS NOT NULL AND EXISTS (
    SELECT 1 FROM sheet_removal s WHERE s.id = removal AND s.state = 'running'
       AND s.decided_by <> s.proposed_by AND s.blatt_id = OLD.id)
  THEN
    RETURN OLD;
  END IF;
  IF run IS NOT NULL AND EXISTS (
    SELECT 1 FROM deletion_item i JOIN deletion_run r ON r.id = i.run_id
     WHERE r.id = run AND r.state = 'running' AND r.approved_by <> r.checked_by
       AND i.state = 'proposed'
       AND (i.vorgang_id = OLD.vorgang_id
            OR (i.akte_id = OLD.akte_id
                AND NOT EXISTS (SELECT 1 FROM vorgang v WHERE v.akte_id = OLD.akte_id))))
  THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'blatt is append-only' USING ERRCODE = 'restrict_violation';
END $$
"""


def _sheet_removal() -> None:
    op.create_table(
        "sheet_removal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_key", sa.Text(), nullable=False),
        sa.Column("blatt_id", sa.BigInteger(), nullable=True),
        sa.Column("akte_id", sa.BigInteger(), nullable=True),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("sheet_no", sa.Integer(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed','running','refused','destroyed')",
            name=op.f("ck_sheet_removal_state_known"),
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_sheet_removal_four_eyes")),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)", name=op.f("ck_sheet_removal_decided")
        ),
        sa.CheckConstraint(
            "state <> 'destroyed' OR (digest <> '' AND proof <> ''"
            " AND num_nonnulls(blatt_id, akte_id, vorgang_id) = 0)",
            name=op.f("ck_sheet_removal_record_names_nobody"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["app_user.id"], name=op.f("fk_sheet_removal_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["app_user.id"], name=op.f("fk_sheet_removal_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_removal")),
    )
    for column in ("unit_key", "akte_id", "vorgang_id", "proof"):
        op.create_index(op.f(f"ix_sheet_removal_{column}"), "sheet_removal", [column])
    op.create_index(
        "uq_sheet_removal_open",
        "sheet_removal",
        ["blatt_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
