"""The gate before booking: kept for one transaction, left at its end, never a trap."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from abh.appointments import einlass


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> einlass.threading.BoundedSemaphore:
    only_one = einlass.threading.BoundedSemaphore(1)
    monkeypatch.setattr(einlass, "_places", only_one)
    monkeypatch.setattr(einlass, "PATIENCE_SECONDS", 0.01)
    return only_one


def test_a_place_inside_is_free_again_when_the_transaction_ends(
    sessions: sessionmaker[Session], gate: einlass.threading.BoundedSemaphore
) -> None:
    for end in ("commit", "rollback", "close"):
        with sessions() as session:
            session.connection()
            einlass.enter(session)
            einlass.enter(session)
            with session.begin_nested():
                pass
            assert not gate.acquire(blocking=False)
            getattr(session, end)()
            assert gate.acquire(blocking=False)
            gate.release()


def test_who_waits_too_long_goes_in_all_the_same_and_takes_nobodys_place(
    sessions: sessionmaker[Session], gate: einlass.threading.BoundedSemaphore
) -> None:
    with sessions() as first, sessions() as second:
        first.connection()
        einlass.enter(first)
        second.connection()
        einlass.enter(second)
        second.rollback()
        assert not gate.acquire(blocking=False)
        first.rollback()
        assert gate.acquire(blocking=False)
