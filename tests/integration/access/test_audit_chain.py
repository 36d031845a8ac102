"""The audit log: append-only, sealed in order, and every fault in it is named by its row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from abh.access import audit, chain
from abh.access.actor import SYSTEM
from abh.access.tables import AuditAnchor, AuditEntry, AuditSeal
from abh.access.verify import Verification, verify
from abh.db import transaction
from abh.kernel.clock import FixedClock, today


@pytest.fixture
def superuser(fresh_database_url: str):
    """A connection on which triggers do not fire, as an attacker with the database would have."""
    engine = create_engine(
        fresh_database_url,
        connect_args={"options": "-c session_replication_role=replica -c timezone=Asia/Tokyo"},
    )
    yield engine
    engine.dispose()


def _write(sessions: sessionmaker[Session], clock: FixedClock, count: int) -> None:
    with transaction(sessions) as session:
        for number in range(count):
            audit.record(
                session,
                SYSTEM,
                "vorgang.step",
                "vorgang",
                number,
                now=clock.now(),
                facts={"state": "Prüfung", "weight": 1.5},
            )


def _seal(sessions: sessionmaker[Session], clock: FixedClock, limit: int = 500) -> int:
    with transaction(sessions) as session:
        return chain.seal(session, now=clock.now(), limit=limit)


def _verify(sessions: sessionmaker[Session], clock: FixedClock) -> Verification:
    with transaction(sessions) as session:
        return verify(session, now=clock.now())


def _found(result: Verification) -> list[tuple[str, int | None]]:
    return [(problem.kind, problem.entry_id) for problem in result.problems]


def _tamper(superuser: Engine, *statements: str) -> None:
    with superuser.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount == 1, statement


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal", "audit_anchor"])
@pytest.mark.parametrize("act", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {}"])
def test_no_row_of_the_log_can_be_changed_or_removed(
    session: Session, table: str, act: str
) -> None:
    column = {"audit_entry": "action = 'x'", "audit_seal": "seq = 9", "audit_anchor": "seq = 9"}
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(act.format(table, column[table])))


def test_untouched_log_is_proven(fresh_sessions, clock) -> None:
    _write(fresh_sessions, clock, 12)
    assert _seal(fresh_sessions, clock, limit=5) == 5
    assert _seal(fresh_sessions, clock) == 7
    assert _seal(fresh_sessions, clock) == 0
    assert _verify(fresh_sessions, clock) == Verification(ok=True, checked=12, problems=())


def test_empty_log_is_proven(fresh_sessions, clock) -> None:
    assert _verify(fresh_sessions, clock).ok


@pytest.mark.parametrize(
    "change",
    [
        "action = 'nothing.happened'",
        "at = at + interval '1 microsecond'",
        "actor_name = 'Jemand anderes'",
        "vorgang_id = 7",
        "is_read = true",
        """facts = '{"state": "Prüfung", "weight": 1.6}'""",
    ],
)
def test_a_changed_row_is_named_and_only_it(fresh_sessions, clock, superuser, change) -> None:
    _write(fresh_sessions, clock, 9)
    _seal(fresh_sessions, clock)
    _tamper(superuser, f"UPDATE audit_entry SET {change} WHERE id = 4")
    result = _verify(fresh_sessions, clock)
    assert _found(result) == [("changed", 4)]
    assert result.checked == 8
    assert "Eintrag 4" in result.problems[0].text


def test_a_removed_row_is_named(fresh_sessions, clock, superuser) -> None:
    _write(fresh_sessions, clock, 9)
    _seal(fresh_sessions, clock)
    _tamper(superuser, "DELETE FROM audit_entry WHERE id = 9")
    assert _found(_verify(fresh_sessions, clock)) == [("missing", 9)]


def test_a_row_removed_with_its_seal_leaves_a_gap(fresh_sessions, clock, superuser) -> None:
    _write(fresh_sessions, clock, 9)
    _seal(fresh_sessions, clock)
    _tamper(
        superuser,
        "DELETE FROM audit_entry WHERE id = 5",
        "DELETE FROM audit_seal WHERE entry_id = 5",
    )
    result = _verify(fresh_sessions, clock)
    assert result.problems[0].kind == "missing"
    assert "Siegel 5" in result.problems[0].text


FORGED = (
    "INSERT INTO audit_entry (id, at, actor_kind, actor_name, action, entity) "
    "VALUES ({}, '{}', 'system', 'Automatik', 'forged', 'vorgang')"
)


@pytest.mark.parametrize("forged_id", [-3, 5, 4000])
def test_a_row_slipped_in_under_a_forged_id_is_named_and_never_sealed(
    fresh_sessions, clock, superuser, forged_id
) -> None:
    _write(fresh_sessions, clock, 9)
    if forged_id == 5:  # a gap such as a rolled back transaction leaves
        _tamper(superuser, "DELETE FROM audit_entry WHERE id = 5")
    _seal(fresh_sessions, clock)
    _tamper(superuser, FORGED.format(forged_id, clock.now().isoformat()))
    _write(fresh_sessions, clock, 3)
    assert _seal(fresh_sessions, clock) == 3
    assert _found(_verify(fresh_sessions, clock)) == [("inserted", forged_id)]


def test_a_backdated_row_is_named_even_if_the_sealer_had_stopped(
    fresh_sessions, clock, superuser
) -> None:
    _write(fresh_sessions, clock, 3)
    _seal(fresh_sessions, clock)
    _tamper(superuser, FORGED.format(-1, (clock.now() - timedelta(days=9)).isoformat()))
    clock.advance(timedelta(days=2))
    _seal(fresh_sessions, clock)
    assert _found(_verify(fresh_sessions, clock)) == [("inserted", -1)]


def test_a_transaction_that_commits_late_is_sealed_after_higher_ids(fresh_sessions, clock) -> None:
    with fresh_sessions() as slow:
        audit.record(slow, SYSTEM, "slow", "vorgang", now=clock.now())
        slow.flush()
        _write(fresh_sessions, clock, 3)
        assert _seal(fresh_sessions, clock) == 3
        slow.commit()
    assert _seal(fresh_sessions, clock) == 1
    with transaction(fresh_sessions) as session:
        order = session.scalars(select(AuditSeal.entry_id).order_by(AuditSeal.seq)).all()
    assert order == [2, 3, 4, 1]
    assert _verify(fresh_sessions, clock).ok


def test_two_rows_in_each_others_place_are_named(fresh_sessions, clock, superuser) -> None:
    _write(fresh_sessions, clock, 9)
    _seal(fresh_sessions, clock)
    _tamper(
        superuser,
        "UPDATE audit_seal SET entry_id = -1 WHERE seq = 3",
        "UPDATE audit_seal SET entry_id = 3 WHERE seq = 7",
        "UPDATE audit_seal SET entry_id = 7 WHERE seq = 3",
    )
    assert _found(_verify(fresh_sessions, clock)) == [("reordered", 7), ("reordered", 3)]


def test_a_chain_rewritten_as_a_whole_disagrees_with_the_anchor(
    fresh_sessions, clock, superuser
) -> None:
    _write(fresh_sessions, clock, 5)
    with transaction(fresh_sessions) as session:
        root = chain.anchor(session, today(clock), now=clock.now())
    assert root is not None
    _tamper(superuser, "UPDATE audit_entry SET action = 'other' WHERE id = 2")
    with superuser.begin() as connection:
        connection.execute(text("DELETE FROM audit_seal"))
    _seal(fresh_sessions, clock)
    result = _verify(fresh_sessions, clock)
    assert _found(result) == [("changed", 5)]
    assert "Tagesanker" in result.problems[0].text


def test_a_chain_cut_behind_its_end_disagrees_with_the_anchor(
    fresh_sessions, clock, superuser
) -> None:
    _write(fresh_sessions, clock, 5)
    with transaction(fresh_sessions) as session:
        chain.anchor(session, today(clock), now=clock.now())
    _tamper(
        superuser,
        "DELETE FROM audit_entry WHERE id = 5",
        "DELETE FROM audit_seal WHERE seq = 5",
    )
    assert _found(_verify(fresh_sessions, clock)) == [("missing", None)]


def test_a_day_keeps_its_first_anchor(fresh_sessions, clock) -> None:
    _write(fresh_sessions, clock, 2)
    with transaction(fresh_sessions) as session:
        first = chain.anchor(session, today(clock), now=clock.now())
    _write(fresh_sessions, clock, 2)
    with transaction(fresh_sessions) as session:
        assert chain.anchor(session, today(clock), now=clock.now()) == first
        assert session.scalars(select(AuditAnchor.seq)).all() == [2]


def test_rows_that_wait_too_long_for_their_seal_are_reported(fresh_sessions, clock) -> None:
    _write(fresh_sessions, clock, 2)
    assert _verify(fresh_sessions, clock).ok
    clock.advance(timedelta(minutes=11))
    assert _found(_verify(fresh_sessions, clock)) == [("unsealed_old", 1)]


def test_a_second_sealer_yields_at_once(fresh_sessions, clock) -> None:
    _write(fresh_sessions, clock, 2)
    with fresh_sessions() as first, fresh_sessions() as second:
        assert chain.seal(first, now=clock.now(), limit=10) == 2
        assert chain.seal(second, now=clock.now(), limit=10) == 0


def test_a_list_that_was_read_is_one_row_with_its_ids(session: Session, clock) -> None:
    audit.record_list(session, SYSTEM, "person.list", "person", [3, 5], now=clock.now())
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.is_read
    assert entry.facts == {"count": 2, "ids": [3, 5]}


def test_a_dump_is_not_a_list(session: Session, clock) -> None:
    with pytest.raises(ValueError, match="at most"):
        audit.record_list(session, SYSTEM, "x", "person", range(501), now=clock.now())
