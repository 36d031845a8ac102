"""Effects as rows: ordered once, delivered, repeated after faults, shown to people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from abh.access.actor import SYSTEM, applicant_actor
from abh.access.tables import AuditEntry, LoginAttempt
from abh.kernel.errors import Conflict, NotAllowed, NotFound
from abh.outbox.backoff import MOST_ATTEMPTS
from abh.outbox.delivery import CRASHED, claim, deliver_next
from abh.outbox.handler import DeliveryFailed, HandlerContext
from abh.outbox.service import enqueue, retry, troubled
from abh.outbox.tables import OutboxMessage


class _NoStore:
    def get(self, sha256: str) -> bytes:
        raise AssertionError("these messages have no files")


@pytest.fixture
def ctx(clock, settings) -> HandlerContext:
    return HandlerContext(clock=clock, settings=settings, store=_NoStore())


def _order(sessions, clock, key="letter:1:print", **more) -> bool:
    with sessions.begin() as session:
        return enqueue(session, "test", key, {"letter_id": 1}, now=clock.now(), **more)


def _only(sessions) -> OutboxMessage:
    with sessions() as session:
        return session.scalars(select(OutboxMessage)).one()


def test_a_second_order_of_the_same_effect_does_nothing(sessions, clock) -> None:
    assert _order(sessions, clock)
    assert not _order(sessions, clock)
    assert _only(sessions).state == "waiting"


def test_an_order_that_is_rolled_back_is_never_delivered(sessions, clock, ctx) -> None:
    with sessions() as session:
        enqueue(session, "test", "k", {}, now=clock.now())
        session.rollback()
    assert not deliver_next(sessions, {}, ctx)


def test_a_delivered_message_keeps_its_result_and_is_not_delivered_again(
    sessions, clock, ctx
) -> None:
    _order(sessions, clock)
    seen: list[Any] = []

    def handler(session, payload, mine):
        seen.append((payload, mine.dedup_key, mine.attempt))
        return {"job": 7}

    assert deliver_next(sessions, {"test": handler}, ctx)
    assert not deliver_next(sessions, {"test": handler}, ctx)
    assert seen == [({"letter_id": 1}, "letter:1:print", 1)]
    message = _only(sessions)
    assert (message.state, message.result, message.done_at) == ("done", {"job": 7}, clock.now())


def test_nothing_is_delivered_before_its_time(sessions, clock, ctx) -> None:
    _order(sessions, clock, not_before=clock.now() + timedelta(hours=1))
    assert not deliver_next(sessions, {}, ctx)
    clock.advance(timedelta(hours=1))
    assert deliver_next(sessions, {"test": lambda *_: None}, ctx)


def test_a_failing_handler_leaves_no_rows_and_is_tried_again_later(sessions, clock, ctx) -> None:
    _order(sessions, clock)

    def handler(session, payload, mine):
        session.execute(
            insert(LoginAttempt).values(
                login="x", address_hash=b"", at=clock.now(), succeeded=False
            )
        )
        raise ValueError("Frau Beispiel, geboren 1990")

    assert deliver_next(sessions, {"test": handler}, ctx)
    message = _only(sessions)
    assert message.state == "waiting"
    assert message.attempts == 1
    assert message.last_error and message.last_error.startswith("ValueError")
    assert "Beispiel" not in message.last_error
    assert timedelta(seconds=8) <= message.not_before - clock.now() <= timedelta(seconds=12)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 0
    assert not deliver_next(sessions, {"test": handler}, ctx)
    clock.advance(timedelta(seconds=12))
    assert deliver_next(sessions, {"test": lambda *_: None}, ctx)
    assert _only(sessions).last_error is None


def _fail(*_: Any) -> None:
    raise DeliveryFailed("Drucker ohne Papier")


def test_after_the_last_attempt_it_is_failed_and_people_see_it(sessions, clock, ctx) -> None:
    _order(sessions, clock)
    for _ in range(MOST_ATTEMPTS):
        assert deliver_next(sessions, {"test": _fail}, ctx)
        clock.advance(timedelta(hours=2))
    assert not deliver_next(sessions, {"test": _fail}, ctx)
    with sessions() as session:
        (message,) = troubled(session, limit=10)
        assert (message.state, message.last_error) == ("failed", "Drucker ohne Papier")
        assert troubled(session, limit=10, vorgang_id=5) == []


def test_a_permanent_fault_and_an_unknown_kind_fail_at_once(sessions, clock, ctx) -> None:
    def broken(*_: Any) -> None:
        raise DeliveryFailed("Adresse gibt es nicht", permanent=True)

    _order(sessions, clock)
    assert deliver_next(sessions, {"test": broken}, ctx)
    assert _only(sessions).state == "failed"
    _order(sessions, clock, "other")
    assert deliver_next(sessions, {}, ctx)
    with sessions() as session:
        assert len(troubled(session, limit=10)) == 2


def test_a_message_that_kills_its_worker_every_time_ends_as_failed(sessions, clock, ctx) -> None:
    _order(sessions, clock)
    for _ in range(MOST_ATTEMPTS):
        with sessions.begin() as session:
            assert claim(session, clock.now())  # and the worker dies here
        clock.advance(timedelta(hours=2))
    assert deliver_next(sessions, {"test": lambda *_: None}, ctx)
    message = _only(sessions)
    assert (message.state, message.last_error) == ("failed", CRASHED)


def test_retry_is_for_staff_and_only_for_what_is_not_done(sessions, clock, ctx) -> None:
    _order(sessions, clock)
    for _ in range(MOST_ATTEMPTS):
        deliver_next(sessions, {"test": _fail}, ctx)
        clock.advance(timedelta(hours=2))
    message_id = _only(sessions).id
    with sessions.begin() as session:
        with pytest.raises(NotAllowed):
            retry(session, applicant_actor(), message_id, now=clock.now())
        with pytest.raises(NotFound):
            retry(session, SYSTEM, message_id + 1, now=clock.now())
        retry(session, SYSTEM, message_id, now=clock.now())
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["outbox.retry"]
    assert deliver_next(sessions, {"test": lambda *_: None}, ctx)
    with sessions.begin() as session, pytest.raises(Conflict):
        retry(session, SYSTEM, message_id, now=clock.now())
