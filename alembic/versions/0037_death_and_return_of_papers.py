"""A death is written to the person and closes every address; papers come back.

Revision ID: 0037
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("person", sa.Column("died_on", sa.Date(), nullable=True))
    op.add_column(
        "person",
        sa.Column("contact_before_death", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.create_check_constraint(
        "dead_has_no_address",
        "person",
        "died_on IS NULL OR (coalesce(email, '') = '' AND coalesce(phone, '') = '')",
    )
    op.add_column("card_order", sa.Column("returned_on", sa.Date(), nullable=True))
    op.drop_constraint(op.f("ck_card_order_state_known"), "card_order", type_="check")
    op.create_check_constraint(
        "state_known",
        "card_order",
        "state IN ('ordered','rejected','arrived','handed_over','returned')",
    )
    op.create_index(
        "ix_frist_papers",
        "frist",
        ["vorgang_id"],
        postgresql_where=sa.text("kind IN ('rueckgabe','rueckgabe_mahnung') AND status <> 'ended'"),
    )
