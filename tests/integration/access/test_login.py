"""Logging in, being slowed, and sessions that end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from abh.access import login as login_module
from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.jobs import forget_logins
from abh.access.policy import Power
from abh.access.service import (
    LoginOutcome,
    actor_of_token,
    change_password,
    choose_desk,
    close_account,
    create_user,
    login,
    logout,
)
from abh.access.tables import AppUser, AuditEntry, LoginAttempt, UserSession
from abh.kernel.errors import InvalidInput, NotAllowed, NotFound

PASSWORD = "Regenschirm-im-Flur"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Argon2 as weak as it goes: these tests are about rules, not about hashing."""
    from argon2 import PasswordHasher

    from abh.access import passwords

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", weak)
    monkeypatch.setattr(passwords, "_NOBODY", weak.hash("nobody"))


@pytest.fixture
def clerk(session, clock) -> AppUser:
    return create_user(
        session,
        SYSTEM,
        login="A.Beispiel",
        display_name="A. Beispiel",
        password=PASSWORD,
        role="clerk",
        unit_key="sg1",
        now=clock.now(),
    )


def _try(session, clock, name="a.beispiel", password=PASSWORD, address="192.0.2.1"):
    return login(session, name, password, address=address, secret="s" * 32, now=clock.now())


def _actor(outcome: LoginOutcome) -> Actor:
    assert outcome.refused is None
    assert outcome.actor is not None
    return outcome.actor


def test_wrong_password_unknown_login_and_closed_account_get_the_same_answer(
    session, clock, clerk
) -> None:
    wrong = _try(session, clock, password="falsch").refused
    unknown = _try(session, clock, name="niemand").refused
    close_account(session, SYSTEM, clerk.id, now=clock.now())
    closed = _try(session, clock).refused
    assert wrong and unknown and closed
    assert str(wrong) == str(unknown) == str(closed)
    assert not wrong.wait


def test_guessing_is_slowed_and_the_refusal_says_how_long(session, clock, clerk) -> None:
    for _ in range(4):
        assert not _try(session, clock, password="falsch").refused.wait
    refused = _try(session, clock).refused
    assert refused.wait == timedelta(seconds=5)
    assert "5 Sekunden" in str(refused)
    clock.advance(timedelta(seconds=5))
    assert not _try(session, clock, password="falsch").refused.wait
    assert _try(session, clock).refused.wait == timedelta(seconds=10)
    clock.advance(timedelta(seconds=10))
    assert _actor(_try(session, clock)).login == "a.beispiel"
    clock.advance(timedelta(seconds=1))
    assert not _try(session, clock, password="falsch").refused.wait


def test_an_address_that_tries_many_logins_is_slowed(session, clock, clerk) -> None:
    for number in range(20):
        assert not _try(session, clock, name=f"jemand{number}").refused.wait
    assert _try(session, clock).refused.wait
    assert _actor(_try(session, clock, address="192.0.2.2"))


def test_a_success_does_not_clear_the_address_of_a_guesser(session, clock, clerk) -> None:
    for number in range(19):
        _try(session, clock, name=f"jemand{number}")
    assert _actor(_try(session, clock))
    clock.advance(timedelta(seconds=1))
    _try(session, clock, name="noch jemand")
    assert _try(session, clock, name="und noch jemand").refused.wait


def test_parallel_guesses_of_one_login_are_refused(fresh_sessions, clock) -> None:
    with fresh_sessions() as first, fresh_sessions() as second:
        assert not _try(first, clock, name="niemand").refused.wait
        assert _try(second, clock, name="niemand").refused.wait == timedelta(seconds=1)
        first.rollback()
        assert not _try(second, clock, name="niemand").refused.wait


def test_neither_addresses_nor_mistyped_names_are_stored_in_clear(session, clock, clerk) -> None:
    _try(session, clock, name="mein-geheimes-passwort", address="192.0.2.77")
    attempt = session.scalars(select(LoginAttempt)).one()
    assert "geheim" not in attempt.login
    assert b"192.0.2.77" not in attempt.address_hash


def test_session_token_is_stored_hashed_only(session, clock, clerk) -> None:
    token = _try(session, clock).token
    stored = session.scalars(select(UserSession.token_hash)).one()
    assert len(token) == 22
    assert token.encode() not in stored
    assert actor_of_token(session, "x" * 22, now=clock.now()) is None


