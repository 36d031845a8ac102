"""Language of an emergency request; late places of companies; whom a webhook may tell.

The mails of a draw speak the language of the page on which it was asked for. A place that a company
gave back too late stays counted. An address hears what the login hears that made it: one limited to
some sites does not hear of people of others.

Revision ID: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# Beside ``company_may_hear``: a mandate that covers the event, of a site the maker still may see.
# Agencies that act for the company see all of its people.
_FUNCTION = """
CREATE FUNCTION webhook_may_hear(hook webhook, event company_event, day date, restricted text[])
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT company_may_hear(event, day, restricted) AND NOT EXISTS (
        SELECT 1 FROM company_member c
         WHERE c.user_id = hook.user_id AND c.company_id = hook.company_id
           AND c.site_ids IS NOT NULL
           AND NOT EXISTS (
               SELECT 1 FROM vorgang v
                 JOIN mandate m ON m.person_id = v.person_id AND m.company_id = v.company_id
                WHERE v.id = event.vorgang_id AND m.revoked_at IS NULL
                  AND day BETWEEN m.valid_from AND m.valid_until
                  AND (m.vorgang_id IS NULL OR m.vorgang_id = v.id)
                  AND m.scope @> ARRAY[CASE WHEN event.kind LIKE 'case.%' THEN 'state'
                                            ELSE 'appointments' END]
                  AND m.site_id = ANY(c.site_ids)))
$$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "emergency_request", sa.Column("language", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "firm_place", sa.Column("late", sa.Boolean(), server_default="false", nullable=False)
    )
    op.execute(_FUNCTION)
