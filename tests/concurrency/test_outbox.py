"""Workers racing for messages, and a worker that is killed in the middle of one."""

from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from abh.outbox import delivery, mail
from abh.outbox.delivery import Claimed, deliver_next
from abh.outbox.handler import HandlerContext
from abh.outbox.service import enqueue
from abh.outbox.tables import Heartbeat, OutboxMessage
from abh.settings import load_settings, make_clock
from tests.concurrency.conftest import start

MESSAGES = 40
WORKERS = 4


@pytest.fixture
def ctx(clock, settings) -> HandlerContext:
    return HandlerContext(clock=clock, settings=settings, store=None)


def _fill(sessions, clock) -> None:
    with sessions.begin() as session:
        for number in range(MESSAGES):
            enqueue(session, "test", f"race:{number}", {"number": number}, now=clock.now())


def _race(sessions, ctx) -> list[int]:
    """Let several workers empty the outbox at once; return what was delivered, in any order."""
    delivered: list[int] = []
    start = threading.Barrier(WORKERS)

    def handler(session, payload, mine):
        delivered.append(payload["number"])

    def work() -> None:
        start.wait()
        while deliver_next(sessions, {"test": handler}, ctx):
            pass

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return delivered


def test_racing_workers_deliver_every_message_exactly_once(fresh_sessions, clock, ctx) -> None:
    _fill(fresh_sessions, clock)
    assert sorted(_race(fresh_sessions, ctx)) == list(range(MESSAGES))
    with fresh_sessions() as session:
        done = select(func.count()).where(OutboxMessage.state == "done")
        assert session.scalar(done) == MESSAGES


def test_control_without_the_lock_messages_are_delivered_twice(
    fresh_sessions, clock, ctx, monkeypatch
) -> None:
    """The same race with a claim and a delivery that look but do not lock."""

    def claim(session, now):
        due = (
            select(OutboxMessage.id, OutboxMessage.attempts)
            .where(OutboxMessage.state == "waiting")
            .order_by(OutboxMessage.not_before, OutboxMessage.id)
            .limit(1)
        )
        row = session.execute(due).one_or_none()
        return row and Claimed(row.id, row.attempts)

    def deliver(session, claimed, handlers, mine):
        payload = session.scalars(
            select(OutboxMessage.payload).where(OutboxMessage.id == claimed.id)
        ).one()
        handlers["test"](session, payload, mine)
        time.sleep(0.005)
        delivery._keep(session, claimed.id, state="done")

    monkeypatch.setattr(delivery, "claim", claim)
    monkeypatch.setattr(delivery, "_deliver", deliver)
    _fill(fresh_sessions, clock)
    delivered = _race(fresh_sessions, ctx)
    assert set(delivered) == set(range(MESSAGES))
    assert len(delivered) > MESSAGES


def test_a_worker_that_was_overtaken_does_not_deliver(fresh_sessions, clock, ctx) -> None:
    with fresh_sessions.begin() as session:
        enqueue(session, "test", "k", {}, now=clock.now())
    with fresh_sessions.begin() as session:
        mine = delivery.claim(session, clock.now())
    clock.advance(timedelta(minutes=1))
    with fresh_sessions.begin() as session:
        assert delivery.claim(session, clock.now()) == Claimed(mine.id, 2)
    with fresh_sessions.begin() as session:
        delivery._deliver(session, mine, {"test": lambda *_: pytest.fail("twice")}, ctx)
    with fresh_sessions() as session:
        assert session.scalars(select(OutboxMessage.last_error)).one() is None


MAIL = {"to": ["a@example.org"], "subject": "Termin", "text": "Guten Tag"}


def test_a_worker_killed_between_effect_and_commit_leaves_one_mail(fresh_sessions, program) -> None:
    settings = load_settings(program)
    clock = make_clock(settings)
    with fresh_sessions.begin() as session:
        enqueue(session, "mail", "once", MAIL, now=clock.now())
    process = start(program, "dawdling_worker")
    try:
        assert process.stdout and process.stdout.readline() == "delivered\n"
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
    ctx = HandlerContext(clock, settings, store=None)
    with fresh_sessions() as session:
        left = session.scalars(select(OutboxMessage)).one()
        assert (left.state, left.attempts) == ("waiting", 1)
        assert session.scalars(select(Heartbeat.process)).one().startswith("worker:")
    assert not deliver_next(fresh_sessions, {"mail": mail.send}, ctx)
    make_clock(settings).advance(timedelta(minutes=1))
    assert deliver_next(fresh_sessions, {"mail": mail.send}, ctx)
    assert not deliver_next(fresh_sessions, {"mail": mail.send}, ctx)
    assert len(list((settings.var_dir / "mail").iterdir())) == 1


def test_a_worker_told_to_stop_ends_in_good_order(fresh_sessions, program) -> None:
    settings = load_settings(program)
    with fresh_sessions.begin() as session:
        for number in range(3):
            enqueue(session, "mail", f"n{number}", MAIL, now=make_clock(settings).now())
    process = start(program, "mail_worker")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with fresh_sessions() as session:
            if session.scalar(select(func.count()).where(OutboxMessage.state == "done")) == 3:
                break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert len(list((settings.var_dir / "mail").glob("*.eml"))) == 3
    with fresh_sessions() as session:
        assert session.scalars(select(Heartbeat.process)).all() == []