def test_session_ends_after_eight_idle_hours(session, clock, clerk) -> None:
    token = _try(session, clock).token
    clock.advance(timedelta(hours=8))
    assert actor_of_token(session, token, now=clock.now()) is None


def test_a_used_session_slides_but_ends_after_twelve_hours(session, clock, clerk) -> None:
    token = _try(session, clock).token
    clock.advance(timedelta(hours=7))
    assert actor_of_token(session, token, now=clock.now())
    clock.advance(timedelta(hours=4, minutes=59))
    assert actor_of_token(session, token, now=clock.now())
    clock.advance(timedelta(minutes=1))
    assert actor_of_token(session, token, now=clock.now()) is None


def test_logout_closing_and_new_password_end_sessions_at_once(session, clock, clerk) -> None:
    for end in (
        lambda token, actor: logout(session, actor, token, now=clock.now()),
        lambda token, actor: change_password(session, actor, clerk.id, PASSWORD, now=clock.now()),
        lambda token, actor: close_account(session, SYSTEM, clerk.id, now=clock.now()),
    ):
        outcome = _try(session, clock)
        assert actor_of_token(session, outcome.token, now=clock.now())
        end(outcome.token, _actor(outcome))
        assert actor_of_token(session, outcome.token, now=clock.now()) is None


def test_desk_belongs_to_the_session_and_nobody_elses(session, clock, clerk) -> None:
    outcome = _try(session, clock)
    with pytest.raises(NotFound):
        choose_desk(session, applicant_actor(), outcome.token, 7, now=clock.now())
    choose_desk(session, _actor(outcome), outcome.token, 7, now=clock.now())
    found = actor_of_token(session, outcome.token, now=clock.now())
    assert found and found.desk_id == 7
    assert found.may(Power.CASE_DECIDE)


def test_accounts_are_made_by_administrators_only(session, clock, clerk) -> None:
    with pytest.raises(NotAllowed):
        create_user(
            session,
            _actor(_try(session, clock)),
            login="neu",
            display_name="N.",
            password=PASSWORD,
            role="clerk",
            now=clock.now(),
        )
    with pytest.raises(NotAllowed):
        change_password(session, applicant_actor(), clerk.id, PASSWORD, now=clock.now())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"login": "ä"}, "login"),
        ({"login": "a.beispiel"}, "login"),
        ({"display_name": " "}, "display_name"),
        ({"password": "kurz"}, "password"),
        ({"role": "chief"}, "role"),
        ({"rank": "SB", "in_training": True}, "rank"),
        ({"rank": "XX"}, "rank"),
        ({"powers": [Power.ADMIN]}, "powers"),
        ({"role": "employer", "rank": "EXTERN", "unit_key": "sg1"}, "unit_key"),
        ({"role": "employer"}, "rank"),
    ],
)
def test_wrong_accounts_are_refused(session, clock, clerk, change, field) -> None:
    right = {"login": "neu", "display_name": "N.", "password": PASSWORD, "role": "clerk"}
    with pytest.raises(InvalidInput) as refusal:
        create_user(session, SYSTEM, **{**right, **change}, now=clock.now())
    assert field in {problem.field for problem in refusal.value.problems}


def test_logins_are_in_the_audit_log_without_passwords(session, clock, clerk) -> None:
    _try(session, clock, password="falsches-passwort")
    _actor(_try(session, clock))
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [e.action for e in entries] == ["user.create", "login.refused", "login.done"]
    assert all("passwort" not in str(e.facts) for e in entries)


def test_old_attempts_and_sessions_are_forgotten(session, clock, clerk) -> None:
    _try(session, clock)
    clock.advance(timedelta(days=29))
    assert forget_logins(session, clock, 100) == 0
    clock.advance(timedelta(days=2))
    assert forget_logins(session, clock, 100) == 2
    assert session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_weak_stored_hash_is_renewed_at_login(session, clock, clerk, monkeypatch) -> None:
    monkeypatch.setattr(login_module, "is_outdated", lambda stored: True)
    before = clerk.password_hash
    _actor(_try(session, clock))
    assert clerk.password_hash != before
