"""Probes tell the operator what is missing and nobody anything else."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from abh.web import health


def with_checks(app: Flask, **checks: health.Check) -> Flask:
    app.extensions["abh"].readiness = health.Readiness(checks)
    return app


def test_liveness_asks_nobody(flask_app: Flask) -> None:
    answer = flask_app.test_client().get("/health/live")
    assert answer.get_json() == {"status": "ok"}


def test_without_database_it_is_alive_but_not_ready(flask_app: Flask) -> None:
    answer = flask_app.test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "unavailable",
        "checks": {"database": "OperationalError"},
    }


def test_ready_when_every_check_passes(flask_app: Flask) -> None:
    client = with_checks(flask_app, database=lambda: "", scheduler=lambda: "").test_client()
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.get_json()["checks"] == {"database": "ok", "scheduler": "ok"}


def test_each_failing_check_is_named(flask_app: Flask) -> None:
    client = with_checks(
        flask_app, database=lambda: "", scheduler=lambda: "last run 12 min ago"
    ).test_client()
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["scheduler"] == "last run 12 min ago"


def test_migrations_must_be_at_the_head() -> None:
    # Any engine serves here: the check only reads alembic's own table.
    engine = create_engine("sqlite://", poolclass=StaticPool)
    check = health.migrations_at(engine, lambda: "0002")
    assert check() == "no migration has run"
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    assert check() == "at 0001, needs 0002"
    assert health.migrations_at(engine, lambda: "0001")() == ""
