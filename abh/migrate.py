"""Migrations: bring a database to the newest schema, check for drift, write a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from abh.db import make_engine
from abh.settings import ROOT
from abh.tables import import_tables

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it works: every process asks at its start for the revisions alone.
SCRIPTS = ROOT / "alembic"


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for ``url``; there is no alembic.ini that could disagree."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Apply all missing migrations, one transaction each; several callers wait for each other."""
    from alembic import command

    command.upgrade(alembic_config(url), "head")


def revisions(url: str) -> tuple[str | None, str | None]:
    """Return (the revision of the database, the newest revision); None is an empty schema.

    Migrations are numbered without gaps, so the newest is the last file.
    """
    newest = max((file.name[:4] for file in (SCRIPTS / "versions").glob("*.py")), default=None)
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return None, newest
            return connection.scalar(text("SELECT version_num FROM alembic_version")), newest
    finally:
        engine.dispose()


def drift(url: str) -> list[Any]:
    """Return the differences between the tables in code and those in the database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, import_tables()))
    finally:
        engine.dispose()


def new_revision(url: str, message: str) -> Path:
    """Write the next numbered migration from the differences; return its file, to be reviewed."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(url)
    head = ScriptDirectory.from_config(config).get_current_head()
    number = f"{int(head or 0) + 1:04d}"
    script = command.revision(config, message=message, autogenerate=True, rev_id=number)
    if script is None or isinstance(script, list):
        raise RuntimeError("Alembic wrote no single script")
    return Path(script.path)
