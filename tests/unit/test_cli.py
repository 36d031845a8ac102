"""The command line: clock, clear errors, commands of the rooms."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from abh import cli
from abh.kernel.errors import ConfigurationError, FieldProblem, InvalidInput, Reason, StepNotAllowed


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ABH_VAR_DIR", str(tmp_path))
    return CliRunner()


def test_clock_is_set_in_berlin_time_and_moved(runner: CliRunner) -> None:
    done = runner.invoke(cli.main, ["clock", "set", "2026-12-01T08:00"])
    assert done.output.startswith("Dienstag, 01.12.2026 08:00:0")
    done = runner.invoke(cli.main, ["clock", "advance", "2w1d"])
    assert done.output.startswith("Mittwoch, 16.12.2026 08:00:")
    assert "16.12.2026" in runner.invoke(cli.main, ["clock", "show"]).output


@pytest.mark.parametrize("span", ["", "15", "d", "1.5d", "-3d", "1y"])
def test_unclear_spans_are_refused(span: str) -> None:
    with pytest.raises(click.BadParameter):
        cli.parse_span(span)


def test_spans_add_up() -> None:
    assert cli.parse_span("1d12h30m") == timedelta(days=1, hours=12, minutes=30)


def test_clock_of_production_cannot_be_moved(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABH_MODE", "production")
    monkeypatch.setenv("ABH_DATABASE_URL", "postgresql+psycopg://x@db/x")
    monkeypatch.setenv("ABH_SECRET_KEY", "s" * 32)
    monkeypatch.setenv("ABH_BASE_URL", "https://x.example")
    done = runner.invoke(cli.main, ["clock", "advance", "1d"])
    assert done.exit_code == 2
    assert "Echtbetrieb" in done.stderr


def test_wrong_settings_are_told_in_german_without_traceback(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABH_BIND", "hier")
    done = runner.invoke(cli.main, ["settings", "check"])
    assert done.exit_code == 2
    assert done.stderr.startswith("Die Konfiguration ist fehlerhaft.\n")
    assert "ABH_BIND" in done.stderr


def test_settings_are_shown_without_secrets(runner: CliRunner, tmp_path: Path) -> None:
    done = runner.invoke(cli.main, ["settings", "check"])
    assert done.exit_code == 0
    assert "secret_key = (geheim)" in done.output
    assert (tmp_path / "secret").read_text() not in done.output


def test_database_that_does_not_answer_is_told(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ABH_DATABASE_URL", f"postgresql+psycopg://x@/x?host={tmp_path}")
    done = runner.invoke(cli.main, ["db", "check"])
    assert done.exit_code == 2
    assert "make run" in done.stderr


def test_all_reasons_with_norm_are_told() -> None:
    reasons = [Reason("Pass ist abgelaufen", norm="§ 3 AufenthG"), Reason("Gebühr fehlt")]
    error = StepNotAllowed("bewilligen", "in_pruefung", reasons)
    text = cli.explain(error)
    assert text.startswith("Dieser Schritt ist jetzt nicht möglich.")
    assert "Pass ist abgelaufen" in text
    assert "Gebühr fehlt" in text
    assert cli.explain(ConfigurationError()) == ConfigurationError.title
    wrong = InvalidInput([FieldProblem("title_until", "fehlt")], "N08")
    assert "title_until: fehlt" in cli.explain(wrong)


def test_every_room_lists_commands_and_no_name_is_given_twice() -> None:
    names = [name for room in cli.ROOMS for name in cli._room_commands(room)]
    names += list(cli.main.commands)
    assert sorted(names) == sorted(set(names))
    context = click.Context(cli.main)
    assert all(cli.main.get_command(context, name) for name in cli.main.list_commands(context))
