"""Every reference to what a deletion removes has an index.

PostgreSQL looks for rows that still refer to a deleted row: without an index it reads the whole
table for each sheet of a file. The page of a case also asks for the cases of its file.

Revision ID: 0027
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("vorgang", "akte_id"),
    ("frist", "beteiligung_id"),
    ("frist", "letter_id"),
    ("dispatch", "deed_blatt_id"),
    ("evidence", "blatt_id"),
    ("letter", "blatt_id"),
    ("post_item", "blatt_id"),
    ("post_item", "same_as"),
    ("emergency_request", "booking_id"),
    ("post_bundle", "household_id"),
    ("booking_code", "letter_id"),
    ("form_stock", "form_issue_id"),
    ("booking", "person_id"),
    ("invitation", "person_id"),
    ("mandate", "person_id"),
    ("signing_exclusion", "person_id"),
    ("standby", "person_id"),
    ("post_bulk_row", "bundle_id"),
    ("blob_removal", "run_id"),
)


def upgrade() -> None:
    """Add them."""
    for table, column in _COLUMNS:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Take them away."""
    for table, column in reversed(_COLUMNS):
        op.drop_index(f"ix_{table}_{column}", table)
