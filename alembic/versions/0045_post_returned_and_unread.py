"""Who gave post back, so that a colleague sees it first; pictures that wait for the machine that
reads them, apart from what nobody looked at yet.

Revision ID: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_post_item_reading_known"), "post_item")
    op.create_check_constraint(
        op.f("ck_post_item_reading_known"),
        "post_item",
        "reading IN ('','offen','bild','gelesen','leer')",
    )
    op.create_index(
        "ix_post_item_picture",
        "post_item",
        ["id"],
        postgresql_where=sa.text("reading = 'bild'"),
    )
    op.add_column("post_bundle", sa.Column("returned_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_post_bundle_returned_by"), "post_bundle", "app_user", ["returned_by"], ["id"]
    )
    op.create_index(
        "ix_post_bundle_returned",
        "post_bundle",
        ["returned_by"],
        postgresql_where=sa.text("closed_at IS NULL AND returned_by IS NOT NULL"),
    )
