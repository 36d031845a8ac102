"""PostgreSQL: engine, session, declarative base with constraint naming."""

from __future__ import annotations

import json
import select
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects import postgresql as dialects
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# A moment with its zone; PostgreSQL keeps it in UTC.
Instant = dialects.TIMESTAMP(timezone=True)


class Base(DeclarativeBase):
    """Base of all tables; one MetaData, so that migrations can be checked for drift."""

    metadata = MetaData(naming_convention=NAMING)


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine for ``url`` (``postgresql+psycopg://…``).

    Sessions run in UTC; a statement that waits longer than 10 s for a lock fails instead of
    freezing a desk. A connection whose server has gone is replaced when it is taken from the pool.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s"},
    )
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def _refuse_dead(connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
    """Raise ``InvalidatePoolError`` where the server has closed ``connection``.

    A server that ends says so on the socket; one at rest says nothing. So the socket is looked at,
    and asked only where something came: the pool's own ping is a round trip on every page.
    """
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
        if poll.poll(0):
            connection.execute("SELECT 1")
            connection.rollback()
    except psycopg.Error as gone:
        raise InvalidatePoolError from gone


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as the JSON document that ``json_to_recordset`` reads; instants and days as ISO.

    Many rows in one parameter: one statement instead of one for each row.
    """
    return json.dumps(rows, default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Return the session factory; objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One unit of work: commits at the end, rolls back on error; only outermost callers."""
    with sessions() as session, session.begin():
        yield session


def of_driver(sql: str) -> str:
    """Return the text as the driver takes it: compiled once instead of at every booking."""
    return str(text(sql).compile(dialect=dialects.psycopg.dialect()))


def directly(
    connection: Connection, sql: str, wanted: Mapping[str, Any] | None = None
) -> psycopg.Cursor[Any]:
    """Run a statement of the driver (``%(name)s``) in the transaction of ``connection``.

    For the few statements that hundreds wait for: the toolkit around them costs several times what
    they cost. Rows are bare tuples. Nothing is flushed before. Errors are those of SQLAlchemy.
    """
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        return driver.execute(sql, wanted)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            sql, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
