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
# A room with many tables has more than one module of them.
MODULES = (
    "tables",
    "tables_akte",
    "tables_contact",
    "tables_events",
    "tables_termine",
    "tables_firma",
    "tables_lauf",
    "tables_losung",
    "tables_plan",
    "tables_zugang",
)


def import_tables() -> MetaData:
    """Import ``tables`` of every room that has one and return the MetaData they share."""
    for room in ROOMS:
        for module in MODULES:
            name = f"abh.{room}.{module}"
            if find_spec(name):
                import_module(name)
    return Base.metadata
