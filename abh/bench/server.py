"""Where benchmarks run: a given database, or one made for the run in a private PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from abh.localpg import LocalPostgres
from abh.migrate import upgrade
from abh.settings import ROOT

FOLDER = ROOT / "var" / "bench"


@contextmanager
def scratch_database(name: str, *, url: str = "", folder: Path = FOLDER) -> Iterator[str]:
    """Yield the address of a migrated database for one benchmark.

    A given ``url`` is migrated and used as it is. Else a private server, as safe against a power
    cut as in production (so that commits cost what they cost there), serves a fresh database.
    """
    if url:
        upgrade(url)
        yield url
        return
    folder.mkdir(parents=True, exist_ok=True)
    server = LocalPostgres(folder / "pg")
    database = f"bench_{name}"
    started = server.start(tied=True)
    try:
        server.drop_database(database)
        server.ensure_database(database)
        upgrade(server.url(database))
        yield server.url(database)
    finally:
        server.drop_database(database)
        if started:
            server.stop()
            started.wait()


def existing(url: str, name: str) -> str:
    """Return the address of database ``name`` on the server of ``url``, "" if there is none."""
    with psycopg.connect(driver_url(url), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        found = connection.execute(query, (name,)).fetchone()
    return _address(url, name) if found else ""


def create(url: str, name: str, *, template: str = "") -> str:
    """Make database ``name`` on the server of ``url`` and return its address.

    ``template`` names a database to copy, to which nobody may be connected. Needs the right to
    create databases.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    with psycopg.connect(driver_url(url), autocommit=True) as connection:
        connection.execute(statement)
    return _address(url, name)


def _address(url: str, name: str) -> str:
    parts = urlsplit(url)
    address = urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, parts.fragment))
    # urlunsplit drops the empty host of an address that names its socket in the query
    return address.replace(f"{parts.scheme}:/{name}", f"{parts.scheme}:///{name}")


def drop(url: str, name: str) -> None:
    """Drop database ``name`` on the server of ``url``, ending its connections."""
    with psycopg.connect(driver_url(url), autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def driver_url(url: str) -> str:
    """Return a SQLAlchemy address as the driver itself wants it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def connect(url: str) -> psycopg.Connection:
    """Return a raw connection with the settings of ``abh.db.make_engine``: the floor's tool."""
    options = "-c timezone=UTC -c lock_timeout=10s"
    return psycopg.connect(driver_url(url), options=options)


def given_url() -> str:
    """Return the database that the environment names, "" for none."""
    return os.environ.get("ABH_DATABASE_URL", "")
