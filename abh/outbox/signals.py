"""Signals: how a lower room tells an upper one, at once and in the same transaction.

Who listens to whom stands in ``abh.wiring.SIGNALS`` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from abh.access.actor import Actor

# Called as ``listener(session, actor, now=now, **facts)``; an error undoes the whole act.
Listener = Callable[..., None]

_listeners: dict[str, tuple[Listener, ...]] = {}


def connect(table: Mapping[str, Sequence[Listener]]) -> None:
    """Replace the table of listeners; called once at the start of every process."""
    _listeners.clear()
    _listeners.update({name: tuple(listeners) for name, listeners in table.items()})


@contextmanager
def connected(table: Mapping[str, Sequence[Listener]]) -> Iterator[None]:
    """Use another table for a while, as tests of one room do."""
    before = dict(_listeners)
    connect(table)
    try:
        yield
    finally:
        connect(before)


def emit(session: Session, name: str, actor: Actor, *, now: datetime, **facts: Any) -> None:
    """Tell all listeners of ``name`` in the order of the table, in the caller's transaction.

    Raises ``LookupError`` for a signal that is not in the table: a misspelt or unconnected one
    would lose an effect without a trace.
    """
    if name not in _listeners:
        raise LookupError(f"signal {name!r} is not in abh.wiring.SIGNALS or nothing is connected")
    for listener in _listeners[name]:
        listener(session, actor, now=now, **facts)
