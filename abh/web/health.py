"""Probes for the operator: is the process alive, can it work, and if not, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import Engine, inspect, text

from abh.web.security import public

blueprint = Blueprint("health", __name__, url_prefix="/health")

# Returns "" when all is well, else what is wrong, without personal data or passwords.
Check = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What must hold before this process takes requests; ``checks`` by name."""

    checks: Mapping[str, Check]

    def run(self) -> dict[str, str]:
        """Return the findings by name, "" for each that passed; a check that raises has failed."""
        return {name: _outcome(check) for name, check in self.checks.items()}


def _outcome(check: Check) -> str:
    try:
        return check()
    except Exception as error:  # a probe answers whatever happens
        return type(error).__name__


def database_answers(engine: Engine) -> Check:
    """Return a check that the database answers."""

    def check() -> str:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return ""

    return check


def migrations_at(engine: Engine, head: Callable[[], str]) -> Check:
    """Return a check that the database is at the migration ``head()`` names."""

    def check() -> str:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return "no migration has run"
            current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        wanted = head()
        return "" if current == wanted else f"at {current}, needs {wanted}"

    return check


@blueprint.get("/live")
@public
def live() -> Response:
    """Say that the process runs; asks nobody else."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@public
def ready() -> tuple[Response, int]:
    """Say whether requests can be served: 200, or 503 naming each check that failed."""
    findings = current_app.extensions["abh"].readiness.run()
    failed = {name: finding for name, finding in findings.items() if finding}
    body = jsonify(
        status="unavailable" if failed else "ok",
        checks={name: finding or "ok" for name, finding in findings.items()},
    )
    return body, 503 if failed else 200
