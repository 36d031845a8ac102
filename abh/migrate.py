"""Migrations: bring a database to the newest schema, check for drift, write a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from abh.db import make_engine
from abh.settings import ROOT
from abh.tables import import_tables


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for ``url``; there is no alembic.ini that could disagree."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic").replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Apply all missing migrations, one transaction each; several callers wait for each other."""
    command.upgrade(alembic_config(url), "head")


def revisions(url: str) -> tuple[str | None, str | None]:
    """Return (the revision of the database, the newest revision); None is an empty schema."""
    head = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), head
    finally:
        engine.dispose()


def drift(url: str) -> list[Any]:
    """Return the differences between the tables in code and those in the database."""
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, import_tables()))
    finally:
        engine.dispose()


def new_revision(url: str, message: str) -> Path:
    """Write the next numbered migration from the differences; return its file, to be reviewed."""
    config = alembic_config(url)
    head = ScriptDirectory.from_config(config).get_current_head()
    number = f"{int(head or 0) + 1:04d}"
    script = command.revision(config, message=message, autogenerate=True, rev_id=number)
    if script is None or isinstance(script, list):
        raise RuntimeError("Alembic wrote no single script")
    return Path(script.path)
