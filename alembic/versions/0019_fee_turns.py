"""A fee of the same kind can fall due again in a case: each renewal of a toleration.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count the turns of a fee."""
    op.add_column("fee", sa.Column("turn", sa.SmallInteger(), server_default="1", nullable=False))
    op.drop_constraint(op.f("uq_fee_vorgang_id_code"), "fee", type_="unique")
    op.create_unique_constraint(
        op.f("uq_fee_vorgang_id_code_turn"), "fee", ["vorgang_id", "code", "turn"]
    )
