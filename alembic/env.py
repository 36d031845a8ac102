"""Alembic's entry: one transaction per migration, with a lock timeout, one process at a time."""

from alembic import context
from sqlalchemy import text

from abh.db import make_engine
from abh.settings import load_settings
from abh.tables import import_tables

# Any constant: two processes that start together must not migrate together.
MIGRATION_LOCK = 7_240_001


def run() -> None:
    """Migrate the database of ``attributes["url"]`` or of the settings."""
    url = context.config.attributes.get("url") or load_settings().database_url
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        # However long the other one migrates: giving up would end a program that only starts.
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        # A migration that waits for a lock blocks everybody behind it: rather fail and try again.
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=import_tables(),
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()  # closes the connection, which frees the lock


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: there is no offline mode.")
run()
