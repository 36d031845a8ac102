"""What an empty demo loads once; what is done is remembered beside the database it was done in."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from sqlalchemy import text

from abh.db import make_engine
from abh.settings import Settings

# Callables (settings, echo) in this order; a room that does not exist yet is left out.
FIRST_START: tuple[str, ...] = ("abh.office.service:first_start", "abh.demo.load:first_start")
NOTE = "first-start.json"


def missing_steps(settings: Settings) -> list[str]:
    """Return the steps not yet done in this very database."""
    done = _done(settings)
    return [step for step in FIRST_START if step not in done and _callable(step)]


def run_step(settings: Settings, step: str, echo: Callable[[str], None]) -> None:
    """Run ``step`` and remember it; one that was interrupted runs again at the next start."""
    action = _callable(step)
    if action is None:
        raise LookupError(step)
    action(settings, echo)
    note = settings.var_dir / NOTE
    draft = note.with_suffix(".new")
    content = {"database": _identity(settings), "done": [*_done(settings), step]}
    draft.write_text(json.dumps(content), "utf-8")
    draft.replace(note)


def _callable(step: str) -> Callable[[Settings, Callable[[str], None]], object] | None:
    module, _, name = step.partition(":")
    return getattr(import_module(module), name, None) if find_spec(module) else None


def _done(settings: Settings) -> list[str]:
    note = settings.var_dir / NOTE
    if not note.exists():
        return []
    content = json.loads(note.read_text("utf-8"))
    return list(content["done"]) if content["database"] == _identity(settings) else []


def _identity(settings: Settings) -> str:
    """Return what tells this database from one made later under the same name."""
    engine = make_engine(settings.database_url, pool_size=1)
    query = text(
        "SELECT system_identifier::text || '/' || d.oid FROM pg_control_system(), pg_database d"
        " WHERE d.datname = current_database()"
    )
    try:
        with engine.connect() as connection:
            return str(connection.execute(query).scalar_one())
    finally:
        engine.dispose()
