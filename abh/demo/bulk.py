"""Writing many rows at once: locked, copied without checks per row, proven afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from abh.demo.rows import COLUMNS, Batch, Rows

_FOREIGN_KEYS = text(
    """
    SELECT c.conname AS name, c.conrelid::regclass::text AS child, a.attname AS column_name,
           c.confrelid::regclass::text AS parent, b.attname AS target
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
      AND c.conrelid::regclass::text = ANY(:tables)
    ORDER BY c.conname
    """
)


def lock(session: Session) -> dict[str, int]:
    """Keep other writers of the tables waiting; return the first free id of each table.

    Above what the sequence gave, not only above what is stored: the audit log takes an id that
    was drawn and written later for one that was slipped in.
    """
    session.execute(text(f"LOCK TABLE {', '.join(COLUMNS)} IN SHARE ROW EXCLUSIVE MODE"))
    drawn = "coalesce(pg_sequence_last_value(pg_get_serial_sequence('{0}', 'id')::regclass), 0)"
    tables = " UNION ALL ".join(
        f"SELECT '{table}', greatest(coalesce(max(id), 0), {drawn.format(table)}) + 1 FROM {table}"
        for table in COLUMNS
    )
    return dict(session.execute(text(tables)).all())


def spare_checks(session: Session) -> bool:
    """Let the rest of the transaction write without a check per row; False where not allowed.

    Only a superuser may, as in the database that the demo starts for itself. Whoever uses this
    ends it with ``prove_references``.
    """
    allowed = session.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    if allowed:
        session.execute(text("SET LOCAL session_replication_role = replica"))
    return bool(allowed)


def prove_references(session: Session, first_ids: Mapping[str, int]) -> int:
    """Check every reference of the rows from ``first_ids`` on; return how many kinds there are.

    Checks per row work again afterwards. Raises ``ValueError`` naming the references that lead
    nowhere.
    """
    session.execute(text("SET LOCAL session_replication_role = origin"))
    # Otherwise the comparison of millions of keys goes through files.
    session.execute(text("SET LOCAL work_mem = '256MB'"))
    keys = session.execute(_FOREIGN_KEYS, {"tables": list(COLUMNS)}).all()
    broken = [
        key.name
        for key in keys
        if session.scalar(
            text(
                f"SELECT EXISTS (SELECT FROM {key.child} c WHERE c.id >= :first"
                f" AND c.{key.column_name} IS NOT NULL AND NOT EXISTS"
                f" (SELECT FROM {key.parent} p WHERE p.{key.target} = c.{key.column_name}))"
            ),
            {"first": first_ids[key.child]},
        )
    ]
    if broken:
        raise ValueError(f"rows refer to nothing: {', '.join(broken)}")
    return len(keys)


def copy(session: Session, batch: Iterable[Batch]) -> None:
    """Copy a batch of ``Rows.take`` into the database."""
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        for table, columns, values in batch:
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as target:
                for value in values:
                    target.write_row(value)


class Writer:
    """Copies one batch after the other while the next is being made.

    The database is busy with indexes about half as long as the demo is with inventing. Nobody
    else may use the session until the block ends, which raises what the last batch raised.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="copy")
        self._last: Future[None] | None = None

    def __enter__(self) -> Writer:
        return self

    def write(self, batch: Iterable[Batch]) -> None:
        """Copy ``batch`` after the last one; waits for that and raises what it raised."""
        rows = list(batch)
        self._wait()
        self._last = self._thread.submit(copy, self._session, rows)

    def _wait(self) -> None:
        last, self._last = self._last, None
        if last:
            last.result()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown()
        if kind is None:
            self._wait()


def continue_sequences(session: Session, rows: Rows) -> None:
    """Let the sequences go on after the copied rows."""
    for table, written in rows.written.items():
        if written:
            session.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"),
                {"table": table, "last": rows.first_ids[table] + written - 1},
            )
