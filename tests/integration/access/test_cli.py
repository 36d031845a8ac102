"""The commands ``abh audit`` and ``abh konto`` as people run them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from abh.access.actor import SYSTEM
from abh.access.audit import record
from abh.access.cli import account_group, audit_group
from abh.db import transaction
from abh.kernel.clock import SystemClock


@pytest.fixture
def run(fresh_database_url, tmp_path):
    env = {
        "ABH_MODE": "test",
        "ABH_DATABASE_URL": fresh_database_url,
        "ABH_VAR_DIR": str(tmp_path),
    }
    return lambda command, *words, **more: CliRunner().invoke(command, list(words), env=env, **more)


def test_verify_names_the_row_that_a_superuser_changed(
    run, fresh_sessions, fresh_database_url
) -> None:
    with transaction(fresh_sessions) as session:
        for number in range(5):
            record(session, SYSTEM, "vorgang.step", "vorgang", number, now=SystemClock().now())
    assert "5 Einträge versiegelt" in run(audit_group, "seal").output
    clean = run(audit_group, "verify")
    assert clean.exit_code == 0
    assert "in Ordnung: 5 Einträge" in clean.output
    engine = create_engine(fresh_database_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE audit_entry SET entity_id = 99 WHERE id = 2"))
        connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER ALL"))
    engine.dispose()
    tampered = run(audit_group, "verify")
    assert tampered.exit_code == 1
    assert "Eintrag 2 wurde nachträglich verändert" in tampered.output
    assert "Eintrag 3" not in tampered.output


def test_account_is_made_and_a_second_of_the_same_name_refused(run) -> None:
    words = ["anlegen", "c.neu", "--name", "C. Neu", "--rolle", "clerk", "--passwort", "lang genug"]
    assert run(account_group, *words).exit_code == 0
    again = run(account_group, *words)
    assert again.exit_code == 1
    assert "vergeben" in again.output
    changed = run(account_group, "passwort", "c.neu", "--passwort", "auch lang genug")
    assert "Neues Passwort" in changed.output
    missing = run(account_group, "passwort", "niemand", "--passwort", "auch lang genug")
    assert missing.exit_code == 1
