"""A connection from the pool is one to a server that is there, without asking it each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from abh import db


@pytest.fixture
def pool(database_url: str) -> Iterator[Engine]:
    engine = db.make_engine(database_url, pool_size=2)
    yield engine
    engine.dispose()


def _backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def _end(database_url: str, backend: int) -> None:
    other = db.make_engine(database_url, pool_size=1)
    with other.begin() as connection:
        # Waits for the end of it, as a server that is killed has ended before anybody asks.
        ended = connection.execute(text("SELECT pg_terminate_backend(:b, 5000)"), {"b": backend})
        assert ended.scalar_one()
    other.dispose()


def test_a_connection_whose_server_went_is_replaced_when_taken(
    pool: Engine, database_url: str
) -> None:
    first = _backend(pool)
    assert _backend(pool) == first  # at rest it is kept
    _end(database_url, first)
    assert _backend(pool) != first


def test_without_the_look_the_dead_connection_comes_back(pool: Engine, database_url: str) -> None:
    event.remove(pool, "checkout", db._refuse_dead)
    first = _backend(pool)
    _end(database_url, first)
    with pytest.raises(OperationalError):
        _backend(pool)


def test_a_connection_with_a_notice_waiting_is_asked_and_kept(
    pool: Engine, database_url: str
) -> None:
    with pool.connect() as connection:
        connection.execute(text("LISTEN something"))
        connection.commit()
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = db.make_engine(database_url, pool_size=1)
    with other.begin() as connection:
        connection.execute(text("NOTIFY something"))
    other.dispose()
    assert _backend(pool) == first
