"""All rooms' tables, so that migrations and the drift check see one complete MetaData."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from sqlalchemy import MetaData

from abh.db import Base

ROOMS = (
    "access",
    "appointments",
    "documents",
    "fastlane",
    "office",
    "outbox",
    "persons",
    "post",
    "workflows",
)
# Tables of a room that stand in a module of their own.
MORE = ("abh.documents.tables_akte",)


def import_tables() -> MetaData:
    """Import ``tables`` of every room that has one and return the MetaData they share."""
    for room in ROOMS:
        name = f"abh.{room}.tables"
        if find_spec(name):
            import_module(name)
    for name in MORE:
        import_module(name)
    return Base.metadata
